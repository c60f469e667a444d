import type Database from 'better-sqlite3';
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
}

export interface DestinationRow {
  readonly destination: string;
  readonly waiting: number;
  readonly due: number;
  readonly nextDue: number | null;
  readonly oldest: number;
}

export interface BodyRow {
  readonly size: number;
  readonly inFile: number;
  /** An empty body is NULL too. */
  readonly octets: Uint8Array | null;
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
type RecipientValues = [message: number, destination: number, address: string, position: number, due: number];
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
  readonly addDelivery: Does<[message: number, destination: number, received: number, due: number]>;
  readonly addRecipient: Does<RecipientValues>;

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
  readonly removeDelivery: Does<Of>;
  readonly removeMessage: Asks<[message: number], { id: string; inFile: number }>;

  readonly recipients: Asks<[message: number, destination: number, claimed: number], RecipientRow>;
  readonly body: Asks<[offset: number, id: string], BodyRow>;
  readonly bodyInFile: Asks<[id: string], unknown>;
  readonly find: Asks<[id: string], DeliveryRow>;
  readonly list: Asks<[limit: number], DeliveryRow>;
  readonly overdue: Asks<[before: number, limit: number], DeliveryRow>;
  readonly destinations: Asks<[now: number], DestinationRow>;
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
