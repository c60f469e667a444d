import Database from 'better-sqlite3';
import { GatewayError } from '../core/index.js';
import { sqliteFamily, storeFault } from './fault.js';

/** In the header of the file: a spool of this program (`x25m`), and not some other SQLite database. */
export const APPLICATION_ID = 0x78_32_35_6d;

/**
 * Step 2: all that a client can say of a message, priorities, holds, and a mark of what was warned of.
 *
 * Most mail says nothing unusual, so what is unusual has a table of its own: a column added to `messages` would lie
 * behind the body, and reading it would mean reading through the body's pages. There, `binary` makes BINARYMIME of the
 * 8BITMIME in `messages`, whose CHECK can't be widened without copying every body.
 */
const ENVELOPES = `
  CREATE TABLE parameters (
    message       INTEGER PRIMARY KEY REFERENCES messages ON DELETE CASCADE,
    binary        INTEGER NOT NULL,
    smtp_utf8     INTEGER NOT NULL,
    ret           TEXT CHECK (ret IN ('FULL', 'HDRS')),
    envelope_id   TEXT,
    deliver_by    INTEGER,
    deliver_mode  TEXT CHECK (deliver_mode IN ('R', 'N')),
    deliver_trace INTEGER,
    submitter     TEXT,
    origin        TEXT
  ) STRICT;

  ALTER TABLE recipients ADD COLUMN notify   TEXT; -- NULL: not said; '': never; else words with commas between
  ALTER TABLE recipients ADD COLUMN original TEXT; -- ORCPT

  ALTER TABLE deliveries ADD COLUMN priority INTEGER NOT NULL DEFAULT 0 CHECK (priority BETWEEN -9 AND 9);
  ALTER TABLE deliveries ADD COLUMN hold     TEXT; -- why; NULL: not on hold
  ALTER TABLE deliveries ADD COLUMN warned   INTEGER NOT NULL DEFAULT 0;

  DROP INDEX deliveries_due;
  CREATE INDEX deliveries_due ON deliveries (destination, priority, due, message, owner, hold)
    WHERE owner IS NULL AND hold IS NULL;
  CREATE INDEX deliveries_live     ON deliveries (received, message) WHERE hold IS NULL;
  CREATE INDEX deliveries_unwarned ON deliveries (received, message) WHERE hold IS NULL AND warned = 0;
  CREATE INDEX deliveries_held     ON deliveries (received, message) WHERE hold IS NOT NULL;

  ALTER TABLE destinations ADD COLUMN held INTEGER NOT NULL DEFAULT 0; -- of those that wait

  -- Which priorities wait at a destination: each has its own end of the index deliveries_due.
  CREATE TABLE levels (
    destination INTEGER NOT NULL,
    priority    INTEGER NOT NULL,
    waiting     INTEGER NOT NULL,
    PRIMARY KEY (destination, priority)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO levels SELECT number, 0, waiting FROM destinations;

  -- One row: all that waits, so that counting costs nothing.
  CREATE TABLE totals (messages INTEGER NOT NULL, octets INTEGER NOT NULL) STRICT;
  INSERT INTO totals SELECT count(*), coalesce(sum(size), 0) FROM messages;
  CREATE TRIGGER message_comes AFTER INSERT ON messages BEGIN
    UPDATE totals SET messages = messages + 1, octets = octets + new.size;
  END;
  CREATE TRIGGER message_goes AFTER DELETE ON messages BEGIN
    UPDATE totals SET messages = messages - 1, octets = octets - old.size;
  END;

  CREATE TABLE held_destinations (
    name   TEXT PRIMARY KEY,
    reason TEXT    NOT NULL,
    since  INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  DROP TRIGGER delivery_waits;
  CREATE TRIGGER delivery_waits AFTER INSERT ON deliveries BEGIN
    UPDATE destinations SET waiting = waiting + 1, held = held + (new.hold IS NOT NULL)
      WHERE number = new.destination;
    INSERT INTO levels VALUES (new.destination, new.priority, 1)
      ON CONFLICT DO UPDATE SET waiting = waiting + 1;
  END;

  DROP TRIGGER delivery_is_over;
  CREATE TRIGGER delivery_is_over AFTER DELETE ON deliveries BEGIN
    UPDATE destinations SET waiting = waiting - 1, held = held - (old.hold IS NOT NULL)
      WHERE number = old.destination;
    DELETE FROM destinations WHERE number = old.destination AND waiting = 0;
    UPDATE levels SET waiting = waiting - 1 WHERE destination = old.destination AND priority = old.priority;
    DELETE FROM levels WHERE destination = old.destination AND priority = old.priority AND waiting = 0;
  END;

  CREATE TRIGGER delivery_is_held AFTER UPDATE OF hold ON deliveries BEGIN
    UPDATE destinations SET held = held + (new.hold IS NOT NULL) - (old.hold IS NOT NULL)
      WHERE number = new.destination;
  END;
`;

