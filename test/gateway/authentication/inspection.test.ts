import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../src/core/index.js';
import { DkimSigner, Inspector } from '../../../src/gateway/authentication/index.js';
import { Inspection } from '../../../src/gateway/authentication/inspection.js';
import type { MailCheck } from '../../../src/gateway/authentication/mail-check.js';
import type { Standing } from '../../../src/routing/index.js';
import { messageOf, RSA } from '../../support/dkim-mail.js';
import { ScriptedDns } from '../../support/scripted-dns.js';

const CLOCK = new VirtualClock(Date.parse('2026-11-24T10:00:00Z'));
const SIGNER = new DkimSigner([{ domain: 'site-a.example', selector: 'x25', privateKey: RSA.key }], CLOCK);
const MAIL = { address: '192.0.2.1', hello: 'mx.example', sender: 'ann@site-a.example' };
const OURS = 'Authentication-Results: gw-a.example; dmarc=pass\r\n';
const MESSAGE = Buffer.from(OURS + messageOf('ann@site-a.example'));

/** What becomes of a message: its top in one word, and whether a field in our name is still there. */
async function inspected(
  standing: Standing,
  checks: 'off' | 'note',
  { by = 'TCP', signs = true }: { by?: 'TCP' | 'circuit'; signs?: boolean } = {},
): Promise<string> {
  const inspector = new Inspector({
    hostname: 'gw-a.example',
    checks,
    dnsMs: 1000,
    resolve: new ScriptedDns({}).resolve,
    clock: CLOCK,
    ...(signs && { signer: SIGNER }),
  });
  const { address, ...others } = MAIL;
  const inspection = inspector.begin({ standing, ...others, ...(by === 'TCP' && { address }) });
  if (inspection === undefined) return 'as it is';
  const passed = await inspection.pass(MESSAGE);
  const { rest, top } = await inspection.end();
  const [word = 'nothing'] = /^[\w-]+/.exec(top) ?? [];
  return `${word} on top, ${Buffer.concat([passed, rest]).includes(OURS) ? 'ours kept' : 'ours renamed'}`;
}

test.each<[Standing, 'off' | 'note', Parameters<typeof inspected>[2], string]>([
  ['stranger', 'off', {}, 'as it is'],
  ['stranger', 'note', {}, 'Authentication-Results on top, ours renamed'],
  ['stranger', 'note', { by: 'circuit' }, 'nothing on top, ours renamed'],
  ['user', 'off', {}, 'DKIM-Signature on top, ours kept'],
  ['user', 'note', {}, 'DKIM-Signature on top, ours renamed'],
  ['user', 'note', { signs: false }, 'nothing on top, ours renamed'],
  ['trusted', 'note', {}, 'DKIM-Signature on top, ours kept'],
  ['trusted', 'note', { signs: false }, 'as it is'],
])('mail of a %s with checks %s, %j: %s', async (standing, checks, how, expected) => {
  expect(await inspected(standing, checks, how)).toBe(expected);
});

describe('a check that fails of itself', () => {
  const failing = (where: 'pass' | 'end') => {
    const fail = () => Promise.reject(new Error('a slip of mailauth'));
    const check = {
      pass: async () => {},
      end: async () => ({ results: [] }),
      abandon: () => {},
      [where]: fail,
    };
    return new Inspection({
      hostname: 'gw-a.example',
      enforces: true,
      forged: undefined,
      check: check as unknown as MailCheck,
      signing: undefined,
    });
  };

  test.each(['pass', 'end'] as const)('in %s is told, and the message is taken', async (where) => {
    const inspection = failing(where);
    expect(await inspection.pass(MESSAGE)).toBe(MESSAGE);
    expect(await inspection.pass(MESSAGE)).toBe(MESSAGE);
    expect(await inspection.end()).toEqual({
      rest: new Uint8Array(0),
      top: '',
      problem: 'not checked: a slip of mailauth',
    });
  });
});
