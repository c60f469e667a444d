import type Database from 'better-sqlite3';
import type { HeldDestination, Origin, SpoolTotals } from './spool.js';
import { SQL } from './sql.js';

/** One delivery as a row of `DELIVERY`. */
export interface DeliveryRow {
  readonly message: number;
  readonly destination: number;
  readonly id: string;
  readonly name: string;
  readonly sender: string;
  readonly bodyType: '7BIT' | '8BITMIME';
  readonly source: string;
  readonly size: number;
  readonly received: number;
  readonly due: number;
  readonly priority: number;
  readonly hold: string | null;
  readonly owner: string | null;
  readonly warned: number;
  readonly deadline: number | null;
  /** An `OutgoingTransaction` as JSON. */
  readonly begun: string | null;
  /** NULL, as all that follows: nothing unusual was said of the message. */
  readonly extended: number | null;
  readonly binary: number | null;
  readonly smtpUtf8: number | null;
  readonly ret: 'FULL' | 'HDRS' | null;
  readonly envelopeId: string | null;
  readonly deliverBy: number | null;
  readonly deliverMode: 'R' | 'N' | null;
  readonly deliverTrace: number | null;
  readonly submitter: string | null;
  readonly origin: Origin | null;
  readonly ours: number | null;
}

/** The primary key of a delivery. */
export interface DeliveryKey {
  readonly message: number;
  readonly destination: number;
}

export interface RecipientRow {
  readonly address: string;
  readonly attempts: number;
  readonly lastReason: string | null;
  /** NULL: not said; empty: never; else words with commas between them. */
  readonly notify: string | null;
  readonly original: string | null;
}

/** A delivery as far as its age goes. */
export interface AgeRow extends DeliveryKey {
  readonly received: number;
  readonly name: string;
}

export interface DestinationRow {
  readonly destination: string;
  readonly waiting: number;
  readonly held: number;
  readonly hold: string | null;
  readonly due: number;
  readonly nextDue: number | null;
  readonly oldest: number;
}

export interface BodyRow {
  /** With `top`. */
  readonly size: number;
  readonly inFile: number;
  /** An empty body is NULL too. */
  readonly octets: Uint8Array | null;
  readonly top: Uint8Array | null;
}

export interface TransactionRow {
  readonly message: string;
  /** NULL: interrupted; then there is an envelope, as JSON. */
  readonly reply: string | null;
  readonly envelope: string | null;
  readonly prefix: number;
  readonly stored: number;
}

/** Of a transaction that was removed. */
export interface RemovedTransaction {
  readonly message: string;
  /** 1: interrupted, so that its file may be there and can go. */
  readonly isOpen: number;
}

/** What is left of a delivery; both NULL when nothing is. */
export type RestRow = { due: number; claimed: number } | { due: null; claimed: null };

type MessageValues = [
  id: string,
  sender: string,
  bodyType: string,
  source: string,
  received: number,
  size: number,
  inFile: number,
  body: Uint8Array | null,
];
export type ParameterValues = [
  message: number,
  binary: number,
  smtpUtf8: number,
  ret: string | null,
  envelopeId: string | null,
  deliverBy: number | null,
  deliverMode: string | null,
  deliverTrace: number | null,
  submitter: string | null,
  origin: string | null,
  top: Uint8Array | null,
  ours: number,
];
type DeliveryValues = [
  message: number,
  destination: number,
  received: number,
  due: number,
  priority: number,
  hold: string | null,
  deadline: number | null,
];
type Behind = [received: number, message: number, destination: number, before: number, limit: number];
type TransactionOf = [peer: string, hello: string, transid: string];
type RecipientValues = [
  message: number,
  destination: number,
  address: string,
  position: number,
  due: number,
  notify: string | null,
  original: string | null,
];
type Deferral = [due: number, attempts: number, reason: string, ...of: RecipientOf];
type RecipientOf = [message: number, destination: number, address: string];
type Of = [message: number, destination: number];

type Asks<In extends unknown[], Out> = Database.Statement<In, Out>;
type Does<In extends unknown[]> = Database.Statement<In>;

/** What goes into each statement of `SQL`, in the order of its question marks, and what comes out. */
export interface Statements extends Record<keyof typeof SQL, Database.Statement<never[], unknown>> {
  readonly destinationNumber: Asks<[name: string], { number: number }>;
  readonly addDestination: Asks<[name: string], { number: number }>;
  readonly addMessage: Asks<MessageValues, { number: number }>;
  readonly addParameters: Does<ParameterValues>;
  readonly addDelivery: Does<DeliveryValues>;
  readonly addRecipient: Does<RecipientValues>;

