import { RE2JS } from 're2js';
import { type Decoded, decoded, describeError, fault } from '../core/index.js';

/** What a pattern found: the whole text first, then what stood for `$1`, `$2`, ... */
export type Captures = readonly string[];

export interface PatternOptions {
  /** Domains are compared so; numbers have no letters. Default false. */
  readonly ignoreCase?: boolean;
}

/**
 * How a configuration names numbers and domains: exactly, with `*` for any characters (also none), or by a
 * regular expression between slashes. An exact or `*` pattern covers the whole text, a regular expression
 * only what it anchors itself. A `*` captures like a group.
 *
 * Both are matched by re2js: the time is linear in the text, so that no caller and no recipient address can
 * make the gateway think for minutes.
 */
export class Pattern {
  readonly text: string;
  /** Highest `$n` that a template may use. */
  readonly groups: number;
  readonly #expression: RE2JS | undefined;
  readonly #exact: string;
  readonly #ignoreCase: boolean;

  private constructor(text: string, expression: RE2JS | undefined, ignoreCase: boolean) {
    this.text = text;
    this.#expression = expression;
    this.groups = expression?.groupCount() ?? 0;
    this.#ignoreCase = ignoreCase;
    this.#exact = ignoreCase ? text.toLowerCase() : text;
  }

  /** @returns what is wrong with the text, in words, when it is no pattern. */
  static parse(text: string, { ignoreCase = false }: PatternOptions = {}): Decoded<Pattern> {
    const source = regularExpressionOf(text);
    if (source === undefined) return decoded(new Pattern(text, undefined, ignoreCase));
    const flags = ignoreCase ? RE2JS.CASE_INSENSITIVE | RE2JS.DOTALL : RE2JS.DOTALL;
    try {
      return decoded(new Pattern(text, RE2JS.compile(source, flags), ignoreCase));
    } catch (error) {
      // What the library says begins with the same words each time, and shows the flags as if they were written.
      return fault(
        describeError(error)
          .replace(/^error parsing regexp: /, '')
          .replace(/\(\?[is]+\)/, ''),
      );
    }
  }

  /** True when only one text fits. */
  get isExact(): boolean {
    return this.#expression === undefined;
  }

  /** True when every text fits, as far as can be seen at a glance: `*`. */
  get isCatchAll(): boolean {
    return /^\*+$/.test(this.text);
  }

  match(text: string): Captures | undefined {
    if (this.#expression === undefined) {
      const compared = this.#ignoreCase ? text.toLowerCase() : text;
      return compared === this.#exact ? [text] : undefined;
    }
    const matcher = this.#expression.matcher(text);
    if (!matcher.find()) return undefined;
    return Array.from({ length: this.groups + 1 }, (_, group) => matcher.group(group) ?? '');
  }

  /** As it was written, for `check --json`. */
  toJSON(): string {
    return this.text;
  }
}

/** @returns undefined for a text that stands for itself only. */
function regularExpressionOf(text: string): string | undefined {
  if (text.length > 1 && text.startsWith('/') && text.endsWith('/')) return text.slice(1, -1);
  if (text.includes('*')) return `^${text.split('*').map(RE2JS.quote).join('(.*)')}$`;
  return undefined;
}
