import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../src/core/index.js';
import {
  type DkimKey,
  DkimSigner,
  describeKey,
  readDkimKey,
} from '../../../src/gateway/authentication/index.js';
import { ED25519, messageOf, RSA, verified as verifiedBy } from '../../support/dkim-mail.js';

const NOW = Date.parse('2026-11-24T10:00:00Z');
const DOMAIN = 'site-a.example';
const RSA_KEY = { domain: DOMAIN, selector: 'x25', privateKey: RSA.key };
const ED_KEY = { domain: DOMAIN, selector: 'ed', privateKey: ED25519.key };
const MESSAGE = messageOf('ann@Site-A.example');
const RECORDS = {
  'TXT x25._domainkey.site-a.example': [RSA.record],
  'TXT ed._domainkey.site-a.example': [ED25519.record],
};

const signerOf = (...keys: (typeof RSA_KEY)[]) => new DkimSigner(keys, new VirtualClock(NOW));

const verified = (message: string) => verifiedBy(message, RECORDS, NOW);

describe('mail of our domain', () => {
  test('is signed by each of its keys', async () => {
    const { top } = await signerOf(RSA_KEY, ED_KEY).sign(Buffer.from(MESSAGE));
    expect(top).toMatch(
      /^DKIM-Signature: (?:[^\r\n]{1,77}\r\n\t)*[^\r\n]+\r\nDKIM-Signature: (?:[^\r\n]{1,77}\r\n\t)*[^\r\n]+\r\n$/,
    );
    expect(top).toContain(`t=${NOW / 1000}`);
    expect(await verified(top + MESSAGE)).toEqual(['x25 pass', 'ed pass']);
  });

  test('is signed in the same way however it comes', async () => {
    const expected = await signerOf(RSA_KEY).sign(Buffer.from(MESSAGE));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(MESSAGE.length), { maxLength: 30 }), async (cuts) => {
        const signing = signerOf(RSA_KEY).begin();
        let at = 0;
        for (const end of [...cuts.sort((a, b) => a - b), MESSAGE.length]) {
          signing.pass(Buffer.from(MESSAGE.slice(at, end)));
          at = end;
        }
        expect(await signing.end()).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    ['8-bit text', messageOf('a@site-a.example', 'Gr\xfc\xdfe\r\n')],
    ['no body', 'From: a@site-a.example\r\n\r\n'],
    ['white space and empty lines', messageOf('a@site-a.example', ' a  b \t\r\n\r\n\r\n  \r\n')],
    ['several authors of it', messageOf('a@site-a.example').replace('From:', 'From: b@site-a.example,')],
  ])('with %s verifies', async (_what, message) => {
    const { top } = await signerOf(RSA_KEY).sign(Buffer.from(message, 'latin1'));
    expect(await verified(top + message)).toEqual(['x25 pass']);
  });

  test('with any body verifies, for mailauth too', async () => {
    const part = fc.constantFrom(
      'a',
      'b c',
      ' ',
      '\t',
      '\r\n',
      '.\r\n',
      '\xfc',
      ' \r\n\r\n',
      'x'.repeat(3000),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 30 }), fc.array(fc.nat(9000)), async (parts, cuts) => {
        const message = messageOf('a@site-a.example', `${parts.join('')}\r\n`);
        const signing = signerOf(RSA_KEY, ED_KEY).begin();
        const places = [...cuts.map((cut) => cut % message.length).sort((a, b) => a - b), message.length];
        places.forEach((end, i) => {
          signing.pass(Buffer.from(message.slice(places[i - 1] ?? 0, end), 'latin1'));
        });
        expect(await verified((await signing.end()).top + message)).toEqual(['x25 pass', 'ed pass']);
      }),
      { numRuns: 100 },
    );
  });

  test('may have lines and gaps of any length', async () => {
    const body = `${'x'.repeat(70_000)}\r\n${'\r\n'.repeat(40_000)}${' '.repeat(70_000)}y`;
    const { top } = await signerOf(RSA_KEY).sign(Buffer.from(messageOf('a@site-a.example', body)));
    const plain = `${'x'.repeat(70_000)}\r\n${'\r\n'.repeat(40_000)} y\r\n`;
    expect(top).toContain(`bh=${createHash('sha256').update(plain).digest('base64')};`);
  });

  test.each(['From', 'Reply-To', 'Subject', 'To', 'Cc', 'Content-Type'])(
    'does not verify any more when a field %s is added to it, above or below',
    async (name) => {
      const { top } = await signerOf(RSA_KEY).sign(Buffer.from(MESSAGE));
      const more = `${name}: somebody@elsewhere.example\r\n`;
      for (const changed of [more + MESSAGE, MESSAGE.replace('\r\n\r\n', `\r\n${more}\r\n`)])
        expect(await verified(top + changed)).toEqual(['x25 fail']);
    },
  );

  test('verifies when what relays and lists add is added to it', async () => {
    const { top } = await signerOf(RSA_KEY).sign(Buffer.from(MESSAGE));
    const more = 'Received: by x\r\nMessage-ID: <1@x.example>\r\nList-Id: <x.example>\r\n';
    expect(await verified(top + more + MESSAGE)).toEqual(['x25 pass']);
  });

  test('of a domain in other letters is its own too', async () => {
    const signer = signerOf({ ...RSA_KEY, domain: 'xn--bcher-kva.example' });
    const { top } = await signer.sign(Buffer.from('From: a@b\u00fccher.example\r\n\r\n'));
    expect(top).toContain('d=xn--bcher-kva.example;');
  });

  test.each([
    ['octets', `${`X: ${'x'.repeat(900)}\r\n`.repeat(80)}Subject`],
    ['lines', `${'X: y\r\n'.repeat(2500)}Subject`],
  ])('is not signed where its header has too many %s, and somebody is told', async (_what, more) => {
    const message = MESSAGE.replace('Subject', more);
    expect(await signerOf(RSA_KEY).sign(Buffer.from(message))).toEqual({
      top: '',
      problem: 'the header is too long',
    });
  });
});

