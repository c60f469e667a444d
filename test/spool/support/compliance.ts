import { describe, expect, onTestFinished, test } from 'vitest';
import type {
  CheckpointWriter,
  DeliveryFilter,
  IncomingTransaction,
  Spool,
  TransactionKey,
} from '../../../src/spool/index.js';
import type { CheckpointLimits } from '../../../src/spool/transactions.js';
import {
  bodyOf,
  deferred,
  delivered,
  envelope,
  inShort,
  readAll,
  settlement,
  store,
  writeBody,
} from './mail.js';

export interface Place {
  readonly spool: Spool;
  /** Lets wall time pass. It begins at 1000. */
  pass(ms: number): void;
}

export type OpenPlace = (limits?: Partial<CheckpointLimits>) => Promise<Place>;

const TO = envelope(['a > peer:b', 'b > peer:c']);
const MANY = { messages: 100, octets: 1_000_000 };
const KEY: TransactionKey = { peer: '26245300040', hello: 'gw-b.example', id: '<1.2@gw-b.example>' };
const PREFIX = Buffer.from('Received: from gw-b.example\r\n');
const LEASE = 60_000;
const HOUR = 3_600_000;

/** What holds of every spool, seen from outside. */
export function aSpool(name: string, openPlace: OpenPlace): void {
  const open: OpenPlace = async (limits) => {
    const place = await openPlace(limits);
    onTestFinished(() => place.spool.close());
    return place;
  };
  describe(name, () => {
    queueing(open);
    holding(open);
    operating(open);
    interrupted(open);
    takenOver(open);
    limited(open);
    atTheNextHop(open);
  });
}

async function ids(claim: Promise<readonly { message: string }[]>): Promise<string[]> {
  return (await claim).map(({ message }) => message);
}

