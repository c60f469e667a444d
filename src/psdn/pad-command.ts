import { concat, fromAscii, fromHex } from '../core/index.js';

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
      /** As in a packet (X.25 §7). */
      readonly facilities: Uint8Array;
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

const FAST_SELECT: Readonly<Record<string, number>> = { F: 0x80, Q: 0xc0 };
/** With two digits and with four. */
const DIGIT_CODES: Readonly<Record<string, readonly [number | undefined, number]>> = {
  G: [0x03, 0x47],
  O: [0x09, 0x48],
  T: [undefined, 0x44],
};

/** `R,G12,N...`: undefined where a letter is not known. */
function readFacilities(block: string): Uint8Array | undefined {
  const parts: Uint8Array[] = [];
  let fastSelectAndReverse = 0;
  for (const item of block === '' ? [] : block.split(',')) {
    const letter = item.charAt(0).toUpperCase();
    const rest = item.slice(1);
    if (letter === 'R' && rest === '') fastSelectAndReverse |= 1;
    else if (letter in FAST_SELECT && rest === '') fastSelectAndReverse |= FAST_SELECT[letter] ?? 0;
    else {
      const facility = readFacility(letter, rest);
      if (facility === undefined) return undefined;
      parts.push(facility);
    }
  }
  if (fastSelectAndReverse !== 0) parts.unshift(Uint8Array.of(0x01, fastSelectAndReverse));
  return concat(parts);
}

function readFacility(letter: string, rest: string): Uint8Array | undefined {
  if (letter === 'C' && rest === '') return Uint8Array.of(0x04, 0x01);
  if (letter === 'N' && rest !== '') return concat([Uint8Array.of(0xc6, rest.length), fromAscii(rest)]);
  const digits = /^(\d{2}|\d{4})$/.test(rest) ? fromHex(rest) : undefined;
  const code = digits && DIGIT_CODES[letter]?.[digits.length === 1 ? 0 : 1];
  return digits !== undefined && code !== undefined ? concat([Uint8Array.of(code), digits]) : undefined;
}
