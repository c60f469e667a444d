import { Resolver } from 'node:dns/promises';
import type { Clock } from '../../core/index.js';

/**
 * Asks DNS for the records of a type, in the shapes of `resolve` of `node:dns`. Rejects with an error whose `code` is one of
 * `node:dns`: ENOTFOUND or ENODATA where there are none.
 */
export type ResolveDns = (name: string, type: string) => Promise<unknown>;

/** TXT is a list of lists, A a list, ... */
export type Records = string[][] | string[];

const TIMEOUT_MS = 5_000;
const TRIES = 2;

/** Asks the name servers of this machine. */
export const systemDns: ResolveDns = (name, type) =>
  new Resolver({ timeout: TIMEOUT_MS, tries: TRIES }).resolve(name, type); // anew: the servers may have changed

/** Of one message, whose sender has chosen the names. SPF asks for 10, and of each for the addresses of up to 10 servers. */
const MOST_QUESTIONS = 150;

/** What can't be asked for is as surely not there as what was not found: nobody makes a check temporary by a strange name. */
const NO_SUCH_NAME = ['EBADNAME', 'EBADQUERY', 'EBADSTR', 'EFORMERR'];

/** The questions about one message: each asked once, not too many, and none waited for when time is over. */
export class LimitedDns {
  readonly #resolve: ResolveDns;
  readonly #clock: Clock;
  readonly #asked = new Map<string, Promise<Records>>();
  #until = 0;

  constructor(resolve: ResolveDns, clock: Clock) {
    this.#resolve = resolve;
    this.#clock = clock;
  }

  /** What is asked from now on has so much time, all of it together. */
  allow(ms: number): void {
    this.#until = this.#clock.now() + ms;
  }

  readonly ask = (name: string, type: string): Promise<Records> => {
    const key = `${type} ${name.toLowerCase()}`;
    const known = this.#asked.get(key);
    if (known !== undefined) return known;
    if (this.#asked.size >= MOST_QUESTIONS) return Promise.reject(dnsError('ETIMEOUT', 'too many questions'));
    const answer = this.#inTime(name, type);
    this.#asked.set(key, answer);
    return answer;
  };

  async #inTime(name: string, type: string): Promise<Records> {
    let cancel = (): void => {};
    const tooLate = new Promise<never>((_, reject) => {
      cancel = this.#clock.wake(this.#until, () => reject(dnsError('ETIMEOUT', 'no answer in time')));
    });
    try {
      return (await Promise.race([this.#resolve(name, type), tooLate])) as Records;
    } catch (error) {
      throw NO_SUCH_NAME.includes(codeOf(error)) ? dnsError('ENOTFOUND', 'no such name') : error;
    } finally {
      cancel();
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function dnsError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
