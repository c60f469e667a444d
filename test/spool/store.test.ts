import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { BEGINNING } from '../../src/spool/desk.js';
import type { Envelope } from '../../src/spool/index.js';
import { openDatabase } from '../../src/spool/schema.js';
import { DUE_COUNT_LIMIT } from '../../src/spool/sql.js';
import { Store } from '../../src/spool/store.js';
import { deferred, delivered, envelope, failed, settlement } from './support/mail.js';
import { tempDirectory } from './support/places.js';

let store: Store;

beforeEach(() => {
  store = new Store(openDatabase(':memory:')); // what is tested here does not depend on the disk
  return () => store.close();
});

const MANY = { messages: 100, octets: 1_000_000 };

function receive(
  id: string,
  recipients: readonly string[],
  rest: Partial<Envelope> & { size?: number } = {},
) {
  const { size = 3, ...more } = rest;
  store.receive({ id, envelope: envelope(recipients, more), size, body: new Uint8Array(3) }, []);
}

/** What was claimed, in short: `message: recipients`. */
function claim(
  destination: string,
  now: number,
  owner = 'call 1',
  until = now + 100,
  limit = MANY,
): string[] {
  return store
    .claim(destination, owner, limit, until, now)
    .map(({ message, recipients }) => `${message}: ${recipients.map(({ address }) => address).join(' ')}`);
}