function queueing(open: OpenPlace): void {
  test.each([0, 1, 65_536, 65_537, 200_000])('gives back %i octets from every offset', async (size) => {
    const { spool } = await open();
    const id = await store(spool, bodyOf(size), TO);
    for (const offset of [0, 1, size, size + 1]) {
      expect(await readAll(spool.readBody(id, offset))).toBe(inShort(bodyOf(size).subarray(offset)));
    }
    expect(await spool.totals()).toEqual({ messages: 1, octets: size, deliveries: 2, held: 0 });
  });

  test.each([0, 1, 65_530, 65_536, 65_537])('puts a top above %i octets, and counts it', async (size) => {
    const { spool } = await open();
    const top = 'X-Was-Seen: whole\r\nX-Name: Gr\u00fc\u00dfe\r\n';
    const whole = Buffer.concat([Buffer.from(top), bodyOf(size)]);
    const above = Buffer.byteLength(top);
    const id = await store(spool, bodyOf(size), { ...TO, top });
    for (const offset of [0, 1, above - 1, above, above + 1, whole.length, whole.length + 1])
      expect(await readAll(spool.readBody(id, offset))).toBe(inShort(whole.subarray(offset)));
    for await (const chunk of spool.readBody(id)) expect(chunk.length).toBeLessThanOrEqual(65_536);
    expect(await spool.totals()).toMatchObject({ octets: whole.length });
    expect(await spool.find(id)).toMatchObject([{ size: whole.length }, { size: whole.length }]);
  });

  test('gives out by priority, then by time; each delivery to one owner until it is settled, released or late', async () => {
    const { spool, pass } = await open();
    const low = await store(spool, bodyOf(1), envelope(['a > peer:b'], { priority: -1 }));
    const first = await store(spool, bodyOf(1), envelope(['a > peer:b'], { received: 900 }));
    const second = await store(spool, bodyOf(1), envelope(['a > peer:b', 'b > peer:b']));
    const claim = (owner: string, messages: number) =>
      ids(spool.claim('peer:b', owner, { ...MANY, messages }, 2000));
    expect(await claim('x', 2)).toEqual([first, second]);
    expect(await claim('y', 9)).toEqual([low]);
    await spool.settle([
      settlement(first, 'a > peer:b', delivered),
      settlement(second, 'a > peer:b', deferred(5000)),
    ]);
    await spool.release('y');
    expect(await claim('z', 9)).toEqual([low]);
    await spool.renew('z', 9999);
    pass(1001);
    expect(await claim('z', 9)).toEqual([second]);
    expect((await spool.find(second))[0]?.recipients.map(({ attempts }) => attempts)).toEqual([1, 0]);
    expect(await spool.find(first)).toEqual([]);
  });

  test('settles with a commit, or not at all', async () => {
    const { spool } = await open();
    const id = await store(spool, bodyOf(1), envelope(['a > peer:b']));
    const failed = [settlement(id, 'a > peer:b', { type: 'failed', reason: '550 no' })];
    const writer = await spool.receive();
    await expect(writer.commit(envelope([]), failed)).rejects.toThrow(RangeError);
    expect(await spool.find(id)).toHaveLength(1);
    await writer.commit(envelope(['from > smtp:c'], { sender: '' }), failed);
    expect((await spool.list(9)).map(({ message }) => message)).toEqual([writer.id]);
  });

  test('leaves nothing of what was aborted', async () => {
    const { spool } = await open();
    const writer = await spool.receive();
    await writeBody(writer, bodyOf(100_000));
    await writer.abort();
    await expect(writer.commit(TO)).rejects.toThrow();
    expect(await spool.list(9)).toEqual([]);
    await expect(readAll(spool.readBody(writer.id))).rejects.toMatchObject({ code: 'spoolGone' });
  });

  test('says what is too old, and what was warned of', async () => {
    const { spool } = await open();
    const id = await store(spool, bodyOf(1), TO);
    expect(await ids(spool.overdue(1001, 9))).toEqual([id, id]);
    await spool.settle([settlement(id, 'a > peer:b', { type: 'warned' })]);
    expect((await spool.unwarned(1001, 9)).map(({ destination }) => destination)).toEqual(['peer:c']);
  });

  test('takes nothing more once it is closed', async () => {
    const { spool } = await open();
    await spool.close();
    const refused = { code: 'spoolClosed', temporary: true };
    await expect(spool.receive()).rejects.toMatchObject(refused);
    await expect(spool.partial(KEY, LEASE)).rejects.toMatchObject(refused);
    await expect(spool.list(9)).rejects.toMatchObject(refused);
  });
}

function holding(open: OpenPlace): void {
  test('gives nothing out that is on hold, message or destination', async () => {
    const { spool } = await open();
    await store(spool, bodyOf(1), envelope(['a > peer:b'], { hold: 'look first' }));
    const id = await store(spool, bodyOf(1), TO);
    await spool.holdDestination('peer:c', 'line in repair');
    expect(await ids(spool.claim('peer:b', 'x', MANY, 2000))).toEqual([id]);
    expect(await ids(spool.claim('peer:c', 'x', MANY, 2000))).toEqual([]);
    expect(await spool.destinations(1000)).toMatchObject([
      { destination: 'peer:b', waiting: 2, held: 1 },
      { destination: 'peer:c', due: 0, nextDue: undefined, hold: 'line in repair' },
    ]);
    expect(await spool.heldDestinations()).toEqual([
      { destination: 'peer:c', reason: 'line in repair', since: 1000 },
    ]);
    await spool.releaseDestination('peer:c');
    expect(await ids(spool.claim('peer:c', 'x', MANY, 2000))).toEqual([id]);
  });
}

