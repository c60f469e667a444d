import { parse, TomlError } from 'smol-toml';
import type { Problem } from './problem.js';

export type TomlResult =
  | { readonly ok: true; readonly table: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly problem: Problem };

/** What people run into most, by what the parser says about it. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /leading zero|numeric literal|invalid value/,
    'write network addresses, times and words in quotes: nua = "0234", t1 = "3s"',
  ],
  [
    /escape sequence/,
    `between double quotes a backslash is written twice; single quotes take it as it is: '/^(...)\\.(...)$/'`,
  ],
  [
    /redefine/,
    'the same key or table stands twice; several links, peers or routes are written [[link]], [[peer]], [[route]]',
  ],
];

/** Text to a table of plain values. Integers too large for a number come as bigint, to be refused by name. */
export function parseToml(text: string, file: string): TomlResult {
  try {
    return { ok: true, table: parse(text, { integersAsBigInt: 'asNeeded' }) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const what = (error.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /, '');
    const hint = HINTS.find(([pattern]) => pattern.test(what))?.[1];
    return {
      ok: false,
      problem: {
        file,
        line: error.line,
        key: `column ${error.column}`,
        message: hint === undefined ? what : `${what}; ${hint}`,
      },
    };
  }
}