/** Step 3: what CHECKPOINT needs, of messages that come in and of messages that go out. */
const CHECKPOINTS = `
  CREATE TABLE transactions (
    number   INTEGER PRIMARY KEY,
    peer     TEXT    NOT NULL,
    hello    TEXT    NOT NULL,
    transid  TEXT    NOT NULL,
    message  TEXT    NOT NULL UNIQUE, -- its id, and the name of its body's file
    touched  INTEGER NOT NULL,
    reply    TEXT,                    -- NULL: interrupted
    envelope TEXT,                    -- as JSON; of what was interrupted
    prefix   INTEGER NOT NULL,        -- octets of the file that are not the client's
    stored   INTEGER NOT NULL,        -- octets of the file on stable storage, with the prefix
    UNIQUE (peer, hello, transid),
    CHECK ((reply IS NULL) = (envelope IS NOT NULL))
  ) STRICT;
  CREATE INDEX transactions_age      ON transactions (touched);
  CREATE INDEX transactions_open     ON transactions (peer, touched, stored) WHERE reply IS NULL;
  CREATE INDEX transactions_finished ON transactions (peer, touched) WHERE reply IS NOT NULL;

  ALTER TABLE deliveries ADD COLUMN begun TEXT; -- the transaction at the next hop, as JSON
`;

/** Step 4: header fields above the body, which were known when it had been written. Last, so that lists don't read them. */
const TOPS = `
  ALTER TABLE parameters ADD COLUMN top BLOB;
`;

/** Step 5: what is to arrive by a given time (DELIVERBY) is found when it is late. */
const DEADLINES = `
  ALTER TABLE deliveries ADD COLUMN deadline INTEGER; -- NULL: none, or the sender was told that it is over
  UPDATE deliveries SET deadline = (SELECT deliver_by FROM parameters p WHERE p.message = deliveries.message)
    WHERE message IN (SELECT message FROM parameters WHERE deliver_by IS NOT NULL);
  CREATE INDEX deliveries_deadline ON deliveries (deadline) WHERE deadline IS NOT NULL AND hold IS NULL;
`;

/** Step 6: of what is finished, `stored` says from now on how many octets of the client there were. */
const FINISHED_SIZES = `
  DELETE FROM transactions WHERE reply IS NOT NULL; -- where a reply was lost, that message comes again
`;

/** Step 7: whether it may be signed in the name of its author. */
const OURS = `
  ALTER TABLE parameters ADD COLUMN ours INTEGER NOT NULL DEFAULT 0;
`;

/**
 * The steps from an empty file to the schema of today. `user_version` counts the steps that were taken, so a step
 * that was released is never changed: what comes later is a new step.
 *
 * What is asked for often has its index, so that no question costs more because much mail waits:
 * - `deliveries_due`: what a destination can be given next, per priority; what is claimed or on hold is not in it.
 *   `owner` and `hold`, always NULL there, spare counting a look into the table;
 * - `deliveries_oldest`: the oldest message of a destination (and the foreign key);
 * - `deliveries_age`, `deliveries_held`: lists; `deliveries_live`, `deliveries_unwarned`: what has waited too long;
 *   `deliveries_deadline`: what is late;
 * - `deliveries_owner`, `deliveries_until`: claims, as many entries as there are claims.
 *
 * Times are milliseconds since 1970. Deliveries repeat `received` of their message because an index can't reach over.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE messages (
    number    INTEGER PRIMARY KEY,
    id        TEXT    NOT NULL UNIQUE,
    sender    TEXT    NOT NULL,
    body_type TEXT    NOT NULL CHECK (body_type IN ('7BIT', '8BITMIME')),
    source    TEXT    NOT NULL,
    received  INTEGER NOT NULL,
    size      INTEGER NOT NULL,
    in_file   INTEGER NOT NULL,
    body      BLOB    -- last, so that reading the others never touches its pages
  ) STRICT;

  CREATE TABLE destinations (
    number  INTEGER PRIMARY KEY,
    name    TEXT    NOT NULL UNIQUE,
    waiting INTEGER NOT NULL DEFAULT 0 -- deliveries, kept by the triggers below
  ) STRICT;

  CREATE TABLE deliveries (
    message     INTEGER NOT NULL REFERENCES messages,
    destination INTEGER NOT NULL REFERENCES destinations,
    received    INTEGER NOT NULL,
    due         INTEGER NOT NULL, -- the earliest of its recipients
    owner       TEXT,             -- NULL: not claimed
    until       INTEGER,
    PRIMARY KEY (message, destination),
    CHECK ((owner IS NULL) = (until IS NULL))
  ) STRICT, WITHOUT ROWID;

  CREATE INDEX deliveries_due    ON deliveries (destination, due, message, owner) WHERE owner IS NULL;
  CREATE INDEX deliveries_oldest ON deliveries (destination, received);
  CREATE INDEX deliveries_age    ON deliveries (received, message);
  CREATE INDEX deliveries_owner  ON deliveries (owner) WHERE owner IS NOT NULL;
  CREATE INDEX deliveries_until  ON deliveries (until) WHERE owner IS NOT NULL;

  CREATE TABLE recipients (
    message     INTEGER NOT NULL,
    destination INTEGER NOT NULL,
    address     TEXT    NOT NULL,
    position    INTEGER NOT NULL, -- in the envelope
    due         INTEGER NOT NULL,
    attempts    INTEGER NOT NULL DEFAULT 0,
    last_reason TEXT,
    claimed     INTEGER NOT NULL DEFAULT 0, -- handed out and not settled; says nothing while there is no owner
    PRIMARY KEY (message, destination, address),
    FOREIGN KEY (message, destination) REFERENCES deliveries
  ) STRICT, WITHOUT ROWID;

  CREATE TRIGGER delivery_waits AFTER INSERT ON deliveries BEGIN
    UPDATE destinations SET waiting = waiting + 1 WHERE number = new.destination;
  END;

  CREATE TRIGGER delivery_is_over AFTER DELETE ON deliveries BEGIN
    UPDATE destinations SET waiting = waiting - 1 WHERE number = old.destination;
    DELETE FROM destinations WHERE number = old.destination AND waiting = 0;
  END;
  `,
  ENVELOPES,
  CHECKPOINTS,
  TOPS,
  DEADLINES,
  FINISHED_SIZES,
  OURS,
];

/**
 * Opens a spool database for this connection alone, and brings its schema up to date.
 *
 * The lock is SQLite's own (a lock of the operating system on the file), so it can't outlive a crash.
 * @throws GatewayError spoolInUse, spoolForeign, spoolNewer, spoolCorrupt, spoolFull, spoolWrite
 */
