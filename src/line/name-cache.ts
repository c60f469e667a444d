import { isIP } from 'node:net';
import { type Clock, describeError, RecentMap } from '../core/index.js';

export interface NameAnswer {
  /** IP addresses, in the order in which they are to be tried. */
  readonly addresses: readonly string[];
  /** Why there may be more, in words: somebody did not answer. Absent: these are all, and without any there is no such name. */
  readonly failure?: string;
}

/** Finds the IP addresses of a name. May reject where that can't be told now. */
export type LookUp = (name: string) => Promise<NameAnswer>;

/** How long an answer counts: all of it, that there is no such name, that nobody could tell. */
const GOOD_MS = 60_000;
const NONE_MS = 30_000;
const FAILED_MS = 5_000;

/** Whoever waits for a name is not kept longer. */
const LIMIT_MS = 5_000;

/** Names that are remembered. */
const MOST_NAMES = 1_000;

/** Names that are looked up at the same time, those that nobody waits for any longer among them. */
const MOST_LOOK_UPS = 64;

type Listener = (answer: NameAnswer) => void;

interface Question {
  readonly listeners: Listener[];
  readonly cancelLimit: () => void;
}

/**
 * IP addresses of names, remembered for a short while. Callers choose which names are looked up (a number is made into
 * one), so that everything here is bounded, and one name that hangs holds up nobody who asks for another.
 */
export class NameCache {
  readonly #clock: Clock;
  readonly #lookUp: LookUp;
  readonly #known = new RecentMap<string, { readonly answer: NameAnswer; readonly until: number }>(
    MOST_NAMES,
  );
  readonly #asked = new Map<string, Question>();
  #lookUps = 0;

  constructor(clock: Clock, lookUp: LookUp) {
    this.#clock = clock;
    this.#lookUp = lookUp;
  }

  /** @param host a name, or an IP address, which is its own answer. @param tell never called before this returns. */
  find(host: string, tell: Listener): void {
    const name = host.toLowerCase();
    const answer = isIP(name) !== 0 ? { addresses: [name] } : this.#remembered(name);
    if (answer !== undefined) this.#later(() => tell(answer));
    else if (this.#asked.has(name)) this.#asked.get(name)?.listeners.push(tell);
    else if (this.#lookUps >= MOST_LOOK_UPS) this.#later(() => tell(failed('too many names are looked up')));
    else this.#ask(name, tell);
  }

  #remembered(name: string): NameAnswer | undefined {
    const entry = this.#known.get(name);
    return entry !== undefined && entry.until > this.#clock.now() ? entry.answer : undefined;
  }

  #ask(name: string, tell: Listener): void {
    const tooLate = (): void => this.#answer(name, failed(`${name}: no answer to the name`));
    this.#asked.set(name, {
      listeners: [tell],
      cancelLimit: this.#clock.wake(this.#clock.now() + LIMIT_MS, tooLate),
    });
    void this.#findOut(name);
  }

  async #findOut(name: string): Promise<void> {
    this.#lookUps++;
    let answer: NameAnswer;
    try {
      answer = await this.#lookUp(name);
    } catch (error) {
      answer = failed(`${name}: ${describeError(error)}`);
    }
    this.#lookUps--;
    this.#answer(name, answer);
  }

  /** Also to nobody, when it comes too late; the next who asks has it. */
  #answer(name: string, answer: NameAnswer): void {
    this.#remember(name, answer);
    const question = this.#asked.get(name);
    this.#asked.delete(name);
    question?.cancelLimit();
    for (const tell of question?.listeners ?? []) this.#later(() => tell(answer));
  }

  #remember(name: string, answer: NameAnswer): void {
    const { addresses, failure } = answer;
    const time = failure !== undefined ? FAILED_MS : addresses.length > 0 ? GOOD_MS : NONE_MS;
    this.#known.put(name, { answer, until: this.#clock.now() + time });
  }

  #later(tell: () => void): void {
    this.#clock.wake(this.#clock.now(), tell);
  }
}

function failed(failure: string): NameAnswer {
  return { addresses: [], failure };
}
