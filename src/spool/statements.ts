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

/** The statements of `SQL`, prepared once, with what goes in and what comes out. */
export function prepareStatements(db: Database.Database) {
  return {
    destinationNumber: db.prepare<[name: string], { number: number }>(SQL.destinationNumber),
    addDestination: db.prepare<[name: string], { number: number }>(SQL.addDestination),
    addMessage: db.prepare<
      [
        id: string,
        sender: string,
        bodyType: string,
        source: string,
        received: number,
        size: number,
        inFile: number,
        body: Uint8Array | null,
      ],
      { number: number }
    >(SQL.addMessage),
    addDelivery: db.prepare<[message: number, destination: number, received: number, due: number]>(
      SQL.addDelivery,
    ),
    addRecipient: db.prepare<
      [message: number, destination: number, address: string, position: number, due: number]
    >(SQL.addRecipient),

    due: db.prepare<[destination: number, now: number, limit: number], DeliveryRow>(SQL.due),
    claimDelivery: db.prepare<[owner: string, until: number, message: number, destination: number]>(
      SQL.claimDelivery,
    ),
    claimRecipients: db.prepare<[message: number, destination: number, now: number]>(SQL.claimRecipients),
    renew: db.prepare<[until: number, owner: string]>(SQL.renew),
    release: db.prepare<[owner: string]>(SQL.release),
    releaseExpired: db.prepare<[now: number]>(SQL.releaseExpired),
    releaseAll: db.prepare<[]>(SQL.releaseAll),

    recipient: db.prepare<[destination: string, address: string, message: string], DeliveryKey>(
      SQL.recipient,
    ),
    removeRecipient: db.prepare<[message: number, destination: number, address: string]>(SQL.removeRecipient),
    deferRecipient: db.prepare<
      [due: number, attempts: number, reason: string, message: number, destination: number, address: string]
    >(SQL.deferRecipient),
    rest: db.prepare<
      [message: number, destination: number],
      { due: number; claimed: number } | { due: null; claimed: null }
    >(SQL.rest),
    moveDelivery: db.prepare<[due: number, message: number, destination: number]>(SQL.moveDelivery),
    releaseDelivery: db.prepare<[due: number, message: number, destination: number]>(SQL.releaseDelivery),
    removeDelivery: db.prepare<[message: number, destination: number]>(SQL.removeDelivery),
    removeMessage: db.prepare<[message: number], { id: string; inFile: number }>(SQL.removeMessage),

    recipients: db.prepare<[message: number, destination: number, claimed: number], RecipientRow>(
      SQL.recipients,
    ),
    body: db.prepare<
      [offset: number, id: string],
      { size: number; inFile: number; octets: Uint8Array | null }
    >(SQL.body),
    bodyInFile: db.prepare<[id: string]>(SQL.bodyInFile),
    find: db.prepare<[id: string], DeliveryRow>(SQL.find),
    list: db.prepare<[limit: number], DeliveryRow>(SQL.list),
    overdue: db.prepare<[before: number, limit: number], DeliveryRow>(SQL.overdue),
    destinations: db.prepare<[now: number], DestinationRow>(SQL.destinations),
    totalChanges: db.prepare<[], number>(SQL.totalChanges).pluck(),

    begin: db.prepare<[]>(SQL.begin),
    commit: db.prepare<[]>(SQL.commit),
    rollback: db.prepare<[]>(SQL.rollback),
    savepoint: db.prepare<[]>(SQL.savepoint),
    keep: db.prepare<[]>(SQL.keep),
    undo: db.prepare<[]>(SQL.undo),
  };
}