function operating(open: OpenPlace): void {
  const PAGE = { limit: 1000 };

  /** One message an hour for each of these, in this order. @returns their ids */
  async function fill(spool: Spool, messages: readonly (readonly [sender: string, ...to: string[]])[]) {
    const stored: string[] = [];
    for (const [sender, ...to] of messages) {
      const received = 1000 + stored.length * HOUR;
      stored.push(await store(spool, bodyOf(10), envelope(to, { sender, received })));
    }
    return stored;
  }

  const MAIL = [
    ['ann@a.example', 'x@b.example > peer:b', 'y@c.example > peer:c'],
    ['Bob@a.example', 'x@sub.b.example > peer:b'],
    ['', 'z@b.example > peer:b'],
    ['ann@d.example', 'x@c.example > peer:c', 'y@e.example > peer:c'],
  ] as const;

  describe('an operator', () => {
    test.each<[string, DeliveryFilter, string]>([
      ['nothing', {}, '0b 0c 1b 2b 3c'],
      ['the destination', { destination: 'peer:b' }, '0b 1b 2b'],
      ['another destination', { destination: 'peer:z' }, ''],
      ['the sender', { sender: 'ANN@a.example' }, '0b 0c'],
      ['a part of the sender', { sender: '*@a.example' }, '0b 0c 1b'],
      ['no sender', { sender: '<>' }, '2b'],
      ['a domain', { domain: 'c.example' }, '0c 3c'],
      ['a domain of the second recipient', { domain: 'E.example' }, '3c'],
      ['domains below', { domain: '*.b.example' }, '1b'],
      ['the beginning', { receivedAfter: 1000 + HOUR }, '1b 2b 3c'],
      ['the end', { receivedBefore: 1000 + HOUR }, '0b 0c'],
      [
        'a time',
        { receivedAfter: 1000 + HOUR, receivedBefore: 1000 + 2 * HOUR, destination: 'peer:b' },
        '1b',
      ],
      ['both', { destination: 'peer:c', sender: 'ann@a*' }, '0c'],
      ['a hold', { held: true }, '1b'],
      ['no hold', { held: false }, '0b 0c 2b 3c'],
    ])('finds by %s', async (_what, filter, expected) => {
      const { spool } = await open();
      const stored = await fill(spool, MAIL);
      await spool.operator.change({ message: stored[1] ?? '' }, { type: 'hold', reason: 'look first' });
      const found: string[] = [];
      let after: string | undefined;
      do {
        const page = await spool.operator.search(filter, { limit: 2, ...(after !== undefined && { after }) });
        expect(page.deliveries.length).toBeLessThanOrEqual(2);
        found.push(
          ...page.deliveries.map(
            ({ message, destination }) => `${stored.indexOf(message)}${destination.at(-1)}`,
          ),
        );
        after = page.next;
      } while (after !== undefined);
      expect(found.join(' ')).toBe(expected);
    });

    test('finds one message, whole or by destination', async () => {
      const { spool } = await open();
      const [first = ''] = await fill(spool, MAIL);
      const page = await spool.operator.search({ message: first }, PAGE);
      expect(page).toEqual({ deliveries: await spool.find(first) });
      const one = await spool.operator.search({ message: first, destination: 'peer:c' }, PAGE);
      expect(one.deliveries).toMatchObject([{ destination: 'peer:c' }]);
      await expect(spool.operator.search({}, { limit: 1, after: 'x' })).rejects.toThrow(RangeError);
    });

    test('goes through more than one request takes', async () => {
      const { spool } = await open();
      for (let i = 0; i < 12; i++) {
        const to = Array.from({ length: 100 }, (_, n) => `${n}@x > peer:${n}`);
        await store(spool, bodyOf(1), envelope(to, { sender: i === 11 ? 'last@x' : 'x@x', received: i }));
      }
      expect((await spool.operator.search({ sender: 'last@x' }, PAGE)).deliveries).toHaveLength(100);
      expect((await spool.operator.search({}, { limit: 5000 })).deliveries).toHaveLength(1200);
      const change = await spool.operator.change({ sender: 'x@x' }, { type: 'hold', reason: 'r' });
      expect(change).toEqual({ changed: 1100, busy: 0 });
      expect((await spool.operator.search({ held: true }, { limit: 5000 })).deliveries).toHaveLength(1100);
      expect(await spool.operator.change({ held: true }, { type: 'delete' })).toMatchObject({
        changed: 1100,
      });
      expect(await spool.totals()).toEqual({ messages: 1, octets: 1, deliveries: 100, held: 0 });
    });

    test('holds and releases', async () => {
      const { spool } = await open();
      const [first = ''] = await fill(spool, MAIL);
      const { operator } = spool;
      expect(await operator.change({ sender: 'ann@*' }, { type: 'hold', reason: 'a' })).toMatchObject({
        changed: 3,
      });
      expect(await spool.totals()).toMatchObject({ held: 3 });
      expect((await spool.find(first)).map(({ hold }) => hold)).toEqual(['a', 'a']);
      expect(await ids(spool.claim('peer:b', 'x', MANY, 2000))).toEqual([]);
      expect(await operator.change({ destination: 'peer:b' }, { type: 'release' })).toMatchObject({
        changed: 1,
      });
      expect(await ids(spool.claim('peer:b', 'x', MANY, 2000))).toEqual([first]);
    });

    test('has everything tried at once', async () => {
      const { spool } = await open();
      const id = await store(spool, bodyOf(1), envelope(['a > peer:b', 'b > peer:b']));
      await spool.settle([
        settlement(id, 'a > peer:b', deferred(9_000_000)),
        settlement(id, 'b > peer:b', deferred(9_000_001)),
      ]);
      expect(await ids(spool.claim('peer:b', 'x', MANY, 2000))).toEqual([]);
      expect(await spool.operator.change({}, { type: 'retry' })).toEqual({ changed: 1, busy: 0 });
      const [claimed] = await spool.claim('peer:b', 'x', MANY, 2000);
      expect(claimed?.recipients.map(({ attempts }) => attempts)).toEqual([1, 1]);
    });

    test('sends mail another way, and nobody gets it twice', async () => {
      const { spool } = await open();
      const to = ['a > peer:b', 'b > peer:b', 'a > peer:c'];
      const id = await store(spool, bodyOf(1), envelope(to, { priority: 3, hold: 'wait' }));
      await spool.operator.change({ destination: 'peer:c' }, { type: 'release' });
      const reroute = { type: 'reroute', destination: 'peer:c' } as const;
      expect(await spool.operator.change({}, reroute)).toEqual({ changed: 1, busy: 0 });
      expect(await spool.operator.change({}, reroute)).toEqual({ changed: 0, busy: 0 });
      const found = await spool.find(id);
      expect(found).toMatchObject([{ destination: 'peer:c', priority: 3 }]);
      expect(found[0]?.recipients.map(({ address }) => address).sort()).toEqual(['a', 'b']);
      await spool.operator.change({ message: id }, { type: 'reroute', destination: 'smtp:new' });
      expect(await ids(spool.claim('smtp:new', 'x', MANY, 2000))).toEqual([id]);
      expect((await spool.destinations(1000)).map(({ destination }) => destination)).toEqual(['smtp:new']);
    });

    test('sends mail another way to where some of it goes already: it is due when its recipients are', async () => {
      const { spool } = await open();
      const id = await store(spool, bodyOf(1), envelope(['a > peer:b', 'a > peer:c', 'b > peer:c']));
      await spool.settle([
        settlement(id, 'a > peer:b', deferred(3000)),
        settlement(id, 'b > peer:c', deferred(2500)),
      ]);
      await spool.claim('peer:c', 'x', MANY, 9000); // and given back: nothing of that claim stays
      await spool.release('x');
      await spool.operator.change({ destination: 'peer:c' }, { type: 'reroute', destination: 'peer:b' });
      expect(await spool.find(id)).toMatchObject([{ destination: 'peer:b', due: 2500 }]);
      expect(await ids(spool.claim('peer:b', 'x', MANY, 9000))).toEqual([]);
    });

    test('sends some recipients another way, and the others stay', async () => {
      const { spool } = await open();
      const to = ['a > peer:b', 'b > peer:b', 'c > peer:b', 'c > peer:c'];
      const id = await store(spool, bodyOf(1), envelope(to));
      await spool.settle([settlement(id, 'a > peer:b', deferred(9000))]);
      const some = { type: 'reroute', destination: 'peer:c', recipients: ['b', 'c', 'nobody'] } as const;
      const peerB = { message: id, destination: 'peer:b' };
      expect(await spool.operator.change(peerB, some)).toEqual({ changed: 1, busy: 0 });
      expect(await spool.operator.change(peerB, some)).toEqual({ changed: 0, busy: 0 });
      const found = (await spool.find(id)).map(({ destination, due, recipients }) => [
        destination,
        due,
        recipients.map(({ address }) => address).sort(),
      ]);
      expect(found).toEqual([
        ['peer:b', 9000, ['a']],
        ['peer:c', 1000, ['b', 'c']],
      ]);
      await spool.operator.change(peerB, { ...some, recipients: ['a'] });
      expect((await spool.find(id)).map(({ destination }) => destination)).toEqual(['peer:c']);
    });

    test('deletes, and the body goes too', async () => {
      const { spool } = await open();
      const id = await store(spool, bodyOf(100_000), TO);
      expect(await spool.operator.change({ domain: '*' }, { type: 'delete' })).toEqual({
        changed: 2,
        busy: 0,
      });
      expect(await spool.totals()).toEqual({ messages: 0, octets: 0, deliveries: 0, held: 0 });
      await expect(readAll(spool.readBody(id))).rejects.toMatchObject({ code: 'spoolGone' });
    });

    test('changes nothing of what somebody delivers just now, but holds it for afterwards', async () => {
      const { spool } = await open();
      const id = await store(spool, bodyOf(1), TO);
      await spool.claim('peer:b', 'x', MANY, 2000);
      for (const type of ['retry', 'delete'] as const) {
        expect(await spool.operator.change({ destination: 'peer:b' }, { type })).toEqual({
          changed: 0,
          busy: 1,
        });
      }
      const hold = { type: 'hold', reason: 'r' } as const;
      expect(await spool.operator.change({ message: id }, hold)).toEqual({ changed: 2, busy: 0 });
      await spool.release('x');
      expect(await ids(spool.claim('peer:b', 'x', MANY, 2000))).toEqual([]);
    });

    test('takes what is to be given up: nobody else gets it meanwhile', async () => {
      const { spool } = await open();
      const stored = await fill(spool, MAIL);
      await spool.operator.change({ destination: 'peer:b' }, { type: 'hold', reason: 'r' });
      await spool.claim('peer:c', 'a call', { messages: 1, octets: 1 }, 9_000_000);
      const first = await spool.operator.take({ sender: 'ann@*' }, 'operator', 9_000_000, { limit: 1 });
      const { next = '' } = first;
      const rest = await spool.operator.take({ sender: 'ann@*' }, 'operator', 9_000_000, {
        limit: 9,
        after: next,
      });
      const taken = [...first.deliveries, ...rest.deliveries];
      expect(taken.map(({ message, destination }) => [stored.indexOf(message), destination])).toEqual([
        [0, 'peer:b'],
        [3, 'peer:c'],
      ]);
      await spool.settle(
        taken.flatMap(({ message, destination, recipients }) =>
          recipients.map(({ address }) =>
            settlement(message, `${address} > ${destination}`, { type: 'failed', reason: 'given up' }),
          ),
        ),
      );
      expect((await spool.list(9)).map(({ message }) => stored.indexOf(message))).toEqual([0, 1, 2]);
    });

    test('sees how old the mail of each destination is', async () => {
      const { spool } = await open();
      await fill(spool, MAIL);
      expect(await spool.operator.ages(1000 + 3 * HOUR, [0, HOUR, 2 * HOUR])).toEqual([
        { destination: 'peer:b', counts: [0, 1, 1, 1] },
        { destination: 'peer:c', counts: [1, 0, 0, 1] },
      ]);
    });
  });
}

