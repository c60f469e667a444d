/**
 * The one true end of data, and dot-stuffing, in both directions (RFC 5321 §4.1.1.4, §4.5.2).
 *
 * Servers that disagree about where a message ends can be made to take part of it for commands ("smuggling"). So
 * there is one table per kind of session that says what each octet means, and nothing else decides: in a session
 * whose lines end with CR LF, the end of data is CR LF . CR LF and no other five octets. What leaves here, either way,
 * has CR LF line ends only.
 *
 * Most octets are neither line ends nor dots at the start of a line; they are found and passed over in long runs
 * and handed on as views. The tables see only the rest.
 */
import { concat } from '../core/index.js';
import type { LineEnds } from './line.js';
import { CR, CRLF, DOT, find, LF, NOTHING } from './octets.js';

export type DataFault = 'bareLineEnd' | 'tooBig' | 'lineTooLong';

export interface DataReaderOptions {
  readonly lineEnds: LineEnds;
  /** What a bare CR or LF in a CRLF session becomes. In an LF session a stray CR is always refused. */
  readonly bareLineEnd: 'refuse' | 'crlf';
  /** Octets of the message as it is passed on. */
  readonly maxSize: number;
  /** Octets of a line, its end counted, a stuffed dot not (RFC 5321 §4.5.3.1.6). Absent: any. */
  readonly maxLine?: number;
  /** Who says where the data ends: a dot alone on a line (the default), or a count of octets (RFC 3030). */
  readonly framing?: 'dots' | 'chunks';
  /** Octets of the message that are there from an earlier session (RFC 1845). */
  readonly offset?: number;
}

export interface DataRead {
  /** Octets of input used up; fewer than given only when the data has ended. */
  readonly used: number;
  /** What to pass on; may be a view of the input. */
  readonly octets: Uint8Array;
  readonly ended: boolean;
}

/** `cr`, `dot`, `dotCr`: these octets have been seen since the line began or in it, and are withheld. */
type ReaderState = 'lineStart' | 'dot' | 'dotCr' | 'text' | 'cr';

type OctetClass = 'cr' | 'lf' | 'dot' | 'other';

/**
 * What to do with an octet:
 * keep      passes it on
 * hold      withholds it (the dot of a line's start is never passed on: it is the end or was stuffed)
 * line      ends a line: CR LF is passed on
 * bare      it is a bare LF
 * bareHold  the CR before it was bare, it is withheld itself
 * bareKeep  the CR before it was bare, it is passed on
 * end       the data is over
 */
type ReaderStep = 'keep' | 'hold' | 'line' | 'bare' | 'bareHold' | 'bareKeep' | 'end';
type ReaderTable = Record<ReaderState, Record<OctetClass, readonly [ReaderStep, ReaderState]>>;

// A bare line end leads to `text`, not to `lineStart`: what follows is no new line to whoever stuffed the dots.
const CRLF_SESSION: ReaderTable = {
  lineStart: { cr: ['hold', 'cr'], lf: ['bare', 'text'], dot: ['hold', 'dot'], other: ['keep', 'text'] },
  dot: { cr: ['hold', 'dotCr'], lf: ['bare', 'text'], dot: ['keep', 'text'], other: ['keep', 'text'] },
  dotCr: {
    cr: ['bareHold', 'cr'],
    lf: ['end', 'lineStart'],
    dot: ['bareKeep', 'text'],
    other: ['bareKeep', 'text'],
  },
  text: { cr: ['hold', 'cr'], lf: ['bare', 'text'], dot: ['keep', 'text'], other: ['keep', 'text'] },
  cr: {
    cr: ['bareHold', 'cr'],
    lf: ['line', 'lineStart'],
    dot: ['bareKeep', 'text'],
    other: ['bareKeep', 'text'],
  },
};

const LF_SESSION: ReaderTable = {
  ...CRLF_SESSION,
  lineStart: { ...CRLF_SESSION.lineStart, lf: ['line', 'lineStart'] },
  dot: { ...CRLF_SESSION.dot, lf: ['end', 'lineStart'] },
  text: { ...CRLF_SESSION.text, lf: ['line', 'lineStart'] },
};

/** Where the octets are counted no dot means anything, and so none can be brought to a line's start. */
const withoutDots = (table: ReaderTable): ReaderTable => ({
  ...table,
  lineStart: { ...table.lineStart, dot: ['keep', 'text'] },
});

