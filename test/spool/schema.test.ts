import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeEach, describe, expect, test } from 'vitest';
import { GatewayError } from '../../src/core/index.js';
import { APPLICATION_ID, MIGRATIONS, openDatabase } from '../../src/spool/schema.js';
import { Store } from '../../src/spool/store.js';
import { envelope } from './support/mail.js';
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
