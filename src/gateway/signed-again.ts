import { splitHeader } from '../mime/index.js';
import type { DkimSigner } from './authentication/index.js';
import { behind, type ReadBody, skip } from './outgoing-body.js';

/**
 * Of a message that was changed on its way out: takes off the signatures that were put above it when it came in, and signs it as
 * it is now.
 *
 * It says the same time as before: with the same keys it is the same message at the next attempt, which can then go on where
 * this one is cut off (RFC 1845).
 */
export async function signedAgain(read: ReadBody, signer: DkimSigner): Promise<ReadBody> {
  const { fields, rest } = await splitHeader(read());
  const ours = ownSignatures(fields);
  if (ours.length === 0) {
    for await (const _ of rest) break; // closes it
    return read;
  }
  const [, time] = /[;\s]t=(\d+)/.exec(ours[0] ?? '') ?? [];
  const signing = signer.begin(time === undefined ? undefined : Number(time));
  signing.pass(Buffer.from(fields.slice(ours.length).join(''), 'latin1'));
  for await (const octets of rest) signing.pass(octets);
  const { top } = await signing.end();
  const length = ours.join('').length;
  return () => behind(Buffer.from(top), skip(read(), length));
}

/**
 * The signatures that were put above a message when it came in. Whatever else comes in begins with a Received or
 * Authentication-Results field, so that a signature on top is ours.
 */
export function ownSignatures(fields: readonly string[]): readonly string[] {
  const firstOther = fields.findIndex((field) => !/^DKIM-Signature:/i.test(field));
  return fields.slice(0, firstOther < 0 ? fields.length : firstOther);
}