describe('a claim', () => {
  test('groups the recipients of one message for one destination, in the order of the envelope', () => {
    receive('m1', ['z@b > peer:b', 'c@c > peer:c', 'a@b > peer:b']);
    expect(claim('peer:b', 1000)).toEqual(['m1: z@b a@b']);
    expect(claim('peer:c', 1000)).toEqual(['m1: c@c']);
  });

  test('has all that is needed to bring the message there', () => {
    receive('m1', ['a@b > peer:b'], {
      sender: '',
      body: '8BITMIME',
      source: 'x25 262 on psdn0',
      received: 900,
    });
    expect(store.claim('peer:b', 'call 1', MANY, 2000, 1000)).toEqual([
      {
        message: 'm1',
        destination: 'peer:b',
        sender: '',
        body: '8BITMIME',
        source: 'x25 262 on psdn0',
        size: 3,
        received: 900,
        due: 900,
        recipients: [{ address: 'a@b', attempts: 0 }],
      },
    ]);
  });

  test('has all that a client can say of a message and of a recipient', () => {
    const said = {
      body: 'BINARYMIME',
      origin: 'x25',
      smtpUtf8: true,
      ret: 'HDRS',
      envelopeId: 'QQ314159',
      deliverBy: { at: 9000, mode: 'N', trace: true },
      priority: -3,
      submitter: 'u@x.example',
      ours: true,
    } as const;
    const recipients = [
      { address: 'a@b', destination: 'peer:b', notify: ['SUCCESS', 'DELAY'] },
      { address: 'b@b', destination: 'peer:b', notify: [], originalRecipient: 'rfc822;Bob@b' },
      { address: 'c@b', destination: 'peer:b' },
    ] as const;
    store.receive({ id: 'm1', envelope: { ...envelope([]), ...said, recipients }, size: 0 }, []);
    const [delivery] = store.claim('peer:b', 'call 1', MANY, 2000, 1000);
    expect(delivery).toMatchObject(said);
    expect(delivery?.recipients).toEqual([
      { address: 'a@b', attempts: 0, notify: ['SUCCESS', 'DELAY'] },
      { address: 'b@b', attempts: 0, notify: [], originalRecipient: 'rfc822;Bob@b' },
      { address: 'c@b', attempts: 0 },
    ]);
  });

  test('takes the highest priority first, then the oldest due', () => {
    const messages = [
      ['m1', 0, 1000],
      ['m2', 9, 1003],
      ['m3', -9, 900],
      ['m4', 9, 1001],
      ['m5', 9, 2000], // not due
      ['m6', 0, 999],
    ] as const;
    for (const [id, priority, received] of messages) receive(id, ['a > peer:b'], { priority, received });
    expect(claim('peer:b', 1100)).toEqual(['m4: a', 'm2: a', 'm6: a', 'm1: a', 'm3: a']);
    expect(store.destinations(1100, 1100)).toMatchObject([{ due: 0, nextDue: 2000 }]);
  });

  test('a priority outside -9 to 9 is refused', () => {
    expect(() => receive('m1', ['a > peer:b'], { priority: 10 })).toThrow(/CHECK/);
  });

  test('names a recipient once that was given twice', () => {
    receive('m1', ['a@b > peer:b', 'a@b > peer:b']);
    expect(claim('peer:b', 1000)).toEqual(['m1: a@b']);
  });

  test('takes the oldest due first and leaves what is not due', () => {
    receive('m1', ['a > peer:b'], { received: 1003 });
    receive('m2', ['a > peer:b'], { received: 1001 });
    receive('m3', ['a > peer:b'], { received: 1002 });
    expect(claim('peer:b', 1002)).toEqual(['m2: a', 'm3: a']);
  });

  test('keeps to the number of messages and about to the octets, but gives at least one', () => {
    for (const id of ['m1', 'm2', 'm3', 'm4', 'm5']) receive(id, ['a > peer:b'], { size: 100 });
    expect(claim('peer:b', 1000, 'x', 2000, { messages: 2, octets: 1000 })).toHaveLength(2);
    expect(claim('peer:b', 1000, 'x', 2000, { messages: 9, octets: 50 })).toEqual(['m3: a']);
    expect(claim('peer:b', 1000, 'x', 2000, { messages: 0, octets: 50 })).toEqual([]);
    expect(claim('peer:b', 1000, 'x', 2000, { messages: 9, octets: 200 })).toEqual(['m4: a', 'm5: a']);
  });

  test('is not given to anyone else until its time is over', () => {
    receive('m1', ['a > peer:b']);
    expect(claim('peer:b', 1000, 'call 1', 1100)).toEqual(['m1: a']);
    expect(claim('peer:b', 1100, 'call 2', 1200)).toEqual([]);
    expect(claim('peer:b', 1101, 'call 2', 1200)).toEqual(['m1: a']);
    expect(claim('peer:b', 1101, 'call 1', 1200)).toEqual([]);
  });

  test('can be renewed, all of one owner at once', () => {
    receive('m1', ['a > peer:b']);
    receive('m2', ['a > peer:c']);
    claim('peer:b', 1000, 'call 1', 1100);
    claim('peer:c', 1000, 'call 2', 1100);
    store.renew('call 1', 1500);
    expect(claim('peer:b', 1400, 'call 3')).toEqual([]);
    expect(claim('peer:c', 1400, 'call 3')).toEqual(['m2: a']);
  });

  test('given back is due at once, without an attempt', () => {
    receive('m1', ['a > peer:b']);
    claim('peer:b', 1000, 'call 1', 9999);
    store.release('call 2');
    expect(claim('peer:b', 1000)).toEqual([]);
    store.release('call 1');
    expect(store.claim('peer:b', 'x', MANY, 1100, 1000)[0]?.recipients).toEqual([
      { address: 'a', attempts: 0 },
    ]);
  });

  test('is given back when the spool is opened', () => {
    const file = join(tempDirectory(), 'spool.db');
    const first = new Store(openDatabase(file));
    first.receive({ id: 'm1', envelope: envelope(['a > peer:b']), size: 0 }, []);
    first.claim('peer:b', 'call 1', MANY, 9_999_999, 1000);
    first.close();
    const second = new Store(openDatabase(file));
    onTestFinished(() => second.close());
    expect(second.claim('peer:b', 'call 2', MANY, 9_999_999, 1000)).toHaveLength(1);
  });
});