/** A transaction that is expected to be in this state. */
async function expectState<S extends IncomingTransaction['state']>(
  spool: Spool,
  state: S,
  key = KEY,
): Promise<Extract<IncomingTransaction, { state: S }>> {
  const transaction = await spool.partial(key, LEASE);
  expect(transaction.state).toBe(state);
  return transaction as Extract<IncomingTransaction, { state: S }>;
}

async function begun(spool: Spool, key = KEY): Promise<CheckpointWriter> {
  const { writer } = await expectState(spool, 'new', key);
  await writer.begin(TO, PREFIX);
  return writer;
}

/** Begins a message and loses the session after so many octets. */
async function interrupt(spool: Spool, octets: number, key = KEY): Promise<string> {
  const writer = await begun(spool, key);
  await writer.write(bodyOf(octets));
  await writer.suspend();
  return writer.id;
}

function interrupted(open: OpenPlace): void {
  describe('a message that is cut off', () => {
    test.each([
      [1, 10],
      [40_000, 60_000],
      [70_000, 70_000],
      [200_000, 200_001],
      [3_000_000, 3_000_100],
    ])('after %i octets goes on there, and is whole in the end', async (cut, size) => {
      const { spool } = await open();
      const id = await interrupt(spool, cut);
      expect(await spool.list(9)).toEqual([]);
      const { writer, envelope: kept } = await expectState(spool, 'interrupted');
      expect([writer.id, writer.offset, kept]).toEqual([id, cut, TO]);
      await writer.write(bodyOf(size).subarray(writer.offset));
      await writer.commit(kept, '250 2.0.0 ok');
      const expected = Buffer.concat([PREFIX, bodyOf(size)]);
      expect(await readAll(spool.readBody(id))).toBe(inShort(expected));
      expect(await ids(spool.list(9))).toEqual([id, id]);
    });

    test.each([500, 90_000])('after %i octets gives them back, and takes a top in the end', async (cut) => {
      const { spool } = await open();
      const id = await interrupt(spool, cut);
      const { writer, envelope: kept } = await expectState(spool, 'interrupted');
      expect(await readAll(writer.stored())).toBe(inShort(bodyOf(cut)));
      await writer.commit({ ...kept, top: 'X-Top: 1\r\n' }, '250 2.0.0 ok');
      const expected = Buffer.concat([Buffer.from('X-Top: 1\r\n'), PREFIX, bodyOf(cut)]);
      expect(await readAll(spool.readBody(id))).toBe(inShort(expected));
    });

    test('again and again loses nothing', async () => {
      const { spool } = await open();
      const body = bodyOf(150_000);
      const id = await interrupt(spool, 7);
      for (let at = 7; at < body.length; at += 30_000) {
        const { writer } = await expectState(spool, 'interrupted');
        expect(writer.offset).toBe(at);
        await writer.write(body.subarray(at, at + 30_000));
        await writer.suspend();
      }
      const { writer } = await expectState(spool, 'interrupted');
      await writer.commit(TO, '250');
      expect(await readAll(spool.readBody(id, PREFIX.length))).toBe(inShort(body));
    });

    test('before its first octet leaves nothing', async () => {
      const { spool } = await open();
      const { writer } = await expectState(spool, 'new');
      await writer.suspend();
      const second = await begun(spool);
      await second.suspend();
      await expectState(spool, 'new');
    });

    test('promises only what it put on stable storage', async () => {
      const { spool } = await open();
      const writer = await begun(spool);
      await writer.write(bodyOf(30_000));
      expect(writer.offset).toBe(0);
      expect(await readAll(writer.stored())).toBe(inShort(bodyOf(0)));
      expect(await writer.checkpoint()).toBe(30_000);
      await writer.write(bodyOf(100_000));
      expect(writer.offset).toBe(30_000);
      await writer.suspend();
      expect((await expectState(spool, 'interrupted')).writer.offset).toBe(130_000);
    });

    test('that is long, or slow, is put on stable storage as it comes', async () => {
      const { spool, pass } = await open();
      const long = await begun(spool);
      await long.write(bodyOf(1_200_000));
      expect(long.offset).toBeGreaterThan(1_000_000);
      await long.abort();
      const slow = await begun(spool);
      await slow.write(bodyOf(60_000));
      pass(30_000);
      await slow.write(bodyOf(10_000));
      expect(slow.offset).toBe(65_536 - PREFIX.length);
    });

    test('belongs to its peer, its greeting and its id', async () => {
      const { spool } = await open();
      await interrupt(spool, 1000);
      for (const other of [{ peer: '1' }, { hello: 'x' }, { id: KEY.id.toUpperCase() }]) {
        const { writer } = await expectState(spool, 'new', { ...KEY, ...other });
        await writer.abort();
      }
      await expectState(spool, 'interrupted');
    });

    test('and given up is forgotten', async () => {
      const { spool } = await open();
      const id = await interrupt(spool, 100_000);
      const { writer } = await expectState(spool, 'interrupted');
      await writer.abort();
      expect((await expectState(spool, 'new')).writer.id).not.toBe(id);
    });
  });

  describe('a message that is taken in', () => {
    test.each([10, 200_000])('of %i octets is answered as before, and not taken in again', async (size) => {
      const { spool } = await open();
      const writer = await begun(spool);
      await writer.write(bodyOf(size));
      const old = await store(spool, bodyOf(1), envelope(['z > peer:z']));
      await writer.commit(TO, '250 2.0.0 queued', [settlement(old, 'z > peer:z', delivered)]);
      const finished = { state: 'finished', message: writer.id, reply: '250 2.0.0 queued', size };
      expect(await spool.partial(KEY, LEASE)).toEqual(finished);
      expect((await spool.list(9)).map(({ destination }) => destination).sort()).toEqual([
        'peer:b',
        'peer:c',
      ]);
      // Delivered long ago, it is still known.
      await spool.settle([
        settlement(writer.id, 'a > peer:b', delivered),
        settlement(writer.id, 'b > peer:c', delivered),
      ]);
      expect(await spool.totals()).toMatchObject({ messages: 0 });
      expect(await spool.partial(KEY, LEASE)).toEqual(finished);
    });

    test('says what is wrong with the use of its writer', async () => {
      const { spool } = await open();
      const { writer } = await expectState(spool, 'new');
      await expect(writer.write(bodyOf(1))).rejects.toThrow('not begun');
      await writer.begin(TO, PREFIX);
      await expect(writer.commit(envelope([]), '250')).rejects.toThrow(RangeError);
      await writer.commit(TO, '250');
      await expect(writer.write(bodyOf(1))).rejects.toThrow('before');
      await writer.suspend();
      await writer.abort();
      expect(await spool.find(writer.id)).toHaveLength(2);
    });
  });
}

