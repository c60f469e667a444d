/**
 * The PAD's parameters (X.3) as mail wants them: eight bits both ways, nothing added, nothing taken out.
 */

/** Reference and value, as in `SET 2:0`. */
export type Parameters = ReadonlyMap<number, number>;

/** What a PAD answers for each reference it was asked for; `invalid`: it has no such parameter. */
export type ReportedParameters = ReadonlyMap<number, number | 'invalid'>;

/** How we get the PAD's attention while a call is open, or end the call without it: docs/decisions/0004-pad-clearing.md. */
export type Clearing = 'break' | 'dtr' | 'escape';

/** The value of parameter 1 that makes DLE the escape from data transfer. */
const RECALL_BY_DLE = 1;
/** The value of parameter 7 that makes a break the escape from data transfer. */
const BREAK_ESCAPES = 8;

/** DLE: also what we send for an escape. */
export const ESCAPE = 0x10;

/** In the order they are set: the last ones decide whether the PAD can be talked to. */
const TRANSPARENT: ReadonlyArray<readonly [reference: number, value: number]> = [
  [2, 0], // no echo
  [3, 0], // nothing in the data makes a packet go
  [4, 2], // a pause of 100 ms does, and a full packet
  [5, 0], // no XON and XOFF to us
  [8, 0], // no output is thrown away
  [9, 0], // no padding after CR
  [10, 0], // no folding of lines
  [12, 0], // XON and XOFF from us are data
  [13, 0], // no LF added
  [14, 0], // no padding after LF
  [15, 0], // no editing
  [21, 0], // no parity, so all eight bits are data
  [22, 0], // no waiting after a page
];

/**
 * @param changes what this PAD wants otherwise, by reference.
 * @returns what is to be in force during a call.
 */
export function transparentParameters(clearing: Clearing, changes: Parameters = new Map()): Parameters {
  return new Map([
    ...TRANSPARENT,
    ...changes,
    [7, clearing === 'break' ? BREAK_ESCAPES : 0],
    [1, clearing === 'escape' ? RECALL_BY_DLE : 0],
    [6, 1], // service signals: without them nobody would know of COM and CLR; no prompt
  ]);
}

/**
 * @returns in words what is not as wanted, or undefined. A parameter that the PAD does not have is no obstacle where
 * the wanted value says that it shall do nothing.
 */
export function findDifference(wanted: Parameters, reported: ReportedParameters): string | undefined {
  for (const [reference, value] of wanted) {
    const found = reported.get(reference);
    if (found === value || (found === 'invalid' && value === 0)) continue;
    if (found === undefined) return `does not tell its parameter ${reference}`;
    if (found === 'invalid') return `has no parameter ${reference}, which must be ${value}`;
    return `keeps parameter ${reference} at ${found}, it must be ${value}`;
  }
  return undefined;
}
