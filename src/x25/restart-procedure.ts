import { TimerTable } from '../core/index.js';
import { DIAGNOSTIC } from './packet/diagnostic-code.js';
import type { Modulo } from './packet/header.js';
import { decodeRestartRequest, encodeRestartConfirmation, encodeRestartRequest } from './packet/restart.js';
import type { PacketTimers } from './parameters.js';
import { PendingRequest } from './pending-request.js';
import { RESTART_TABLES, type RestartRow, type RestartState } from './restart.js';
import { dteCause, ROLES, type Role } from './role.js';
import type { Cell } from './state-table.js';
import type { RestartInfo } from './user.js';

/** What the restart procedure needs of the layer. */
export interface RestartHost {
  readonly role: Role;
  readonly modulo: Modulo;
  readonly timing: PacketTimers;
  /** All calls are over. */
  clearAll(info: RestartInfo, now: number): void;
  /** State r1. */
  ready(now: number): void;
  diagnose(diagnostic: number, packet: Uint8Array, now: number): void;
  count(what: RestartCounter): void;
}

export type RestartCounter =
  | 'discarded'
  | 'procedureErrors'
  | 'timeouts'
  | 'restartsSent'
  | 'restartsReceived';

/** A DTE whose RESTART REQUEST is not answered goes on asking, so many times slower. */
const SLOWER = 5;

/** States r1 to r3 of a link that is up (X.25 §3.3, §3.4). */
export class RestartProcedure {
  readonly #host: RestartHost;
  readonly #timers = new TimerTable<'restart'>();
  #state: RestartState;
  readonly #request = new PendingRequest<Uint8Array>();
  #waiting: 'nothing' | 'request' | 'confirmation' = 'nothing';

  constructor(host: RestartHost) {
    this.#host = host;
    this.#state = ROLES[host.role].restart.ours;
  }

  get state(): RestartState {
    return this.#state;
  }

  /** Asks the other end to restart; its own request, if they cross, is the answer (X.25 §3.3.3). */
  begin(cause: number, diagnostic: number, now: number): void {
    this.#state = ROLES[this.#host.role].restart.ours;
    this.#request.begin(
      encodeRestartRequest({ type: 'restartRequest', channel: 0, cause, diagnostic }, this.#host.modulo),
    );
    this.#send(this.#host.timing[ROLES[this.#host.role].restart.timer], now);
  }

  /** The link is down. */
  end(): void {
    this.#timers.stopAll();
    this.#waiting = 'nothing';
  }

  /** The cell for a packet, as the table says. Anything but `nextLevel` is for `receive`. */
  cell(row: RestartRow): Cell<RestartState> {
    return RESTART_TABLES[this.#host.role][row][this.#state];
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
    const { ours, theirs } = ROLES[this.#host.role].restart;
    this.#host.count('restartsReceived');
    if (this.#state === ours && this.#request.isSent) {
      this.#enterR1(now);
      return;
    }
    const wasReady = this.#state === 'r1';
    const { cause, diagnostic } = decodeRestartRequest(packet);
    this.#timers.stopAll();
    this.#state = theirs;
    // Never while a request of ours is on its way: a spare confirmation is an error in r1.
    this.#waiting = 'confirmation';
    const given = this.#host.role === 'dce' ? dteCause(cause) : cause;
    if (wasReady) this.#host.clearAll({ by: 'peer', cause: given, diagnostic }, now);
  }

  #confirmed(now: number): void {
    if (this.#request.isSent) this.#enterR1(now);
    else this.#host.count('discarded');
  }

  #fail(diagnostic: number, now: number): void {
    const cause = ROLES[this.#host.role].restart.errorCause;
    this.#host.count('procedureErrors');
    this.begin(cause, diagnostic, now);
    this.#host.clearAll({ by: 'us', cause, diagnostic }, now);
  }

  #enterR1(now: number): void {
    this.#timers.stopAll();
    this.#waiting = 'nothing';
    this.#state = 'r1';
    this.#host.ready(now);
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
    if (this.#timers.takeExpired(now).length === 0) return;
    this.#host.count('timeouts');
    const { timer, repeats } = ROLES[this.#host.role].restart;
    const isLast = this.#request.repeat(this.#host.timing[repeats]) === undefined;
    if (!isLast) this.#send(this.#host.timing[timer], now);
    else if (this.#host.role === 'dte') this.#send(this.#host.timing[timer] * SLOWER, now);
    else {
      this.#host.diagnose(DIAGNOSTIC.timerRestart, new Uint8Array(0), now);
      this.#enterR1(now);
    }
  }
}