function takenOver(open: OpenPlace): void {
  describe('a second session with the same transaction', () => {
    test('is turned away while the first says something', async () => {
      const { spool, pass } = await open();
      const writer = await begun(spool);
      for (let i = 0; i < 3; i++) {
        pass(LEASE);
        await expectState(spool, 'held');
        await writer.write(bodyOf(10));
      }
    });

    test('is turned away while it is being looked for', async () => {
      const { spool } = await open();
      const both = await Promise.all([spool.partial(KEY, LEASE), spool.partial(KEY, LEASE)]);
      expect(both.map(({ state }) => state)).toEqual(['new', 'held']);
    });

    test('takes over when the first was silent, with all that it had brought', async () => {
      const { spool, pass } = await open();
      const first = await begun(spool);
      await first.write(bodyOf(100_000));
      pass(LEASE + 1);
      const { writer } = await expectState(spool, 'interrupted');
      expect(writer.offset).toBe(100_000);
      for (const late of [first.write(bodyOf(1)), first.commit(TO, '250'), first.checkpoint()]) {
        await expect(late).rejects.toMatchObject({ code: 'spoolTaken', temporary: true });
      }
      await first.suspend();
      await first.abort();
      await expectState(spool, 'held');
      await writer.write(bodyOf(100_001).subarray(100_000));
      await writer.commit(TO, '250');
      expect(await readAll(spool.readBody(writer.id, PREFIX.length))).toBe(inShort(bodyOf(100_001)));
    });
  });
}

