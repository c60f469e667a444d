import type {
  ClaimLimit,
  Delivery,
  DeliveryChange,
  DestinationSummary,
  Envelope,
  RecipientAttributes,
  Settlement,
  SpoolTotals,
  WaitingRecipient,
} from '../../../src/spool/index.js';

interface ModelRecipient {
  readonly address: string;
  /** In the envelope. */
  readonly position: number;
  readonly asked: RecipientAttributes;
  due: number;
  attempts: number;
  reason: string | undefined;
  claimed: boolean;
}

interface ModelDelivery {
  readonly id: string;
  readonly destination: string;
  readonly size: number;
  readonly envelope: Envelope;
  readonly recipients: ModelRecipient[];
  hold: string | undefined;
  warned: boolean;
  claim: { readonly owner: string; until: number } | undefined;
}

/**
 * The queue as simply as it can be said: a list of deliveries that is searched from end to end. What the real one
 * does with indexes, counters and flags has to come to the same.
 */
export class ModelSpool {
  /** In the order in which messages came. */
  deliveries: ModelDelivery[] = [];
  /** Destinations on hold, and why. */
  readonly held = new Map<string, string>();
  /** Interrupted messages by their transaction: id, and octets on stable storage; or the reply to what is finished. */
  readonly transactions = new Map<
    string,
    { id: string; stored: number } | { id: string; reply: string; size: number }
  >();
  now = 1000;

  receive(id: string, size: number, envelope: Envelope, settling: readonly Settlement[]): void {
    for (const [position, { address, destination, ...asked }] of envelope.recipients.entries()) {
      let delivery = this.deliveries.find((d) => d.id === id && d.destination === destination);
      if (delivery === undefined) {
        const { hold } = envelope;
        delivery = { id, destination, size, envelope, recipients: [], hold, warned: false, claim: undefined };
        this.deliveries.push(delivery);
      }
      if (delivery.recipients.some((recipient) => recipient.address === address)) continue;
      const due = envelope.received;
      delivery.recipients.push({
        address,
        position,
        asked,
        due,
        attempts: 0,
        reason: undefined,
        claimed: false,
      });
    }
    this.settle(settling);
  }

  claim(destination: string, owner: string, limit: ClaimLimit, until: number): Delivery[] {
    this.#forgetExpired();
    if (this.held.has(destination)) return [];
    let octets = 0;
    const chosen: ModelDelivery[] = [];
    for (const delivery of this.#free(destination).filter((d) => dueOf(d) <= this.now)) {
      octets += delivery.size;
      if (chosen.length === limit.messages || (octets > limit.octets && chosen.length > 0)) break;
      chosen.push(delivery);
    }
    return chosen.map((delivery) => {
      delivery.claim = { owner, until };
      for (const recipient of delivery.recipients) recipient.claimed = recipient.due <= this.now;
      return shown(delivery, (recipient) => recipient.claimed);
    });
  }

  renew(owner: string, until: number): void {
    for (const { claim } of this.deliveries) if (claim?.owner === owner) claim.until = until;
  }

  release(owner: string): void {
    for (const delivery of this.deliveries) if (delivery.claim?.owner === owner) free(delivery);
  }

  restart(): void {
    this.deliveries.forEach(free);
  }

  settle(batch: readonly Settlement[]): void {
    for (const { message, destination, recipient: address, outcome } of batch) {
      const delivery = this.deliveries.find((d) => d.id === message && d.destination === destination);
      const recipient = delivery?.recipients.find((r) => r.address === address);
      if (delivery === undefined || recipient === undefined) continue;
      if (outcome.type === 'warned') {
        delivery.warned = true;
        continue;
      }
      recipient.claimed = false;
      if (outcome.type === 'deferred') {
        recipient.due = outcome.until;
        recipient.reason = outcome.reason;
        if (outcome.attempt !== false) recipient.attempts++;
      } else {
        delivery.recipients.splice(delivery.recipients.indexOf(recipient), 1);
      }
    }
    this.deliveries = this.deliveries.filter(({ recipients }) => recipients.length > 0);
    for (const delivery of this.deliveries) {
      if (!delivery.recipients.some(({ claimed }) => claimed)) delivery.claim = undefined;
    }
  }

  list(): Delivery[] {
    const byAge = this.deliveries.toSorted((a, b) => a.envelope.received - b.envelope.received);
    return byAge.map((delivery) => shown(delivery, () => true));
  }

