import Database from 'better-sqlite3';
import { describeError, GatewayError } from '../core/index.js';

/** What goes wrong here may go well later, so the mail waits: all of these are temporary. */
const later = (cause: unknown): { temporary: true; cause: unknown } => ({ temporary: true, cause });

const NO_SPACE = new Set(['ENOSPC', 'EDQUOT', 'SQLITE_FULL']);

/** Something could not be written, by SQLite or to a body's file. */
export function storeFault(cause: unknown): GatewayError {
  if (cause instanceof GatewayError) return cause;
  if (NO_SPACE.has(errorCode(cause))) {
    return new GatewayError(
      'spoolFull',
      'the disk of the spool is full: make room, mail waits',
      later(cause),
    );
  }
  if (sqliteFamily(cause) === 'SQLITE_CORRUPT') {
    return new GatewayError(
      'spoolCorrupt',
      'the database of the spool is damaged: stop the gateway and restore it, mail waits',
      later(cause),
    );
  }
  return new GatewayError(
    'spoolWrite',
    `the spool can't be written: ${describeError(cause)}; look at its disk and permissions`,
    later(cause),
  );
}

/** A body's file could not be read, or is not the one that was written. */
export function bodyFault(message: string, cause: unknown): GatewayError {
  return new GatewayError(
    'spoolRead',
    `the body of ${message} can't be read: ${describeError(cause)}; restore its file, the message waits`,
    later(cause),
  );
}

export function messageGone(message: string): GatewayError {
  return new GatewayError('spoolGone', `no message ${message} waits in the spool`, { temporary: false });
}

export function spoolTaken(transaction: string): GatewayError {
  return new GatewayError('spoolTaken', `another session goes on with ${transaction}`, { temporary: true });
}

export function spoolClosed(): GatewayError {
  return new GatewayError(
    'spoolClosed',
    'the spool is closed: the gateway is shutting down',
    later(undefined),
  );
}

/**
 * It can't be said whether the change was made: the commit itself failed, or its thread ended before it answered.
 * After a restart either may be found, so nothing that the change may need is thrown away.
 */
export class DoubtfulError extends GatewayError {}

export function threadEnded(cause: unknown): DoubtfulError {
  return new DoubtfulError(
    'spoolStopped',
    `the spool's thread ended (${describeError(cause)}): restart the gateway`,
    later(cause),
  );
}

/** `SQLITE_BUSY` of `SQLITE_BUSY_RECOVERY`; undefined when the error is not SQLite's. */
export function sqliteFamily(error: unknown): string | undefined {
  return error instanceof Database.SqliteError ? error.code.split('_', 2).join('_') : undefined;
}

export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** An error on its way between threads, where classes are lost. */
export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly temporary: boolean;
  readonly doubtful: boolean;
}

export function toFault(error: unknown, doubtful = false): Fault {
  const { code, message, temporary } = storeFault(error);
  return { code, message, temporary, doubtful };
}

export function fromFault({ code, message, temporary, doubtful }: Fault): GatewayError {
  return new (doubtful ? DoubtfulError : GatewayError)(code, message, { temporary });
}
