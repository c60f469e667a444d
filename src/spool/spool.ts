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
   * Begins a message that may be interrupted and gone on with (CHECKPOINT, RFC 1845), or finds what became of it.
   * What was interrupted, and the reply to what was finished, are kept for 48 hours unless the spool was opened with other
   * limits; of one peer, the oldest are thrown away when they get too many or too long.
   * @param leaseMs so long after its last call a writer that says nothing more must make way for another session
   */
  partial(key: TransactionKey, leaseMs: number): Promise<IncomingTransaction>;
  /**
   * Takes up to `limit.messages` (and about `limit.octets`) due deliveries of a destination for `owner` until `until`:
   * the highest priority first, within it the oldest due. They are not given to anyone else before; a crash gives
   * them back when the spool opens. At least one is given, however long. Recipients that were deferred to a later time
   * are not among them, nor is anything on hold, nor anything at all of a destination on hold.
   */
  claim(destination: string, owner: string, limit: ClaimLimit, until: number): Promise<Delivery[]>;
  /** Holds what `owner` has claimed until a later time. */
  renew(owner: string, until: number): Promise<void>;
  /** Gives back what `owner` has claimed and not settled: due again at once, no attempt counted. */
  release(owner: string): Promise<void>;
  /**
   * Writes outcomes, all or none. They outlive this program at once, the machine a moment later: until then a power failure
   * undoes them, and what was delivered is delivered again. A message none of whose recipients waits any longer is removed. Outcomes of
   * recipients that don't wait (settled before, on a claim that had run out) are passed over.
   */
  settle(batch: readonly Settlement[]): Promise<void>;
  /** Notes, or forgets, how a message was begun at a next hop with CHECKPOINT. A delivery that is over is passed over. */
  keepTransaction(message: string, destination: string, transaction?: OutgoingTransaction): Promise<void>;
  /**
   * The body from `offset`, in chunks of at most 64 KiB. Ends at the end. Fails before the first chunk when the body
   * is not whole, with a GatewayError: `spoolGone` when no such message waits, `spoolRead`.
   */
  readBody(message: string, offset?: number): AsyncIterable<Uint8Array>;
  /** Per destination: what is due at `now`, what waits, when the next becomes due. Costs the same however much waits. */
  destinations(now: number): Promise<DestinationSummary[]>;
  /**
   * What waited longer than allowed: `received < before`, unclaimed; at most `limit` deliveries. Time stands still for
   * a delivery on hold, not for a destination on hold.
   */
  overdue(before: number, limit: number): Promise<Delivery[]>;
  /** As `overdue`, of those whose sender was not warned yet (an outcome `warned`). */
  unwarned(before: number, limit: number): Promise<Delivery[]>;
  /**
   * What was to have arrived by now (`deliverBy`), unclaimed and not on hold, and whose sender was not told (an outcome
   * `late`), the most urgent first; at most `limit` deliveries.
   */
  late(limit: number): Promise<Delivery[]>;
  /** When the first of those that wait, claimed or not, becomes late; undefined when none does. */
  nextDeadline(): Promise<number | undefined>;
  /** All deliveries that wait, oldest message first, for lists. */
  list(limit: number): Promise<Delivery[]>;
  /** The deliveries of one message that wait; none when there is no such message. */
  find(message: string): Promise<Delivery[]>;
  /** What people do with the queue. */
  readonly operator: QueueOperator;
  /** Of all that waits. Costs the same however much that is. */
  totals(): Promise<SpoolTotals>;
  /** Nothing is tried there until it is released; it may be a destination that nothing waits for yet. */
  holdDestination(destination: string, reason: string): Promise<void>;
  releaseDestination(destination: string): Promise<void>;
  /** Destinations on hold, by name, whether or not mail waits for them. */
  heldDestinations(): Promise<HeldDestination[]>;
  /** Whether a message of so many octets can be taken in and the disk keep its reserve. Ask before saying yes. */
  hasRoom(octets: number): Promise<boolean>;
  /** Removes what was kept long enough. To be called now and then. */
  tidy(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Finds and changes what waits. A search may have to look at all of it, but never holds up mail: it goes on in small steps,
 * and sees what comes or goes meanwhile or not.
 */
export interface QueueOperator {
  /** Oldest first. Holds for the moment at which each delivery was looked at. */
  search(filter: DeliveryFilter, page: PageRequest): Promise<DeliveryPage>;
  /**
   * Claims what matches and is nobody's, due or not, on hold or not, with all its recipients: to give it up with a report
   * (`settle`), without anybody delivering it meanwhile.
   */
  take(filter: DeliveryFilter, owner: string, until: number, page: PageRequest): Promise<DeliveryPage>;
  /** Changes all that matches. What somebody has claimed (`busy`) can only be put on hold, and released. */
  change(filter: DeliveryFilter, change: DeliveryChange): Promise<{ changed: number; busy: number }>;
  /**
   * How many deliveries of each destination are how old.
   * @param classes milliseconds, youngest first: younger or as old as the first, the second, ..., older than all
   */
  ages(now: number, classes: readonly number[]): Promise<AgeHistogram[]>;
}

/** What is absent does not matter. */
export interface DeliveryFilter {
  /** Its id. */
  readonly message?: string;
  readonly destination?: string;
  /** Of any recipient that waits there; `*` stands for anything. */
  readonly domain?: string;
  /** Address of any recipient that waits there; `*` stands for anything. */
  readonly recipient?: string;
  /** `*` stands for anything; empty or `<>` for none. */
  readonly sender?: string;
  readonly receivedBefore?: number;
  /** Or at that time. */
  readonly receivedAfter?: number;
  /** Deliveries on hold, or only others. */
  readonly held?: boolean;
}

export interface PageRequest {
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: string;
}

export interface DeliveryPage {
  readonly deliveries: readonly Delivery[];
  /** Absent: there are no more. */
  readonly next?: string;
}

export type DeliveryChange =
  | { readonly type: 'hold'; readonly reason: string }
  | { readonly type: 'release' }
  /** Due at once; no attempt is taken back. */
  | { readonly type: 'retry' }
  | {
      readonly type: 'reroute';
      readonly destination: string;
      /** Addresses: the others stay. Absent: all. */
      readonly recipients?: readonly string[];
    }
  /** Without a report to anybody. */
  | { readonly type: 'delete' };

export interface AgeHistogram {
  readonly destination: string;
  /** One more than classes were asked for. */
  readonly counts: readonly number[];
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

/** What makes a transaction the same one as before (RFC 1845 §2), and nobody else's. */
export interface TransactionKey {
  /** The peer as we know it: its number, where the network vouches for it, or its login. */
  readonly peer: string;
  /** The name it greeted with. */
  readonly hello: string;
  /** TRANSID as it stands on the wire; capital letters matter. */
  readonly id: string;
}

export type IncomingTransaction =
  | { readonly state: 'new'; readonly writer: CheckpointWriter }
  /** Goes on after `writer.offset` octets, with the envelope as it was. */
  | { readonly state: 'interrupted'; readonly writer: CheckpointWriter; readonly envelope: Envelope }
  /** It was taken in, and this was said: say it again. */
  | {
      readonly state: 'finished';
      readonly message: string;
      readonly reply: string;
      /** Octets of the client, all of which are here. */
      readonly size: number;
    }
  /** Another session goes on with it now. */
  | { readonly state: 'held' };

/**
 * A message on its way in that outlives its session. Every call may reject with `spoolTaken`: the lease had run out, and
 * another session took over.
 */
export interface CheckpointWriter {
  /** As of `MessageWriter`. */
  readonly id: string;
  /** Octets of the client on stable storage: what may be promised with 355. */
  readonly offset: number;
  /**
   * Of a new transaction, once before the first octet: the envelope to be kept, and what is put before the octets of
   * the client (Received), which `offset` doesn't count.
   */
  begin(envelope: Envelope, prefix: Uint8Array): Promise<void>;
  /** The first `offset` octets of the client again, before anything more is written. */
  stored(): AsyncIterable<Uint8Array>;
  /** As of `MessageWriter`. What is long or slow is put on stable storage as it comes. */
  write(chunk: Uint8Array): Promise<void>;
  /** Puts on stable storage what was written so far. @returns `offset` */
  checkpoint(): Promise<number>;
  /** As of `MessageWriter`; that the transaction is finished, and the reply, are written in the same transaction. */
  commit(envelope: Envelope, reply: string, settling?: readonly Settlement[]): Promise<void>;
  /** The session is lost: what came is kept. After a failure of the disk, what was on stable storage before. */
  suspend(): Promise<void>;
  /** Nothing is kept. */
  abort(): Promise<void>;
}

/** How a message was begun at the next hop: going on is right only with the same octets for the same recipients. */
export interface OutgoingTransaction {
  /** TRANSID as it stands on the wire. */
  readonly id: string;
  /** SHA-256 of the octets that were sent, in hexadecimal digits. */
  readonly hash: string;
  /** How many these were, from the first. */
  readonly octets: number;
  /** When it was cut off. */
  readonly at: number;
  /** Those that the next hop had accepted. */
  readonly recipients: readonly string[];
}

export type BodyType = '7BIT' | '8BITMIME' | 'BINARYMIME';

/** How a message came to be here. */
export type Origin =
  | 'smtp'
  | 'x25'
  /** Handed in on this machine. */
  | 'local'
  /** A delivery report: never reported on itself. */
  | 'report'
  /** Written by the gateway to people, such as a notice that a message waits for cheap hours. */
  | 'notice';

/** When a message is to have arrived (RFC 2852). */
export interface DeliverBy {
  /** Wall time. */
  readonly at: number;
  /** R: returned when late; N: the sender is told, and it goes on. */
  readonly mode: 'R' | 'N';
  readonly trace: boolean;
}

export type NotifyEvent = 'SUCCESS' | 'FAILURE' | 'DELAY';

/** What is known of a message beside its recipients and its body. */
export interface MessageAttributes {
  /** Reverse path without brackets; empty for a report. */
  readonly sender: string;
  /** What the session said of the message. */
  readonly body: BodyType;
  /** Where it came from, in words, for people: `smtp 127.0.0.1` or `x25 26245300040 on psdn0`. */
  readonly source: string;
  readonly received: number;
  /** Absent: not known. */
  readonly origin?: Origin;
  /** The envelope or the header may hold UTF-8 (RFC 6531). */
  readonly smtpUtf8?: boolean;
  /** How much comes back with a report of failure (RFC 3461 §4.3). */
  readonly ret?: 'FULL' | 'HDRS';
  /** RFC 3461 §4.4, decoded. */
  readonly envelopeId?: string;
  readonly deliverBy?: DeliverBy;
  /** -9 to 9 (RFC 6710); absent: 0. */
  readonly priority?: number;
  /** Who submitted it: the identity of RFC 4954 §5, decoded; `<>` where nobody is known. */
  readonly submitter?: string;
  /** Whoever handed it in may send anywhere, or it is our own: it may be signed in the name of its author. Absent: nobody knows. */
  readonly ours?: boolean;
  /** Why it is on hold: it waits until it is released. */
  readonly hold?: string;
}

export interface Envelope extends MessageAttributes {
  /**
   * Header fields known only when the whole message was seen: whole lines, ended by CR LF, at most 64 KiB. They are put above
   * the octets that were written, and belong to the body from then on.
   */
  readonly top?: string;
  readonly recipients: readonly EnvelopeRecipient[];
}

/** What the client asked for a recipient (RFC 3461 §4.1, §4.2). */
export interface RecipientAttributes {
  /** Empty: never. Absent: as the RFC's default. */
  readonly notify?: readonly NotifyEvent[];
  /** `type;address`, decoded. */
  readonly originalRecipient?: string;
}

export interface EnvelopeRecipient extends RecipientAttributes {
  readonly address: string;
  /** Where it goes: `peer:site-b`, `smtp:127.0.0.1:25`, ... */
  readonly destination: string;
}

export interface ClaimLimit {
  readonly messages: number;
  readonly octets: number;
}

/** What is to be brought of one message to one destination. */
export interface Delivery extends MessageAttributes {
  readonly message: string;
  readonly destination: string;
  /** Octets of the body. */
  readonly size: number;
  /** When it was or will be due. */
  readonly due: number;
  /** The sender was told that it takes long; absent otherwise. */
  readonly warned?: true;
  /** Of a session that was cut off; gone when a recipient is settled for good. */
  readonly transaction?: OutgoingTransaction;
  readonly recipients: readonly WaitingRecipient[];
}

export interface WaitingRecipient extends RecipientAttributes {
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
      }
    /** The sender is told that it takes long; this changes nothing else. Once for all recipients of the delivery. */
    | { readonly type: 'warned' }
    /** The sender is told that it did not arrive in time; changes as little as `warned`. */
    | { readonly type: 'late' };
}

export interface DestinationSummary {
  readonly destination: string;
  /** Unclaimed deliveries due now; counted up to 1000. None while the destination is on hold. */
  readonly due: number;
  /** Deliveries that wait, due or not, claimed or not, on hold or not. */
  readonly waiting: number;
  /** Of those that wait: on hold. */
  readonly held: number;
  /** When the next unclaimed one becomes due; undefined when all are claimed or on hold. */
  readonly nextDue: number | undefined;
  /** When the oldest message was received. */
  readonly oldest: number;
  /** Why the destination is on hold; absent when it is not. */
  readonly hold?: string;
}

export interface HeldDestination {
  readonly destination: string;
  readonly reason: string;
  /** Wall time. */
  readonly since: number;
}

export interface SpoolTotals {
  readonly messages: number;
  /** Of their bodies. */
  readonly octets: number;
  readonly deliveries: number;
  /** Deliveries on hold. */
  readonly held: number;
}
