import { TimerTable } from '../core/index.js';
import { isDteCause } from './packet/cause.js';
import { DIAGNOSTIC } from './packet/diagnostic-code.js';
import type { Modulo } from './packet/header.js';
import { decodeRestartRequest, encodeRestartConfirmation, encodeRestartRequest } from './packet/restart.js';
import type { PacketLayerParameters, PacketTimers } from './parameters.js';
import { PendingRequest } from './pending-request.js';
import { RESTART_TABLES, type RestartRow, type RestartState } from './restart.js';
import { type RoleTraits, TRAITS, theirCause } from './role.js';
import type { Cell } from './state-table.js';
import type { RestartInfo } from './user.js';

/** What the restart procedure needs of the layer. */
export interface RestartHost {
  readonly role: PacketLayerParameters['role'];
  readonly modulo: Modulo;
  readonly timing: PacketTimers;
  /** 0 up to 1. */
  readonly random: () => number;
  /** All calls are over. */
  clearAll(info: RestartInfo, now: number): void;
  /** State r1, and which part we play now. */
  ready(traits: RoleTraits, now: number): void;
  diagnose(diagnostic: number, packet: Uint8Array, now: number): void;
  count(what: RestartCounter): void;
}

export type RestartCounter =
  | 'discarded'
  | 'procedureErrors'
  | 'timeouts'
  | 'restartsSent'
  | 'restartsReceived'
  /** Two DTEs that both wanted to restart, and have yet to agree who plays the DCE. */
  | 'restartCollisions';

/** A DTE whose RESTART REQUEST is not answered goes on asking, so many times slower. */
const SLOWER = 5;

/** Two DTEs whose restarts collide both wait for a random time up to this, twice as long each time it happens again. */
const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 16_000;
/**
 * How long the restart after a collision waits for its answer, if T20 is longer. An end that knows no such collisions,
 * and never got our first restart, takes this one for the answer to its own, and says nothing: then it is ready, and
 * answers the next one.
 */
const ANSWER_AFTER_COLLISION_MS = 10_000;

/**
 * States r1 to r3 of a link that is up (X.25 §3.3, §3.4).
 *
 * With the role left open, every restart settles it anew, as a DTE facing another DTE does (ISO 8208 §4.2 to §4.5; its
 * text could not be read, the rule is the one that BSD's packet layer gives for it): whoever restarts with a cause that
 * only a network gives is a DCE. Between two DTEs, who answers a restart plays the DCE. When their restarts cross,
 * neither has answered: both wait for a random time and restart again.
 *
 * UNCLEAR ISO 8208 §4.5: how long the random time may be. Ours doubles with every collision, so that it gets beyond
 * the time that a packet takes on any line. A DTE that takes the collision for an answer (Linux) just answers the
 * second restart; the calls that it may have placed meanwhile are lost.
 */
export class RestartProcedure {
  readonly #host: RestartHost;
  readonly #timers = new TimerTable<'restart' | 'backoff'>();
  #traits: RoleTraits;
  #state: RestartState;
  readonly #request = new PendingRequest<Uint8Array>();
  #waiting: 'nothing' | 'request' | 'confirmation' = 'nothing';
  /** What we play when r1 is reached. */
  #next: RoleTraits;
  #backoffMs = FIRST_BACKOFF_MS;

  constructor(host: RestartHost) {
    this.#host = host;
    this.#traits = host.role === 'dce' ? TRAITS.dce : TRAITS.dte;
    this.#next = this.#traits;
    this.#state = this.#traits.restart.ours;
  }

  get state(): RestartState {
    return this.#state;
  }

  /** What we play; as long as that is open, a DTE. */
  get traits(): RoleTraits {
    return this.#traits;
  }

