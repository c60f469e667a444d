import { describe, expect, test } from 'vitest';
import { parseConfiguration, type XotLinkConfiguration } from '../../src/config/index.js';
import { VirtualClock } from '../../src/core/index.js';
import { verifyCaller } from '../../src/gateway/xot-callers.js';
import { type NameAnswer, NameCache } from '../../src/line/index.js';
import type { CallerVerdict } from '../../src/xot/index.js';

const LINK = `[gateway]
hostname = "gw.example"
nua = "1"
[[link]]
name = "wan"
type = "xot"
listen = "127.0.0.1"
routers = [
  { nua = "7000013*", to = "10.1.1.1" },
  { nua = "70000131", to = "10.9.9.9" },
  { nua = "8*", to = "[fd00::1]:1999" },
  { nua = '/^9(...)(...)?/', to = "$2.$1.x25.example" },
]
[link.address]
prefix = { international = "0" }
`;

function link(): XotLinkConfiguration {
  const result = parseConfiguration(LINK, '/gw.toml');
  const [wan] = result.ok ? result.configuration.links : [];
  if (wan?.type !== 'xot') throw new Error(JSON.stringify(result));
  return wan;
}

const NAMES: Readonly<Record<string, NameAnswer>> = {
  '002.700.x25.example': { addresses: ['10.2.0.1', '10.2.0.2', 'fd00:2::1'] },
  '003.700.x25.example': { addresses: ['10.3.0.1'], failure: 'queryAaaa ETIMEOUT' },
  '004.700.x25.example': { addresses: [], failure: 'queryA ESERVFAIL' },
};

async function verdictOn(calling: string, address: string): Promise<CallerVerdict[]> {
  const clock = new VirtualClock();
  const names = new NameCache(clock, async (name) => NAMES[name] ?? { addresses: [] });
  const verdicts: CallerVerdict[] = [];
  verifyCaller(link(), names, calling, address, (verdict) => verdicts.push(verdict));
  for (let i = 0; i < 5; i++) await Promise.resolve();
  clock.runFor(0);
  return verdicts;
}

describe('a caller’s number', () => {
  test.each([
    ['70000130', '10.1.1.1', 'verified'],
    ['070000130', '10.1.1.1', 'verified'], // the prefix of the network is no part of it
    ['70000130', '10.1.1.2', 'refused'],
    ['70000131', '10.9.9.9', 'refused'], // the first router that fits
    ['70000131', '10.1.1.1', 'verified'],
    ['8', 'fd00:0::1', 'verified'],
    ['8', '10.1.1.1', 'refused'],
    ['1', '10.1.1.1', 'refused'], // no router
    ['9', '10.1.1.1', 'refused'],
    ['9700', '10.1.1.1', 'refused'], // makes no name: .700.x25.example
    ['9700002', '10.2.0.1', 'verified'],
    ['9700002', '10.2.0.2', 'verified'],
    ['9700002', 'fd00:2::1', 'verified'],
    ['9700002', '10.3.0.1', 'refused'],
    ['9700003', '10.3.0.1', 'verified'],
    ['9700003', 'fd00:3::1', 'unknown'], // nobody could say whether the name has it
    ['9700004', '10.4.0.1', 'unknown'],
    ['9700005', '10.5.0.1', 'refused'], // there is no such name
  ])('%s from %s is %s', async (calling, address, verdict) => {
    expect(await verdictOn(calling, address)).toEqual([verdict]);
  });
});
