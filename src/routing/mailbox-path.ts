import { type Decoded, decoded } from '../core/index.js';
import type { Captures } from './pattern.js';
import { Template } from './template.js';

const USER = '{user}';

/** What an address may put into a path: a name, and never one that is hidden or leads elsewhere. */
const SAFE = /^[\p{L}\p{N}_+=-][\p{L}\p{N}\p{M}._+=-]*$/u;
/** Octets; names of files have 255. */
const LONGEST_PIECE = 200;

/**
 * Path of a mailbox, as a template whose places are filled by an address: `{user}` by what stands before the @, `$1` to `$9` by
 * what the pattern captured of the domain. Whoever writes the address has no say in where the path leads: each place holds
 * one name, or part of one, without slashes and not beginning with a dot.
 */
export class MailboxPath {
  readonly text: string;
  /** What stands between the places of the user. */
  readonly #parts: readonly Template[];

  private constructor(text: string, parts: readonly Template[]) {
    this.text = text;
    this.#parts = parts;
  }

  /** @param groups how many captures the pattern has. @returns what is wrong with the text, in words. */
  static parse(text: string, groups: number): Decoded<MailboxPath> {
    const parts: Template[] = [];
    for (const part of text.split(USER)) {
      const template = Template.parse(part, groups);
      if (!template.ok) return template;
      parts.push(template.value);
    }
    return decoded(new MailboxPath(text, parts));
  }

  /** One mailbox, whoever is written to. */
  get isFixed(): boolean {
    return this.#parts.length === 1 && this.#parts.every(({ isFixed }) => isFixed);
  }

  /** @param local what stands before the @. @returns undefined where the address would lead anywhere else. */
  expand(captures: Captures, local: string): string | undefined {
    const safe = captures.map(nameOf);
    const path = this.#parts.map((part) => part.expand(safe)).join(nameOf(local));
    return path.includes(UNSAFE) ? undefined : path;
  }

  /** As it was written, for `check --json`. */
  toJSON(): string {
    return this.text;
  }
}

/** No path holds it. */
const UNSAFE = '\0';

/** Mailboxes are told apart without regard to case. */
function nameOf(text: string): string {
  const name = text.toLowerCase().normalize('NFC');
  return SAFE.test(name) && Buffer.byteLength(name) <= LONGEST_PIECE ? name : UNSAFE;
}
