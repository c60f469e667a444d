import type { Facilities } from '../circuit/index.js';
import { fromAscii } from '../core/index.js';

/** What a terminal tells its PAD (X.28 §3.5.15 on: standard format). */
export type PadCommand =
  | { readonly type: 'status' | 'clear' | 'interrupt' | 'reset' | 'error' }
  /** PAR?; none means all. */
  | { readonly type: 'read'; readonly references: readonly number[] }
  /** SET, and SET? which reads them afterwards. */
  | { readonly type: 'set'; readonly values: readonly Setting[]; readonly read: boolean }
  | { readonly type: 'profile'; readonly id: string }
  | {
      readonly type: 'selection';
      readonly called: string;
      readonly facilities: Facilities;
      /** Without the protocol identifier. */
      readonly userData: Uint8Array;
    };

export interface Setting {
  readonly reference: number;
  readonly value: number;
}

const ERROR: PadCommand = { type: 'error' };

type Rule = readonly [pattern: RegExp, read: (...parts: string[]) => PadCommand];

/** Spaces are gone, letters are capitals. */
const RULES: readonly Rule[] = [
  [/^STAT$/, () => ({ type: 'status' })],
  [/^CLR$/, () => ({ type: 'clear' })],
  [/^INT$/, () => ({ type: 'interrupt' })],
  [/^RESET$/, () => ({ type: 'reset' })],
  [/^PROF(\w+)$/, (id = '') => ({ type: 'profile', id })],
  [/^PAR\?((?:\d+(?:,\d+)*)?)$/, (list = '') => ({ type: 'read', references: numbers(list) })],
  [/^SET(\??)(\d+:\d+(?:,\d+:\d+)*)$/, (query, list = '') => readSet(query === '?', list)],
];

const SELECTION = /^(?:([^-]+)-)?(\d{1,15})(?:(?:\*[DP]?|[DP])(.{0,12}))?$/i;

/** @param line without its delimiter. */
export function readPadCommand(line: string): PadCommand {
  const selection = SELECTION.exec(line.trim());
  if (selection !== null) return readSelection(selection);
  const text = line.replace(/ /g, '').toUpperCase();
  for (const [pattern, read] of RULES) {
    const [match, ...parts] = pattern.exec(text) ?? [];
    if (match !== undefined) return read(...parts);
  }
  return ERROR;
}

function numbers(list: string): number[] {
  return list === '' ? [] : list.split(',').map(Number);
}

function readSet(read: boolean, list: string): PadCommand {
  const values = list.split(',').map((pair) => {
    const [reference = 0, value = 0] = pair.split(':').map(Number);
    return { reference, value };
  });
  return { type: 'set', values, read };
}

function readSelection([, block = '', called = '', text = '']: RegExpExecArray): PadCommand {
  const facilities = readFacilities(block);
  if (facilities === undefined) return ERROR;
  return { type: 'selection', called, facilities, userData: fromAscii(text) };
}

/** By letter; undefined where what stands behind the letter is not right for it. */
const FACILITY_OF: Readonly<Record<string, (rest: string) => Facilities | undefined>> = {
  R: alone({ reverseCharging: true }),
  F: alone({ fastSelect: 'unrestricted' }),
  Q: alone({ fastSelect: 'restricted' }),
  C: alone({ chargingRequested: true }),
  N: (nui) => (nui === '' ? undefined : { userIdentification: fromAscii(nui) }),
  G: (group) => (GROUP.test(group) ? { closedUserGroup: group } : undefined),
  O: (group) => (GROUP.test(group) ? { closedUserGroupOutgoing: group } : undefined),
  T: (network) => (/^\d{4}$/.test(network) ? { transitNetworks: network } : undefined),
};

/** Basic or extended. */
const GROUP = /^(\d{2}|\d{4})$/;

function alone(facility: Facilities): (rest: string) => Facilities | undefined {
  return (rest) => (rest === '' ? facility : undefined);
}

/** `R,G12,N...`: undefined where a letter is not known. */
function readFacilities(block: string): Facilities | undefined {
  let facilities: Facilities = {};
  for (const item of block === '' ? [] : block.split(',')) {
    const facility = FACILITY_OF[item.charAt(0).toUpperCase()]?.(item.slice(1));
    if (facility === undefined) return undefined;
    facilities = { ...facilities, ...facility };
  }
  return facilities;
}
