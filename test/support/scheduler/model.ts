import type { Clock } from '../../../src/core/index.js';
import type { Delivery, Settlement } from '../../../src/spool/index.js';

export interface Rules {
  /** Waits in milliseconds; the last one repeats. */
  readonly schedule: readonly number[];
  readonly maxAgeMs: number;
  readonly delayWarningMs: number;
  /** How often what waits too long is looked for. */
  readonly sweepMs: number;
}

/** How a session ended that did not end in order: the least wait that goes with it, beside the schedule's. */
export interface Failure {
  /** Instead of the schedule's. */
  readonly waits?: readonly number[];
  readonly atLeast: number;
}

export type Said = 'delivered' | 'temporary' | 'permanent';

interface ModelRecipient {
  due: number;
  attempts: number;
  /** By the owner of the delivery; not all were due when it took it. */
  isClaimed: boolean;
  /** What the other end has said, until it is written down. */
  said: Said | undefined;
}

interface ModelDelivery {
  readonly message: string;
  readonly destination: string;
  readonly received: number;
  readonly waiting: Map<string, ModelRecipient>;
  owner: string | undefined;
  isHeld: boolean;
  isWarned: boolean;
  /** It is nobody's, and not on hold, since then. */
  freeSince: number;
}

interface ModelDestination {
  /** Nobody knows how to get there. */
  readonly isUnknown: boolean;
  readonly turnMs: number;
  readonly deliveries: Set<ModelDelivery>;
  sessions: number;
  failures: number;
  /** When the next session begins at the earliest and at the latest. */
  least: number;
  most: number;
  /** The failure just now. */
  failedAt: number | undefined;
  isHeld: boolean;
  freeSince: number;
}

/** What may pass between a moment at which a session can begin and its beginning. */
const LEEWAY_MS = 5000;
/** A fifth more, and what rounding adds. */
const JITTER = 1.2;

export interface Tally {
  accepted: number;
  delivered: number;
  failed: number;
  deferred: number;
  warned: number;
  probes: number;
}

/**
 * What a scheduler may do, kept as plainly as can be: told of all that happens, it throws at the first thing that may not
 * happen, and `audit` at what should have happened.
 */
export class SchedulerModel {
  readonly tally: Tally = { accepted: 0, delivered: 0, failed: 0, deferred: 0, warned: 0, probes: 0 };
  readonly #clock: Pick<Clock, 'wallTime'>;
  readonly #rules: Rules;
  readonly #deliveries = new Map<string, ModelDelivery>();
  readonly #destinations = new Map<string, ModelDestination>();
  /** Sessions by owner, and whether they are to begin with one message. */
  readonly #owners = new Map<string, { isProbing: boolean }>();
  #runningSince = 0;

  constructor(clock: Pick<Clock, 'wallTime'>, rules: Rules) {
    this.#clock = clock;
    this.#rules = rules;
  }

  // ---------------------------------------------------------------- what the world does

  /** @param how `turnMs`: how long it may have to wait for its turn, once it is due. */
  addDestination(name: string, how: Pick<ModelDestination, 'isUnknown' | 'turnMs'>): void {
    const destination: ModelDestination = {
      ...how,
      deliveries: new Set(),
      sessions: 0,
      failures: 0,
      least: 0,
      most: 0,
      failedAt: undefined,
      isHeld: false,
      freeSince: 0,
    };
    this.#destinations.set(name, destination);
  }

  /** A gateway begins, knowing nothing but what its spool has. */
  started(): void {
    this.#runningSince = this.#now();
    this.#owners.clear();
    for (const delivery of this.#deliveries.values()) {
      this.#free(delivery);
    }
    for (const destination of this.#destinations.values())
      Object.assign(destination, { sessions: 0, failures: 0, least: 0, most: 0, failedAt: undefined });
  }

  accepted(message: string, recipients: readonly { address: string; destination: string }[]): void {
    const now = this.#now();
    for (const { address, destination } of recipients) {
      const key = keyOf(message, destination);
      const delivery = this.#deliveries.get(key) ?? {
        message,
        destination,
        received: Math.floor(now), // as the spool keeps it
        waiting: new Map<string, ModelRecipient>(),
        owner: undefined,
        isHeld: false,
        isWarned: false,
        freeSince: now,
      };
      delivery.waiting.set(address, { due: now, attempts: 0, isClaimed: false, said: undefined });
      this.#deliveries.set(key, delivery);
      this.#to(destination).deliveries.add(delivery);
      this.tally.accepted++;
    }
  }

  /** Due at once, and the destination may be tried at once. Of all that nobody has claimed. */
  retried(name: string): void {
    const now = this.#now();
    const destination = this.#to(name);
    for (const { owner, waiting } of destination.deliveries)
      if (owner === undefined) for (const recipient of waiting.values()) recipient.due = now;
    destination.least = 0;
    destination.most = Math.min(destination.most, now);
  }

