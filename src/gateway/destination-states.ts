import type { Demand } from './not-now.js';
import type { Transport } from './transport.js';

/** How a destination fares. */
export interface DestinationState {
  /** Sessions that are open. */
  running: number;
  /** In a row. */
  failures: number;
  /** Wall time before which no session is begun. */
  notBefore: number;
  /** Why it is not tried before that time. */
  lastReason: string;
  /** A session is wanted there even if nothing waits. */
  isVisitDue: boolean;
  /** Somebody wants what waits tried, however little it is. */
  isUrgent: boolean;
}

/** Why no session begins, and when to ask again: wall time. */
export interface Obstacle {
  readonly reason: string;
  readonly until: number;
}

/** How destinations fare. One that nothing is known of fares well, so that only the others are kept. */
export class DestinationStates {
  readonly #states = new Map<string, DestinationState>();

  of(destination: string): DestinationState {
    const known = this.#states.get(destination);
    if (known !== undefined) return known;
    const state = {
      running: 0,
      failures: 0,
      notBefore: 0,
      lastReason: '',
      isVisitDue: false,
      isUrgent: false,
    };
    this.#states.set(destination, state);
    return state;
  }

  /** Sessions that are open there. */
  running(destination: string): number {
    return this.#states.get(destination)?.running ?? 0;
  }

  /** Where a session is wanted even if nothing waits. */
  get visitsDue(): readonly string[] {
    return Array.from(this.#states).flatMap(([destination, { isVisitDue }]) =>
      isVisitDue ? [destination] : [],
    );
  }

  /** A session is over. */
  ended(destination: string): void {
    const state = this.of(destination);
    state.running--;
    const { running, failures, notBefore, isVisitDue, isUrgent } = state;
    if (running === 0 && failures === 0 && notBefore === 0 && !isVisitDue && !isUrgent)
      this.#states.delete(destination);
  }

  /** What was learnt of a destination that nothing waits for counts as long as it would have kept a session from beginning. */
  forgetAllBut(wanted: ReadonlySet<string>, wallTime: number): void {
    for (const [destination, { running, notBefore, isVisitDue }] of this.#states)
      if (running === 0 && notBefore <= wallTime && !isVisitDue && !wanted.has(destination))
        this.#states.delete(destination);
  }
}

/** Why no session begins there now. */
export function obstacleTo(
  transport: Transport,
  state: DestinationState,
  demand: Omit<Demand, 'isUrgent'>,
  now: number,
): Obstacle | undefined {
  if (state.notBefore > now) return { reason: state.lastReason, until: state.notBefore };
  return transport.notYet?.({ ...demand, isUrgent: state.isUrgent || state.isVisitDue || state.running > 0 });
}
