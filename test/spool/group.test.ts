import Database from 'better-sqlite3';
import { beforeEach, describe, expect, test } from 'vitest';
import { commitTogether } from '../../src/spool/group.js';
import type { Call, Operation } from '../../src/spool/protocol.js';
import { openDatabase } from '../../src/spool/schema.js';
import { Store } from '../../src/spool/store.js';
import { bodyOf, deferred, delivered, envelope, settlement } from './support/mail.js';

let db: Database.Database;
let store: Store;

beforeEach(() => {
  db = openDatabase(':memory:');
  store = new Store(db);
  return () => store.close();
});

function call<O extends Operation>(id: number, operation: O, ...args: Parameters<Store[O]>): Call {
  return { id, operation, args };
}

const message = (id: string, octets = 10) =>
  ({ id, envelope: envelope(['a > peer:b']), size: octets, body: bodyOf(octets) }) as const;

const waiting = () => store.list(1000).map(({ message }) => message);

describe('a group of requests', () => {
  test('is one transaction, and each gets its answer', () => {
    const trace: string[] = [];
    class TracedStore extends Store {
      override begin(): void {
        trace.push('begin');
        super.begin();
      }
      override commit(): void {
        trace.push('commit');
        super.commit();
      }
    }
    const traced = new TracedStore(db);
    const group = commitTogether(traced, [
      call(7, 'receive', message('m1'), []),
      call(8, 'receive', message('m2'), []),
      call(9, 'find', 'm2'),
    ]);
    expect(trace).toEqual(['begin', 'commit']);
    expect(group.wrote).toBe(true);
    expect(group.answers).toMatchObject([
      { id: 7, ok: true, result: [] },
      { id: 8, ok: true, result: [] },
      { id: 9, ok: true, result: [{ message: 'm2' }] },
    ]);
  });

  test('that only asks writes nothing', () => {
    const asks = [call(1, 'list', 5), call(2, 'claim', 'peer:b', 'x', { messages: 1, octets: 1 }, 9, 0)];
    expect(commitTogether(store, asks).wrote).toBe(false);
  });

  test('waits for stable storage only where a request asks for it', () => {
    commitTogether(store, [call(1, 'receive', message('m1'), []), call(2, 'receive', message('m2'), [])]);
    const claim = (id: number) => call(id, 'claim', 'peer:b', 'x', { messages: 1, octets: 1 }, 9999, 1000);
    const settle = call(4, 'settle', [settlement('m1', 'a > peer:b', delivered)]);
    const syncing = () => db.pragma('synchronous', { simple: true });
    const [NORMAL, FULL] = [1, 2];
    expect([commitTogether(store, [claim(3)]), syncing()]).toMatchObject([
      { wrote: true, synced: false },
      NORMAL,
    ]);
    expect([commitTogether(store, [settle, call(5, 'receive', message('m3'), [])]), syncing()]).toMatchObject(
      [{ wrote: true, synced: true }, FULL],
    );
    expect([commitTogether(store, [claim(6)]), syncing()]).toMatchObject([{ synced: false }, NORMAL]);
    expect(commitTogether(store, [call(7, 'holdDestination', 'peer:b', 'why', 1)]).synced).toBe(true);
  });

  test('one that fails is undone alone, wherever it failed', () => {
    const group = commitTogether(store, [
      call(1, 'receive', message('m1'), []),
      call(2, 'receive', message('m1'), []), // the id is taken
      call(3, 'receive', message('m3'), [settlement('m1', 'a > peer:b', deferred(Number.NaN))]), // after its rows
      call(4, 'receive', message('m4'), []),
    ]);
    expect(group.answers).toMatchObject([
      { id: 1, ok: true },
      { id: 2, ok: false, fault: { code: 'spoolWrite', temporary: true, doubtful: false } },
      { id: 3, ok: false, fault: { code: 'spoolWrite' } },
      { id: 4, ok: true },
    ]);
    expect(waiting()).toEqual(['m1', 'm4']);
    expect(store.destinations(1000, 1000)).toMatchObject([{ waiting: 2 }]);
  });

  test('a full database refuses what does not fit and keeps what was there', () => {
    commitTogether(store, [call(1, 'receive', message('m1'), [])]);
    db.pragma(`max_page_count = ${Number(db.pragma('page_count', { simple: true })) + 4}`);
    const group = commitTogether(store, [
      call(1, 'receive', message('m2'), []),
      call(2, 'receive', message('m3', 60_000), []),
    ]);
    const answers = new Map(group.answers.map((answer) => [answer.id, answer]));
    expect(answers.get(2)).toMatchObject({ ok: false, fault: { code: 'spoolFull', temporary: true } });
    // SQLite may give up the whole transaction, or the one request: what was answered with yes is there.
    expect(waiting()).toEqual(answers.get(1)?.ok ? ['m1', 'm2'] : ['m1']);
    expect(store.inTransaction).toBe(false);
  });

  test('whose commit fails is refused as a whole, and it is said that this is in doubt', () => {
    class FailingStore extends Store {
      override commit(): void {
        throw new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_FSYNC');
      }
    }
    const group = commitTogether(new FailingStore(db), [
      call(1, 'receive', message('m1'), []),
      call(2, 'list', 5),
    ]);
    expect(group.wrote).toBe(false);
    expect(group.answers).toMatchObject([
      { id: 1, ok: false, fault: { code: 'spoolWrite', temporary: true, doubtful: true } },
      { id: 2, ok: false },
    ]);
    expect(waiting()).toEqual([]);
    expect(commitTogether(store, [call(3, 'receive', message('m1'), [])]).answers).toMatchObject([
      { ok: true },
    ]);
  });

  test('is refused as a whole when SQLite gives up the transaction in its midst', () => {
    class GivingUp extends Store {
      override renew(): void {
        db.exec('ROLLBACK'); // as SQLite does by itself on some I/O errors
        throw new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_WRITE');
      }
    }
    const group = commitTogether(new GivingUp(db), [
      call(1, 'receive', message('m1'), []),
      call(2, 'renew', 'x', 5),
      call(3, 'receive', message('m3'), []),
    ]);
    expect(group.answers.map(({ id, ok }) => [id, ok])).toEqual([
      [1, false],
      [2, false],
      [3, false],
    ]);
    expect(waiting()).toEqual([]);
  });

  test('damage found later makes mail wait, not bounce', () => {
    class Damaged extends Store {
      override list(): never {
        throw new Database.SqliteError('database disk image is malformed', 'SQLITE_CORRUPT');
      }
    }
    expect(commitTogether(new Damaged(db), [call(1, 'list', 5)]).answers).toMatchObject([
      { ok: false, fault: { code: 'spoolCorrupt', temporary: true } },
    ]);
  });
});
