import { LinkStack, type LinkStackOptions } from '../circuit/index.js';
import { type Clock, describeError, GatewayError } from '../core/index.js';
import type { Line } from '../line/index.js';

export interface GatewayLinkOptions {
  readonly clock: Clock;
  readonly line: Line;
  readonly stack: Omit<LinkStackOptions, 'clock' | 'write'>;
  readonly onState: (state: LineState) => void;
}

export type LineState =
  | { readonly state: 'opened' }
  /** `tries`: how often it was tried in a row. */
  | { readonly state: 'closed'; readonly why: string; readonly tries: number; readonly retryInMs: number };

/** How long after a failure the line is opened again: soon at first, since an adapter may be plugged in again. */
const REOPEN_MS = [1000, 2000, 5000, 10_000, 30_000, 60_000];

/** A link of the gateway: its stack, and the line under it, opened again whenever it is lost. */
export class GatewayLink {
  readonly stack: LinkStack;
  readonly #options: GatewayLinkOptions;
  #tries = 0;
  #stopped = false;
  #cancelReopening: () => void = () => {};

  constructor(options: GatewayLinkOptions) {
    this.#options = options;
    const { clock, line, stack } = options;
    this.stack = new LinkStack({ ...stack, clock, write: (octets) => line.write(octets) });
  }

  get name(): string {
    return this.#options.stack.name;
  }

  /** Opens the line and brings the link up; a line that can't be opened is tried again, and said so. */
  async start(): Promise<void> {
    const { line, onState } = this.#options;
    try {
      await line.open({
        received: (octets) => this.stack.received(octets),
        writable: () => this.stack.writable(),
        lost: (why) => this.#lost(why),
      });
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      this.#lost(describeError(error));
      return;
    }
    if (this.#stopped) {
      await line.close();
      return;
    }
    this.#tries = 0;
    onState({ state: 'opened' });
    this.#bringUp();
  }

  /** The first time the stack is started, later it is told that its line is there again. */
  #bringUp: () => void = () => {
    this.stack.start();
    this.#bringUp = () => this.stack.lineUp();
  };

  /** Clears what is open, disconnects the link, and closes the line. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelReopening();
    await new Promise<void>((resolve) => this.stack.stop(resolve));
    await this.#options.line.close();
  }

  #lost(why: string): void {
    if (this.#stopped) return;
    this.stack.lineDown();
    const retryInMs = REOPEN_MS[Math.min(this.#tries, REOPEN_MS.length - 1)] ?? 0;
    this.#tries++;
    this.#options.onState({ state: 'closed', why, tries: this.#tries, retryInMs });
    const { clock } = this.#options;
    this.#cancelReopening = clock.wake(clock.now() + retryInMs, () => void this.start());
  }
}
