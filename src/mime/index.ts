/**
 * 8-bit and binary messages for servers that take 7-bit only (RFC 6152 §3). A message is read twice: once to see what has
 * to be changed, once to change it; so nothing is changed that need not be, and nothing large is held.
 *
 * Fields of headers stay as they are, but for what they say of the encoding. A DKIM signature over a body that is changed
 * is no longer valid (RFC 6376 §5.3 advises to sign 7-bit mail for that reason): the gateway makes
 * its own again, somebody else's breaks, and the message arrives all the same.
 */
import type { Decoded } from '../core/index.js';
import { SevenBitConverter } from './converter.js';
import { fieldName, fieldValue, splitFields } from './header.js';
import { type SplitMessage, splitHeader } from './split-header.js';
import { type MimeFault, type SevenBitPlan, Surveyor } from './survey.js';

export {
  fieldName,
  fieldValue,
  type MimeFault,
  SevenBitConverter,
  type SevenBitPlan,
  type SplitMessage,
  Surveyor,
  splitFields,
  splitHeader,
};

type Octets = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** What has to be changed, or why the message can't be 7-bit. */
export async function planFor7Bit(message: Octets): Promise<Decoded<SevenBitPlan, MimeFault>> {
  const surveyor = new Surveyor();
  for await (const octets of message) surveyor.push(octets);
  return surveyor.end();
}

/** The same message, 7-bit in lines of at most 998 octets. @param plan made of the same octets. */
export async function* convertTo7Bit(
  message: Octets,
  plan: SevenBitPlan,
): AsyncGenerator<Uint8Array, void, void> {
  const converter = new SevenBitConverter(plan);
  for await (const octets of message) {
    const converted = converter.push(octets);
    if (converted.length > 0) yield converted;
  }
  const rest = converter.end();
  if (rest.length > 0) yield rest;
}

const IN_WORDS: Record<MimeFault, string> = {
  header8bit: 'its header has 8-bit octets',
  headerOctets: 'its header has octets that no line may have',
  headerTooLong: 'its header has a line that is too long',
  tooComplex: 'it has too many parts',
  signed: 'a signed part of it has 8-bit octets, and the signature would break',
  unknownEncoding: 'a part of it has 8-bit octets in an encoding that is not known',
  structure: 'a part of it has 8-bit octets and no structure that can be read',
};

/** For a reply or a report: why it can't be converted. */
export function describeMimeFault(fault: MimeFault): string {
  return IN_WORDS[fault];
}
