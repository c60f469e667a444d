import type { CallRequest, Facilities } from '../circuit/index.js';
import { type Decoded, decoded, fault, toHex } from '../core/index.js';
import { findFacility } from '../x25/index.js';

/** What a PAD takes after the number, octets: X.29 §4.2 leaves 16 less the protocol identifier. */
const MOST_USER_DATA = 12;
/** The PAD writes 01 00 00 00 by itself. */
const PROTOCOL_IDENTIFIER = 4;
/** CR and `+` end a command. */
const USER_DATA = /^[ -*,-~]*$/;
const NUA = /^\d{1,15}$/;

/** A comma and a hyphen would end the facility. */
const NUI = /^[!-*.-~]+$/;

/** @returns the letters for the parameter octets, or undefined where a PAD can't be told. */
type Write = (parameter: Uint8Array) => readonly string[] | undefined;

/** Facilities that have a letter in a selection, by code. */
const LETTERS: ReadonlyArray<readonly [code: number, write: Write]> = [
  [0xc6, writeNui],
  [0x01, (octets) => fastSelectAndReverse(octets[0] ?? 0)],
  [0x03, (digits) => [`G${toHex(digits)}`]],
  [0x47, (digits) => [`G${toHex(digits)}`]],
  [0x09, (digits) => [`O${toHex(digits)}`]],
  [0x48, (digits) => [`O${toHex(digits)}`]],
  [0x44, (digits) => [`T${toHex(digits)}`]],
  [0x04, (octets) => (octets[0] === 1 ? ['C'] : [])],
];

function writeNui(octets: Uint8Array): readonly string[] | undefined {
  const nui = String.fromCharCode(...octets);
  return NUI.test(nui) ? [`N${nui}`] : undefined;
}

function fastSelectAndReverse(parameter: number): readonly string[] {
  const isFastSelect = (parameter & 0x80) !== 0;
  const fastSelect = isFastSelect ? [(parameter & 0x40) === 0 ? 'F' : 'Q'] : [];
  return (parameter & 1) === 1 ? [...fastSelect, 'R'] : fastSelect;
}

/**
 * The selection command for a call: `N...,G12,R-26245300040Dtext`. Packet and window size can't be asked for by a
 * PAD's terminal and are left to the network; of the user data, the PAD writes the protocol identifier by itself.
 * @param userDataMark what this PAD wants before user data.
 * @returns a fault for a facility that has no letter.
 * @throws RangeError when number or user data can't be written.
 */
export function writeSelection(
  { called, userData, facilities = {} }: CallRequest,
  userDataMark: string,
): Decoded<string, 'facility'> {
  if (!NUA.test(called)) throw new RangeError(`not a number that a PAD can call: ${JSON.stringify(called)}`);
  const asked = lettersOf(facilities);
  if (asked === undefined) return fault('facility');
  const block = asked.length === 0 ? '' : `${asked.join(',')}-`;
  return decoded(`${block}${called}${writeUserData(userData, userDataMark)}`);
}

function lettersOf(facilities: Facilities): string[] | undefined {
  const letters: string[] = [];
  let octets = 0;
  for (const [code, write] of LETTERS) {
    const parameter = findFacility(facilities, code);
    if (parameter === undefined) continue;
    const written = write(parameter);
    if (written === undefined) return undefined;
    letters.push(...written);
    const isClassD = code >> 6 === 0b11;
    octets += (isClassD ? 2 : 1) + parameter.length;
  }
  return octets === (facilities.other?.length ?? 0) ? letters : undefined;
}

function writeUserData(userData: Uint8Array, mark: string): string {
  const text = String.fromCharCode(...userData.subarray(PROTOCOL_IDENTIFIER));
  if (text.length > MOST_USER_DATA)
    throw new RangeError(`a PAD takes up to ${MOST_USER_DATA} octets of user data, not ${text.length}`);
  if (!USER_DATA.test(text)) throw new RangeError('a PAD takes user data of printable characters only, no +');
  return text === '' ? '' : `${mark}${text}`;
}
