/** Mail that is fetched: by ATRN over the same call (RFC 2645), by ETRN over another one (RFC 1985). */
import { describe, expect, test } from 'vitest';
import { type SimulatedSite, SimulatedSites, type SiteName, siteToml } from '../support/simulated-sites.js';

const HOUR = 3_600_000;

/** Site a calls, and fetches what b has for it. */
function fetchingToml(how: string, more = '', name: SiteName = 'a'): string {
  return siteToml(name).replace('link = "psdn0"', `link = "psdn0"\nfetch = "${how}"\n${more}`);
}

const DOMAINS = 'fetch_domains = ["site-a.example"]';

const problems = ({ events }: SimulatedSite) =>
  events.flatMap((event) => (event.type === 'problem' ? [event.problem] : []));

const senders = ({ spool }: SimulatedSite) => spool.history.map(({ envelope }) => envelope.sender);

/** Mail at b that b can not bring by itself: nothing that it sends on its own line arrives before a calls. */
async function waitingAtB(sites: SimulatedSites, count = 1, toml = siteToml('b')): Promise<SimulatedSite> {
  const b = await sites.start('b', { toml });
  for (let i = 1; i <= count; i++)
    await b.enqueue({ to: 'x@site-a.example', sender: `b${i}@site-b.example` });
  // a is not on the network yet: tried in vain, and then not for hours.
  await sites.runUntil(() => b.calls().length === 1);
  return b;
}

