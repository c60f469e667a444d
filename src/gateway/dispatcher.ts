import { Alarm, type Clock, deferred, describeError } from '../core/index.js';
import type { Rewriter } from '../routing/index.js';
import type { DestinationSummary, Spool } from '../spool/index.js';
import type { DkimSigner } from './authentication/index.js';
import { type CallTurns, TURN_MS } from './call-turns.js';
import { type DestinationState, DestinationStates, type Obstacle, obstacleTo } from './destination-states.js';
import { MailSource, type MailSourceOptions } from './mail-source.js';
import { type Place, SessionPlaces } from './session-places.js';
import type { Settler } from './settler.js';
import type { Transport, TransportEnd } from './transport.js';

export interface DispatcherOptions {
  readonly hostname: string;
  readonly spool: Spool;
  /** The one that counts now; a session keeps the one that it has begun with. */
  readonly settler: () => Settler;
  /** As `settler`; signs again what must be changed on its way. */
  readonly signer?: () => DkimSigner | undefined;
  readonly clock: Clock;
  /** Undefined: nothing known by that name any more; its mail waits. */
  readonly transportFor: (destination: string) => Transport | undefined;
  /** Wall time of the next try, after a failure that had `failures` in a row before it. */
  readonly nextTry: (destination: string, failures: number, end: TransportEnd) => number;
  /** A session ended in order. */
  readonly onWell: (destination: string) => void;
  readonly onProblem: (problem: string) => void;
  readonly turns: CallTurns;
  /** How mail to a destination is rewritten on its way there; undefined: not at all. */
  readonly rewriterFor?: (destination: string) => Rewriter | undefined;
}

/** Mail that is due, and why it is not on its way. */
export interface Waiting extends Obstacle {
  readonly destination: string;
}

/** A destination that a session may begin to. */
interface Ready {
  readonly destination: string;
  readonly transport: Transport;
  readonly state: DestinationState;
  readonly due: number;
}

/** What one look at all that waits finds. */
interface Look {
  /** Wall time. */
  readonly now: number;
  wakeAt: number;
  /** By destination. */
  readonly ready: Map<string, Ready>;
  readonly waiting: Map<string, Waiting>;
}

/** Mail that somebody has come for himself. */
export interface HandedOut {
  readonly mail: MailSource;
  /** His session is over, or never began: what was not settled is given back. */
  readonly end: () => Promise<void>;
}

/** How often what waits too long is looked for; longer the clock never sleeps. */
const SWEEP_MS = 5 * 60_000;

/** How soon after mail has come all that waits is looked at. */
const LOOK_SOON_MS = 100;

const NOTHING_DUE_PAUSE_MS = 1000;
const LATE_PAUSE_MS = 10_000;
/** How often it is tried to write into a spool that can't be written. */
const BEHIND_PAUSE_MS = 10_000;