test.each([
  ['another domain', messageOf('a@elsewhere.example')],
  ['a domain below', messageOf('a@sub.site-a.example')],
  ['authors elsewhere too', MESSAGE.replace('From:', 'From: b@elsewhere.example,')],
  ['two fields From', `From: b@site-a.example\r\n${MESSAGE}`],
  ['no author', 'Subject: x\r\n\r\n'],
])('mail with %s is not signed', async (_what, message) => {
  expect(await signerOf(RSA_KEY).sign(Buffer.from(message))).toEqual({ top: '' });
});

describe('a key', () => {
  const FOLDER = mkdtempSync(join(tmpdir(), 'x25mail-dkim-'));
  const publicHalf = () => createPublicKey(RSA.key).export({ type: 'spki', format: 'pem' }).toString();
  const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
  function reading(text: string | undefined): () => unknown {
    const keyFile = join(FOLDER, `${Math.random()}.pem`);
    if (text !== undefined) writeFileSync(keyFile, text);
    return () => {
      try {
        return readDkimKey({ domain: DOMAIN, selector: 'x25', keyFile });
      } catch (error) {
        throw error instanceof Error ? new Error(error.message.replace(keyFile, 'FILE')) : error;
      }
    };
  }

  test('is read from its file, in whatever form of PEM', () => {
    expect(reading(RSA.privateKey)()).toMatchObject({ domain: DOMAIN, selector: 'x25' });
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const old = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    const read = reading(old)() as DkimKey;
    expect(read.privateKey.equals(privateKey)).toBe(true);
    expect(describeKey(read)).toBe('RSA of 1024 bits');
    expect(describeKey(ED_KEY)).toBe('Ed25519');
  });

  test.each([
    ['is not there', undefined, /^FILE can't be used as a key of DKIM: ENOENT/],
    ['is no key', 'nothing', /^FILE can't be used as a key of DKIM: found no private key/],
    ['is the public half', publicHalf(), /^FILE can't be used as a key of DKIM: found no private key/],
    [
      'is of another kind',
      pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
      /^FILE can't be used as a key of DKIM: found a key of type ec; allowed: RSA, Ed25519$/,
    ],
    [
      'is too short',
      pem(generateKeyPairSync('rsa', { modulusLength: 768 }).privateKey),
      /^FILE can't be used as a key of DKIM: found an RSA key of 768 bits; allowed: 1024 and more$/,
    ],
  ])('that %s is refused by the name of its file', (_what, text, message) => {
    expect(reading(text)).toThrow(message);
  });
});