const TABLES: Record<LineEnds, Record<'dots' | 'chunks', ReaderTable>> = {
  crlf: { dots: CRLF_SESSION, chunks: withoutDots(CRLF_SESSION) },
  lf: { dots: LF_SESSION, chunks: withoutDots(LF_SESSION) },
};

/** Takes the data of one message off the line: finds its end, removes stuffed dots, makes every line end CR LF. */
export class DataReader {
  readonly #options: DataReaderOptions;
  readonly #table: ReaderTable;
  readonly #maxLine: number;
  #state: ReaderState = 'lineStart';
  #size: number;
  /** Octets of the line that is not ended yet, as it stood at the end of the last input. */
  #lineLength = 0;
  #fault: DataFault | undefined;

  constructor(options: DataReaderOptions) {
    this.#options = options;
    this.#table = TABLES[options.lineEnds][options.framing ?? 'dots'];
    this.#maxLine = options.maxLine ?? Number.POSITIVE_INFINITY;
    this.#size = options.offset ?? 0;
  }

  /** Octets passed on so far, those of an earlier session counted. */
  get size(): number {
    return this.#size;
  }

  /** Why the message can't be taken. Its end is still looked for; nothing more is passed on. */
  get fault(): DataFault | undefined {
    return this.#fault;
  }

