import { Alarm, type Clock, deferred, describeError } from '../core/index.js';
import type { Retry } from '../rfc1090/index.js';
import type { Spool } from '../spool/index.js';
import { MailSource, type MailSourceOptions } from './mail-source.js';
import type { Settler } from './settler.js';

/** One way to a destination. */
export interface Transport {
  /** Opens the way, runs one session over it, resolves when all of it is over. Never rejects. */
  run(mail: MailSource): Promise<TransportEnd>;
  /** How many sessions at once. */
  readonly concurrency: number;
}

export interface TransportEnd {
  /** The session ended because no mail was left: nothing speaks against coming again. */
  readonly inOrder: boolean;
  /** In words, for the queue list and a delivery report. */
  readonly reason: string;
  /** How a call ended decides when it is worth another. */
  readonly retry?: Retry;
}

export interface DispatcherOptions {
  readonly hostname: string;
  readonly spool: Spool;
  /** The one that counts now; a session keeps the one that it has begun with. */
  readonly settler: () => Settler;
  readonly clock: Clock;
  /** Undefined: nothing known by that name any more; its mail waits. */
  readonly transportFor: (destination: string) => Transport | undefined;
  /** Wall time of the next try, after a failure that had `failures` in a row before it. */
  readonly nextTry: (destination: string, failures: number, end: TransportEnd) => number;
  /** A session ended in order. */
  readonly onWell: (destination: string) => void;
  readonly onProblem: (problem: string) => void;
}

interface DestinationState {
  running: number;
  failures: number;
  /** Wall time before which no session is begun. */
  notBefore: number;
  /** A session is wanted there even if nothing waits. */
  isVisitDue: boolean;
}

/** Mail that somebody has come for himself. */
export interface HandedOut {
  readonly mail: MailSource;
  /** His session is over, or never began: what was not settled is given back. */
  readonly end: () => Promise<void>;
}

/** How often what waits too long is looked for, and how long the clock may sleep at most. */
const SWEEP_MS = 5 * 60_000;

const NOTHING_DUE_PAUSE_MS = 1000;
const LATE_PAUSE_MS = 10_000;