describe('ATRN', () => {
  test('one call carries mail both ways', async () => {
    const sites = new SimulatedSites();
    const b = await waitingAtB(sites, 20);
    const a = await sites.start('a', { toml: fetchingToml('atrn') });
    await a.enqueue({ to: 'x@site-b.example', sender: 'a1@site-a.example' });
    await sites.runUntil(() => a.calls().length === 1 && b.calls().length === 2);
    expect(senders(b).slice(20)).toEqual(['a1@site-a.example']);
    expect(senders(a).slice(1)).toEqual(Array.from({ length: 20 }, (_, i) => `b${i + 1}@site-b.example`));
    // The side that has read the 221 clears: after ATRN the called one (RFC 1090 §9).
    expect(a.calls()).toMatchObject([
      {
        verdict: 'completed',
        messagesSent: 1,
        messagesReceived: 20,
        ending: { by: 'peer', diagnostic: 0xf1 },
      },
    ]);
    expect(b.calls()[1]).toMatchObject({
      direction: 'incoming',
      verdict: 'completed',
      messagesSent: 20,
      messagesReceived: 1,
      ending: { by: 'us', cause: 0, diagnostic: 0xf1 },
    });
    expect((await b.spool.list(30)).map(({ destination }) => destination)).toEqual([
      'smtp:mailbox.example:25',
    ]);
    expect([...problems(a), ...problems(b)]).toEqual([]);
  });

  test('only for the domains that are named', async () => {
    const sites = new SimulatedSites();
    const toml = siteToml('b').replace(
      'domain = "site-a.example"',
      'domain = "/^(site-a|other-a)\\\\.example$/"',
    );
    const b = await waitingAtB(sites, 1, toml);
    await b.enqueue({ to: 'y@other-a.example', sender: 'b2@site-b.example' });
    const a = await sites.start('a', { toml: fetchingToml('atrn', DOMAINS) });
    await a.enqueue({ to: 'x@site-b.example' });
    await sites.runUntil(() => a.calls().length === 1);
    expect(senders(a).slice(1)).toEqual(['b1@site-b.example']);
    const waiting = await b.spool.list(10);
    expect(
      waiting.map(({ recipients }) => recipients.map(({ address, attempts }) => [address, attempts])),
    ).toEqual(expect.arrayContaining([[['y@other-a.example', expect.any(Number)]]]));
  });

  test('no mail there: the call ends as ever, and nobody is told', async () => {
    const sites = new SimulatedSites();
    const [a, b] = [await sites.start('a', { toml: fetchingToml('atrn') }), await sites.start('b')];
    await a.enqueue({ to: 'x@site-b.example' });
    await sites.runUntil(() => a.calls().length === 1 && b.calls().length === 1);
    expect(a.calls()).toMatchObject([{ verdict: 'completed', messagesSent: 1, ending: { by: 'us' } }]);
    expect([...problems(a), ...problems(b)]).toEqual([]);
  });

  test('a domain of somebody else is refused, and told here', async () => {
    const sites = new SimulatedSites();
    const toml = fetchingToml('atrn', 'fetch_domains = ["site-b.example"]');
    const [a] = [await sites.start('a', { toml }), await sites.start('b')];
    await a.enqueue({ to: 'x@site-b.example' });
    await sites.runUntil(() => a.calls().length === 1);
    expect(problems(a)).toEqual([
      'fetching mail from other: 450 4.7.1 ATRN request refused: site-b.example is not yours',
    ]);
  });

  test('a caller that no peer is known by gets nothing', async () => {
    const sites = new SimulatedSites();
    const toml = siteToml('b', '[[incoming]]\ncalling = "*"\naction = "engine"\n').replace(
      'nua = "23421000001"',
      'nua = "9999"',
    );
    await sites.start('b', { toml });
    const a = await sites.start('a', { toml: fetchingToml('atrn') });
    await a.enqueue({ to: 'x@site-b.example' });
    await sites.runUntil(() => a.calls().length === 1);
    expect(problems(a)[0]).toMatch(/^fetching mail from other: 530 5\.7\.0 Authentication required/);
  });

  test('fetched often, although nothing waits here; nothing there costs one short call', async () => {
    const sites = new SimulatedSites();
    await waitingAtB(sites);
    const a = await sites.start('a', { toml: fetchingToml('atrn', 'fetch_every = "1h"') });
    await sites.runFor(HOUR - 1000);
    expect(a.calls()).toEqual([]);
    await sites.runFor(2 * HOUR);
    expect(a.calls()).toMatchObject([{ messagesReceived: 1 }, { messagesReceived: 0 }]);
    expect(senders(a)).toEqual(['b1@site-b.example']);
    // A call for mail of ours is a time at which it was asked, too.
    await a.enqueue({ to: 'x@site-b.example' });
    await sites.runUntil(() => a.calls().length === 3);
    const at = sites.clock.now();
    await sites.runUntil(() => a.calls().length === 4);
    expect(sites.clock.now() - at).toBeGreaterThan(HOUR - 60_000);
  });

  test('cut off after it has turned: what was not confirmed is fetched the next time, nothing twice', async () => {
    const sites = new SimulatedSites();
    const b = await waitingAtB(sites, 5);
    let isCut = false;
    const a = await sites.start('a', {
      toml: fetchingToml('atrn', 'fetch_every = "1h"'),
      subscription: { bitsPerSecond: 9600, disturb: (octets) => (isCut ? [] : [octets]) },
    });
    await sites.runUntil(() => a.spool.history.length === 2);
    isCut = true;
    await sites.runUntil(() => a.calls().length === 1);
    isCut = false;
    await sites.runUntil(() => a.spool.history.length >= 5, 12 * HOUR);
    await sites.runFor(12 * HOUR);
    const mail = senders(a).filter((sender) => sender !== ''); // and a warning that it took long
    expect(new Set(mail).size).toBe(5);
    // At most the message whose confirmation was lost comes again.
    expect(mail.length).toBeLessThanOrEqual(6);
    expect((await b.spool.list(10)).map(({ destination }) => destination)).not.toContain('peer:other');
  });

  test('cut off in a call for its own mail: called again for the rest, when it is time, without any mail here', async () => {
    const sites = new SimulatedSites();
    await waitingAtB(sites, 5);
    let isCut = false;
    const a = await sites.start('a', {
      toml: fetchingToml('atrn'),
      subscription: { bitsPerSecond: 9600, disturb: (octets) => (isCut ? [] : [octets]) },
    });
    await a.enqueue({ to: 'x@site-b.example' });
    await sites.runUntil(() => a.spool.history.length === 3);
    isCut = true;
    await sites.runUntil(() => a.calls().length === 1);
    isCut = false;
    const at = sites.clock.now();
    await sites.runUntil(() => a.calls().length === 2 && a.calls()[1]?.verdict === 'completed', HOUR);
    expect(sites.clock.now() - at).toBeGreaterThan(30_000);
    const mail = senders(a).filter((sender) => /^b\d@/.test(sender));
    expect(new Set(mail).size).toBe(5);
  });

  test('a gateway that stops ends a session that has turned after its present message', async () => {
    const sites = new SimulatedSites();
    const b = await waitingAtB(sites, 10);
    const a = await sites.start('a', {
      toml: fetchingToml('atrn', 'fetch_every = "1h"'),
      subscription: { bitsPerSecond: 2400 },
    });
    await sites.runUntil(() => a.spool.history.length === 1);
    let stopped = 0;
    void b.gateway.stop().then(() => stopped++);
    await sites.runUntil(() => stopped === 1, 60_000);
    expect(b.calls()[1]).toMatchObject({ verdict: 'completed' });
    expect(a.spool.history.length).toBeLessThan(4);
  });

  test('a session that has turned ends with the hours in which its peer may be called', async () => {
    const sites = new SimulatedSites();
    const b = await sites.start('b');
    const body = `Subject: long\r\n\r\n${`${'x'.repeat(70)}\r\n`.repeat(60)}`;
    for (let i = 0; i < 10; i++) await b.enqueue({ to: 'x@site-a.example', body });
    await sites.runUntil(() => b.calls().length === 1);
    const hours = 'calls = { windows = "00:00-02:00", timezone = "UTC" }';
    const a = await sites.start('a', {
      toml: fetchingToml('atrn', `fetch_every = "119m"\n${hours}`),
      subscription: { bitsPerSecond: 2400 },
    });
    await sites.runUntil(() => a.calls().some(({ direction }) => direction === 'outgoing'));
    const [call] = a.calls().filter(({ direction }) => direction === 'outgoing');
    expect(call).toMatchObject({ verdict: 'completed' });
    expect(call?.messagesReceived).toBeGreaterThan(0);
    expect(call?.messagesReceived).toBeLessThan(10);
    expect(Date.parse(call?.ended ?? '')).toBeGreaterThan(Date.UTC(1990, 0, 1, 2));
    expect(Date.parse(call?.ended ?? '')).toBeLessThan(Date.UTC(1990, 0, 1, 2, 1));
  });

  test('the side that fetches stops as well', async () => {
    const sites = new SimulatedSites();
    await waitingAtB(sites, 10);
    const a = await sites.start('a', {
      toml: fetchingToml('atrn', 'fetch_every = "1h"'),
      subscription: { bitsPerSecond: 2400 },
    });
    await sites.runUntil(() => a.spool.history.length === 1);
    let stopped = 0;
    void a.gateway.stop().then(() => stopped++);
    await sites.runUntil(() => stopped === 1, 60_000);
    expect(a.calls()[0]).toMatchObject({ verdict: 'completed' });
    expect(a.spool.history.length).toBeLessThan(4);
  });

  test('while a session has the mail, the dispatcher begins no other', async () => {
    const sites = new SimulatedSites();
    const b = await waitingAtB(sites, 3);
    const a = await sites.start('a', {
      toml: fetchingToml('atrn', 'fetch_every = "1h"'),
      subscription: { bitsPerSecond: 2400 },
    });
    await sites.runUntil(() => a.spool.history.length === 1);
    await b.enqueue({ to: 'x@site-a.example', sender: 'late@site-b.example' });
    await sites.runUntil(() => a.calls().length === 1);
    expect(senders(a)).toContain('late@site-b.example');
    expect(b.calls().length).toBe(2);
  });
});

