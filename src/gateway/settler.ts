import { type Clock, describeError } from '../core/index.js';
import type { RecipientOutcome } from '../smtp/index.js';
import type { Delivery, Settlement, Spool, WaitingRecipient } from '../spool/index.js';
import type { Received } from './reception.js';
import { type ReportAction, type ReportedRecipient, TIME_IS_OVER } from './report-facts.js';
import { isOwed, reportOfSuccess } from './report-rules.js';
import type { Occasion, ReportedMessage } from './reporter.js';
import { Unwritten } from './unwritten.js';

export interface SettlerOptions {
  readonly spool: Spool;
  readonly clock: Clock;
  readonly reporter: {
    report(
      message: ReportedMessage,
      occasion: Occasion,
      settlements: readonly Settlement[],
    ): Promise<boolean>;
  };
  readonly maxAgeMs: number;
  /** After which the sender is told that it takes long; 0: he is not. */
  readonly delayWarningMs: number;
  /** When to try a recipient again that was put off `attempts` times before. Wall time. */
  readonly nextAttempt: (attempts: number) => number;
  readonly onSettled: (event: SettledEvent) => void;
  readonly onProblem: (problem: string) => void;
  /** What one before could not write down. Default: there was none. */
  readonly unwritten?: Unwritten;
}

/** One recipient's step towards the end, for the log. */
export interface SettledEvent {
  readonly message: string;
  readonly recipient: string;
  readonly destination: string;
  readonly sender: string;
  readonly outcome: 'delivered' | 'deferred' | 'failed';
  /** The reply of the next hop, or what happened instead. */
  readonly reason: string;
  /** Milliseconds since the message was received. */
  readonly delayMs: number;
  readonly attempt?: Attempt;
}

/** How a recipient was tried. */
export interface Attempt {
  /** What it was tried over: the id of a circuit, as in the record of its call, `host:port`, or who came to fetch it. */
  readonly relay: string;
  /** From when the message was this session's turn until it was settled, milliseconds. */
  readonly tookMs: number;
}

/** What becomes of a recipient, and what the sender is told of it. */
interface Step {
  readonly recipient: WaitingRecipient;
  readonly outcome: Settlement['outcome'];
  /** The reply with which it was delivered. */
  readonly reply?: string;
  readonly report?: { readonly action: ReportAction; readonly about: ReportedRecipient };
}

const BATCH = 50;

/** Turns what happened to recipients into what the spool keeps, and owes the sender reports on it. */
export class Settler {
  readonly #options: SettlerOptions;
  /** Wall time at which something may be late; until it was asked for, now. */
  #nextDeadline: number | undefined = Number.NEGATIVE_INFINITY;
  readonly #unwritten: Unwritten;

  constructor(options: SettlerOptions) {
    this.#options = options;
    this.#unwritten = options.unwritten ?? new Unwritten();
  }

  problem(problem: string): void {
    this.#options.onProblem(problem);
  }

  /**
   * Never rejects: what can't be written down is remembered, and written when that can be done (`catchUp`). If the process
   * ends before, the message goes out once more; never not at all.
   * @returns whether it is written down.
   */
  async settle(
    delivery: Delivery,
    outcomes: readonly RecipientOutcome[],
    attempt?: Attempt,
  ): Promise<boolean> {
    const now = this.#options.clock.wallTime();
    const steps = outcomes.map((outcome) => {
      const waiting = delivery.recipients.find(({ address }) => address === outcome.address);
      const recipient = waiting ?? { address: outcome.address, attempts: 0 };
      return this.#step(delivery, recipient, outcome, now);
    });
    let unwritten: readonly Step[] = steps;
    const write = async (): Promise<boolean> => {
      unwritten = await this.#write(delivery, unwritten, attempt);
      return unwritten.length === 0;
    };
    const isWritten = await write();
    if (!isWritten) this.#unwritten.add(delivery.destination, write);
    return isWritten;
  }

  /**
   * Writes down what could not be written before. Never rejects.
   * @returns false while that can't be done: then the spool does not know what of this destination's mail is still to be sent.
   */
  catchUp(destination: string): Promise<boolean> {
    return this.#unwritten.catchUp(destination);
  }