/**
 * Decides when a session to which destination begins. What is due lives in the spool; only how a destination fared
 * lives here, so that one that is down is probed by one message and the rest of its mail is not touched.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #states = new Map<string, DestinationState>();
  readonly #alarm: Alarm;
  readonly #running = new Set<Promise<void>>();
  readonly #sources = new Set<MailSource>();
  #scanning: Promise<void> | undefined;
  #scanAgain = false;
  #stopped = false;
  #runs = 0;
  #lastSweep = Number.NEGATIVE_INFINITY;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.clock, () => this.poke());
  }

  /** Something may be due: new mail, a way that opened. Looks soon; many pokes cost one look. */
  poke(): void {
    if (this.#stopped) return;
    this.#scanAgain = true;
    this.#scanning ??= this.#scanUntilQuiet();
  }

  /** Somebody wants them tried at once, however they fared lately. One that is down is still probed by one message. */
  tryNow(destinations: readonly string[]): void {
    for (const destination of destinations) {
      const state = this.#states.get(destination);
      if (state !== undefined) state.notBefore = 0;
    }
    this.poke();
  }

  /** A session is to begin there at the next good moment, even if nothing waits: there may be something to fetch. */
  visit(destination: string): void {
    this.#stateOf(destination).isVisitDue = true;
    this.poke();
  }

  /**
   * What is due at a destination, for somebody who has come for it: his session is one of those that there may be at the same
   * time. How we fared when we tried to get there is neither asked nor changed.
   * @returns undefined where nothing is due; `busy` where there are as many sessions as there may be
   */
  async handOut(
    destination: string,
    isWanted?: (recipient: string) => boolean,
  ): Promise<HandedOut | 'busy' | undefined> {
    const { transportFor } = this.#options;
    const state = this.#stateOf(destination);
    if (this.#stopped || state.running >= (transportFor(destination)?.concurrency ?? 1)) return 'busy';
    const mail = this.#source(destination, {
      probing: false,
      ...(isWanted !== undefined && { isWanted }),
    });
    const session = deferred<void>();
    const end = async (): Promise<void> => {
      this.#sources.delete(mail);
      await mail.end();
      session.resolve();
    };
    state.running++;
    this.#track(destination, state, session.promise);
    try {
      if (await mail.begin()) return { mail, end };
    } catch (error) {
      await end();
      throw error;
    }
    await end();
    return undefined;
  }

  /** Begins nothing more, lets each session end after its present message, and resolves when they are over. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const source of this.#sources) source.finish();
    this.#alarm.set(undefined);
    await this.#scanning;
    await Promise.all(this.#running);
  }

  async #scanUntilQuiet(): Promise<void> {
    while (this.#scanAgain && !this.#stopped) {
      this.#scanAgain = false;
      try {
        await this.#sweepNowAndThen();
        await this.#scan();
      } catch (error) {
        this.#options.onProblem(`looking for mail that is due: ${describeError(error)}`);
        this.#lookAgainIn(SWEEP_MS);
      }
    }
    this.#scanning = undefined;
  }

  async #sweepNowAndThen(): Promise<void> {
    const now = this.#options.clock.now();
    if (now - this.#lastSweep < SWEEP_MS) return;
    this.#lastSweep = now;
    if ((await this.#options.settler().sweep()) > 0) this.#scanAgain = true;
    await this.#options.spool.tidy();
  }

  async #scan(): Promise<void> {
    const { spool, settler, clock, transportFor } = this.#options;
    const nextLate = await settler().sweepLate();
    const wallTime = clock.wallTime();
    let wakeAt = wallTime + SWEEP_MS;
    // What is late and on its way just now is looked at again soon: it may come back.
    if (nextLate !== undefined) wakeAt = Math.min(wakeAt, Math.max(nextLate, wallTime + LATE_PAUSE_MS));
    for (const { destination, due, nextDue } of await spool.destinations(wallTime)) {
      const transport = transportFor(destination);
      if (transport === undefined) continue;
      const state = this.#stateOf(destination);
      if (state.notBefore > wallTime) wakeAt = Math.min(wakeAt, state.notBefore);
      else if (due > 0) this.#begin(destination, transport, state, due);
      else if (nextDue !== undefined) wakeAt = Math.min(wakeAt, nextDue);
    }
    for (const [destination, state] of this.#states) {
      const transport = state.isVisitDue ? transportFor(destination) : undefined;
      if (transport === undefined) continue;
      if (state.notBefore > wallTime) wakeAt = Math.min(wakeAt, state.notBefore);
      else this.#begin(destination, transport, state, 0);
    }
    this.#lookAgainIn(wakeAt - wallTime);
  }

  #lookAgainIn(ms: number): void {
    if (!this.#stopped) this.#alarm.set(this.#options.clock.now() + ms);
  }

  /** One session takes all that is due; another is begun only where much more waits than one claim holds. */
  #begin(destination: string, transport: Transport, state: DestinationState, due: number): void {
    const wanted = state.failures > 0 ? 1 : Math.min(transport.concurrency, 1 + Math.floor(due / 32));
    while (state.running < wanted && !this.#stopped) {
      state.running++;
      this.#track(destination, state, this.#run(destination, transport, state));
    }
  }

  #track(destination: string, state: DestinationState, session: Promise<void>): void {
    const run = session.finally(() => {
      this.#running.delete(run);
      state.running--;
      if (state.running === 0 && state.failures === 0 && state.notBefore === 0 && !state.isVisitDue)
        this.#states.delete(destination);
      this.poke();
    });
    this.#running.add(run);
  }

  async #run(destination: string, transport: Transport, state: DestinationState): Promise<void> {
    const { clock, onWell, onProblem } = this.#options;
    const mail = this.#source(destination, { probing: state.failures > 0 });
    const isVisit = state.isVisitDue;
    state.isVisitDue = false;
    try {
      if (!(await mail.begin()) && !isVisit) {
        // Another session took it; look again in a while rather than at once.
        state.notBefore = clock.wallTime() + NOTHING_DUE_PAUSE_MS;
        return;
      }
      const end = await transport.run(mail);
      if (isVisit && !end.inOrder) state.isVisitDue = true;
      if (end.inOrder || mail.delivered > 0) state.failures = 0;
      if (end.inOrder) {
        state.notBefore = 0;
        onWell(destination);
      } else await mail.postpone(end.reason, this.#failed(destination, state, end));
    } catch (error) {
      const reason = describeError(error);
      this.#failed(destination, state, { inOrder: false, reason });
      onProblem(`delivering to ${destination}: ${reason}`);
    } finally {
      this.#sources.delete(mail);
      await mail.end();
    }
  }

  #source(destination: string, how: Pick<MailSourceOptions, 'probing' | 'isWanted'>): MailSource {
    const { hostname, spool, settler, clock } = this.#options;
    const owner = `${destination}#${++this.#runs}`;
    const mail = new MailSource({ hostname, spool, settler: settler(), clock, destination, owner, ...how });
    this.#sources.add(mail);
    return mail;
  }

  /** @returns when it is tried again. */
  #failed(destination: string, state: DestinationState, end: TransportEnd): number {
    state.notBefore = this.#options.nextTry(destination, state.failures, end);
    state.failures++;
    return state.notBefore;
  }

  #stateOf(destination: string): DestinationState {
    let state = this.#states.get(destination);
    if (state === undefined) {
      state = { running: 0, failures: 0, notBefore: 0, isVisitDue: false };
      this.#states.set(destination, state);
    }
    return state;
  }
}
