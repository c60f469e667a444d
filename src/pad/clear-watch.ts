import { concat } from '../core/index.js';
import { type Cleared, readServiceSignal } from './service-signal.js';

const NUL = 0x00;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const DEL = 0x7f;
/** CR LF `CLR` SP */
const BEGINNING = [CR, LF, 0x43, 0x4c, 0x52, SPACE];

/** So many of them are in any text. */
const LINE_END = 2;

/** More line ends, padding, a prompt. */
const TAIL: readonly number[] = [CR, LF, NUL, SPACE, 0x2a];

/** What may stand behind the word, and behind the line, octets. */
const LONGEST_TEXT = 80;
const LONGEST_TAIL = 8;

/** Where in `CR LF CLR text CR LF tail` we are, and how many octets of that part there are. */
interface Place {
  readonly at: 'beginning' | 'text' | 'end' | 'tail';
  readonly octets: number;
}

const NOWHERE: Place = { at: 'beginning', octets: 0 };

/** What has become of octets that were held. */
export interface Watched {
  readonly data: Uint8Array;
  /** The PAD has perhaps cleared the call. The octets that say so are still held. */
  readonly suspected?: Cleared;
}

/**
 * Looks for the PAD's `CLR` in the data of a call. Octets that may be the beginning of it are held until the next ones
 * decide, or until a pause, since a service signal comes in one piece. So no line end of the PAD's completes a line of
 * data that was cut off: after a lone dot it would end a message that is not whole. When all of the signal is there and
 * nothing follows, that is a suspicion and no more: mail may say the same.
 */
export class ClearWatch {
  readonly #gapMs: number;
  readonly #pauseMs: number;
  #place = NOWHERE;
  /** What has matched so far; nothing between signals. */
  #matched: number[] = [];
  /** How many of these were given away as data, after a pause. */
  #given = 0;
  #deadline: number | undefined;

  constructor(gapMs: number, pauseMs: number) {
    this.#gapMs = gapMs;
    this.#pauseMs = pauseMs;
  }

  /** @returns what is data for certain now. */
  push(octets: Uint8Array, now: number): Uint8Array {
    const data: Uint8Array[] = [];
    for (let at = 0; at < octets.length; at++) {
      if (this.#matched.length === 0) {
        const begin = octets.indexOf(CR, at);
        data.push(octets.subarray(at, begin === -1 ? undefined : begin));
        if (begin === -1) break;
        at = begin;
      }
      this.#take(octets[at] ?? 0, data);
    }
    this.#deadline = this.#hasSomething()
      ? now + (this.#isComplete() ? this.#pauseMs : this.#gapMs)
      : undefined;
    return concat(data);
  }

  /** Whether what came last may be a signal, beyond a line end: the PAD may be reading commands already. */
  get isSuspicious(): boolean {
    const isHeld = this.#matched.length > Math.max(LINE_END, this.#given);
    return isHeld || this.#isComplete();
  }

  nextDeadline(): number | undefined {
    return this.#deadline;
  }

  handleTimeout(now: number): Watched {
    if (this.#deadline === undefined || now < this.#deadline) return { data: new Uint8Array() };
    this.#deadline = undefined;
    if (!this.#isComplete()) return { data: this.#give() };
    const signal = readServiceSignal(String.fromCharCode(...this.#matched).trim());
    if (signal.type !== 'cleared') return { data: this.release() };
    return { data: new Uint8Array(), suspected: signal };
  }

  /** All that is held, as data. */
  release(): Uint8Array {
    const data = this.#give();
    this.reset();
    return data;
  }

  reset(): void {
    this.#place = NOWHERE;
    this.#matched = [];
    this.#given = 0;
    this.#deadline = undefined;
  }

  /** Octets that nobody waits for any longer still count for the match. */
  #give(): Uint8Array {
    const data = Uint8Array.from(this.#matched.slice(this.#given));
    this.#given = this.#matched.length;
    return data;
  }

  #take(octet: number, data: Uint8Array[]): void {
    this.#matched.push(octet);
    const next = advance(this.#place, octet);
    if (next !== undefined) {
      this.#place = next;
      return;
    }
    // Not a signal; but one may begin within what has matched so far.
    const { start, place } = restart(this.#matched);
    data.push(Uint8Array.from(this.#matched.slice(this.#given, start)));
    this.#matched = this.#matched.slice(start);
    this.#given = Math.max(0, this.#given - start);
    this.#place = place;
  }

  #hasSomething(): boolean {
    return this.#matched.length > this.#given || this.#isComplete();
  }

  #isComplete(): boolean {
    return this.#place.at === 'end' || this.#place.at === 'tail';
  }
}

/** @returns undefined when the octet does not go on with the signal. */
function advance({ at, octets }: Place, octet: number): Place | undefined {
  const more: Place = { at, octets: octets + 1 };
  switch (at) {
    case 'beginning':
      if (toUpperCase(octet) !== BEGINNING[octets]) return undefined;
      return more.octets < BEGINNING.length ? more : { at: 'text', octets: 0 };
    case 'text':
      if (octet === CR) return { at: 'end', octets: 0 };
      return octet >= SPACE && octet < DEL && octets < LONGEST_TEXT ? more : undefined;
    case 'end':
      return octet === LF ? { at: 'tail', octets: 0 } : undefined;
    case 'tail':
      return TAIL.includes(octet) && octets < LONGEST_TAIL ? more : undefined;
  }
}

function toUpperCase(octet: number): number {
  return octet >= 0x61 && octet <= 0x7a ? octet - 0x20 : octet;
}

/** Where behind the first octet a signal may begin that all the rest belongs to. */
function restart(octets: readonly number[]): { start: number; place: Place } {
  for (let start = 1; start < octets.length; start++) {
    let place: Place | undefined = NOWHERE;
    for (let at = start; at < octets.length && place !== undefined; at++)
      place = advance(place, octets[at] ?? 0);
    if (place !== undefined) return { start, place };
  }
  return { start: octets.length, place: NOWHERE };
}
