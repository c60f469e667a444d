import type { CallRequest, Facilities } from '../circuit/index.js';
import { type Decoded, decoded, fault } from '../core/index.js';

/** What a PAD takes after the number, octets: X.29 §4.2 leaves 16 less the protocol identifier. */
const MOST_USER_DATA = 12;
/** The PAD writes 01 00 00 00 by itself. */
const PROTOCOL_IDENTIFIER = 4;
/** CR and `+` end a command. */
const USER_DATA = /^[ -*,-~]*$/;
const NUA = /^\d{1,15}$/;

/** A comma and a hyphen would end the facility. */
const NUI = /^[!-*.-~]+$/;

type Write<Value> = (value: Value) => string | undefined;

/**
 * Letters of facilities, in the order they are written; undefined where a PAD can't be told. A facility without an
 * entry has no letter.
 */
const LETTERS: { readonly [Key in keyof Facilities]?: Write<NonNullable<Facilities[Key]>> } = {
  userIdentification: writeNui,
  fastSelect: (how) => (how === 'unrestricted' ? 'F' : 'Q'),
  reverseCharging: (isReversed) => (isReversed ? 'R' : ''),
  closedUserGroup: (group) => `G${group}`,
  closedUserGroupOutgoing: (group) => `O${group}`,
  transitNetworks: (networks) => (typeof networks === 'string' ? `T${networks}` : undefined),
  chargingRequested: (isRequested) => (isRequested ? 'C' : ''),
};

function writeNui(octets: Uint8Array): string | undefined {
  const nui = String.fromCharCode(...octets);
  return NUI.test(nui) ? `N${nui}` : undefined;
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

/** Whether a PAD can be told all of them. */
export function haveLetters(facilities: Facilities): boolean {
  return lettersOf(facilities) !== undefined;
}

/** @returns undefined when one of them can't be told. */
function lettersOf({ packetSize, windowSize, ...asked }: Facilities): string[] | undefined {
  const writers = Object.entries(LETTERS) as [keyof typeof asked, Write<unknown>][];
  if (Object.keys(asked).some((key) => !(key in LETTERS))) return undefined;
  const letters: string[] = [];
  for (const [key, write] of writers) {
    const letter = asked[key] === undefined ? '' : write(asked[key]);
    if (letter === undefined) return undefined;
    if (letter !== '') letters.push(letter);
  }
  return letters;
}

function writeUserData(userData: Uint8Array, mark: string): string {
  const text = String.fromCharCode(...userData.subarray(PROTOCOL_IDENTIFIER));
  if (text.length > MOST_USER_DATA)
    throw new RangeError(`a PAD takes up to ${MOST_USER_DATA} octets of user data, not ${text.length}`);
  if (!USER_DATA.test(text)) throw new RangeError('a PAD takes user data of printable characters only, no +');
  return text === '' ? '' : `${mark}${text}`;
}
