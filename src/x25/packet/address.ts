import { type Decoded, decoded, fault } from '../../core/index.js';
import type { FieldFault } from './fault.js';

/** The two addresses of a call, decimal digits; empty when not given. */
export interface Addresses {
  readonly called: string;
  readonly calling: string;
}

/** `length` is the number of octets the block takes. */
export interface AddressBlock extends Addresses {
  readonly length: number;
}

const MOST_DIGITS = 15;

/**
 * Address block, A bit 0 (X.25 §5.2.1):
 *  1 | calling length | called length |   in digits
 *  2 | called digits, calling digits: two per octet without a gap, the last half-octet 0 if needed |
 */
export function encodeAddresses({ called, calling }: Addresses): Uint8Array {
  const digits = checked(called) + checked(calling);
  const out = new Uint8Array(1 + Math.ceil(digits.length / 2));
  out[0] = (calling.length << 4) | called.length;
  for (let i = 0; i < digits.length; i++) {
    const at = 1 + (i >> 1);
    out[at] = (out[at] ?? 0) | (Number(digits[i]) << (i % 2 === 0 ? 4 : 0));
  }
  return out;
}

function checked(address: string): string {
  if (!/^\d*$/.test(address) || address.length > MOST_DIGITS)
    throw new RangeError(`not an X.121 address of at most ${MOST_DIGITS} digits: ${JSON.stringify(address)}`);
  return address;
}

/** Reads the address block that begins at `at`. */
export function decodeAddresses(octets: Uint8Array, at: number): Decoded<AddressBlock, FieldFault> {
  const lengths = octets[at];
  if (lengths === undefined) return fault('tooShort');
  return readBoth(octets, at, { from: 1, called: lengths & 0x0f, calling: lengths >> 4, typed: false });
}

/**
 * Address block, A bit 1: one length octet for each, called first; each address begins with the half-octets
 * type of address and numbering plan, which are counted. They are read over: we route on digits.
 * UNCLEAR X.25 §5.2.1: the values of type and plan; we never send this form.
 */
export function decodeTypedAddresses(octets: Uint8Array, at: number): Decoded<AddressBlock, FieldFault> {
  const called = octets[at];
  const calling = octets[at + 1];
  if (called === undefined || calling === undefined) return fault('tooShort');
  return readBoth(octets, at, { from: 2, called, calling, typed: true });
}

interface Layout {
  /** Where the digits begin, in octets from the start of the block. */
  readonly from: number;
  /** Half-octets. */
  readonly called: number;
  readonly calling: number;
  readonly typed: boolean;
}

function readBoth(octets: Uint8Array, at: number, layout: Layout): Decoded<AddressBlock, FieldFault> {
  const length = layout.from + Math.ceil((layout.called + layout.calling) / 2);
  if (at + length > octets.length) return fault('tooShort');
  const start = 2 * (at + layout.from);
  const called = readDigits(octets, start, layout.called, layout.typed);
  if (called === undefined) return fault('calledAddress');
  const calling = readDigits(octets, start + layout.called, layout.calling, layout.typed);
  if (calling === undefined) return fault('callingAddress');
  return decoded({ called, calling, length });
}

/** @param start, count in half-octets. @returns undefined when they are not 0 to 15 decimal digits. */
function readDigits(octets: Uint8Array, start: number, count: number, typed: boolean): string | undefined {
  const skipped = typed && count > 0 ? 2 : 0;
  if (count < skipped || count - skipped > MOST_DIGITS) return undefined;
  let digits = '';
  for (let i = start + skipped; i < start + count; i++) {
    const octet = octets[i >> 1] ?? 0;
    const digit = i % 2 === 0 ? octet >> 4 : octet & 0x0f;
    if (digit > 9) return undefined;
    digits += digit;
  }
  return digits;
}
