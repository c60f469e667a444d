import { fromAscii } from '../core/index.js';
import type { PadTimers } from './timers.js';
import { type Clearing, ESCAPE } from './x3.js';
import type { PadAction } from './x28.js';

/** What the line can do besides sending octets. Each is asked for when the line has taken all that was written. */
export interface PadLineControl {
  /** Sends a break (X.28: start polarity for more than 150 ms) when all octets are out. */
  readonly sendBreak?: () => void;
  /** Drops DTR for a second. */
  readonly hangUp?: () => void;
}

export interface PadOutputOptions {
  readonly clearing: Clearing;
  /** What wakes the PAD. */
  readonly serviceRequest: string;
  readonly timers: PadTimers;
  readonly control: PadLineControl;
  readonly write: (octets: Uint8Array) => void;
}

/** What is for the PAD itself and not for the other end of the call. */
export type PadRequest = PadAction & { readonly do: 'command' | 'wake' | 'recall' | 'hangUp' };

/** For so long at most a command waits for a PAD that does not stop talking, milliseconds. */
const LONGEST_WAIT_MS = 2_000;

/**
 * Gives a PAD its commands one after the other, each when it can take it: not while it is talking (what comes then may
 * be lost or echoed into its own line), and not just after a break or another command.
 */
export class PadOutput {
  readonly #options: PadOutputOptions;
  #waiting: readonly PadRequest[] = [];
  #notBefore = 0;
  /** When what waits now began to wait. */
  #since = 0;
  #quietAt = 0;

  constructor(options: PadOutputOptions) {
    this.#options = options;
  }

  /** What still waits is overtaken by events, and dropped. */
  replace(requests: readonly PadRequest[], now: number): void {
    this.#waiting = requests;
    this.#since = now;
  }

  /** The PAD has said something. */
  heard(now: number): void {
    this.#quietAt = now + this.#options.timers.turnaroundMs;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  nextDeadline(): number | undefined {
    const [next] = this.#waiting;
    return next && this.#dueAt(next);
  }

  /** @returns whether something was written: the line has to be asked again. */
  send(now: number): boolean {
    const [next, ...rest] = this.#waiting;
    if (next === undefined || now < this.#dueAt(next)) return false;
    this.#waiting = rest;
    this.#since = now;
    this.#carryOut(next, now);
    return true;
  }

  #dueAt({ do: what }: PadRequest): number {
    if (what === 'recall' || what === 'hangUp') return this.#notBefore; // also into what the PAD is saying
    return Math.max(this.#notBefore, Math.min(this.#quietAt, this.#since + LONGEST_WAIT_MS));
  }

  #carryOut(request: PadRequest, now: number): void {
    const { clearing, control, serviceRequest, timers, write } = this.#options;
    switch (request.do) {
      case 'command':
        write(fromAscii(`${request.text}\r`));
        this.#notBefore = now + timers.turnaroundMs;
        return;
      case 'wake':
        write(fromAscii(serviceRequest));
        return;
      case 'recall':
        if (clearing === 'break') control.sendBreak?.();
        else write(Uint8Array.of(ESCAPE));
        this.#notBefore = now + timers.recallMs;
        return;
      case 'hangUp':
        control.hangUp?.();
        this.#notBefore = now + timers.hangUpMs;
    }
  }
}
