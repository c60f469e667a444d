/** SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel binding. The server proves that it knows the password, too. */
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import { saslPrep } from '../sasl/saslprep.js';
import type { Credentials, SaslClient } from './mechanism.js';

/** More iterations would hold everything else up: 100 000 took 20 ms. RFC 7677 §4 asks for 4096 at least. */
const MAX_ITERATIONS = 600_000;
const MIN_ITERATIONS = 4096;

/** No channel binding, no other identity (RFC 5802 §7). */
const GS2_HEADER = 'n,,';

export function scramSha256({ user, password }: Credentials, nonce?: string): SaslClient {
  const ours = nonce ?? randomBytes(18).toString('base64');
  const first = `n=${saslName(user)},r=${ours}`;
  let signature: Buffer | undefined;
  let isProved = false;

  const proof = (serverFirst: string): string | undefined => {
    const { r, s, i } = attributesOf(serverFirst);
    const iterations = /^[1-9]\d{0,8}$/.test(i ?? '') ? Number(i) : 0;
    const isFresh = r?.startsWith(ours) === true && r.length > ours.length;
    if (!isFresh || s === undefined || iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS)
      return undefined;
    const salted = pbkdf2Sync(prepared(password), Buffer.from(s, 'base64'), iterations, 32, 'sha256');
    const clientKey = hmac(salted, 'Client Key');
    const final = `c=${Buffer.from(GS2_HEADER).toString('base64')},r=${r}`;
    const message = `${first},${serverFirst},${final}`;
    const clientSignature = hmac(createHash('sha256').update(clientKey).digest(), message);
    signature = hmac(hmac(salted, 'Server Key'), message);
    const clientProof = clientKey.map((octet, at) => octet ^ (clientSignature[at] ?? 0));
    return `${final},p=${Buffer.from(clientProof).toString('base64')}`;
  };

  const isServer = (serverFinal: string, expected: Buffer): boolean => {
    const told = Buffer.from(attributesOf(serverFinal).v ?? '', 'base64');
    return told.length === expected.length && timingSafeEqual(told, expected);
  };

  return {
    name: 'SCRAM-SHA-256',
    initial: Buffer.from(`${GS2_HEADER}${first}`),
    respond: (challenge) => {
      const text = Buffer.from(challenge).toString('utf8');
      if (signature === undefined) {
        const answer = proof(text);
        return answer === undefined ? undefined : Buffer.from(answer);
      }
      if (isProved || !isServer(text, signature)) return undefined;
      isProved = true;
      return Buffer.alloc(0);
    },
    isSatisfied: () => isProved,
  };
}

function attributesOf(message: string): { r?: string; s?: string; i?: string; v?: string } {
  return Object.fromEntries(
    message.split(',').map((part): [string, string] => [part[0] ?? '', part.slice(2)]),
  );
}

function saslName(user: string): string {
  return prepared(user).replaceAll('=', '=3D').replaceAll(',', '=2C');
}

/** What SASLprep forbids is sent as it is: the server says whether it knows it. */
function prepared(text: string): string {
  return saslPrep(text) ?? text;
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
