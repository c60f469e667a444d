import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeEach, describe, expect, test } from 'vitest';
import { GatewayError } from '../../src/core/index.js';
import { APPLICATION_ID, MIGRATIONS, openDatabase } from '../../src/spool/schema.js';
import { Store } from '../../src/spool/store.js';
import { delivered, envelope, settlement } from './support/mail.js';
import { tempDirectory } from './support/places.js';

let file: string;

beforeEach(() => {
  file = join(tempDirectory(), 'spool.db');
});

/** What opening the file says: `code (temporary): message`, or `opened`. */
function opening(migrations = MIGRATIONS): string {
  try {
    openDatabase(file, migrations).close();
    return 'opened';
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return `${error.code}${error.temporary ? ' (temporary)' : ''}: ${error.message.replace(file, 'FILE')}`;
  }
}

function pragmas(): { applicationId: unknown; version: unknown; journal: unknown } {
  const db = new Database(file, { readonly: true });
  const read = (name: string) => db.pragma(name, { simple: true });
  const all = {
    applicationId: read('application_id'),
    version: read('user_version'),
    journal: read('journal_mode'),
  };
  db.close();
  return all;
}

describe('opening the database', () => {
  test('makes a new one that says what it is', () => {
    expect(opening()).toBe('opened');
    expect(pragmas()).toEqual({ applicationId: APPLICATION_ID, version: MIGRATIONS.length, journal: 'wal' });
    expect(opening()).toBe('opened');
  });

  test('syncs the log at every commit', () => {
    const db = openDatabase(file);
    expect(db.pragma('synchronous', { simple: true })).toBe(2);
    db.close();
  });

  test.each([
    ['an empty file', () => writeFileSync(file, '')],
    ['a database that a crash left without its schema', makeUnfinished],
  ])('takes %s for a new one', (_what, make) => {
    make();
    expect(opening()).toBe('opened');
  });

  test('refuses the database of another program, and leaves it as it is', () => {
    const foreign = new Database(file);
    foreign.exec('CREATE TABLE songs (title TEXT)');
    foreign.close();
    const before = readFileSync(file);
    expect(opening()).toBe(
      'spoolForeign: FILE is a database of another program: choose another spool directory',
    );
    expect(readFileSync(file)).toEqual(before);
  });

  test('refuses what a newer version has written', () => {
    opening([...MIGRATIONS, 'CREATE TABLE later (x)']);
    expect(opening()).toBe(
      `spoolNewer: FILE was written by a newer version (schema ${MIGRATIONS.length + 1}, known up to ${MIGRATIONS.length}): run that version`,
    );
  });

  test.each([
    [
      'is no database at all',
      'a text, and long enough not to be taken for the beginning of one\n'.repeat(99),
      0,
    ],
    ['has lost its first page', Buffer.alloc(4000, 0xaa), 100],
  ])('says so when the file %s', (_what, octets, at) => {
    opening();
    overwrite(octets, at);
    expect(opening()).toBe(
      'spoolCorrupt: FILE is damaged: restore it, or move it away to begin with nothing',
    );
  });

  test('says so when the file can not be opened', () => {
    mkdirSync(file);
    expect(opening()).toBe(
      "spoolDirectory: FILE can't be opened for writing: look at its owner and permissions",
    );
  });

  test('is refused while another holds it, and not any longer', () => {
    const holder = openDatabase(file);
    expect(opening()).toBe(
      'spoolInUse (temporary): another process holds FILE: stop it, or choose another directory',
    );
    holder.close();
    expect(opening()).toBe('opened');
  });

  function makeUnfinished(): void {
    const db = new Database(file);
    db.pragma('journal_mode = WAL');
    db.close();
  }

  function overwrite(octets: string | Buffer, at: number): void {
    const handle = openSync(file, 'r+');
    writeSync(handle, Buffer.from(octets), 0, octets.length, at);
    closeSync(handle);
  }
});

