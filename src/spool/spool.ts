/**
 * The durable queue as the rest of the program sees it. Everything is a promise from the first day: behind it
 * stands one worker thread with SQLite now, and can stand a database server later.
 *
 * A message has an envelope and a body stored once; it waits as one delivery per destination, and each delivery
 * has its recipients. Times are wall time, milliseconds since 1970, because they outlive the process.
 */
export interface Spool {
  /** Begins a message. The writer holds no transaction open; an aborted or forgotten one leaves nothing behind. */
  receive(): Promise<MessageWriter>;
  /**
   * Takes up to `limit.messages` (and about `limit.octets`) due deliveries of a destination, oldest due first, for
   * `owner` until `until`. They are not given to anyone else before; a crash gives them back when the spool opens.
   * At least one is given, however long. Recipients that were deferred to a later time are not among them.
   */
  claim(destination: string, owner: string, limit: ClaimLimit, until: number): Promise<Delivery[]>;
  /** Holds what `owner` has claimed until a later time. */
  renew(owner: string, until: number): Promise<void>;
  /** Gives back what `owner` has claimed and not settled: due again at once, no attempt counted. */
  release(owner: string): Promise<void>;
  /**
   * Writes outcomes, all or none. A message none of whose recipients waits any longer is removed. Outcomes of
   * recipients that don't wait (settled before, on a claim that had run out) are passed over.
   */
  settle(batch: readonly Settlement[]): Promise<void>;
  /**
   * The body from `offset`, in chunks of at most 64 KiB. Ends at the end. Fails before the first chunk when the body
   * is not whole, with a GatewayError: `spoolGone` when no such message waits, `spoolRead`.
   */
  readBody(message: string, offset?: number): AsyncIterable<Uint8Array>;
  /** Per destination: what is due at `now`, what waits, when the next becomes due. Costs the same however much waits. */
  destinations(now: number): Promise<DestinationSummary[]>;
  /** Recipients that waited longer than allowed: `received < before`, unclaimed; at most `limit` deliveries. */
  overdue(before: number, limit: number): Promise<Delivery[]>;
  /** All deliveries that wait, oldest message first, for lists. */
  list(limit: number): Promise<Delivery[]>;
  /** The deliveries of one message that wait; none when there is no such message. */
  find(message: string): Promise<Delivery[]>;
  /** Whether a message of so many octets can be taken in and the disk keep its reserve. Ask before saying yes. */
  hasRoom(octets: number): Promise<boolean>;
  close(): Promise<void>;
}

export interface MessageWriter {
  /** Names the message in replies, logs and Received: short, unique for ever, safe in a file name. */
  readonly id: string;
  /** Resolves when more may come. Rejects with a GatewayError (`spoolFull`, `spoolWrite`) when it can't be stored. */
  write(chunk: Uint8Array): Promise<void>;
  /**
   * Resolves when body and envelope are on stable storage. `settling` is written in the same transaction: a delivery
   * report and the failure it reports happen together or not at all. A recipient named twice for one destination
   * gets the message once. Rejects with a GatewayError: then nothing of the message is left; only if the disk or the
   * program broke off in the last instant, it may yet be found whole at the next start.
   */
  commit(envelope: Envelope, settling?: readonly Settlement[]): Promise<void>;
  abort(): Promise<void>;
}

export interface Envelope {
  /** Reverse path without brackets; empty for a report. */
  readonly sender: string;
  readonly recipients: readonly EnvelopeRecipient[];
  /** What the session said of the message. */
  readonly body: '7BIT' | '8BITMIME';
  /** Where it came from, in words, for people: `smtp 127.0.0.1` or `x25 26245300040 on psdn0`. */
  readonly source: string;
  readonly received: number;
}

export interface EnvelopeRecipient {
  readonly address: string;
  /** Where it goes: `peer:site-b`, `smtp:127.0.0.1:25`, ... */
  readonly destination: string;
}

export interface ClaimLimit {
  readonly messages: number;
  readonly octets: number;
}

/** What is to be brought of one message to one destination. */
export interface Delivery {
  readonly message: string;
  readonly destination: string;
  readonly sender: string;
  readonly body: '7BIT' | '8BITMIME';
  readonly source: string;
  /** Octets of the body. */
  readonly size: number;
  readonly received: number;
  /** When it was or will be due. */
  readonly due: number;
  readonly recipients: readonly WaitingRecipient[];
}

export interface WaitingRecipient {
  readonly address: string;
  /** Attempts that failed so far. */
  readonly attempts: number;
  /** The reply or cause of the last one. */
  readonly lastReason?: string;
}

export interface Settlement {
  readonly message: string;
  readonly destination: string;
  readonly recipient: string;
  readonly outcome:
    | { readonly type: 'delivered' }
    /** Given up; the report is on its way or not owed. */
    | { readonly type: 'failed'; readonly reason: string }
    /** Counts an attempt unless `attempt` is false. */
    | {
        readonly type: 'deferred';
        readonly until: number;
        readonly reason: string;
        readonly attempt?: boolean;
      };
}

export interface DestinationSummary {
  readonly destination: string;
  /** Unclaimed deliveries due now; counted up to 10 000. */
  readonly due: number;
  /** Deliveries that wait, due or not, claimed or not. */
  readonly waiting: number;
  /** When the next unclaimed one becomes due; undefined when all are claimed. */
  readonly nextDue: number | undefined;
  /** When the oldest message was received. */
  readonly oldest: number;
}
