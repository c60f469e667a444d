/** As long as the name it replaces: places in a message that goes on later stay right. */
const NEW_NAME = Buffer.from('X-Untrusted-AuthResult');
const NAME = 'authentication-results';

/** White space may stand before the colon (RFC 5322 §4.5). */
const IS_RESULTS = /^authentication-results[ \t]*:/i;
/** With the lines that are folded into it, up to where another begins. */
const IS_WHOLE = /^(?:[^\n]|\n[ \t])*\n[^ \t]/;

/** A field is held back for so long at most: nobody needs a longer comment before a name. */
const MOST_HELD = 1024;

/** What a line begins with that is looked at: the name, or the end of the header. */
const MATTERS = new Set(Buffer.from('Aa\r\n'));

type Verdict = 'unknown' | 'forged' | 'other' | 'endOfHeader';

/**
 * Renames Authentication-Results fields that claim to be ours, in the header of a message from somebody who may not speak for us
 * (RFC 8601 §5), while it streams by.
 */
export class ForgedResults {
  readonly #hostname: string;
  /** A field or line from its beginning, while it is not known what it is. */
  #held: Uint8Array = new Uint8Array(0);
  /** So much of it is stored already. */
  #stored = 0;
  #state: 'lineStart' | 'line' | 'body' = 'lineStart';

  /** @param hostname our authserv-id */
  constructor(hostname: string) {
    this.#hostname = hostname.toLowerCase();
  }

  /** @param octets a piece of the message. @returns what can be passed on, of this piece and of earlier ones. */
  pass(octets: Uint8Array): Uint8Array {
    if (this.#state === 'body') return octets;
    const input = Buffer.concat([this.#held, octets]);
    return this.#passOn(input, this.#go(input, false));
  }

  /**
   * @param octets a piece of the message that an earlier session has passed on. What is not known of it by its end, which can be
   * only after a failure of the disk or a change of the configuration, is left as it is.
   */
  passedBefore(octets: Uint8Array): void {
    this.pass(octets);
    this.#stored = this.#held.length;
  }

  /** The message is over. @returns what was held back. */
  end(): Uint8Array {
    const input = Buffer.from(this.#held);
    this.#go(input, true);
    return this.#passOn(input, input.length);
  }

  #passOn(input: Buffer, known: number): Uint8Array {
    this.#held = input.subarray(known);
    const passed = input.subarray(Math.min(this.#stored, known), known);
    this.#stored = Math.max(0, this.#stored - known);
    return passed;
  }

  /** @returns how many of these octets are decided on. */
  #go(input: Buffer, isEnd: boolean): number {
    let at = 0;
    while (at < input.length && this.#state !== 'body') {
      if (this.#state === 'line') {
        const end = input.indexOf(0x0a, at);
        if (end < 0) return input.length;
        this.#state = 'lineStart';
        at = end + 1;
      } else {
        const verdict = this.#judgeAt(input, at, isEnd);
        if (verdict === 'unknown') return at;
        if (verdict === 'forged' && at >= this.#stored) input.set(NEW_NAME, at);
        this.#state = verdict === 'endOfHeader' ? 'body' : 'line';
      }
    }
    return input.length;
  }

  #judgeAt(input: Buffer, at: number, isEnd: boolean): Verdict {
    if (!MATTERS.has(input[at] ?? 0)) return 'other';
    return this.#judge(input.toString('latin1', at, at + MOST_HELD), isEnd);
  }

  #judge(start: string, isEnd: boolean): Verdict {
    const isAll = isEnd || start.length === MOST_HELD;
    if (/^\r?\n/.test(start)) return 'endOfHeader';
    if (IS_RESULTS.test(start)) {
      if (!isAll && !IS_WHOLE.test(start)) return 'unknown';
      const owner = ownerOf(start.slice(start.indexOf(':') + 1));
      return owner === undefined || owner === this.#hostname ? 'forged' : 'other';
    }
    const beginning = start.toLowerCase().replace(/[ \t]+$/, '');
    const mayBe = start === '\r' || (beginning !== '' && NAME.startsWith(beginning));
    return mayBe && !isAll ? 'unknown' : 'other';
  }
}

/**
 * The authserv-id (RFC 8601 §2.2): the first word or quoted string behind white space and comments, in small letters.
 * @returns undefined when no end of a comment or string is there
 */
function ownerOf(value: string): string | undefined {
  let rest = value.trimStart();
  while (rest.startsWith('(')) {
    const end = endOfComment(rest);
    if (end === undefined) return undefined;
    rest = rest.slice(end).trimStart();
  }
  if (!rest.startsWith('"')) return /^[^\s;("]*/.exec(rest)?.[0].toLowerCase();
  return /^"((?:[^"\\]|\\.)*)"/s.exec(rest)?.[1]?.replace(/\\(.)/gs, '$1').toLowerCase();
}

/** Comments may stand within comments (RFC 5322 §3.2.2). */
function endOfComment(text: string): number | undefined {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '(') depth++;
    else if (text[at] === ')' && --depth === 0) return at + 1;
  }
  return undefined;
}
