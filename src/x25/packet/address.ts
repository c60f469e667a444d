import { type Decoded, decoded, fault } from '../../core/index.js';
import type { FieldFault } from './fault.js';

/** The two addresses of a call, decimal digits; empty when not given. */
export interface Addresses {
  readonly called: string;
  readonly calling: string;
}

/** What kind of number an address is, where the A bit says that addresses tell it (X.25 §5.2.1). */
export interface AddressType {
  /** 0 as the network has it, 1 international, 2 national, 5 an alternative to a number. */
  readonly type: number;
  /** Numbering plan: 0 as the network has it, 1 E.164, 3 X.121. */
  readonly plan: number;
}

export interface AddressTypes {
  readonly called?: AddressType;
  readonly calling?: AddressType;
}

/** `length` is the number of octets the block takes. */
export interface AddressBlock extends Addresses {
  readonly length: number;
  /** Only with the A bit. */
  readonly types?: AddressTypes;
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
  return readBoth(octets, at, { from: 1, called: lengths & 0x0f, calling: lengths >> 4 });
}

/**
 * Address block, A bit 1: one length octet for each, called first; each address begins with the half-octets
 * type of address and numbering plan, which are counted. We route on the digits behind them and never send this form.
 * An alternative address, such as a name, is no number: it reads as none given.
 * UNCLEAR X.25 §5.2.1: the values of type and plan are not from the Recommendation's text.
 */
export function decodeTypedAddresses(octets: Uint8Array, at: number): Decoded<AddressBlock, FieldFault> {
  const called = octets[at];
  const calling = octets[at + 1];
  if (called === undefined || calling === undefined) return fault('tooShort');
  return readBoth(octets, at, { from: 2, called, calling, read: readTyped });
}

interface Layout {
  /** Where the digits begin, in octets from the start of the block. */
  readonly from: number;
  /** Half-octets. */
  readonly called: number;
  readonly calling: number;
  readonly read?: (octets: Uint8Array, start: number, count: number) => ReadAddress | undefined;
}

interface ReadAddress {
  readonly digits: string;
  readonly type?: AddressType;
}

function readBoth(octets: Uint8Array, at: number, layout: Layout): Decoded<AddressBlock, FieldFault> {
  const { from, called: calledLength, calling: callingLength, read = readPlain } = layout;
  const length = from + Math.ceil((calledLength + callingLength) / 2);
  if (at + length > octets.length) return fault('tooShort');
  const start = 2 * (at + from);
  const called = read(octets, start, calledLength);
  if (called === undefined) return fault('calledAddress');
  const calling = read(octets, start + calledLength, callingLength);
  if (calling === undefined) return fault('callingAddress');
  const types = {
    ...(called.type && { called: called.type }),
    ...(calling.type && { calling: calling.type }),
  };
  return decoded({
    called: called.digits,
    calling: calling.digits,
    length,
    ...(Object.keys(types).length > 0 && { types }),
  });
}

const ALTERNATIVE = 5;

function readTyped(octets: Uint8Array, start: number, count: number): ReadAddress | undefined {
  if (count === 0) return { digits: '' };
  if (count === 1) return undefined;
  const type = { type: halfOctet(octets, start), plan: halfOctet(octets, start + 1) };
  if (type.type === ALTERNATIVE) return { digits: '', type };
  const number = readPlain(octets, start + 2, count - 2);
  return number && { ...number, type };
}

/** @param start, count in half-octets. @returns undefined when they are not 0 to 15 decimal digits. */
function readPlain(octets: Uint8Array, start: number, count: number): ReadAddress | undefined {
  if (count > MOST_DIGITS) return undefined;
  let digits = '';
  for (let i = start; i < start + count; i++) {
    const digit = halfOctet(octets, i);
    if (digit > 9) return undefined;
    digits += digit;
  }
  return { digits };
}

function halfOctet(octets: Uint8Array, at: number): number {
  const octet = octets[at >> 1] ?? 0;
  return at % 2 === 0 ? octet >> 4 : octet & 0x0f;
}
