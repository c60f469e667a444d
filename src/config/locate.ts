/** Where in a file a value stands: keys of tables, and places in arrays. */
export type KeyPath = readonly (string | number)[];

const KEY = String.raw`(?:[\w-]+|"[^"]*"|'[^']*')`;
const DOTTED_KEY = String.raw`${KEY}(?:\s*\.\s*${KEY})*`;
const HEADER = new RegExp(String.raw`^\s*(\[\[?)\s*(${DOTTED_KEY})\s*\]`);
const ASSIGNMENT = new RegExp(String.raw`^\s*(${DOTTED_KEY})\s*=`);

/**
 * Finds the lines of keys in TOML text that the parser has taken (it tells lines only of what it refuses). Looks at
 * table headers and at the first key of a line, which is where people look too: what stands inside an inline table
 * or a list is found at the line of its key.
 *
 * @returns the line of a path, or of the nearest thing around it; undefined when even its table is not there.
 */
export function lineFinder(toml: string): (path: KeyPath) => number | undefined {
  const lines = new Map<string, number>();
  const lengths = new Map<string, number>();
  let table: KeyPath = [];

  const note = (path: KeyPath, line: number): void => {
    const key = JSON.stringify(path);
    if (!lines.has(key)) lines.set(key, line);
  };

  /** Turns `link.lapb` into the path of the `lapb` of the latest `[[link]]`. */
  const resolve = (keys: readonly string[]): KeyPath => {
    const path: (string | number)[] = [];
    for (const key of keys) {
      path.push(key);
      const entries = lengths.get(JSON.stringify(path));
      if (entries !== undefined) path.push(entries - 1);
    }
    return path;
  };

  for (const [index, line] of toml.split('\n').entries()) {
    const [, bracket, header] = HEADER.exec(line) ?? [];
    if (header !== undefined) {
      const keys = keysOf(header);
      if (bracket === '[[') {
        const array = JSON.stringify([...resolve(keys.slice(0, -1)), ...keys.slice(-1)]);
        lengths.set(array, (lengths.get(array) ?? 0) + 1);
        if (!lines.has(array)) lines.set(array, index + 1);
      }
      table = resolve(keys);
      note(table, index + 1);
      continue;
    }
    const [, assigned] = ASSIGNMENT.exec(line) ?? [];
    if (assigned !== undefined) note([...table, ...keysOf(assigned)], index + 1);
  }

  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const line = lines.get(JSON.stringify(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return undefined;
  };
}

function keysOf(dotted: string): string[] {
  return Array.from(dotted.matchAll(new RegExp(KEY, 'g')), ([key]) => key.replace(/^(["'])(.*)\1$/, '$2'));
}