  readonly claimable: Asks<[name: string], { number: number }>;
  readonly due: Asks<[destination: number, now: number, limit: number], DeliveryRow>;
  readonly claimDelivery: Does<[owner: string, until: number, ...of: Of]>;
  readonly claimRecipients: Does<[now: number, ...of: Of]>;
  readonly renew: Does<[until: number, owner: string]>;
  readonly release: Does<[owner: string]>;
  readonly releaseExpired: Does<[now: number]>;
  readonly releaseAll: Does<[]>;

  readonly recipient: Asks<[destination: string, address: string, message: string], DeliveryKey>;
  readonly removeRecipient: Does<RecipientOf>;
  readonly deferRecipient: Does<Deferral>;
  readonly rest: Asks<Of, RestRow>;
  readonly moveDelivery: Does<[due: number, ...of: Of]>;
  readonly releaseDelivery: Does<[due: number, ...of: Of]>;
  readonly warnDelivery: Does<Of>;
  readonly forgetDeadline: Does<Of>;
  readonly removeDelivery: Does<Of>;
  readonly removeMessage: Asks<[message: number], { id: string; inFile: number }>;

  readonly recipients: Asks<[message: number, destination: number, claimed: number], RecipientRow>;
  /** `offset`: with `top` counted. */
  readonly body: Asks<[offset: number, id: string], BodyRow>;
  readonly bodyInFile: Asks<[id: string], unknown>;
  readonly find: Asks<[id: string], DeliveryRow>;
  readonly list: Asks<[limit: number], DeliveryRow>;
  readonly overdue: Asks<[before: number, limit: number], DeliveryRow>;
  readonly unwarned: Asks<[before: number, limit: number], DeliveryRow>;
  readonly late: Asks<[now: number, limit: number], DeliveryRow>;
  readonly nextDeadline: Asks<[], { at: number | null }>;
  readonly destinations: Asks<[now: number], DestinationRow>;
  readonly totals: Asks<[], SpoolTotals>;
  readonly heldDestinations: Asks<[], HeldDestination>;
  readonly findByAge: Asks<Behind, DeliveryRow>;
  readonly findHeld: Asks<Behind, DeliveryRow>;
  readonly findByDestination: Asks<
    [destination: number, received: number, message: number, before: number, limit: number],
    DeliveryRow
  >;
  readonly ages: Asks<[destination: number, received: number, message: number, limit: number], AgeRow>;
  readonly hold: Does<[reason: string | null, ...of: Of]>;
  readonly dueAtOnce: Does<[due: number, ...of: Of]>;
  readonly moveRecipients: Does<[to: number, ...of: Of]>;
  readonly moveRecipient: Does<[to: number, ...of: RecipientOf]>;
  readonly removeRecipients: Does<Of>;
  readonly transaction: Asks<[...of: TransactionOf, since: number], TransactionRow>;
  readonly markTransaction: Does<
    [...of: TransactionOf, message: string, touched: number, envelope: string, prefix: number, stored: number]
  >;
  readonly finishTransaction: Does<
    [...of: TransactionOf, message: string, touched: number, reply: string, size: number]
  >;
  readonly forgetTransaction: Asks<TransactionOf, RemovedTransaction>;
  readonly openOfPeer: Asks<[peer: string], { number: number; stored: number }>;
  readonly excessFinished: Asks<[peer: string, keep: number], { number: number }>;
  readonly removeTransaction: Asks<[number: number], RemovedTransaction>;
  readonly oldTransactions: Asks<[before: number, limit: number], { number: number }>;
  readonly openTransaction: Asks<[message: string], unknown>;
  readonly begun: Does<[transaction: string | null, message: string, destination: string]>;
  readonly notBegun: Does<Of>;
  readonly holdDestination: Does<[name: string, reason: string, since: number]>;
  readonly releaseDestination: Does<[name: string]>;
  readonly totalChanges: Asks<[], { total: number }>;

  readonly begin: Does<[]>;
  readonly commit: Does<[]>;
  readonly rollback: Does<[]>;
  readonly savepoint: Does<[]>;
  readonly keep: Does<[]>;
  readonly undo: Does<[]>;
}

/** All of them, prepared once. */
export function prepareStatements(db: Database.Database): Statements {
  const prepared = Object.entries(SQL).map(([name, sql]) => [name, db.prepare(sql)]);
  return Object.fromEntries(prepared) as Statements;
}