  destinationHeld(name: string, isHeld: boolean): void {
    const destination = this.#to(name);
    destination.isHeld = isHeld;
    destination.freeSince = this.#now();
    if (!isHeld) Object.assign(destination, { least: 0, most: Math.min(destination.most, this.#now()) });
  }

  messageHeld(message: string, isHeld: boolean): void {
    for (const delivery of this.#deliveries.values()) {
      if (delivery.message !== message) continue;
      delivery.isHeld = isHeld;
      delivery.freeSince = this.#now();
    }
  }

  // ---------------------------------------------------------------- what the scheduler does

  claimed(owner: string, deliveries: readonly Delivery[]): void {
    for (const { message, destination: name, recipients } of deliveries) {
      const delivery = this.#deliveries.get(keyOf(message, name));
      if (delivery === undefined) throw new Error(`${message} is claimed, and is over`);
      const destination = this.#to(name);
      const session = this.#sessionOf(owner, destination, name);
      if (delivery.owner !== undefined) throw new Error(`${message} is claimed twice`);
      if (delivery.isHeld || destination.isHeld) throw new Error(`${message} is claimed, and on hold`);
      for (const { address } of recipients) this.#claim(delivery, address);
      delivery.owner = owner;
      if (session.isProbing && this.#claimedBy(owner, destination) > 1)
        throw new Error(`${name} is down, and is probed by more than one message`);
    }
  }

  released(owner: string): void {
    for (const delivery of this.#deliveries.values())
      if (delivery.owner === owner) delivery.owner = undefined;
    this.#owners.delete(owner);
  }

  /** @returns how many failures in a row there were. */
  sessionBegan(name: string): number {
    const destination = this.#to(name);
    destination.sessions++;
    return destination.failures;
  }

  /** @param before what `sessionBegan` has returned: sessions that fail side by side are one failure. */
  sessionEnded(name: string, before: number, hasDelivered: boolean, failure: Failure | undefined): void {
    const destination = this.#to(name);
    const now = this.#now();
    destination.sessions--;
    if (failure === undefined) {
      Object.assign(destination, { failures: 0, least: 0, most: now, failedAt: undefined });
      return;
    }
    const failures = hasDelivered ? 0 : before;
    const waits = failure.waits ?? this.#rules.schedule;
    const wait = Math.max(waits[Math.min(failures, waits.length - 1)] ?? 0, failure.atLeast);
    destination.failures = failures + 1;
    destination.least = now + wait;
    destination.most = now + wait * JITTER + 1;
    destination.failedAt = now;
  }

  /** The other end says what becomes of a message's recipients. */
  said(message: string, name: string, outcomes: readonly { address: string; outcome: Said }[]): void {
    const delivery = this.#deliveries.get(keyOf(message, name));
    for (const { address, outcome } of outcomes) {
      const recipient = delivery?.waiting.get(address);
      if (recipient === undefined) throw new Error(`${address} of ${message} is sent, and is over`);
      recipient.said = outcome;
      const session = this.#owners.get(delivery?.owner ?? '');
      if (session !== undefined && outcome === 'delivered') session.isProbing = false;
    }
  }

  /** Before it is written down. */
  settled({ message, destination: name, recipient: address, outcome }: Settlement): void {
    const delivery = this.#deliveries.get(keyOf(message, name));
    const recipient = delivery?.waiting.get(address);
    if (delivery === undefined || recipient === undefined)
      throw new Error(`${address} of ${message} is settled again: ${outcome.type}`);
    switch (outcome.type) {
      case 'delivered':
        if (recipient.said !== 'delivered') throw new Error(`${address} of ${message} was not delivered`);
        this.tally.delivered++;
        this.#over(delivery, address);
        break;
      case 'failed':
        if (recipient.said !== 'permanent' && !this.#isOverAge(delivery))
          throw new Error(`${address} of ${message} is given up before its time`);
        this.tally.failed++;
        this.#over(delivery, address);
        break;
      case 'deferred':
        this.#checkDeferred(delivery, recipient, outcome.until);
        Object.assign(recipient, {
          due: outcome.until,
          attempts: recipient.attempts + 1,
          isClaimed: false,
          said: undefined,
        });
        this.tally.deferred++;
        break;
      case 'warned':
        this.#checkWarned(delivery);
        break;
      default:
        throw new Error(`${message}: nothing is to be ${outcome.type}`);
    }
  }

  /** The end of what is written down together. */
  written(batch: readonly Settlement[]): void {
    for (const { message, destination, outcome } of batch) {
      const delivery = this.#deliveries.get(keyOf(message, destination));
      if (delivery === undefined) continue;
      if (outcome.type === 'warned') delivery.isWarned = true;
      else if ([...delivery.waiting.values()].every(({ isClaimed }) => !isClaimed)) this.#free(delivery);
    }
  }

  // ---------------------------------------------------------------- what should have happened by now

  /** `message recipient` of all that waits. */
  waiting(): string[] {
    return [...this.#deliveries.values()]
      .flatMap(({ message, waiting }) => [...waiting.keys()].map((address) => `${message} ${address}`))
      .sort();
  }

  audit(): void {
    for (const [name, destination] of this.#destinations) {
      this.#auditStarving(name, destination);
      for (const delivery of destination.deliveries) this.#auditAge(delivery);
    }
  }

  #auditStarving(name: string, destination: ModelDestination): void {
    const { isUnknown, turnMs, isHeld, sessions, most, freeSince, deliveries } = destination;
    if (isUnknown || isHeld || sessions > 0) return;
    const since = Math.max(most, freeSince, this.#runningSince);
    for (const delivery of deliveries) {
      if (delivery.isHeld) continue;
      const due = Math.min(...Array.from(delivery.waiting.values(), (recipient) => recipient.due));
      const starvedMs = this.#now() - Math.max(since, due, delivery.freeSince);
      if (starvedMs > LEEWAY_MS + turnMs)
        throw new Error(`${name} has been starving for ${starvedMs} ms: ${delivery.message}`);
    }
  }

  #auditAge({ message, owner, isHeld, isWarned, freeSince, received }: ModelDelivery): void {
    if (owner !== undefined || isHeld) return;
    const { maxAgeMs, delayWarningMs, sweepMs } = this.#rules;
    const sweptBefore = this.#now() - sweepMs - LEEWAY_MS;
    if (Math.max(this.#runningSince, freeSince) > sweptBefore) return;
    if (received + maxAgeMs < sweptBefore) throw new Error(`${message} is older than mail may be`);
    if (!isWarned && received + delayWarningMs < sweptBefore)
      throw new Error(`nobody was told that ${message} takes long`);
  }

  // ----------------------------------------------------------------

  #sessionOf(owner: string, destination: ModelDestination, name: string): { isProbing: boolean } {
    const known = this.#owners.get(owner);
    if (known !== undefined) return known;
    if (this.#now() < destination.least) throw new Error(`${name} is tried again before its time`);
    const session = { isProbing: destination.failures > 0 };
    if (session.isProbing) this.tally.probes++;
    if (session.isProbing && destination.sessions > 0)
      throw new Error(`${name} is down, and is probed by more than one session`);
    this.#owners.set(owner, session);
    return session;
  }

  #claimedBy(owner: string, { deliveries }: ModelDestination): number {
    let count = 0;
    for (const delivery of deliveries) if (delivery.owner === owner) count++;
    return count;
  }

  #claim({ message, waiting }: ModelDelivery, address: string): void {
    const recipient = waiting.get(address);
    if (recipient === undefined) throw new Error(`${address} of ${message} is claimed, and is over`);
    if (recipient.due > this.#now()) throw new Error(`${address} of ${message} is claimed before its time`);
    recipient.isClaimed = true;
  }

  #checkDeferred(
    { message, destination: name }: ModelDelivery,
    recipient: ModelRecipient,
    until: number,
  ): void {
    const { schedule } = this.#rules;
    const { failedAt, least, most } = this.#to(name);
    const now = this.#now();
    const wait = schedule[Math.min(recipient.attempts, schedule.length - 1)] ?? 0;
    const isAfterReply = recipient.said === 'temporary';
    if (!isAfterReply && failedAt !== now) throw new Error(`${message} is put off for nothing`);
    const [from, to] = isAfterReply ? [now + wait, now + wait * JITTER + 1] : [least, most];
    if (until < from || until > to) throw new Error(`${message} is put off by ${until - now} ms`);
  }

  #checkWarned(delivery: ModelDelivery): void {
    const { message, isWarned, received } = delivery;
    if (isWarned) throw new Error(`the sender of ${message} is told twice that it takes long`);
    if (this.#now() - received < this.#rules.delayWarningMs)
      throw new Error(`the sender of ${message} is told too soon`);
    this.tally.warned++;
  }

  #isOverAge({ received }: ModelDelivery): boolean {
    return this.#now() - received >= this.#rules.maxAgeMs;
  }

  #free(delivery: ModelDelivery): void {
    delivery.owner = undefined;
    delivery.freeSince = this.#now();
    for (const recipient of delivery.waiting.values())
      Object.assign(recipient, { isClaimed: false, said: undefined });
  }

  #over(delivery: ModelDelivery, address: string): void {
    delivery.waiting.delete(address);
    if (delivery.waiting.size > 0) return;
    this.#deliveries.delete(keyOf(delivery.message, delivery.destination));
    this.#to(delivery.destination).deliveries.delete(delivery);
  }

  #to(name: string): ModelDestination {
    const destination = this.#destinations.get(name);
    if (destination === undefined) throw new Error(`nothing goes to ${name}`);
    return destination;
  }

  #now(): number {
    return this.#clock.wallTime();
  }
}

function keyOf(message: string, destination: string): string {
  return `${message} ${destination}`;
}
