import type { Circuits } from '../circuit/index.js';
import { type Clock, describeError, GatewayError } from '../core/index.js';
import type { Line } from '../line/index.js';
import type { LineState } from './events.js';
import type { GatewayLink, LinkReport } from './gateway-link.js';

/** Circuits over a line, driven by what the line delivers: a link stack, a modem's, a PAD's. */
export interface LineDriven extends Circuits {
  start(): void;
  stop(done: () => void): void;
  received(octets: Uint8Array): void;
  writable(): void;
  lineUp(): void;
  lineDown(): void;
  status(): LinkReport;
  /** Absent: when its state is `ready`. */
  isAvailable?(): boolean;
  /** Who set up the connection, where it has to be set up. */
  readonly connectedBy?: 'dialled' | 'answered' | undefined;
}

export interface LineLinkOptions<Driven extends LineDriven> {
  readonly name: string;
  readonly clock: Clock;
  readonly line: Line;
  readonly circuits: Driven;
  /** The circuits go down with the carrier of the line and come back with it, where the line can tell. */
  readonly watchesCarrier: boolean;
  readonly onState: (state: LineState) => void;
}

/** How long after a failure the line is opened again: soon at first, since an adapter may be plugged in again. */
const REOPEN_MS = [1000, 2000, 5000, 10_000, 30_000, 60_000];

/** Circuits and the line under them, opened again whenever it is lost. */
export class LineLink<Driven extends LineDriven> implements GatewayLink {
  readonly name: string;
  readonly circuits: Driven;
  readonly #options: LineLinkOptions<Driven>;
  #isStarted = false;
  #tries = 0;
  #stopped = false;
  #cancelReopening: () => void = () => {};
  /** The line itself is gone. */
  #loss: { readonly why: string; readonly since: number } | undefined;

  constructor(options: LineLinkOptions<Driven>) {
    this.name = options.name;
    this.circuits = options.circuits;
    this.#options = options;
    if (this.#watchesCarrier) this.#watchCarrier();
  }

  isAvailable(): boolean {
    return this.circuits.isAvailable?.() ?? this.circuits.status().state === 'ready';
  }

  get connectedBy(): 'dialled' | 'answered' | undefined {
    return this.circuits.connectedBy;
  }

  /** Whoever knows our telephone number can give any number of the network. */
  isVouchedNow(): boolean {
    return this.connectedBy !== 'answered';
  }

  status(): LinkReport {
    const status = this.circuits.status();
    if (this.#loss === undefined) return status;
    return { ...status, state: 'lineDown', since: this.#loss.since, lastFailure: this.#loss.why };
  }

  async start(): Promise<void> {
    const { line, onState } = this.#options;
    try {
      await line.open({
        received: (octets) => this.circuits.received(octets),
        writable: () => this.circuits.writable(),
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
    this.#loss = undefined;
    onState({ state: 'opened' });
    if (!this.#watchesCarrier) this.#up();
  }

  get #watchesCarrier(): boolean {
    const { watchesCarrier, line } = this.#options;
    return watchesCarrier && line.control !== undefined;
  }

  #watchCarrier(): void {
    const { line, onState } = this.#options;
    line.control?.onCarrier(
      (on) => {
        if (!on) this.circuits.lineDown(); // also while stopping: nothing is to be waited for any longer
        if (this.#stopped) return;
        onState({ state: on ? 'carrier' : 'noCarrier' });
        if (on) this.#up();
      },
      () => {
        if (this.#stopped) return;
        onState({ state: 'carrierUnknown' });
        this.#up();
      },
    );
  }

  #up(): void {
    if (this.#isStarted) this.circuits.lineUp();
    else this.circuits.start();
    this.#isStarted = true;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelReopening();
    await new Promise<void>((resolve) => this.circuits.stop(resolve));
    await this.#options.line.close();
  }

  #lost(why: string): void {
    this.circuits.lineDown(); // also while stopping: nothing is to be waited for any longer
    if (this.#stopped) return;
    const retryInMs = REOPEN_MS[Math.min(this.#tries, REOPEN_MS.length - 1)] ?? 0;
    this.#tries++;
    this.#loss = { why, since: this.#loss?.since ?? this.#options.clock.wallTime() };
    this.#options.onState({ state: 'closed', why, tries: this.#tries, retryInMs });
    const { clock } = this.#options;
    this.#cancelReopening = clock.wake(clock.now() + retryInMs, () => void this.start());
  }
}
