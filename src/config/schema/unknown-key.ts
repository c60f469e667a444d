import { closest, distance } from 'fastest-levenshtein';

/**
 * Keys of the design that this version does not have yet, by table: better told so than taken for a slip of the pen.
 * A key leaves this list when it is built.
 */
const NOT_YET: Readonly<Record<string, readonly string[]>> = {
  incoming: ['to'],
};

/** @param table `link.packet`; empty for the whole file. */
export function isNotYetSupported(key: string, table: string): boolean {
  return NOT_YET[table]?.includes(key) ?? false;
}

/** A letter wrong, two in a longer key, or the right letters in another order. */
function isClose(key: string, known: string): boolean {
  return distance(key.toLowerCase(), known) <= (known.length < 4 ? 1 : 2) || sorted(key) === sorted(known);
}

function sorted(key: string): string {
  return [...key.toLowerCase()].sort().join('');
}

/** What to say of a key that a table does not have. */
export function describeUnknownKey(key: string, table: string, known: readonly string[]): string {
  if (isNotYetSupported(key, table)) return 'not supported by this version';
  const meant = findMeant(key, known);
  if (meant !== undefined) return `unknown key; did you mean ${JSON.stringify(meant)}?`;
  return `unknown key; allowed: ${known.join(', ')}`;
}

/** The word that was probably meant. */
export function findMeant(word: string, known: readonly string[]): string | undefined {
  const meant = closest(word.toLowerCase(), known);
  return isClose(word, meant) ? meant : undefined;
}
