import { concat, type VirtualClock } from '../../src/core/index.js';
import type {
  Delivery,
  DestinationSummary,
  Envelope,
  MessageWriter,
  Settlement,
  Spool,
} from '../../src/spool/index.js';

interface Recipient {
  readonly address: string;
  readonly destination: string;
  attempts: number;
  due: number;
  lastReason: string | undefined;
}

interface Message {
  readonly id: string;
  readonly envelope: Envelope;
  readonly body: Uint8Array;
  recipients: Recipient[];
}

interface Claim {
  readonly owner: string;
  until: number;
}

/** A spool without disk or thread, so that whole gateways run in virtual time. As the real one seen from outside. */
export class MemorySpool implements Spool {
  readonly messages = new Map<string, Message>();
  /** Every envelope that was ever committed, in order. */
  readonly history: { readonly id: string; readonly envelope: Envelope; readonly body: Uint8Array }[] = [];
  readonly settlements: Settlement[] = [];
  room = Number.POSITIVE_INFINITY;
  readonly #clock: VirtualClock;
  readonly #claims = new Map<string, Claim>();
  #ids = 0;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  async receive(): Promise<MessageWriter> {
    const id = `m${++this.#ids}`;
    const pieces: Uint8Array[] = [];
    return {
      id,
      write: async (chunk) => void pieces.push(chunk.slice()),
      commit: async (envelope, settling = []) => {
        const body = concat(pieces).slice();
        const recipients = envelope.recipients.map((recipient) => ({
          ...recipient,
          attempts: 0,
          due: envelope.received,
          lastReason: undefined,
        }));
        this.messages.set(id, { id, envelope, body, recipients });
        this.history.push({ id, envelope, body });
        await this.settle(settling);
      },
      abort: async () => {},
    };
  }

  async claim(
    destination: string,
    owner: string,
    limit: { messages: number },
    until: number,
  ): Promise<Delivery[]> {
    const now = this.#clock.wallTime();
    const due = this.#deliveries((recipient) => recipient.due <= now)
      .filter((delivery) => delivery.destination === destination && !this.#isClaimed(delivery))
      .slice(0, limit.messages);
    for (const delivery of due) this.#claims.set(keyOf(delivery), { owner, until });
    return due;
  }

  async renew(owner: string, until: number): Promise<void> {
    for (const claim of this.#claims.values()) if (claim.owner === owner) claim.until = until;
  }

  async release(owner: string): Promise<void> {
    for (const [key, claim] of this.#claims) if (claim.owner === owner) this.#claims.delete(key);
  }

  async settle(batch: readonly Settlement[]): Promise<void> {
    for (const settlement of batch) {
      this.settlements.push(settlement);
      const message = this.messages.get(settlement.message);
      const recipient = message?.recipients.find(
        ({ address, destination }) =>
          address === settlement.recipient && destination === settlement.destination,
      );
      if (message === undefined || recipient === undefined) continue;
      this.#claims.delete(keyOf({ ...settlement }));
      const { outcome } = settlement;
      if (outcome.type === 'deferred') {
        recipient.due = outcome.until;
        recipient.lastReason = outcome.reason;
        if (outcome.attempt !== false) recipient.attempts++;
      } else message.recipients = message.recipients.filter((other) => other !== recipient);
      if (message.recipients.length === 0) this.messages.delete(message.id);
    }
  }

  async *readBody(id: string, offset = 0): AsyncGenerator<Uint8Array> {
    const body = this.messages.get(id)?.body ?? new Uint8Array();
    for (let at = offset; at < body.length; at += 65_536) yield body.subarray(at, at + 65_536);
  }

  async destinations(now: number): Promise<DestinationSummary[]> {
    const all = this.#deliveries(() => true);
    return [...new Set(all.map(({ destination }) => destination))].map((destination) => {
      const waiting = all.filter((delivery) => delivery.destination === destination);
      const free = waiting.filter((delivery) => !this.#isClaimed(delivery));
      const dues = free.map(({ due }) => due);
      return {
        destination,
        due: dues.filter((due) => due <= now).length,
        waiting: waiting.length,
        nextDue: dues.length === 0 ? undefined : Math.min(...dues),
        oldest: Math.min(...waiting.map(({ received }) => received)),
      };
    });
  }

  async overdue(before: number, limit: number): Promise<Delivery[]> {
    return this.#deliveries(() => true)
      .filter((delivery) => delivery.received < before && !this.#isClaimed(delivery))
      .slice(0, limit);
  }

  async list(limit: number): Promise<Delivery[]> {
    return this.#deliveries(() => true).slice(0, limit);
  }

  async find(message: string): Promise<Delivery[]> {
    return this.#deliveries(() => true).filter((delivery) => delivery.message === message);
  }

  async hasRoom(octets: number): Promise<boolean> {
    return octets <= this.room;
  }

  async close(): Promise<void> {}

  #isClaimed(delivery: { message: string; destination: string }): boolean {
    return (this.#claims.get(keyOf(delivery))?.until ?? 0) > this.#clock.wallTime();
  }

  #deliveries(wanted: (recipient: Recipient) => boolean): Delivery[] {
    return [...this.messages.values()].flatMap(({ id, envelope, body, recipients }) =>
      [...new Set(recipients.map(({ destination }) => destination))].flatMap((destination) => {
        const there = recipients.filter(
          (recipient) => recipient.destination === destination && wanted(recipient),
        );
        if (there.length === 0) return [];
        return [
          {
            message: id,
            destination,
            sender: envelope.sender,
            body: envelope.body,
            source: envelope.source,
            size: body.length,
            received: envelope.received,
            due: Math.min(...there.map(({ due }) => due)),
            recipients: there.map(({ address, attempts, lastReason }) => ({
              address,
              attempts,
              ...(lastReason !== undefined && { lastReason }),
            })),
          },
        ];
      }),
    );
  }
}

function keyOf({ message, destination }: { message: string; destination: string }): string {
  return `${message} ${destination}`;
}
