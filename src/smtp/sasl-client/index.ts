import type { Credentials, SaslClient } from './mechanism.js';
import { scramSha256 } from './scram.js';
import { cramMd5, login, plain } from './simple.js';

export type { Credentials, SaslClient };

/** The best first: what shows the least of the password, and the most of the server. */
const MECHANISMS: ReadonlyMap<string, (credentials: Credentials, nonce?: string) => SaslClient> = new Map([
  ['SCRAM-SHA-256', scramSha256],
  ['CRAM-MD5', cramMd5],
  ['PLAIN', plain],
  ['LOGIN', login],
]);

/** @returns undefined when nothing that is offered is known here. */
export function chooseMechanism(
  offered: readonly string[],
  credentials: Credentials,
  nonce?: string,
): SaslClient | undefined {
  for (const [name, make] of MECHANISMS) if (offered.includes(name)) return make(credentials, nonce);
  return undefined;
}
