/** SASL (RFC 4422), the server's side: mechanisms as chains of steps, and what is kept of a user. */
import { CRAM_MD5 } from './cram-md5.js';
import { LOGIN } from './login.js';
import type { Mechanism } from './mechanism.js';
import { PLAIN } from './plain.js';
import { SCRAM_SHA_256 } from './scram.js';

export { type Credentials, makeVerifier, type ScramVerifier } from './credentials.js';
export type * from './mechanism.js';

export const MECHANISMS = {
  PLAIN,
  LOGIN,
  'CRAM-MD5': CRAM_MD5,
  'SCRAM-SHA-256': SCRAM_SHA_256,
} satisfies Record<string, Mechanism>;

export type MechanismName = keyof typeof MECHANISMS;