describe('migrations', () => {
  const SECOND = 'ALTER TABLE messages ADD COLUMN priority INTEGER NOT NULL DEFAULT 0';

  test('are taken from where the file stands, and the mail stays', () => {
    const store = new Store(openDatabase(file));
    store.receive({ id: 'm1', envelope: envelope(['a > peer:b']), size: 0, body: new Uint8Array(0) }, []);
    store.close();

    const db = openDatabase(file, [...MIGRATIONS, SECOND]);
    expect(db.prepare('SELECT id, priority FROM messages').all()).toEqual([{ id: 'm1', priority: 0 }]);
    db.close();
    expect(pragmas().version).toBe(MIGRATIONS.length + 1);
    expect(opening([...MIGRATIONS, SECOND])).toBe('opened');
  });

  test('from the first schema: mail, its attempts and its order are as they were', () => {
    const old = openDatabase(file, MIGRATIONS.slice(0, 1));
    old.exec(`
      INSERT INTO destinations (number, name) VALUES (1, 'peer:b'), (2, 'peer:c');
      INSERT INTO messages VALUES (1, 'm1', 'from@a', '8BITMIME', 'smtp 127.0.0.1', 1000, 3, 0, x'414243'),
        (2, 'm2', '', '7BIT', 'report on m0', 900, 70000, 1, NULL);
      INSERT INTO deliveries (message, destination, received, due) VALUES (1, 1, 1000, 1500), (1, 2, 1000, 1000), (2, 1, 900, 900);
      INSERT INTO recipients (message, destination, address, position, due, attempts, last_reason)
        VALUES (1, 1, 'a', 0, 1500, 2, '451 later'), (1, 2, 'c', 1, 1000, 0, NULL), (2, 1, 'b', 0, 900, 0, NULL);
    `);
    old.close();

    const store = new Store(openDatabase(file));
    expect(store.totals()).toEqual({ messages: 2, octets: 70_003, deliveries: 3, held: 0 });
    expect(store.destinations(1000, 1000)).toEqual([
      { destination: 'peer:b', due: 1, waiting: 2, held: 0, nextDue: 900, oldest: 900 },
      { destination: 'peer:c', due: 1, waiting: 1, held: 0, nextDue: 1000, oldest: 1000 },
    ]);
    const claimed = store.claim('peer:b', 'x', { messages: 9, octets: 1e9 }, 9000, 2000);
    expect(claimed).toEqual([
      expect.objectContaining({ message: 'm2', sender: '', body: '7BIT', size: 70_000 }),
      {
        message: 'm1',
        destination: 'peer:b',
        sender: 'from@a',
        body: '8BITMIME',
        source: 'smtp 127.0.0.1',
        size: 3,
        received: 1000,
        due: 1500,
        recipients: [{ address: 'a', attempts: 2, lastReason: '451 later' }],
      },
    ]);
    expect(store.body('m1', 0)).toMatchObject({ top: new Uint8Array(0), octets: Buffer.from('ABC') });
    const settled = claimed.flatMap(({ message, destination, recipients }) =>
      recipients.map(({ address }) => settlement(message, `${address} > ${destination}`, delivered)),
    );
    expect(store.settle(settled)).toEqual(['m2']);
    expect(store.totals()).toEqual({ messages: 1, octets: 3, deliveries: 1, held: 0 });
    store.close();
    expect(pragmas().version).toBe(MIGRATIONS.length);
  });

  test('from before there were tops: what was said of mail stays, and mail with a top is taken', () => {
    const old = openDatabase(file, MIGRATIONS.slice(0, 3));
    old.exec(`
      INSERT INTO destinations (number, name) VALUES (1, 'peer:b');
      INSERT INTO messages VALUES (1, 'm1', 'from@a', '7BIT', 'x25 1', 1000, 3, 0, x'414243');
      INSERT INTO parameters VALUES (1, 0, 1, 'HDRS', 'QQ', NULL, NULL, NULL, 'u@a', 'x25');
      INSERT INTO deliveries (message, destination, received, due) VALUES (1, 1, 1000, 1000);
      INSERT INTO recipients (message, destination, address, position, due) VALUES (1, 1, 'a', 0, 1000);
    `);
    old.close();

    const store = new Store(openDatabase(file));
    expect(store.list(9)).toMatchObject([
      { smtpUtf8: true, ret: 'HDRS', envelopeId: 'QQ', submitter: 'u@a', origin: 'x25', size: 3 },
    ]);
    const later = { ...envelope(['a > peer:b']), top: 'X: y\r\n' };
    store.receive({ id: 'm2', envelope: later, size: 1, body: Buffer.from('b') }, []);
    const bodies = ['m1', 'm2'].map((id) => Buffer.from(store.body(id, 1)?.octets ?? []).toString());
    expect(bodies).toEqual(['BC', ': y\r\nb']);
    store.close();
  });

  test('from before sizes of what is finished: that is forgotten, what was interrupted goes on', () => {
    const old = openDatabase(file, MIGRATIONS.slice(0, 5));
    old.exec(`
      INSERT INTO transactions (peer, hello, transid, message, touched, reply, envelope, prefix, stored)
        VALUES ('b', 'gw-b', '<1@b>', 'm1', 1000, '250 ok', NULL, 0, 0), ('b', 'gw-b', '<2@b>', 'm2', 1000, NULL, '{}', 10, 90);
    `);
    old.close();

    const store = new Store(openDatabase(file));
    const found = ['<1@b>', '<2@b>'].map((id) => store.findTransaction({ peer: 'b', hello: 'gw-b', id }, 0));
    expect(found).toEqual([undefined, { message: 'm2', envelope: {}, prefix: 10, stored: 90 }]);
    store.close();
  });

  test('from before it was kept whose mail it is: of that nobody knows', () => {
    const old = openDatabase(file, MIGRATIONS.slice(0, 6));
    old.exec(`
      INSERT INTO destinations (number, name) VALUES (1, 'peer:b');
      INSERT INTO messages VALUES (1, 'm1', 'from@a', '7BIT', 'x25 1', 1000, 3, 0, x'414243');
      INSERT INTO parameters (message, binary, smtp_utf8, origin) VALUES (1, 0, 0, 'x25');
      INSERT INTO deliveries (message, destination, received, due) VALUES (1, 1, 1000, 1000);
      INSERT INTO recipients (message, destination, address, position, due) VALUES (1, 1, 'a', 0, 1000);
    `);
    old.close();

    const store = new Store(openDatabase(file));
    store.receive({ id: 'm2', envelope: { ...envelope(['a > peer:b']), ours: true }, size: 0 }, []);
    expect(store.list(9).map(({ message, ours }) => [message, ours])).toEqual([
      ['m1', undefined],
      ['m2', true],
    ]);
    store.close();
  });

  test('happen wholly or not at all', () => {
    opening();
    const broken = [...MIGRATIONS, SECOND, 'CREATE TABLE half (x); CREATE TABLE messages (x)'];
    expect(opening(broken)).toMatch(/^spoolWrite.*messages already exists/);
    expect(pragmas().version).toBe(MIGRATIONS.length + 1);
    const db = new Database(file, { readonly: true });
    expect(db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'half'").get()).toBeUndefined();
    db.close();
  });
});