describe('settling', () => {
  test('removes recipients one by one, and the message with the last', () => {
    receive('m1', ['a > peer:b', 'b > peer:b', 'c > peer:c']);
    claim('peer:b', 1000);
    store.settle([settlement('m1', 'a > peer:b', delivered)]);
    expect(store.find('m1').map(({ recipients }) => recipients.length)).toEqual([1, 1]);
    store.settle([settlement('m1', 'b > peer:b', failed)]);
    expect(store.find('m1').map(({ destination }) => destination)).toEqual(['peer:c']);
    store.settle([settlement('m1', 'c > peer:c', delivered)]);
    expect(store.find('m1')).toEqual([]);
    expect(store.body('m1', 0)).toBeUndefined();
    expect(store.destinations(1000, 1000)).toEqual([]);
  });

  test('says which bodies in files are needed no longer', () => {
    receive('m1', ['a > peer:b']);
    store.receive({ id: 'm2', envelope: envelope(['a > peer:b', 'b > peer:b']), size: 70_000 }, []);
    expect(store.withoutFile(['m1', 'm2', 'm3'])).toEqual(['m1', 'm3']);
    expect(store.settle([settlement('m1', 'a > peer:b', delivered)])).toEqual([]);
    expect(store.settle([settlement('m2', 'a > peer:b', delivered)])).toEqual([]);
    expect(store.settle([settlement('m2', 'b > peer:b', delivered)])).toEqual(['m2']);
  });

  test('defers: later due, one attempt more, with the reason', () => {
    receive('m1', ['a > peer:b']);
    claim('peer:b', 1000);
    store.settle([settlement('m1', 'a > peer:b', deferred(5000))]);
    expect(store.find('m1')[0]).toMatchObject({
      due: 5000,
      recipients: [{ address: 'a', attempts: 1, lastReason: '451 later' }],
    });
    expect(claim('peer:b', 4999)).toEqual([]);
    expect(claim('peer:b', 5000)).toEqual(['m1: a']);
  });

  test('counts no attempt when told so', () => {
    receive('m1', ['a > peer:b']);
    store.settle([settlement('m1', 'a > peer:b', deferred(5000, false))]);
    expect(store.find('m1')[0]?.recipients[0]?.attempts).toBe(0);
  });

  test('each recipient of a delivery comes when its own time has come', () => {
    receive('m1', ['a > peer:b', 'b > peer:b', 'c > peer:b']);
    claim('peer:b', 1000);
    store.settle([
      settlement('m1', 'a > peer:b', deferred(3000)),
      settlement('m1', 'b > peer:b', deferred(2000)),
      settlement('m1', 'c > peer:b', delivered),
    ]);
    expect(store.find('m1')[0]?.due).toBe(2000);
    expect(claim('peer:b', 2000)).toEqual(['m1: b']);
    store.settle([settlement('m1', 'b > peer:b', deferred(2500))]);
    expect(claim('peer:b', 3000)).toEqual(['m1: a b']);
  });

  test('a part of a claim leaves the rest claimed', () => {
    receive('m1', ['a > peer:b', 'b > peer:b']);
    claim('peer:b', 1000, 'call 1', 9999);
    store.settle([settlement('m1', 'a > peer:b', deferred(1500))]);
    expect(claim('peer:b', 2000)).toEqual([]);
    store.settle([settlement('m1', 'b > peer:b', deferred(1600))]);
    expect(claim('peer:b', 2000)).toEqual(['m1: a b']);
  });

  test('passes over what does not wait', () => {
    receive('m1', ['a > peer:b']);
    const late = [
      settlement('m1', 'x > peer:b', delivered),
      settlement('m1', 'a > peer:c', delivered),
      settlement('m9', 'a > peer:b', delivered),
    ];
    expect(store.settle(late)).toEqual([]);
    expect(store.find('m1')).toHaveLength(1);
  });

  test('takes the outcome of a claim that ran out and was given to another', () => {
    receive('m1', ['a > peer:b']);
    claim('peer:b', 1000, 'call 1', 1100);
    claim('peer:b', 1200, 'call 2', 1300);
    store.settle([settlement('m1', 'a > peer:b', delivered)]);
    expect(store.find('m1')).toEqual([]);
    store.settle([settlement('m1', 'a > peer:b', deferred(5000))]);
    expect(store.find('m1')).toEqual([]);
  });

  test('goes along with a new message: the report and the failure it reports', () => {
    store.receive({ id: 'm1', envelope: envelope(['a > peer:b']), size: 70_000 }, []);
    const report = { id: 'm2', envelope: envelope(['from > smtp:c'], { sender: '' }), size: 0 };
    expect(store.receive(report, [settlement('m1', 'a > peer:b', failed)])).toEqual(['m1']);
    expect(store.list(9).map(({ message }) => message)).toEqual(['m2']);
  });
});

