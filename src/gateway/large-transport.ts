import type { LargeMailRules } from '../config/index.js';
import type { Clock } from '../core/index.js';
import type { MailSource } from './mail-source.js';
import { type Demand, type NotNow, outsideWindows } from './not-now.js';
import type { Transport, TransportEnd } from './transport.js';

/** Nothing opens by itself. */
const LOOK_AGAIN_MS = 24 * 3_600_000;

/** The way of long messages to a peer: that of all its mail, at other hours, or when the peer asks (ETRN, ATRN). */
export class LargeTransport implements Transport {
  readonly #way: Transport;
  readonly #rules: LargeMailRules;
  readonly #clock: Clock;

  constructor(way: Transport, rules: LargeMailRules, clock: Clock) {
    this.#way = way;
    this.#rules = rules;
    this.#clock = clock;
  }

  get usesCircuit(): boolean {
    return this.#way.usesCircuit ?? false;
  }

  get links(): readonly string[] {
    return this.#way.links ?? [];
  }

  get concurrency(): number {
    return this.#way.concurrency;
  }

  notYet(demand: Demand): NotNow | undefined {
    const closed = demand.isUrgent ? undefined : this.#closed();
    return closed ?? this.#way.notYet?.(demand);
  }

  /** A message on its way when the hours are over is finished; whoever wants it at other hours gets all of it. */
  async run(mail: MailSource): Promise<TransportEnd> {
    const now = this.#clock.wallTime();
    const { windows } = this.#rules;
    const end = windows?.isOpen(now) === true ? windows.nextChange(now) : undefined;
    if (end === undefined) return await this.#way.run(mail);
    const cancel = this.#clock.wake(this.#clock.now() + end - now, () => mail.finish());
    try {
      return await this.#way.run(mail);
    } finally {
      cancel();
    }
  }

  #closed(): NotNow | undefined {
    const now = this.#clock.wallTime();
    if (this.#rules.windows === undefined)
      return {
        why: 'window',
        reason: 'too large to be sent before it is asked for',
        until: now + LOOK_AGAIN_MS,
      };
    const closed = outsideWindows(this.#rules, now);
    return closed && { ...closed, reason: `too large for now: ${closed.reason}` };
  }
}
