import { describe, expect, test } from 'vitest';
import { parseConfiguration } from '../../src/config/index.js';
import { VirtualClock } from '../../src/core/index.js';
import { CallTurns } from '../../src/gateway/call-turns.js';
import { Dispatcher } from '../../src/gateway/dispatcher.js';
import { FetchDesk } from '../../src/gateway/fetch-desk.js';
import { type Fetcher, FetchRights } from '../../src/gateway/fetch-rights.js';
import { FetchedMail } from '../../src/gateway/fetched-mail.js';
import type { Settler } from '../../src/gateway/settler.js';
import { Router } from '../../src/routing/index.js';
import type { EnhancedReply } from '../../src/smtp/index.js';
import { MemorySpool } from '../support/memory-spool.js';

const TOML = `
[gateway]
hostname = "hub.example"
nua = "1"
spool = "spool"
[auth]
users = "users"
[[link]]
name = "l"
type = "serial"
path = "/dev/x"
[[peer]]
name = "b"
nua = "22"
link = "l"
users = ["bob"]
[[peer]]
name = "c"
nua = "33"
link = "l"
[[route]]
domain = "b.example"
peer = "b"
[[route]]
domain = "both.example"
peer = ["c", "b"]
[[route]]
domain = "c.example"
peer = "c"
[[route]]
domain = "/^n(\\\\d+)\\\\.example$/"
nua = "$1"
link = "l"
[[route]]
domain = "odmr.example"
fetched_by = "carl"
[[route]]
domain = "*"
smtp = "127.0.0.1:25"
`;