  get #isOpen(): boolean {
    return this.#host.role === 'auto';
  }

  /** The link is up. */
  linkUp(now: number): void {
    this.#backoffMs = FIRST_BACKOFF_MS;
    if (this.#isOpen) this.#traits = TRAITS.dte;
    this.begin(this.#traits.restart.linkUpCause, DIAGNOSTIC.noInformation, now);
  }

  /** Asks the other end to restart; its own request, if they cross, is the answer (X.25 §3.3.3). */
  begin(cause: number, diagnostic: number, now: number): void {
    if (this.#isOpen) this.#traits = TRAITS.dte;
    this.#timers.stopAll();
    this.#state = this.#traits.restart.ours;
    this.#request.begin(
      encodeRestartRequest({ type: 'restartRequest', channel: 0, cause, diagnostic }, this.#host.modulo),
    );
    this.#send(this.#host.timing[this.#traits.restart.timer], now);
  }

  /** The link is down. */
  end(): void {
    this.#timers.stopAll();
    this.#waiting = 'nothing';
  }

  /** The cell for a packet, as the table says. Anything but `nextLevel` is for `receive`. */
  cell(row: RestartRow): Cell<RestartState> {
    return RESTART_TABLES[this.#traits.role][row][this.#state];
  }

  receive(row: RestartRow, packet: Uint8Array, now: number): void {
    const cell = this.cell(row);
    switch (cell.do) {
      case 'normal':
        if (row === 'restartRequest') this.#requestCame(packet, now);
        else this.#confirmed(now);
        return;
      case 'error':
        this.#fail(cell.diagnostic, now);
        return;
      case 'diagnose':
        this.#host.diagnose(cell.diagnostic, packet, now);
        return;
      default:
        this.#host.count('discarded');
        return;
    }
  }

  #requestCame(packet: Uint8Array, now: number): void {
    const { ours, theirs } = this.#traits.restart;
    const { cause, diagnostic } = decodeRestartRequest(packet);
    const isFromDte = isDteCause(cause);
    this.#host.count('restartsReceived');
    if (this.#state === ours && this.#request.isSent) {
      if (this.#isOpen && isFromDte) this.#backOff(now);
      else this.#enterR1(now);
      return;
    }
    const wasReady = this.#state === 'r1';
    this.#timers.stopAll();
    this.#state = theirs;
    // Never while a request of ours is on its way: a spare confirmation is an error in r1.
    this.#waiting = 'confirmation';
    if (this.#isOpen) this.#next = isFromDte ? TRAITS.dteAsDce : TRAITS.dte;
    const given = theirCause(this.#traits, cause);
    if (wasReady) this.#host.clearAll({ by: 'peer', cause: given, diagnostic }, now);
  }

  /** The request that crossed theirs counts for nothing; it goes out again unless theirs comes first. */
  #backOff(now: number): void {
    this.#host.count('restartCollisions');
    this.#request.withdraw();
    this.#timers.stopAll();
    this.#timers.start('backoff', now + Math.ceil(this.#backoffMs * this.#host.random()));
    this.#backoffMs = Math.min(2 * this.#backoffMs, LONGEST_BACKOFF_MS);
  }

  #confirmed(now: number): void {
    if (!this.#request.isSent) {
      this.#host.count('discarded');
      return;
    }
    if (this.#isOpen) this.#next = TRAITS.dte;
    this.#enterR1(now);
  }

  #fail(diagnostic: number, now: number): void {
    const cause = this.#traits.restart.errorCause;
    this.#host.count('procedureErrors');
    this.begin(cause, diagnostic, now);
    this.#host.clearAll({ by: 'us', cause, diagnostic }, now);
  }

  #enterR1(now: number): void {
    this.#timers.stopAll();
    this.#waiting = 'nothing';
    this.#state = 'r1';
    this.#traits = this.#next;
    this.#host.ready(this.#traits, now);
  }

  #send(wait: number, now: number): void {
    this.#host.count('restartsSent');
    this.#waiting = 'request';
    if (wait > 0) this.#timers.start('restart', now + wait);
  }

  nextPacket(now: number): Uint8Array | undefined {
    const waiting = this.#waiting;
    this.#waiting = 'nothing';
    switch (waiting) {
      case 'nothing':
        return undefined;
      case 'request':
        this.#request.sent();
        return this.#request.request;
      case 'confirmation':
        this.#enterR1(now);
        return encodeRestartConfirmation(this.#host.modulo);
    }
  }

  nextDeadline(): number | undefined {
    return this.#timers.next();
  }

  /** T20 or T10: once more, then a DCE takes the DTE for ready (X.25 table D-1) and a DTE waits longer. */
  handleTimeout(now: number): void {
    const [expired] = this.#timers.takeExpired(now);
    if (expired === undefined) return;
    const { timer, repeats } = this.#traits.restart;
    const wait = this.#host.timing[timer];
    if (expired === 'backoff') {
      this.#send(Math.min(wait, ANSWER_AFTER_COLLISION_MS), now);
      return;
    }
    this.#host.count('timeouts');
    const isLast = this.#request.repeat(this.#host.timing[repeats]) === undefined;
    if (!isLast) this.#send(wait, now);
    else if (!this.#traits.isNetwork) this.#send(wait * SLOWER, now);
    else {
      this.#host.diagnose(DIAGNOSTIC.timerRestart, new Uint8Array(0), now);
      this.#enterR1(now);
    }
  }
}
