/** The mechanisms that hand over the password, or a digest of it, and ask for no proof of the server. */
import { createHmac } from 'node:crypto';
import type { Credentials, SaslClient } from './mechanism.js';

/** RFC 4616. */
export function plain({ user, password }: Credentials): SaslClient {
  return {
    name: 'PLAIN',
    initial: Buffer.from(`\0${user}\0${password}`),
    respond: () => undefined,
    isSatisfied: () => true,
  };
}

/** Never standardised: two challenges of free text, answered by name and password. */
export function login({ user, password }: Credentials): SaslClient {
  const answers = [user, password];
  return {
    name: 'LOGIN',
    initial: undefined,
    respond: () => {
      const answer = answers.shift();
      return answer === undefined ? undefined : Buffer.from(answer);
    },
    isSatisfied: () => true,
  };
}

/** RFC 2195. */
export function cramMd5({ user, password }: Credentials): SaslClient {
  let isAnswered = false;
  return {
    name: 'CRAM-MD5',
    initial: undefined,
    respond: (challenge) => {
      if (isAnswered) return undefined;
      isAnswered = true;
      return Buffer.from(`${user} ${createHmac('md5', password).update(challenge).digest('hex')}`);
    },
    isSatisfied: () => isAnswered,
  };
}