export function openDatabase(file: string, migrations = MIGRATIONS): Database.Database {
  let db: Database.Database | undefined;
  try {
    db = new Database(file, { timeout: 0 });
    db.pragma('locking_mode = EXCLUSIVE');
    db.pragma('trusted_schema = OFF');
    // Nothing is written before it is known whose file this is, so these come first.
    const version = checkKind(db, file, migrations.length);
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('journal_size_limit = 67108864'); // after a burst, the log gives its space back
    migrate(db, migrations, version);
    return db;
  } catch (error) {
    db?.close();
    throw openFault(error, file);
  }
}

/** @returns how many migrations the file has seen. */
function checkKind(db: Database.Database, file: string, newest: number): number {
  const applicationId = db.pragma('application_id', { simple: true });
  const version = Number(db.pragma('user_version', { simple: true }));
  // A crash while a spool was being created leaves an empty database.
  if (applicationId === 0 && version === 0 && isEmpty(db)) return 0;
  if (applicationId !== APPLICATION_ID) {
    throw new GatewayError(
      'spoolForeign',
      `${file} is a database of another program: choose another spool directory`,
      { temporary: false },
    );
  }
  if (version > newest) {
    throw new GatewayError(
      'spoolNewer',
      `${file} was written by a newer version (schema ${version}, known up to ${newest}): run that version`,
      { temporary: false },
    );
  }
  return version;
}

function isEmpty(db: Database.Database): boolean {
  return db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0;
}

/** Each step happens wholly or not at all, its number with it. */
function migrate(db: Database.Database, migrations: readonly string[], version: number): void {
  migrations.slice(version).forEach((step, i) => {
    db.transaction(() => {
      db.exec(step);
      db.pragma(`application_id = ${APPLICATION_ID}`);
      db.pragma(`user_version = ${version + i + 1}`);
    }).exclusive();
  });
}

function openFault(error: unknown, file: string): GatewayError {
  const refuse = (code: string, message: string, temporary = false): GatewayError =>
    new GatewayError(code, message, { temporary, cause: error });
  switch (sqliteFamily(error)) {
    case 'SQLITE_BUSY':
      return refuse(
        'spoolInUse',
        `another process holds ${file}: stop it, or choose another directory`,
        true,
      );
    case 'SQLITE_NOTADB':
    case 'SQLITE_CORRUPT':
      return refuse('spoolCorrupt', `${file} is damaged: restore it, or move it away to begin with nothing`);
    case 'SQLITE_CANTOPEN':
    case 'SQLITE_READONLY':
    case 'SQLITE_PERM':
      return refuse(
        'spoolDirectory',
        `${file} can't be opened for writing: look at its owner and permissions`,
      );
    default:
      return storeFault(error);
  }
}