describe('what is on hold', () => {
  test('is not given out, nor given up, nor warned of', () => {
    receive('m1', ['a > peer:b'], { hold: 'look first' });
    receive('m2', ['a > peer:b']);
    expect(claim('peer:b', 1000)).toEqual(['m2: a']);
    store.release('call 1');
    expect(store.destinations(1000, 1000)).toMatchObject([{ due: 1, waiting: 2, held: 1 }]);
    expect(store.overdue(9999, 9, 1000).map(({ message }) => message)).toEqual(['m2']);
    expect(store.unwarned(9999, 9, 1000).map(({ message }) => message)).toEqual(['m2']);
    expect(store.find('m1')).toMatchObject([{ hold: 'look first' }]);
    expect(store.totals()).toEqual({ messages: 2, octets: 6, deliveries: 2, held: 1 });
  });

  test('as a destination: nothing there is due until it is released, but time goes on', () => {
    receive('m1', ['a > peer:b', 'a > peer:c']);
    store.holdDestination('peer:b', 'line in repair', 1000);
    store.holdDestination('peer:z', 'not yet', 1001);
    expect(claim('peer:b', 1000)).toEqual([]);
    expect(store.destinations(1000, 1000)).toMatchObject([
      { destination: 'peer:b', due: 0, nextDue: undefined, waiting: 1, hold: 'line in repair' },
      { destination: 'peer:c', due: 1 },
    ]);
    expect(store.overdue(9999, 9, 1000)).toHaveLength(2);
    store.holdDestination('peer:b', 'still', 2000);
    expect(store.heldDestinations()).toEqual([
      { destination: 'peer:b', reason: 'still', since: 1000 },
      { destination: 'peer:z', reason: 'not yet', since: 1001 },
    ]);
    store.releaseDestination('peer:b');
    expect(claim('peer:b', 1000)).toEqual(['m1: a']);
  });

  test('as a destination stays so while nothing waits for it', () => {
    receive('m1', ['a > peer:b']);
    store.holdDestination('peer:b', 'line in repair', 1000);
    store.settle([settlement('m1', 'a > peer:b', failed)]);
    receive('m2', ['a > peer:b']);
    expect(claim('peer:b', 1000)).toEqual([]);
  });
});

describe('a warning', () => {
  test('is sent once per delivery, and changes nothing else', () => {
    receive('m1', ['a > peer:b', 'b > peer:b', 'c > peer:c'], { received: 500 });
    const before = store.find('m1');
    expect(store.unwarned(501, 9, 1000)).toHaveLength(2);
    expect(store.unwarned(500, 9, 1000)).toEqual([]);
    const report = { id: 'm2', envelope: envelope(['from > smtp:c'], { sender: '' }), size: 0 };
    store.receive(report, [settlement('m1', 'a > peer:b', { type: 'warned' })]);
    expect(store.unwarned(501, 9, 1000).map(({ destination }) => destination)).toEqual(['peer:c']);
    expect(store.find('m1')).toEqual([{ ...before[0], warned: true }, before[1]]);
    expect(store.overdue(501, 9, 1000)).toHaveLength(2);
  });

  test('lifts no claim', () => {
    receive('m1', ['a > peer:b']);
    claim('peer:b', 1000, 'call 1', 9999);
    store.settle([settlement('m1', 'a > peer:b', { type: 'warned' })]);
    expect(claim('peer:b', 1001)).toEqual([]);
  });
});

describe('what was to arrive by a given time', () => {
  const by = (at: number) => ({ deliverBy: { at, mode: 'N', trace: false } }) as const;

  test('is late then, the most urgent first, until the sender was told', () => {
    receive('m1', ['a > peer:b', 'b > peer:c'], by(1500));
    receive('m2', ['a > peer:b'], by(1200.7));
    receive('m3', ['a > peer:b']);
    const late = (now: number) => store.late(now, 9).map((d) => `${d.message} ${d.destination}`);
    expect(store.nextDeadline()).toBe(1200);
    expect(late(1199)).toEqual([]);
    expect(late(1500)).toEqual(['m2 peer:b', 'm1 peer:b', 'm1 peer:c']);
    store.settle([settlement('m2', 'a > peer:b', { type: 'late' })]);
    expect(late(1500)).toEqual(['m1 peer:b', 'm1 peer:c']);
    expect(store.find('m2')[0]).toMatchObject({ recipients: [{ attempts: 0 }], ...by(1200) });
    store.settle([settlement('m1', 'a > peer:b', delivered), settlement('m1', 'b > peer:c', delivered)]);
    expect(store.nextDeadline()).toBeUndefined();
  });

  test("is nobody else's business while it is claimed, and waits while it is on hold", () => {
    receive('m1', ['a > peer:b'], by(1500));
    receive('m2', ['a > peer:b'], { ...by(1100), hold: 'suspicious' });
    claim('peer:b', 1000, 'call 1', 2000);
    expect([store.late(1600, 9), store.nextDeadline()]).toEqual([[], 1500]);
    expect(store.late(2001, 9).map(({ message }) => message)).toEqual(['m1']);
  });

  test('stays so where it is sent another way', () => {
    receive('m1', ['a > peer:b'], by(1500));
    store.change({ message: 'm1' }, BEGINNING, { type: 'reroute', destination: 'peer:c' }, 1000);
    expect(store.late(1500, 9).map(({ destination }) => destination)).toEqual(['peer:c']);
  });
});

