import type { PeerConfiguration } from '../config/index.js';
import { Alarm, type Clock } from '../core/index.js';

/**
 * When peers are to be asked for our mail although nothing waits for them: so long after they were asked last, by whatever
 * call. A gateway that starts waits as long as that once: one that starts often would pay for calls often.
 */
export class FetchTimes {
  readonly #clock: Clock;
  readonly #visit: (peer: string) => void;
  readonly #alarm: Alarm;
  readonly #everyMs = new Map<string, number>();
  readonly #due = new Map<string, number>();

  constructor(clock: Clock, visit: (peer: string) => void) {
    this.#clock = clock;
    this.#visit = visit;
    this.#alarm = new Alarm(clock, () => this.#whenDue());
  }

  /** Who is asked as often as before keeps his time. */
  configure(peers: readonly PeerConfiguration[]): void {
    const wanted = new Map(
      peers.flatMap(({ name, fetch }) =>
        fetch?.everyMs === undefined ? [] : [[name, fetch.everyMs] as const],
      ),
    );
    for (const name of [...this.#due.keys()])
      if (this.#everyMs.get(name) !== wanted.get(name)) this.#due.delete(name);
    this.#everyMs.clear();
    for (const [name, everyMs] of wanted) {
      this.#everyMs.set(name, everyMs);
      if (!this.#due.has(name)) this.asked(name);
    }
    this.#setAlarm();
  }

  /** A call has asked there just now. */
  asked(peer: string): void {
    const everyMs = this.#everyMs.get(peer);
    if (everyMs !== undefined) this.#due.set(peer, this.#clock.now() + everyMs);
    this.#setAlarm();
  }

  stop(): void {
    this.#everyMs.clear();
    this.#due.clear();
    this.#alarm.set(undefined);
  }

  #whenDue(): void {
    const now = this.#clock.now();
    for (const [peer, at] of [...this.#due]) {
      if (at > now) continue;
      this.asked(peer);
      this.#visit(peer);
    }
    this.#setAlarm();
  }

  #setAlarm(): void {
    this.#alarm.set(this.#due.size === 0 ? undefined : Math.min(...this.#due.values()));
  }
}
