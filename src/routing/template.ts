import { type Decoded, decoded, fault } from '../core/index.js';
import type { Captures } from './pattern.js';

/** Text with places for what a pattern captured: `$1` .. `$9` (one digit: `$10` is `$1` and a 0); `$$` is a dollar. */
export class Template {
  readonly text: string;
  readonly #pieces: readonly (string | number)[];

  private constructor(text: string, pieces: readonly (string | number)[]) {
    this.text = text;
    this.#pieces = pieces;
  }

  /**
   * @param groups how many captures the pattern has that will feed it.
   * @returns what is wrong with the text, in words.
   */
  static parse(text: string, groups: number): Decoded<Template> {
    const pieces: (string | number)[] = [];
    let end = 0;
    for (const place of text.matchAll(/\$(.?)/gs)) {
      const what = place[1] ?? '';
      pieces.push(text.slice(end, place.index));
      end = place.index + place[0].length;
      if (what === '$') pieces.push('$');
      else if (!/[1-9]/.test(what)) return fault(`"${place[0]}" means nothing: $1 to $9, or $$ for a dollar`);
      else if (Number(what) > groups)
        return fault(
          `"${place[0]}" has no group: the pattern has ${groups === 0 ? 'none' : `only ${groups}`}`,
        );
      else pieces.push(Number(what));
    }
    pieces.push(text.slice(end));
    return decoded(new Template(text, pieces));
  }

  /** True when every expansion is the same. */
  get isFixed(): boolean {
    return this.#pieces.every((piece) => typeof piece === 'string');
  }

  expand(captures: Captures): string {
    return this.#pieces
      .map((piece) => (typeof piece === 'string' ? piece : (captures[piece] ?? '')))
      .join('');
  }

  /** Whether some captures expand to this text. Case doesn't matter, as in the names of hosts. */
  canMake(text: string): boolean {
    const literal = (piece: string): string => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    const source = this.#pieces.map((piece) => (typeof piece === 'string' ? literal(piece) : '.*')).join('');
    return new RegExp(`^${source}$`, 'is').test(text);
  }

  /** As it was written, for `check --json`. */
  toJSON(): string {
    return this.text;
  }
}
