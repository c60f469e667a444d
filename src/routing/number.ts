/**
 * What a network wants before a number (X.121): a prefix is no part of the number and differs from line to line.
 * The configuration always holds plain numbers.
 */
export interface NumberPrefixes {
  /** Before an international data number; absent or empty: none. */
  readonly international?: string;
}

/** The digits to put into the called address of a call on this line. */
export function numberToCall(nua: string, prefixes: NumberPrefixes): string {
  return (prefixes.international ?? '') + nua;
}

/** The number of whoever calls on this line. A caller whose address is nothing but the prefix keeps it. */
export function numberOfCaller(calling: string, prefixes: NumberPrefixes): string {
  const prefix = prefixes.international ?? '';
  return calling.length > prefix.length && calling.startsWith(prefix)
    ? calling.slice(prefix.length)
    : calling;
}