  read(input: Uint8Array): DataRead {
    const output = new Splice(input);
    const scan = new LineScan(input, this.#lineLength);
    const pairs = this.#options.lineEnds === 'crlf';
    let at = 0;
    while (at < input.length) {
      if (this.#state === 'text' || (this.#state === 'lineStart' && input[at] !== DOT)) {
        const clean = scan.cleanUntil(at, pairs);
        if (clean > at) {
          output.keep(at, clean);
          this.#state = input[clean - 1] === LF ? 'lineStart' : 'text';
          at = clean;
          continue;
        }
      }
      const [step, next] = this.#table[this.#state][classOf(input[at])];
      this.#state = next;
      at++;
      if (step === 'end') return this.#result(at, output, scan, true);
      if (step !== 'keep' && step !== 'hold') scan.lineEnds(at);
      if (next === 'dot') scan.lineBegins(at);
      this.#carryOut(step, at - 1, output);
    }
    return this.#result(at, output, scan, false);
  }

  /**
   * Where the octets are counted: the message is over. Its last line gets the end that it lacks.
   *
   * @returns what is still to be passed on.
   */
  finish(): Uint8Array {
    if (this.#state === 'lineStart') return NOTHING;
    const output = new Splice(NOTHING);
    if (this.#state === 'cr') this.#bareLineEnd(output);
    else output.insert(CRLF);
    this.#state = 'lineStart';
    return this.#pass(output);
  }

  #carryOut(step: Exclude<ReaderStep, 'end'>, at: number, output: Splice): void {
    if (step === 'line') output.insert(CRLF);
    if (step === 'bare' || step === 'bareHold' || step === 'bareKeep') this.#bareLineEnd(output);
    if (step === 'keep' || step === 'bareKeep') output.keep(at, at + 1);
  }

  #bareLineEnd(output: Splice): void {
    if (this.#options.bareLineEnd === 'crlf' && this.#options.lineEnds === 'crlf') output.insert(CRLF);
    else this.#fault ??= this.#size + output.length > this.#options.maxSize ? 'tooBig' : 'bareLineEnd';
  }

  #result(used: number, output: Splice, scan: LineScan, ended: boolean): DataRead {
    this.#lineLength = ended ? 0 : scan.unfinished(used);
    if (scan.longest > this.#maxLine) this.#fault ??= 'lineTooLong';
    return { used, octets: this.#pass(output), ended };
  }

  #pass(output: Splice): Uint8Array {
    if (this.#fault === undefined && this.#size + output.length > this.#options.maxSize)
      this.#fault = 'tooBig';
    if (this.#fault !== undefined) return NOTHING;
    this.#size += output.length;
    return output.joined();
  }
}

/**
 * Puts the data of one message on the line: stuffs dots and ends it. What it is given should have CR LF line ends;
 * a bare CR or LF becomes CR LF all the same, before a dot is looked for, so that no other server can find an end of
 * data in it.
 */
export class DataWriter {
  readonly #dots: boolean;
  #state: 'lineStart' | 'text' | 'cr' = 'lineStart';

  /** @param framing `chunks`: only the line ends are seen to, for BDAT, which needs no dots (RFC 3030 §2). */
  constructor(framing: 'dots' | 'chunks' = 'dots') {
    this.#dots = framing === 'dots';
  }

  /** The next octets of the message, in pieces of any size. The result may be a view of them. */
  write(octets: Uint8Array): Uint8Array {
    const output = new Splice(octets);
    const scan = new LineScan(octets);
    let at = 0;
    while (at < octets.length) {
      if (this.#state === 'cr') {
        // The withheld CR ends a line with or without the LF that should follow.
        output.insert(CRLF);
        this.#state = 'lineStart';
        if (octets[at] === LF) at++;
        continue;
      }
      if (this.#dots && this.#state === 'lineStart' && octets[at] === DOT) output.insert(ONE_DOT);
      const clean = scan.cleanUntil(at, true);
      if (clean > at) {
        output.keep(at, clean);
        this.#state = octets[clean - 1] === LF ? 'lineStart' : 'text';
        at = clean;
        continue;
      }
      if (octets[at] === CR) this.#state = 'cr';
      else {
        output.insert(CRLF);
        this.#state = 'lineStart';
      }
      at++;
    }
    return output.joined();
  }

  /** The end of data (in chunks: nothing), with the end of the last line where that is missing. */
  end(): Uint8Array {
    const atLineStart = this.#state === 'lineStart';
    this.#state = 'lineStart';
    if (!this.#dots) return atLineStart ? NOTHING : CRLF;
    return atLineStart ? END_OF_DATA : concat([CRLF, END_OF_DATA]);
  }
}

const ONE_DOT = Uint8Array.of(DOT);
const END_OF_DATA = Uint8Array.of(DOT, CR, LF);

function classOf(octet: number | undefined): OctetClass {
  if (octet === CR) return 'cr';
  if (octet === LF) return 'lf';
  return octet === DOT ? 'dot' : 'other';
}

/**
 * Looks for line ends in one input, and how long the lines between them are. Positions are remembered, so that no
 * stretch is searched twice.
 */
class LineScan {
  readonly #octets: Uint8Array;
  #cr = -1;
  #lf = -1;
  #lineFrom: number;
  /** Octets of the longest line so far, its end counted. */
  longest = 0;

  /** @param before octets of the first line that came with earlier inputs. */
  constructor(octets: Uint8Array, before = 0) {
    this.#octets = octets;
    this.#lineFrom = -before;
  }

  /** A line ends before `at`. */
  lineEnds(at: number): void {
    const length = at - this.#lineFrom;
    if (length > this.longest) this.longest = length;
    this.#lineFrom = at;
  }

  /** What stands before `at` in this line doesn't count. */
  lineBegins(at: number): void {
    this.#lineFrom = at;
  }

  /** Octets of the line that is not ended at `at`, which may be the longest already. */
  unfinished(at: number): number {
    const length = at - this.#lineFrom;
    if (length > this.longest) this.longest = length;
    return length;
  }

  /**
   * The first position at or after `from` that needs a closer look: a CR or LF, or a dot after CR LF. With `pairs`, CR
   * LF needs none.
   */
  cleanUntil(from: number, pairs: boolean): number {
    const octets = this.#octets;
    for (let at = from; ; ) {
      if (this.#cr < at) this.#cr = find(octets, CR, at);
      if (this.#lf < at) this.#lf = find(octets, LF, at);
      if (!pairs || this.#lf !== this.#cr + 1 || this.#lf === octets.length)
        return Math.min(this.#cr, this.#lf);
      at = this.#lf + 1;
      this.lineEnds(at);
      if (octets[at] === DOT || at === octets.length) return at;
    }
  }
}

/** Collects stretches of one input with octets put in between. A single stretch is not copied. */
class Splice {
  readonly #input: Uint8Array;
  readonly #parts: Uint8Array[] = [];
  #from = 0;
  #to = 0;
  length = 0;

  constructor(input: Uint8Array) {
    this.#input = input;
  }

  keep(from: number, to: number): void {
    if (from !== this.#to) {
      this.#closeRun();
      this.#from = from;
    }
    this.#to = to;
    this.length += to - from;
  }

  insert(octets: Uint8Array): void {
    this.#closeRun();
    this.#parts.push(octets);
    this.length += octets.length;
  }

  joined(): Uint8Array {
    this.#closeRun();
    return this.#parts.length === 0 ? NOTHING : concat(this.#parts);
  }

  #closeRun(): void {
    if (this.#to > this.#from) this.#parts.push(this.#input.subarray(this.#from, this.#to));
    this.#from = this.#to;
  }
}