  /** A message came that was sent on to several for one address. Never rejects: it is here all the same. */
  async expanded({ id, expanded = [], ...message }: Received): Promise<void> {
    if (expanded.length === 0 || message.sender === '') return;
    const recipients = expanded.map(({ address, originalRecipient }) =>
      asItWas({ address, attempts: 0, ...(originalRecipient !== undefined && { originalRecipient }) }),
    );
    try {
      await this.#options.reporter.report(
        { message: id, ...message },
        { action: 'expanded', recipients },
        [],
      );
    } catch (error) {
      this.problem(`reporting that ${id} was sent on: ${describeError(error)}`);
    }
  }

  /** The destination can't be reached until then. */
  async postpone(deliveries: readonly Delivery[], reason: string, until: number): Promise<void> {
    const now = this.#options.clock.wallTime();
    for (const delivery of deliveries) {
      const steps = delivery.recipients.map((recipient) =>
        this.#isTooLate(delivery, now)
          ? giveUp(delivery, recipient, { ...attempt(recipient, now), reason })
          : { recipient, outcome: { type: 'deferred', until, reason } as const },
      );
      await this.#write(delivery, steps);
    }
  }

  /**
   * Somebody has decided that it is not worth waiting any longer: given up, with a report as ever.
   * @returns false when it could not be written down, so that it waits on
   */
  async bounce(delivery: Delivery, reason: string): Promise<boolean> {
    const steps = delivery.recipients.map((recipient) =>
      failed(delivery, recipient, { ...asItWas(recipient), reason }, reason),
    );
    return (await this.#write(delivery, steps)).length === 0;
  }

  /** Of mode R, and its time is over: it must not be sent any more (RFC 2852). Then it is given up. */
  async returnLate(delivery: Delivery): Promise<boolean> {
    // RFC 2852 §4: mode R has no 0, so the last second is over when it begins.
    if (!isOutOfTime(delivery, this.#options.clock.wallTime() + 999)) return false;
    await this.#giveUp(delivery);
    return true;
  }

  /** Gives up what waited too long without an attempt of its own, and warns of what waits long. @returns how many deliveries it gave up. */
  async sweep(): Promise<number> {
    const { spool, clock, maxAgeMs, delayWarningMs } = this.#options;
    this.recheckDeadlines();
    const swept = await inBatches(
      () => spool.overdue(clock.wallTime() - maxAgeMs, BATCH),
      (delivery) => this.#giveUp(delivery),
    );
    if (delayWarningMs > 0)
      await inBatches(
        () => spool.unwarned(clock.wallTime() - delayWarningMs, BATCH),
        (delivery) => this.#tellDelay(delivery, 'warned'),
      );
    return swept;
  }

  /** Mail came that is to arrive by then. */
  expectBy(at: number): void {
    this.#nextDeadline = Math.min(this.#nextDeadline ?? at, at);
  }

  /** Mail may have come that nobody told us of. */
  recheckDeadlines(): void {
    this.#nextDeadline = Number.NEGATIVE_INFINITY;
  }

  /** Returns, or tells of, what has not arrived in time. @returns wall time of the next deadline. */
  async sweepLate(): Promise<number | undefined> {
    const { spool, clock } = this.#options;
    const now = clock.wallTime();
    if (this.#nextDeadline === undefined || this.#nextDeadline > now) return this.#nextDeadline;
    this.#nextDeadline = undefined; // what comes meanwhile is told by `expectBy`
    await inBatches(
      () => spool.late(BATCH),
      (delivery) => (isOutOfTime(delivery, now) ? this.#giveUp(delivery) : this.#tellDelay(delivery, 'late')),
    );
    const next = await spool.nextDeadline();
    if (next !== undefined) this.expectBy(next);
    return this.#nextDeadline;
  }

  #step(delivery: Delivery, recipient: WaitingRecipient, result: RecipientOutcome, now: number): Step {
    const { outcome, reason } = result;
    const about = { ...attempt(recipient, now), reason };
    if (outcome === 'delivered') {
      const action = reportOfSuccess(result, recipient, delivery);
      return {
        recipient,
        outcome: { type: 'delivered' },
        reply: reason,
        ...(action !== undefined && { report: { action, about } }),
      };
    }
    if (outcome === 'permanent') return failed(delivery, recipient, about, reason);
    if (this.#isTooLate(delivery, now)) return giveUp(delivery, recipient, about);
    const until = this.#options.nextAttempt(recipient.attempts);
    return { recipient, outcome: { type: 'deferred', until, reason } };
  }

  #isTooLate(delivery: Delivery, now: number): boolean {
    return now - delivery.received >= this.#options.maxAgeMs || isOutOfTime(delivery, now);
  }

  async #giveUp(delivery: Delivery): Promise<boolean> {
    const steps = delivery.recipients.map((recipient) => giveUp(delivery, recipient, asItWas(recipient)));
    return (await this.#write(delivery, steps)).length === 0;
  }

  /** Nothing changes for the message, but that its sender knows. */
  async #tellDelay(delivery: Delivery, type: 'warned' | 'late'): Promise<boolean> {
    const steps = delivery.recipients.map((recipient): Step => {
      const about = { ...asItWas(recipient), ...(type === 'late' && { status: '4.4.7' }) };
      const isTold = isOwed('delayed', recipient, delivery);
      return {
        recipient,
        outcome: { type },
        ...(isTold && { report: { action: 'delayed', about } }),
      };
    });
    return (await this.#write(delivery, steps)).length === 0;
  }

  /** @returns what of it could not be written down. */
  async #write(delivery: Delivery, steps: readonly Step[], attempt?: Attempt): Promise<readonly Step[]> {
    const unreported = steps.filter(({ report }) => report === undefined);
    const actions = new Set(steps.flatMap(({ report }) => report?.action ?? []));
    // One report per kind, each in one transaction with what it reports; what needs none goes along with the first.
    const groups = [...actions].map((action) => steps.filter(({ report }) => report?.action === action));
    const [first = [], ...others] = groups;
    const inOrder = [[...first, ...unreported], ...others];
    for (const [index, group] of inOrder.entries()) {
      try {
        await this.#writeGroup(delivery, group);
      } catch (error) {
        this.problem(`writing down what became of ${delivery.message}: ${describeError(error)}`);
        return inOrder.slice(index).flat();
      }
      for (const step of group) this.#tell(delivery, step, attempt);
    }
    return [];
  }

  async #writeGroup(delivery: Delivery, group: readonly Step[]): Promise<void> {
    const { spool, reporter, maxAgeMs } = this.#options;
    const settlements = group.map(
      ({ recipient, outcome }): Settlement => ({
        message: delivery.message,
        destination: delivery.destination,
        recipient: recipient.address,
        outcome,
      }),
    );
    const reports = group.flatMap(({ report }) => report ?? []);
    const [first] = reports;
    if (first !== undefined) {
      const { action } = first;
      const occasion: Occasion = {
        action,
        recipients: reports.map(({ about }) => about),
        ...(action === 'delayed' && { retryUntil: lastTry(delivery, maxAgeMs) }),
      };
      if (await reporter.report(delivery, occasion, settlements)) return;
    }
    await spool.settle(settlements);
  }

  #tell(delivery: Delivery, { recipient, outcome, reply = '' }: Step, attempt?: Attempt): void {
    if (outcome.type === 'warned' || outcome.type === 'late') return; // no step towards the end
    this.#options.onSettled({
      message: delivery.message,
      recipient: recipient.address,
      destination: delivery.destination,
      sender: delivery.sender,
      outcome: outcome.type,
      reason: 'reason' in outcome ? outcome.reason : reply,
      delayMs: this.#options.clock.wallTime() - delivery.received,
      ...(attempt !== undefined && { attempt }),
    });
  }
}