function limited(open: OpenPlace): void {
  const key = (n: number): TransactionKey => ({ ...KEY, id: `<${n}@x>` });

  async function states(spool: Spool, count: number): Promise<string[]> {
    const all: string[] = [];
    for (let i = 0; i < count; i++) {
      const transaction = await spool.partial(key(i), LEASE);
      all.push(transaction.state);
      if ('writer' in transaction) await transaction.writer.suspend();
    }
    return all;
  }

  describe('what is kept', () => {
    test('is kept for 48 hours', async () => {
      const { spool, pass } = await open();
      await interrupt(spool, 1000, key(0));
      await (await begun(spool, key(1))).commit(TO, '250');
      pass(48 * HOUR);
      await spool.tidy();
      expect(await states(spool, 2)).toEqual(['interrupted', 'finished']);
      pass(1);
      expect(await states(spool, 2)).toEqual(['new', 'new']);
      await spool.tidy();
      expect(await states(spool, 2)).toEqual(['new', 'new']);
    });

    test('is limited in number, oldest first, for each peer alone', async () => {
      const { spool, pass } = await open({ interrupted: 2, finished: 1 });
      await interrupt(spool, 1000, { ...KEY, peer: 'other' });
      for (let i = 0; i < 3; i++, pass(1)) await interrupt(spool, 1000, key(i));
      expect(await states(spool, 3)).toEqual(['new', 'interrupted', 'interrupted']);
      for (let i = 0; i < 2; i++, pass(1)) {
        await (await begun(spool, { ...KEY, hello: `${i}` })).commit(TO, '250');
      }
      await expectState(spool, 'new', { ...KEY, hello: '0' });
      await expectState(spool, 'finished', { ...KEY, hello: '1' });
      await expectState(spool, 'interrupted', { ...KEY, peer: 'other' });
    });

    test('is limited in octets; what is thrown away while it comes in arrives all the same', async () => {
      const { spool, pass } = await open({ octets: 250_000 });
      const open1 = await begun(spool, key(0));
      await open1.write(bodyOf(100_000));
      await open1.checkpoint();
      pass(1);
      await interrupt(spool, 200_000, key(1));
      expect(open1.offset).toBe(0);
      await open1.write(bodyOf(100_010).subarray(100_000));
      await open1.commit(TO, '250');
      expect(await readAll(spool.readBody(open1.id, PREFIX.length))).toBe(inShort(bodyOf(100_010)));
      expect(await states(spool, 2)).toEqual(['finished', 'interrupted']);
    });

    test('is nothing of a message that is longer than all that may be kept', async () => {
      const { spool } = await open({ octets: 250_000 });
      const writer = await begun(spool, key(0));
      await writer.write(bodyOf(100_000));
      expect(await writer.checkpoint()).toBe(100_000);
      await writer.write(bodyOf(300_000).subarray(100_000));
      expect(await writer.checkpoint()).toBe(0);
      await writer.suspend();
      const again = await begun(spool, key(0));
      await again.write(bodyOf(300_000));
      await again.commit(TO, '250');
      expect(await readAll(spool.readBody(again.id, PREFIX.length))).toBe(inShort(bodyOf(300_000)));
    });
  });
}

function atTheNextHop(open: OpenPlace): void {
  test('keeps how a message was begun at the next hop, until a recipient is settled for good', async () => {
    const { spool } = await open();
    const id = await store(spool, bodyOf(1), envelope(['a > peer:b', 'b > peer:b', 'c > peer:c']));
    const transaction = { id: '<7@gw-a>', hash: 'ab'.repeat(32), octets: 100, at: 0, recipients: ['a', 'b'] };
    await spool.keepTransaction(id, 'peer:b', transaction);
    const kept = async () => (await spool.find(id)).map((delivery) => delivery.transaction);
    await spool.settle([settlement(id, 'a > peer:b', deferred(2000))]);
    expect(await kept()).toEqual([transaction, undefined]);
    expect((await spool.claim('peer:b', 'x', MANY, 2000))[0]?.transaction).toEqual(transaction);
    await spool.settle([settlement(id, 'b > peer:b', delivered)]);
    expect(await kept()).toEqual([undefined, undefined]);
    await spool.keepTransaction(id, 'peer:b', transaction);
    await spool.keepTransaction(id, 'peer:b');
    expect(await kept()).toEqual([undefined, undefined]);
    await spool.keepTransaction('gone', 'peer:b', transaction);
  });
}