/** Sessions of our own: `open` of them are never over. */
function hub(concurrency = 1) {
  const clock = new VirtualClock(Date.UTC(1990, 0, 1));
  const spool = new MemorySpool(clock);
  const parsed = parseConfiguration(TOML, '/gw.toml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const { configuration } = parsed;
  const settler = {
    returnLate: async () => false,
    sweep: async () => 0,
    sweepLate: async () => undefined,
    settle: async () => true,
    problem: () => {},
    catchUp: async () => true,
  } as unknown as Settler;
  const called: string[] = [];
  const dispatcher = new Dispatcher({
    turns: new CallTurns(),
    hostname: 'hub.example',
    spool,
    clock,
    settler: () => settler,
    transportFor: (destination) => ({
      concurrency,
      run: () => {
        called.push(destination);
        return new Promise(() => {});
      },
    }),
    nextTry: () => 0,
    onWell: () => {},
    onProblem: () => {},
  });
  const rights = new FetchRights(configuration, new Router(configuration.routes));
  const desk = new FetchDesk({
    rights: () => rights,
    dispatcher: () => dispatcher,
    spool,
    clock,
    etrnEveryMs: () => 60_000,
    onProblem: () => {},
  });
  const enqueue = async (...recipients: (readonly [address: string, destination: string])[]) => {
    const writer = await spool.receive();
    await writer.write(Buffer.from('Subject: x\r\n\r\n'));
    await writer.commit({
      sender: 's@x.example',
      recipients: recipients.map(([address, destination]) => ({ address, destination })),
      body: '7BIT',
      source: 'test',
      received: clock.wallTime(),
    });
  };
  return { clock, spool, dispatcher, desk, enqueue, called };
}

type Hub = ReturnType<typeof hub>;

const B: Fetcher = { peer: 'b' };

async function etrn({ desk }: Hub, name: string, fetcher: Fetcher, kind: 'domain' | 'queue' = 'domain') {
  const { reply } = await desk.etrn({ type: 'etrn', kind, name }, fetcher);
  return `${reply?.code} ${reply?.status}`;
}

async function atrn({ desk }: Hub, domains: string[], fetcher: Fetcher): Promise<FetchedMail> {
  const fetched = await desk.atrn(domains, fetcher);
  if (fetched instanceof FetchedMail) return fetched;
  throw new Error(said(fetched));
}

const said = ({ code, status }: EnhancedReply): string => `${code} ${status}`;

async function refused({ desk }: Hub, domains: string[], fetcher: Fetcher): Promise<string> {
  const fetched = await desk.atrn(domains, fetcher);
  return fetched instanceof FetchedMail ? 'mail' : said(fetched);
}

async function all(mail: FetchedMail): Promise<string[][]> {
  const found: string[][] = [];
  for (let next = await mail.next(); next !== undefined; next = await mail.next()) {
    found.push(next.recipients.map(({ address }) => address));
    await mail.settle(
      next,
      next.recipients.map(({ address }) => ({ address, outcome: 'delivered', reason: '250' })),
      'x25 26245300040',
    );
  }
  return found;
}

describe('whose mail it is', () => {
  test.each<[Fetcher, string, string]>([
    [{}, 'b.example', '530 5.7.0'],
    [{ login: 'eve' }, 'b.example', '530 5.7.0'],
    [{ peer: 'b' }, 'b.example', '251 2.0.0'],
    [{ peer: 'b' }, 'both.example', '251 2.0.0'],
    [{ peer: 'b' }, 'n22.example', '251 2.0.0'],
    [{ peer: 'b' }, 'n33.example', '459 5.7.1'],
    [{ login: 'carl' }, 'odmr.example', '251 2.0.0'],
    [{ login: 'carl' }, 'b.example', '459 5.7.1'],
    [{ login: 'bob' }, 'odmr.example', '459 5.7.1'],
    [{ peer: 'carl' }, 'odmr.example', '459 5.7.1'],
    [{ login: 'bob' }, 'b.example', '251 2.0.0'],
    [{ peer: 'c', login: 'bob' }, 'b.example', '251 2.0.0'],
    [{ peer: 'c' }, 'b.example', '459 5.7.1'],
    [{ peer: 'b' }, 'c.example', '459 5.7.1'],
    [{ peer: 'b' }, 'elsewhere.example', '459 5.7.1'],
  ])('%j and %s: ETRN says %s', async (fetcher, domain, reply) => {
    expect(await etrn(hub(), domain, fetcher)).toBe(reply);
  });

  test('a queue is named as its peer', async () => {
    expect(await etrn(hub(), 'b', B, 'queue')).toBe('251 2.0.0');
    expect(await etrn(hub(), 'c', B, 'queue')).toBe('459 5.7.1');
  });

  test.each<[Fetcher, string[], string]>([
    [{}, [], '530 5.7.0'],
    [B, [], '453 4.0.0'],
    [B, ['b.example'], '453 4.0.0'],
    [B, ['b.example', 'c.example'], '450 4.7.1'],
  ])('%j and %j: ATRN says %s', async (fetcher, domains, reply) => {
    expect(await refused(hub(), domains, fetcher)).toBe(reply);
  });
});

describe('ETRN', () => {
  test('begins a session, and not again before its time', async () => {
    const site = hub();
    await site.enqueue(['x@b.example', 'peer:b'], ['y@b.example', 'peer:c,b']);
    expect(await etrn(site, 'b.example', B)).toBe('253 2.0.0');
    expect(await etrn(site, 'b.example', B)).toBe('458 4.7.0');
    // The same peer, by another name.
    expect(await etrn(site, 'both.example', { login: 'bob' })).toBe('458 4.7.0');
    expect(await etrn(site, 'c.example', { peer: 'c' })).toBe('253 2.0.0');
    site.clock.runFor(60_000);
    expect(await etrn(site, 'b.example', B)).toBe('253 2.0.0');
    expect(new Set(site.called)).toEqual(new Set(['peer:b', 'peer:c,b']));
  });
});

describe('ATRN', () => {
  test('gives all destinations of the peer, and nothing that is put off or somebody else has', async () => {
    const site = hub();
    await site.enqueue(['x@b.example', 'peer:b'], ['z@both.example', 'peer:c,b'], ['w@c.example', 'peer:c']);
    await site.enqueue(['y@b.example', 'peer:b']);
    const mail = await atrn(site, [], B);
    expect(await all(mail)).toEqual([['x@b.example'], ['y@b.example'], ['z@both.example']]);
    await mail.end();
    await site.dispatcher.stop();
  });

  test('gives a user what waits for nobody else; ETRN calls nobody for it', async () => {
    const site = hub();
    await site.enqueue(['x@odmr.example', 'user:carl'], ['y@b.example', 'peer:b']);
    expect(await etrn(site, 'odmr.example', { login: 'carl' })).toBe('458 4.3.0');
    expect(await refused(site, [], { login: 'eve' })).toBe('530 5.7.0');
    const mail = await atrn(site, ['odmr.example'], { login: 'carl' });
    expect(await all(mail)).toEqual([['x@odmr.example']]);
    await mail.end();
  });

  test('of the domains named only: all other recipients are left as they were', async () => {
    const site = hub();
    await site.enqueue(['x@b.example', 'peer:b'], ['x@both.example', 'peer:b']);
    for (let i = 0; i < 40; i++) await site.enqueue([`o${i}@both.example`, 'peer:b']);
    await site.enqueue(['y@B.example', 'peer:b']);
    const mail = await atrn(site, ['b.EXAMPLE'], B);
    expect(await all(mail)).toEqual([['x@b.example'], ['y@B.example']]);
    await mail.end();
    const [destination] = await site.spool.destinations(site.clock.wallTime());
    expect(destination).toMatchObject({ destination: 'peer:b', due: 42, waiting: 42 }); // nothing is settled here
  });

  test('what was put off is due, if it was asked for', async () => {
    const site = hub();
    await site.enqueue(['x@b.example', 'peer:b']);
    await site.enqueue(['x@both.example', 'peer:b']);
    const later = site.clock.wallTime() + 3_600_000;
    const [one, other] = await site.spool.list(9);
    for (const { message = '', recipients = [] } of [one ?? {}, other ?? {}])
      await site.spool.settle([
        {
          message,
          destination: 'peer:b',
          recipient: recipients[0]?.address ?? '',
          outcome: { type: 'deferred', until: later, reason: 'busy' },
        },
      ]);
    const mail = await atrn(site, ['b.example'], B);
    expect(await all(mail)).toEqual([['x@b.example']]);
    await mail.end();
    expect(await site.spool.destinations(site.clock.wallTime())).toMatchObject([
      { due: 1, nextDue: expect.any(Number) },
    ]);
  });

  test('nothing of these domains: no mail, and nothing stays claimed', async () => {
    const site = hub();
    await site.enqueue(['x@both.example', 'peer:b']);
    expect(await refused(site, ['b.example'], B)).toBe('453 4.0.0');
    expect(await site.spool.destinations(site.clock.wallTime())).toMatchObject([{ due: 1 }]);
  });

  test('counts among the sessions that there may be', async () => {
    const site = hub(2);
    for (let i = 0; i < 40; i++) await site.enqueue([`x${i}@b.example`, 'peer:b']);
    const first = await atrn(site, [], B);
    const second = await atrn(site, [], B);
    expect(await refused(site, [], B)).toBe('451 4.3.0');
    await first.end();
    await second.end();
    expect(await refused(site, [], B)).toBe('mail');
  });

  test('what is under way already is not given twice', async () => {
    const site = hub();
    await site.enqueue(['x@b.example', 'peer:b']);
    site.dispatcher.poke();
    while (site.called.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(await refused(site, [], B)).toBe('451 4.3.0');
  });

  test('a gateway that stops gives nothing', async () => {
    const site = hub();
    await site.enqueue(['x@b.example', 'peer:b']);
    await site.dispatcher.stop();
    expect(await refused(site, [], B)).toBe('451 4.3.0');
  });
});