  /** @returns how many were changed, and how many could not be because somebody has them. */
  change(destination: string, change: DeliveryChange): { changed: number; busy: number } {
    this.#forgetExpired();
    const all = this.deliveries.filter((delivery) => delivery.destination === destination);
    const isAlwaysPossible = change.type === 'hold' || change.type === 'release';
    const free = isAlwaysPossible ? all : all.filter(({ claim }) => claim === undefined);
    return {
      changed: free.filter((delivery) => this.#change(delivery, change)).length,
      busy: all.length - free.length,
    };
  }

  #change(delivery: ModelDelivery, change: DeliveryChange): boolean {
    switch (change.type) {
      case 'hold':
        delivery.hold = change.reason;
        return true;
      case 'release': {
        const wasHeld = delivery.hold !== undefined;
        delivery.hold = undefined;
        return wasHeld;
      }
      case 'retry':
        for (const recipient of delivery.recipients) recipient.due = this.now;
        return true;
      case 'delete':
        this.deliveries = this.deliveries.filter((other) => other !== delivery);
        return true;
      case 'reroute':
        return (
          delivery.destination !== change.destination &&
          this.#reroute(delivery, change.destination, change.recipients)
        );
    }
  }

  #reroute(whole: ModelDelivery, destination: string, addresses?: readonly string[]): boolean {
    const isMeant = ({ address }: ModelRecipient) => addresses?.includes(address) ?? true;
    const stays = whole.recipients.filter((recipient) => !isMeant(recipient));
    if (stays.length === whole.recipients.length) return false;
    const delivery = { ...whole, recipients: whole.recipients.filter(isMeant) };
    const rest = stays.length > 0 ? [{ ...whole, recipients: stays }] : [];
    this.deliveries.splice(this.deliveries.indexOf(whole), 1, delivery, ...rest);
    const there = this.deliveries.find((d) => d.id === delivery.id && d.destination === destination);
    const at = this.deliveries.indexOf(delivery);
    if (there === undefined) {
      this.deliveries[at] = { ...delivery, destination, warned: false };
      return true;
    }
    this.deliveries.splice(at, 1);
    const isNew = ({ address }: ModelRecipient) => !there.recipients.some((r) => r.address === address);
    there.recipients.push(...delivery.recipients.filter(isNew));
    there.recipients.sort((a, b) => a.position - b.position);
    return true;
  }

  totals(): SpoolTotals {
    const sizes = new Map(this.deliveries.map(({ id, size }) => [id, size]));
    return {
      messages: sizes.size,
      octets: [...sizes.values()].reduce((sum, size) => sum + size, 0),
      deliveries: this.deliveries.length,
      held: this.deliveries.filter(({ hold }) => hold !== undefined).length,
    };
  }

  destinations(): DestinationSummary[] {
    this.#forgetExpired();
    const names = [...new Set(this.deliveries.map(({ destination }) => destination))].sort();
    return names.map((destination) => {
      const all = this.deliveries.filter((delivery) => delivery.destination === destination);
      const hold = this.held.get(destination);
      const dues = hold === undefined ? this.#free(destination).map(dueOf) : [];
      return {
        destination,
        waiting: all.length,
        held: all.filter((delivery) => delivery.hold !== undefined).length,
        due: dues.filter((due) => due <= this.now).length,
        nextDue: dues.length === 0 ? undefined : Math.min(...dues),
        oldest: Math.min(...all.map(({ envelope }) => envelope.received)),
        ...(hold !== undefined && { hold }),
      };
    });
  }

  /** What may be given out once it is due: highest priority first, then oldest due. */
  #free(destination: string): ModelDelivery[] {
    return this.deliveries
      .filter(
        (delivery) =>
          delivery.destination === destination && delivery.claim === undefined && delivery.hold === undefined,
      )
      .toSorted((a, b) => priorityOf(b) - priorityOf(a) || dueOf(a) - dueOf(b));
  }

  #forgetExpired(): void {
    for (const delivery of this.deliveries) {
      if (delivery.claim !== undefined && delivery.claim.until < this.now) free(delivery);
    }
  }
}

function free(delivery: ModelDelivery): void {
  delivery.claim = undefined;
  for (const recipient of delivery.recipients) recipient.claimed = false;
}

function dueOf({ recipients }: ModelDelivery): number {
  return Math.min(...recipients.map(({ due }) => due));
}

function priorityOf({ envelope }: ModelDelivery): number {
  return envelope.priority ?? 0;
}

function shown(delivery: ModelDelivery, which: (recipient: ModelRecipient) => boolean): Delivery {
  const { id, destination, size, envelope, recipients, hold, warned } = delivery;
  const { recipients: _all, hold: _first, priority = 0, smtpUtf8 = false, ...attributes } = envelope;
  return {
    ...attributes,
    message: id,
    destination,
    size,
    due: dueOf(delivery),
    ...(priority !== 0 && { priority }),
    ...(smtpUtf8 && { smtpUtf8 }),
    ...(hold !== undefined && { hold }),
    ...(warned && { warned }),
    recipients: recipients.filter(which).map(shownRecipient),
  };
}

function shownRecipient({ address, asked, attempts, reason }: ModelRecipient): WaitingRecipient {
  return { address, ...asked, attempts, ...(reason !== undefined && { lastReason: reason }) };
}
