import { type Clock, concat, describeError } from '../core/index.js';
import type { RecipientOutcome } from '../smtp/index.js';
import type { Delivery, Settlement, Spool } from '../spool/index.js';
import { buildFailureReport, type FailedRecipient } from './report.js';

export interface SettlerOptions {
  readonly spool: Spool;
  readonly clock: Clock;
  readonly hostname: string;
  /** Gets what can't be reported to anybody else. */
  readonly postmaster: string | undefined;
  readonly maxAgeMs: number;
  /** When to try a recipient again that was put off `attempts` times before. Wall time. */
  readonly nextAttempt: (attempts: number) => number;
  /** Where a report goes; undefined when we don't carry mail there. */
  readonly destinationOf: (address: string) => string | undefined;
  readonly onSettled: (event: SettledEvent) => void;
  readonly onProblem: (problem: string) => void;
}

/** One recipient's step towards the end, for the log. */
export interface SettledEvent {
  readonly message: string;
  readonly recipient: string;
  readonly destination: string;
  readonly sender: string;
  readonly outcome: 'delivered' | 'deferred' | 'failed';
  readonly reason: string;
  /** Milliseconds since the message was received. */
  readonly delayMs: number;
}

/** The header section is all that a report returns of a message; more than this of it is cut off. */
const REPORT_HEADER_LIMIT = 64 * 1024;

const OVERDUE_BATCH = 50;

/** Turns what happened to recipients into what the spool keeps, and owes the sender a report for those given up. */
export class Settler {
  readonly #options: SettlerOptions;

  constructor(options: SettlerOptions) {
    this.#options = options;
  }

  problem(problem: string): void {
    this.#options.onProblem(problem);
  }

  /** Never rejects: what can't be written down stays claimed and is tried again; that may deliver twice, never not at all. */
  async settle(delivery: Delivery, outcomes: readonly RecipientOutcome[]): Promise<void> {
    const now = this.#options.clock.wallTime();
    const failed: FailedRecipient[] = [];
    const settlements = outcomes.map(({ address, outcome, reason }): Settlement => {
      const place = { message: delivery.message, destination: delivery.destination, recipient: address };
      if (outcome === 'delivered') return { ...place, outcome: { type: 'delivered' } };
      if (outcome === 'permanent') {
        failed.push({ address, reason });
        return { ...place, outcome: { type: 'failed', reason } };
      }
      const waited = delivery.recipients.find((recipient) => recipient.address === address);
      const until = this.#options.nextAttempt(waited?.attempts ?? 0);
      if (this.#isTooLate(delivery, now)) {
        failed.push({ address, reason: timeIsOver(reason) });
        return { ...place, outcome: { type: 'failed', reason } };
      }
      return { ...place, outcome: { type: 'deferred', until, reason } };
    });
    await this.#write(delivery, settlements, failed);
  }

  /** The destination can't be reached until then. */
  async postpone(deliveries: readonly Delivery[], reason: string, until: number): Promise<void> {
    const now = this.#options.clock.wallTime();
    for (const delivery of deliveries) {
      if (this.#isTooLate(delivery, now)) await this.#giveUp(delivery, reason);
      else await this.#write(delivery, deferAll(delivery, reason, until), []);
    }
  }

  /**
   * Somebody has decided that it is not worth waiting any longer: given up, with a report as ever.
   * @returns false when it could not be written down, so that it waits on
   */
  bounce(delivery: Delivery, reason: string): Promise<boolean> {
    return this.#fail(
      delivery,
      delivery.recipients.map(({ address }) => ({ address, reason })),
    );
  }

  /** Gives up what waited too long without an attempt of its own. @returns how many deliveries that were. */
  async sweepOverdue(): Promise<number> {
    let swept = 0;
    for (;;) {
      const before = this.#options.clock.wallTime() - this.#options.maxAgeMs;
      const overdue = await this.#options.spool.overdue(before, OVERDUE_BATCH);
      for (const delivery of overdue) await this.#giveUp(delivery, undefined);
      swept += overdue.length;
      if (overdue.length < OVERDUE_BATCH) return swept;
    }
  }

