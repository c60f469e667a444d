import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/core/index.js';
import { DkimSigner } from '../../src/gateway/authentication/index.js';
import { fitBody, type ReadBody } from '../../src/gateway/outgoing-body.js';
import { signedAgain } from '../../src/gateway/signed-again.js';
import type { OutgoingMessage, PeerCapabilities } from '../../src/smtp/index.js';
import { ED25519, RSA, verified } from '../support/dkim-mail.js';

const START = Date.parse('2026-11-24T10:00:00Z');
const RSA_KEY = { domain: 'site-a.example', selector: 'x25', privateKey: RSA.key };
const ED_KEY = { domain: 'site-a.example', selector: 'ed', privateKey: ED25519.key };
const RECORDS = {
  'TXT x25._domainkey.site-a.example': [RSA.record],
  'TXT ed._domainkey.site-a.example': [ED25519.record],
};
const RECEIVED = 'Received: from x\r\n\tby gw-a.example\r\n';
const MESSAGE =
  'From: ann@site-a.example\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=iso-8859-1\r\n' +
  'Content-Transfer-Encoding: 8bit\r\n\r\nGr\xfc\xdfe\r\n';

const PEER = { name: 'mx.example', eightBitMime: false, binaryMime: false } as unknown as PeerCapabilities;
const OUTGOING = {
  id: 'm1',
  sender: 'ann@site-a.example',
  recipients: [],
  size: 9,
  parameters: { body: '8BITMIME' },
} as OutgoingMessage;

const signerAt = (ms: number, ...keys: (typeof RSA_KEY)[]) => new DkimSigner(keys, new VirtualClock(ms));

function reading(text: string, pieceOctets = 7): ReadBody {
  return async function* () {
    const octets = Buffer.from(text, 'latin1');
    for (let at = 0; at < octets.length; at += pieceOctets) yield octets.subarray(at, at + pieceOctets);
  };
}

async function textOf(read: ReadBody): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const octets of read()) pieces.push(octets);
  return Buffer.concat(pieces).toString('latin1');
}

/** As it is in the spool. */
async function stored(...keys: (typeof RSA_KEY)[]): Promise<string> {
  const { top } = await signerAt(START, ...keys).sign(Buffer.from(MESSAGE, 'latin1'));
  return top + RECEIVED + MESSAGE;
}

async function sentBy(signer: DkimSigner, text: string): Promise<string> {
  const body = await fitBody(OUTGOING, reading(text), PEER, (changed) => signedAgain(changed, signer));
  if (typeof body === 'string') throw new Error(body);
  const sent = await textOf(body.read);
  expect(body.message.size).toBe(sent.length);
  return sent;
}

describe('a message that becomes 7-bit on its way out', () => {
  test('is signed as it goes, once by each key, and says the time at which it came', async () => {
    const text = await stored(RSA_KEY, ED_KEY);
    expect(await verified(text, RECORDS)).toEqual(['x25 pass', 'ed pass']);
    const sent = await sentBy(signerAt(START + 1e6, RSA_KEY, ED_KEY), text);
    expect(sent).toContain('Gr=FC=DFe\r\n');
    expect(await verified(sent, RECORDS)).toEqual(['x25 pass', 'ed pass']);
    expect(sent.match(/t=\d+/g)).toEqual([`t=${START / 1000}`, `t=${START / 1000}`]);
  });

  test('is the same at the next attempt', async () => {
    const text = await stored(RSA_KEY);
    expect(await sentBy(signerAt(START + 1e6, RSA_KEY), text)).toBe(
      await sentBy(signerAt(START + 9e9, RSA_KEY), text),
    );
  });

  test('has no signature any more where its domain has no key any more', async () => {
    const sent = await sentBy(signerAt(START), await stored(RSA_KEY));
    expect(sent).toMatch(/^Received: /);
    expect(await verified(sent, RECORDS)).toEqual(['none']);
  });

  test.each([
    ['nobody here signed', RECEIVED + MESSAGE],
    ['somebody else signed', `${RECEIVED}DKIM-Signature: v=1; d=site-a.example\r\n${MESSAGE}`],
  ])('is not signed when %s', async (_what, text) => {
    const sent = await sentBy(signerAt(START, RSA_KEY), text);
    expect(sent).toBe(text.replace('8bit', 'quoted-printable').replace('Gr\xfc\xdfe', 'Gr=FC=DFe'));
  });
});

test('a message that stays as it is keeps its signature', async () => {
  const text = await stored(RSA_KEY);
  const taker = { ...PEER, eightBitMime: true };
  const never = () => Promise.reject(new Error('signed again'));
  const body = await fitBody(OUTGOING, reading(text), taker, never);
  expect(typeof body === 'string' ? body : await textOf(body.read)).toBe(text);
});