/**
 * Decides when a session to which destination begins. What is due lives in the spool; only how a destination fared
 * lives here, so that one that is down is probed by one message and the rest of its mail is not touched.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #states = new DestinationStates();
  readonly #places: SessionPlaces;
  readonly #alarm: Alarm;
  readonly #running = new Set<Promise<void>>();
  readonly #sources = new Set<MailSource>();
  #scanning: Promise<void> | undefined;
  #scanAgain = false;
  #isLookingSoon = false;
  #stopped = false;
  #runs = 0;
  #nextSweep = Number.NEGATIVE_INFINITY;
  /** As the last look found it, by destination. */
  #waiting: ReadonlyMap<string, Waiting> = new Map();

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#places = new SessionPlaces(options.turns);
    this.#alarm = new Alarm(options.clock, () => this.poke());
  }

  /** Something may be due: new mail, a way that opened. Looks soon; many pokes cost one look. */
  poke(): void {
    if (this.#stopped) return;
    this.#scanAgain = true;
    this.#scanning ??= this.#scanUntilQuiet();
  }

  /**
   * A message came for these. A session that is open takes it at once; whether it is worth another, and what else has come up,
   * is looked at soon: from many clients mail comes as often as the disk can take it.
   */
  arrived(destinations: Iterable<string>): void {
    for (const destination of destinations) {
      const isOpen = this.#wakeIdle(destination) || this.#states.running(destination) > 0;
      if (!isOpen) this.poke();
    }
    this.#lookSoon();
  }

  /** A call of anybody's is over: there may be a circuit for who waits for one. */
  circuitEnded(): void {
    if (this.#waiting.size > 0) this.poke();
  }

  /**
   * Somebody wants them tried at once, however they fared lately and however little waits. One that is down is still probed
   * by one message; one that may not be called now is called when it may.
   */
  tryNow(destinations: readonly string[]): void {
    for (const destination of destinations) {
      const state = this.#states.of(destination);
      state.notBefore = 0;
      state.isUrgent = true;
    }
    this.poke();
  }

  /** Where mail waits although it is due, and why. */
  get waiting(): readonly Waiting[] {
    return [...this.#waiting.values()];
  }

  /** Why mail that is due there waits. */
  waitingFor(destination: string): Waiting | undefined {
    return this.#waiting.get(destination);
  }

  /** A session is to begin there at the next good moment, even if nothing waits: there may be something to fetch. */
  visit(destination: string): void {
    this.#states.of(destination).isVisitDue = true;
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
    const state = this.#states.of(destination);
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
    this.#track(destination, session.promise);
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
    if (now < this.#nextSweep) return;
    this.#nextSweep = now + SWEEP_MS;
    if ((await this.#options.settler().sweep()) > 0) this.#scanAgain = true;
    await this.#options.spool.tidy();
  }

  async #scan(): Promise<void> {
    const { spool, settler, clock } = this.#options;
    this.#isLookingSoon = false;
    const nextLate = await settler().sweepLate();
    const now = clock.wallTime();
    const look: Look = { now, wakeAt: now + SWEEP_MS, ready: new Map(), waiting: new Map() };
    // What is late and on its way just now is looked at again soon: it may come back.
    if (nextLate !== undefined) look.wakeAt = Math.min(look.wakeAt, Math.max(nextLate, now + LATE_PAUSE_MS));
    const destinations = await spool.destinations(now);
    for (const summary of destinations) this.#lookAt(summary, look);
    for (const destination of this.#states.visitsDue) this.#lookAtVisit(destination, look);
    this.#beginInTurn(look);
    this.#waiting = look.waiting;
    this.#states.forgetAllBut(new Set(destinations.map(({ destination }) => destination)), now);
    this.#lookAgainIn(look.wakeAt - now);
  }

  #lookAt({ destination, due, nextDue, oldest }: DestinationSummary, look: Look): void {
    const transport = this.#options.transportFor(destination);
    if (transport === undefined) return;
    const state = this.#states.of(destination);
    if (due === 0) {
      const at = Math.max(state.notBefore, nextDue ?? look.wakeAt);
      look.wakeAt = Math.min(look.wakeAt, at);
      return;
    }
    if (state.running > 0 && this.#wakeIdle(destination)) return;
    const obstacle = obstacleTo(transport, state, { messages: due, oldest }, look.now);
    if (obstacle === undefined) {
      look.ready.set(destination, { destination, transport, state, due });
      return;
    }
    const { reason, until } = obstacle;
    look.wakeAt = Math.min(look.wakeAt, until);
    if (state.running === 0) look.waiting.set(destination, { destination, reason, until });
  }

  /** Where a session is wanted even if nothing waits. */
  #lookAtVisit(destination: string, look: Look): void {
    const transport = this.#options.transportFor(destination);
    if (transport === undefined || look.ready.has(destination)) return;
    const state = this.#states.of(destination);
    const obstacle = obstacleTo(transport, state, { messages: 0, oldest: look.now }, look.now);
    if (obstacle === undefined) look.ready.set(destination, { destination, transport, state, due: 0 });
    else look.wakeAt = Math.min(look.wakeAt, obstacle.until);
  }

  /** @returns whether a session that is open anyhow takes what is due. */
  #wakeIdle(destination: string): boolean {
    for (const source of this.#sources) {
      if (source.destination !== destination || !source.isIdle) continue;
      source.wake();
      return true;
    }
    return false;
  }

  /** A session for each before anybody's second one; who gets none waits, and others make room. */
  #beginInTurn(look: Look): void {
    const inOrder = this.#places.inOrder(look.ready.values());
    const queued = inOrder.filter((one) => one.state.running === 0 && !this.#begin(one, 1));
    if (queued.length === 0) for (const one of inOrder) this.#begin(one, wantedFor(one));
    for (const one of queued) {
      const { destination } = one;
      const until = look.now + TURN_MS;
      look.waiting.set(destination, { destination, reason: this.#places.shortage(one), until });
    }
    const now = this.#options.clock.now();
    const hadTurn = this.#places.makeRoom(queued, now);
    if (hadTurn !== undefined) look.wakeAt = Math.min(look.wakeAt, look.now + hadTurn - now);
  }

  #lookSoon(): void {
    if (this.#isLookingSoon) return;
    this.#isLookingSoon = true;
    this.#lookAgainIn(LOOK_SOON_MS);
  }

  #lookAgainIn(ms: number): void {
    if (this.#stopped) return;
    const pause = this.#isLookingSoon ? Math.min(ms, LOOK_SOON_MS) : ms;
    // Whole milliseconds: what is left of one after sums of large numbers would be looked for again and again.
    this.#alarm.set(Math.min(this.#options.clock.now() + Math.ceil(pause), this.#nextSweep));
  }

  /** @returns false when there is no circuit for it, or no room. */
  #begin(ready: Ready, wanted: number): boolean {
    const { destination, state } = ready;
    while (state.running < wanted && !this.#stopped) {
      const place = this.#places.take(ready);
      if (place === undefined) return false;
      state.running++;
      this.#track(destination, this.#run(ready, place));
    }
    return true;
  }

  #track(destination: string, session: Promise<void>): void {
    const run = session.finally(() => {
      this.#running.delete(run);
      this.#states.ended(destination);
      this.poke();
    });
    this.#running.add(run);
  }

  async #run({ destination, transport, state }: Ready, place: Place): Promise<void> {
    const { clock, onWell, onProblem } = this.#options;
    const { failures } = state;
    const mail = this.#source(destination, { probing: failures > 0 });
    place.began(mail, clock.now());
    const isVisit = state.isVisitDue;
    state.isVisitDue = false;
    state.isUrgent = false;
    try {
      if (!(await mail.begin()) && !isVisit) {
        // Another session took it; look again in a while rather than at once.
        const pause = mail.isBehind ? BEHIND_PAUSE_MS : NOTHING_DUE_PAUSE_MS;
        state.notBefore = clock.wallTime() + pause;
        if (mail.isBehind) state.lastReason = "what became of earlier mail can't be written down";
        return;
      }
      place.placing();
      const end = await transport.run(mail);
      if (isVisit && !end.inOrder) state.isVisitDue = true;
      if (end.notNow !== undefined) {
        // It was open a moment ago.
        state.notBefore = clock.wallTime() + NOTHING_DUE_PAUSE_MS;
        state.lastReason = end.notNow.reason;
        return;
      }
      if (end.inOrder) {
        state.failures = 0;
        state.notBefore = 0;
        onWell(destination);
        return;
      }
      const before = mail.delivered > 0 ? 0 : failures;
      await mail.postpone(end.reason, this.#failed(destination, state, before, end));
    } catch (error) {
      const reason = describeError(error);
      this.#failed(destination, state, failures, { inOrder: false, reason });
      onProblem(`delivering to ${destination}: ${reason}`);
    } finally {
      this.#sources.delete(mail);
      await mail.end();
      place.ended(mail);
    }
  }

  #source(destination: string, how: Pick<MailSourceOptions, 'probing' | 'isWanted'>): MailSource {
    const { hostname, spool, settler, signer, clock, rewriterFor } = this.#options;
    const rewriter = rewriterFor?.(destination);
    const owner = `${destination}#${++this.#runs}`;
    const mail = new MailSource({
      hostname,
      spool,
      settler: settler(),
      signer: signer?.(),
      clock,
      destination,
      owner,
      ...how,
      ...(rewriter !== undefined && { rewriter }),
    });
    this.#sources.add(mail);
    return mail;
  }

  /**
   * @param before failures in a row when the session began: what sessions side by side meet is one failure.
   * @returns when it is tried again.
   */
  #failed(destination: string, state: DestinationState, before: number, end: TransportEnd): number {
    state.notBefore = this.#options.nextTry(destination, before, end);
    state.lastReason = end.reason;
    state.failures = before + 1;
    return state.notBefore;
  }
}

/** One session takes all that is due; another is begun only where much more waits than one claim holds. */
function wantedFor({ state, transport, due }: Ready): number {
  return state.failures > 0 ? 1 : Math.min(transport.concurrency, 1 + Math.floor(due / 32));
}