  #isTooLate(delivery: Delivery, now: number): boolean {
    return now - delivery.received >= this.#options.maxAgeMs;
  }

  async #giveUp(delivery: Delivery, reason: string | undefined): Promise<void> {
    const failed = delivery.recipients.map(({ address, lastReason }) => ({
      address,
      reason: timeIsOver(reason ?? lastReason ?? 'no attempt was possible'),
    }));
    await this.#fail(delivery, failed);
  }

  #fail(delivery: Delivery, failed: readonly FailedRecipient[]): Promise<boolean> {
    const settlements = failed.map(
      ({ address, reason: why }): Settlement => ({
        message: delivery.message,
        destination: delivery.destination,
        recipient: address,
        outcome: { type: 'failed', reason: why },
      }),
    );
    return this.#write(delivery, settlements, failed);
  }

  /** @returns whether it is written down. */
  async #write(
    delivery: Delivery,
    settlements: readonly Settlement[],
    failed: readonly FailedRecipient[],
  ): Promise<boolean> {
    try {
      const isReported = failed.length > 0 && (await this.#report(delivery, settlements, failed));
      if (!isReported) await this.#options.spool.settle(settlements);
    } catch (error) {
      this.problem(`writing down what became of ${delivery.message}: ${describeError(error)}`);
      return false;
    }
    for (const settlement of settlements) this.#tell(delivery, settlement);
    return true;
  }

  /** @returns false when no report is owed or nobody can get it. */
  async #report(
    delivery: Delivery,
    settlements: readonly Settlement[],
    failed: readonly FailedRecipient[],
  ): Promise<boolean> {
    const { spool, clock, hostname } = this.#options;
    const addressee = this.#addresseeOf(delivery);
    if (addressee === undefined) return false;
    const now = clock.wallTime();
    const report = await buildFailureReport({
      hostname,
      to: addressee.address,
      message: delivery.message,
      received: delivery.received,
      now,
      failed,
      header: await this.#headerOf(delivery.message),
    });
    const writer = await spool.receive();
    await writer.write(report);
    // One transaction: the failure is written down exactly when its report is.
    await writer.commit(
      {
        sender: '',
        recipients: [addressee],
        body: '8BITMIME',
        source: `report on ${delivery.message}`,
        origin: 'report',
        received: now,
      },
      settlements,
    );
    return true;
  }

  /** The sender; else, for a report that failed itself or a sender out of reach, the postmaster; never twice. */
  #addresseeOf(delivery: Delivery): { address: string; destination: string } | undefined {
    const { postmaster, destinationOf } = this.#options;
    for (const address of [delivery.sender, postmaster]) {
      if (address === undefined || address === '') continue;
      if (delivery.sender === '' && delivery.recipients.some((recipient) => recipient.address === address))
        continue;
      const destination = destinationOf(address);
      if (destination !== undefined) return { address, destination };
    }
    this.problem(`${delivery.message} failed, and nobody can be told: sender <${delivery.sender}>`);
    return undefined;
  }

  async #headerOf(message: string): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    let length = 0;
    for await (const piece of this.#options.spool.readBody(message)) {
      pieces.push(piece);
      length += piece.length;
      if (length >= REPORT_HEADER_LIMIT) break;
    }
    const start = Buffer.from(concat(pieces)).subarray(0, REPORT_HEADER_LIMIT);
    const end = start.indexOf('\r\n\r\n');
    return end === -1 ? start : start.subarray(0, end + 2);
  }

  #tell(delivery: Delivery, { recipient, outcome }: Settlement): void {
    if (outcome.type === 'warned' || outcome.type === 'late') return; // no step towards the end
    this.#options.onSettled({
      message: delivery.message,
      recipient,
      destination: delivery.destination,
      sender: delivery.sender,
      outcome: outcome.type,
      reason: 'reason' in outcome ? outcome.reason : '',
      delayMs: this.#options.clock.wallTime() - delivery.received,
    });
  }
}

function deferAll(delivery: Delivery, reason: string, until: number): Settlement[] {
  return delivery.recipients.map(({ address }) => ({
    message: delivery.message,
    destination: delivery.destination,
    recipient: address,
    outcome: { type: 'deferred', until, reason },
  }));
}

function timeIsOver(reason: string): string {
  return `${reason} (tried for as long as allowed)`;
}