describe('questions', () => {
  test('destinations are summed up', () => {
    receive('m1', ['a > peer:b', 'b > peer:b', 'c > peer:c'], { received: 900 });
    receive('m2', ['a > peer:b'], { received: 800 });
    receive('m3', ['a > peer:b'], { received: 2000 });
    expect(store.destinations(1000, 1000)).toEqual([
      { destination: 'peer:b', due: 2, waiting: 3, held: 0, nextDue: 800, oldest: 800 },
      { destination: 'peer:c', due: 1, waiting: 1, held: 0, nextDue: 900, oldest: 900 },
    ]);
    claim('peer:b', 1000, 'call 1', 1500);
    claim('peer:c', 1000, 'call 1', 1500);
    expect(store.destinations(1000, 1000)).toEqual([
      { destination: 'peer:b', due: 0, waiting: 3, held: 0, nextDue: 2000, oldest: 800 },
      { destination: 'peer:c', due: 0, waiting: 1, held: 0, nextDue: undefined, oldest: 900 },
    ]);
    expect(store.destinations(1501, 1501)).toMatchObject([{ due: 2 }, { due: 1 }]);
  });

  test('a look into the future gives no claim back', () => {
    receive('m1', ['a > peer:b']);
    claim('peer:b', 1000, 'call 1', 1500);
    expect(store.destinations(9000, 1000)).toMatchObject([{ due: 0, nextDue: undefined }]);
    expect(claim('peer:b', 1000)).toEqual([]);
  });

  test('due deliveries are counted up to a limit', () => {
    for (let i = 0; i < DUE_COUNT_LIMIT + 5; i++) receive(`m${i}`, ['a > peer:b']);
    expect(store.destinations(1000, 1000)).toMatchObject([
      { due: DUE_COUNT_LIMIT, waiting: DUE_COUNT_LIMIT + 5 },
    ]);
  });

  test("overdue is what is old and in nobody's hands, with all its recipients", () => {
    receive('m1', ['a > peer:b', 'b > peer:b'], { received: 100 });
    receive('m2', ['a > peer:c'], { received: 200 });
    receive('m3', ['a > peer:b'], { received: 300 });
    store.settle([settlement('m1', 'a > peer:b', deferred(9000))]);
    claim('peer:c', 1000, 'call 1', 1500);
    const overdue = (before: number, limit: number, now: number) =>
      store.overdue(before, limit, now).map(({ message, recipients }) => [message, recipients.length]);
    expect(overdue(300, 10, 1000)).toEqual([['m1', 2]]);
    expect(overdue(301, 10, 1501)).toEqual([
      ['m1', 2],
      ['m2', 1],
      ['m3', 1],
    ]);
    expect(overdue(301, 2, 1501)).toHaveLength(2);
  });

  test('lists are by age, claimed or not', () => {
    receive('m1', ['a > peer:b', 'a > peer:c'], { received: 300 });
    receive('m2', ['a > peer:b'], { received: 100 });
    claim('peer:b', 1000);
    expect(store.list(9).map(({ message }) => message)).toEqual(['m2', 'm1', 'm1']);
    expect(store.list(1).map(({ message }) => message)).toEqual(['m2']);
  });

  test('a body in its row is given from an offset on', () => {
    const body = Uint8Array.of(1, 2, 3, 4);
    store.receive({ id: 'm1', envelope: envelope(['a > peer:b']), size: 4, body }, []);
    const octets = (offset: number) => Array.from(store.body('m1', offset)?.octets ?? [99]);
    expect([octets(0), octets(3), octets(4), octets(5)]).toEqual([[1, 2, 3, 4], [4], [], []]);
  });

  test('an empty body is a body, and not one in a file', () => {
    store.receive({ id: 'm1', envelope: envelope(['a > peer:b']), size: 0, body: new Uint8Array(0) }, []);
    expect(store.body('m1', 0)).toEqual({ size: 0, top: new Uint8Array(0), octets: new Uint8Array(0) });
  });

  test('times of a clock with fractions are taken: nothing comes too early', () => {
    receive('m1', ['a > peer:b'], { received: 1000.5 });
    claim('peer:b', 1000.7, 'call 1', 1100.5);
    expect(claim('peer:b', 1100.6, 'call 2')).toEqual([]);
    store.settle([settlement('m1', 'a > peer:b', deferred(2000.5))]);
    expect(claim('peer:b', 2000.6, 'call 2')).toEqual([]);
    expect(claim('peer:b', 2001, 'call 2')).toEqual(['m1: a']);
  });
});