/** Until nothing is found, or something can't be written down: then the rest has to wait as well. @returns how many. */
async function inBatches(
  find: () => Promise<readonly Delivery[]>,
  handle: (delivery: Delivery) => Promise<boolean>,
): Promise<number> {
  for (let count = 0; ; ) {
    const found = await find();
    for (const delivery of found) {
      if (!(await handle(delivery))) return count;
      count++;
    }
    if (found.length < BATCH) return count;
  }
}

function failed(
  delivery: Delivery,
  recipient: WaitingRecipient,
  about: ReportedRecipient,
  reason: string,
): Step {
  const isTold = isOwed('failed', recipient, delivery);
  return {
    recipient,
    outcome: { type: 'failed', reason },
    ...(isTold && { report: { action: 'failed', about } }),
  };
}

/** Its time is over. */
function giveUp(delivery: Delivery, recipient: WaitingRecipient, about: ReportedRecipient): Step {
  const reason = `${about.reason ?? 'no attempt was possible'} (tried for as long as allowed)`;
  return failed(delivery, recipient, { ...about, status: TIME_IS_OVER }, reason);
}

/** An attempt that was made just now. */
function attempt(recipient: WaitingRecipient, now: number): ReportedRecipient {
  return { ...asItWas(recipient), attempts: recipient.attempts + 1, lastAttempt: now };
}

function asItWas({ address, originalRecipient, attempts, lastReason }: WaitingRecipient): ReportedRecipient {
  return {
    address,
    attempts,
    ...(originalRecipient !== undefined && { originalRecipient }),
    ...(lastReason !== undefined && { reason: lastReason }),
  };
}

function isOutOfTime({ deliverBy }: Delivery, now: number): boolean {
  return deliverBy?.mode === 'R' && deliverBy.at <= now;
}

function lastTry({ received, deliverBy }: Delivery, maxAgeMs: number): number {
  const end = received + maxAgeMs;
  return deliverBy?.mode === 'R' ? Math.min(end, deliverBy.at) : end;
}
