import { createHmac } from 'node:crypto';
import { type Credentials, isSame } from './credentials.js';
import { failed, type Mechanism, type Step } from './mechanism.js';
import { saslPrep } from './saslprep.js';
import { textOf } from './text.js';

/** RFC 2195: the client signs a challenge with its password, which we must hold as it is. */
export const CRAM_MD5: Mechanism = {
  initialResponse: false,
  begin: ({ hostname, nonce }) => {
    const challenge = `<${nonce()}@${hostname}>`;
    return { challenge: Buffer.from(challenge), respond: (response) => answer(challenge, response) };
  },
};

function answer(challenge: string, response: Uint8Array): Step {
  const [, name = '', digest = ''] = /^(.+) ([0-9A-Fa-f]{32})$/su.exec(textOf(response) ?? '') ?? [];
  if (name === '') return failed('syntax');
  const user = saslPrep(name);
  if (user === undefined) return failed('credentials');
  return {
    lookUp: user,
    found: (credentials) =>
      isSigned(challenge, digest, credentials) ? { proven: { user, identity: user } } : failed('credentials'),
  };
}

function isSigned(challenge: string, digest: string, credentials: Credentials | undefined): boolean {
  const expected = createHmac('md5', credentials?.password ?? '')
    .update(challenge)
    .digest();
  return isSame(expected, Buffer.from(digest, 'hex')) && credentials?.password !== undefined;
}
