import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { VirtualClock } from '../../../src/core/index.js';
import { DkimSigner, type Inspection, Inspector } from '../../../src/gateway/authentication/index.js';
import { messageOf, RSA, signed } from '../../support/dkim-mail.js';
import { ScriptedDns } from '../../support/scripted-dns.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const MIB = 1024 * 1024;
const BODY_PIECE = Buffer.from(
  `${'All work and no play \t makes a long day. '.repeat(24).slice(0, 998)}\r\n\r\n \r\n`.repeat(16),
);

/** What was freed is counted until it is swept, a moment later. */
async function held(): Promise<number> {
  collect();
  await setTimeout(20);
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** @returns the most that was held at once while 32 MiB went through. */
async function mostHeld(inspection: Inspection, head: string): Promise<number> {
  await inspection.pass(Buffer.from(head));
  const before = await held();
  let most = 0;
  for (let octets = 0, next = 4 * MIB; octets < 32 * MIB; octets += BODY_PIECE.length) {
    await inspection.pass(BODY_PIECE);
    if (octets < next) continue;
    next += 4 * MIB;
    most = Math.max(most, (await held()) - before);
  }
  return most;
}

const clock = new VirtualClock(Date.parse('2026-11-24T10:00:00Z'));
const signer = new DkimSigner([{ domain: 'author.example', selector: 's1', privateKey: RSA.key }], clock);
const inspector = new Inspector({
  hostname: 'gw-a.example',
  checks: 'note',
  dnsMs: 1000,
  resolve: new ScriptedDns({}).resolve,
  clock,
  signer,
});
const STRANGER = {
  standing: 'stranger',
  address: '192.0.2.1',
  hello: 'mx.example',
  sender: 'a@author.example',
} as const;

test.each([
  ['checked', STRANGER, /dkim=fail/],
  ['signed', { ...STRANGER, standing: 'user' as const }, /DKIM-Signature/],
])(
  'a message of 32 MiB that is %s is not held: less than 1 MiB is',
  async (_what, from, top) => {
    const inspection = inspector.begin(from);
    if (inspection === undefined) throw new Error('not inspected');
    expect(await mostHeld(inspection, await signed(messageOf('ann@author.example')))).toBeLessThan(MIB);
    expect((await inspection.end()).top).toMatch(top);
  },
  60_000,
);