describe('ETRN', () => {
  test('what waits is brought at once, although it was put off for hours', async () => {
    const sites = new SimulatedSites();
    const b = await waitingAtB(sites);
    const a = await sites.start('a', { toml: fetchingToml('etrn', DOMAINS) });
    await a.enqueue({ to: 'x@site-b.example' });
    await sites.runUntil(() => senders(a).includes('b1@site-b.example'), HOUR / 2);
    await sites.runUntil(() => b.calls().length === 3);
    expect(b.calls().map(({ direction }) => direction)).toEqual(['outgoing', 'incoming', 'outgoing']);
    expect(problems(a)).toEqual([]);
  });

  test('not twice within the time that limits.etrn says', async () => {
    const sites = new SimulatedSites();
    const b = await waitingAtB(sites, 1, siteToml('b', '[limits]\netrn = "1h"\n'));
    const a = await sites.start('a', { toml: fetchingToml('etrn', `${DOMAINS}\nfetch_every = "10m"`) });
    await sites.runUntil(() => senders(a).length === 1);
    await b.spool.holdDestination('peer:other', 'test');
    await b.enqueue({ to: 'x@site-a.example' });
    await sites.runFor(HOUR / 2);
    expect(problems(a)[0]).toMatch(
      /^fetching mail from other: site-a\.example: 458 4\.7\.0 Unable to queue messages for node site-a\.example/,
    );
    await sites.runFor(HOUR);
    const seen = problems(a).length;
    await sites.runFor(HOUR);
    expect(problems(a).length - seen).toBeLessThanOrEqual(5);
  });

  test('of somebody else is refused', async () => {
    const sites = new SimulatedSites();
    const toml = fetchingToml('etrn', 'fetch_domains = ["site-b.example"]');
    const [a] = [await sites.start('a', { toml }), await sites.start('b')];
    await a.enqueue({ to: 'x@site-b.example' });
    await sites.runUntil(() => a.calls().length === 1);
    expect(problems(a)).toEqual([
      'fetching mail from other: site-b.example: 459 5.7.1 Node site-b.example not allowed: not yours',
    ]);
  });
});
