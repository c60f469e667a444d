import { describe, expect, test } from 'vitest';
import type { OctetStream } from '../../src/core/index.js';
import { ModelMta } from '../bridge/model-mta.js';
import { streamPair } from '../bridge/stream-pair.js';
import { NUMBERS, type SimulatedSite, SimulatedSites, siteToml } from '../support/simulated-sites.js';

/** What site b does with calls from site a. */
const RULE = `
[[incoming]]
name = "to the mail server"
calling = "${NUMBERS.a}"
action = "bridge"
smtp = "mta.example:25"
`;

function bridgedToml(rule = RULE): string {
  return siteToml('b', rule).replace('[gateway]', '[gateway]\ncaller_network = "fd25::/64"');
}

/** Two sites; b hands its calls to a mail server, which `connect` may put off or refuse. */
class BridgedSites extends SimulatedSites {
  readonly mta: ModelMta;
  /** The ends of connections that the mail server has. */
  readonly connections: ReturnType<typeof streamPair>['b'][] = [];

  constructor(offers: readonly string[] = ['XCLIENT ADDR LOGIN NAME', 'PIPELINING', '8BITMIME']) {
    super();
    this.mta = new ModelMta({ manner: 'strict', offers });
  }

  async startBoth(rule?: string, connect?: () => Promise<OctetStream | string>) {
    const a = await this.start('a');
    const b = await this.start('b', {
      toml: bridgedToml(rule),
      connect: async (host, port) => {
        expect([host, port]).toEqual(['mta.example', 25]);
        return connect === undefined ? this.connection() : connect();
      },
    });
    return [a, b] as const;
  }

  /** A mail server that greets at once; a silent one never does. */
  connection(manner: 'greets' | 'silent' = 'greets'): OctetStream {
    const { a, b } = streamPair(this.clock);
    this.connections.push(b);
    const say = (): void => {
      const octets = this.mta.take();
      if (octets.length > 0) b.write(octets, true);
    };
    b.setReceiver({
      octets: (octets) => {
        b.consumed(octets.length);
        this.mta.give(octets);
        say();
      },
      ready: () => {},
      ended: () => {},
    });
    if (manner === 'greets') this.clock.wake(this.clock.now() + 10, say);
    return a;
  }
}

const refusals = ({ events }: SimulatedSite) =>
  events.flatMap((event) =>
    event.type === 'call' && event.refusedBecause !== undefined ? [event.refusedBecause] : [],
  );
const bridged = ({ events }: SimulatedSite) =>
  events.flatMap((event) => (event.type === 'bridged' ? [event.end] : []));

describe('a call that is bridged to a mail server', () => {
  test('carries mail there, past our spool, and the server is told who calls', async () => {
    const sites = new BridgedSites();
    const [a, b] = await sites.startBoth();
    await a.enqueue({ to: 'x@site-b.example', body: 'Subject: hello\r\n\r\n..\r\n' });
    await sites.runUntil(() => a.calls().length === 1 && bridged(b).length === 1);
    expect(sites.mta.commands.slice(0, 3)).toEqual([
      'EHLO gw-b.example',
      'XCLIENT ADDR=IPV6:fd25::2342:1000:1f:fffb NAME=[UNAVAILABLE]',
      'EHLO gw-a.example',
    ]);
    expect(sites.mta.messages).toEqual([expect.stringMatching(/Subject: hello\r\n\r\n\.\.\.$/)]);
    expect(b.spool.history).toEqual([]);
    expect(a.calls()).toMatchObject([{ verdict: 'completed', messagesSent: 1 }]);
    expect(b.calls()).toMatchObject([{ verdict: 'completed', messagesReceived: 1 }]);
    expect(bridged(b)).toMatchObject([{ inOrder: true, messages: 1, encrypted: false }]);
  });

  test('who may relay is introduced as logged in, where the network vouches for the number', async () => {
    const sites = new BridgedSites();
    const [a] = await sites.startBoth(`${RULE}relay = true\nlink = "psdn0"\n`);
    await a.enqueue({ to: 'x@site-b.example' });
    await sites.runUntil(() => a.calls().length === 1);
    expect(sites.mta.commands[1]).toBe(
      'XCLIENT ADDR=IPV6:fd25::2342:1000:1f:fffb NAME=[UNAVAILABLE] LOGIN=23421000001',
    );
  });

  test.each<[string, BridgedSites, (sites: BridgedSites) => Promise<OctetStream | string>, RegExp]>([
    ['is down', new BridgedSites(), async () => 'connection refused', /mta\.example:25: connection refused$/],
    [
      'does not offer XCLIENT',
      new BridgedSites(['8BITMIME']),
      async (sites) => sites.connection(),
      /does not offer us XCLIENT$/,
    ],
    [
      'says nothing',
      new BridgedSites(),
      async (sites) => sites.connection('silent'),
      /was not ready within 60 s$/,
    ],
  ])('when the server %s the call is refused before it is accepted', async (_, sites, connect, why) => {
    const [a, b] = await sites.startBoth(RULE, () => connect(sites));
    await a.enqueue({ to: 'x@site-b.example' });
    await sites.runUntil(() => a.calls().length === 1);
    expect(a.calls()[0]?.ending).toMatchObject({ cause: 0, diagnostic: 0xf4 });
    expect(a.calls()[0]?.ending.text).toMatch(/^cleared by the other end: .*\(00\/F4\)$/);
    expect(a.calls()[0]?.connected).toBeUndefined();
    expect(refusals(b)).toEqual([expect.stringMatching(why)]);
    expect(a.spool.messages.size).toBe(1);
  });

  test('a caller that gives up while the server is asked leaves no connection behind', async () => {
    const sites = new BridgedSites();
    const a = await sites.start('a', {
      toml: siteToml('a').replace(/nua = "2624.*/, '$&\ntimers = { call_accept = "5s" }'),
    });
    const b = await sites.start('b', {
      toml: bridgedToml(),
      connect: async () => sites.connection('silent'),
    });
    await a.enqueue({ to: 'x@site-b.example' });
    await sites.runUntil(() => a.calls().length === 1);
    await sites.runFor(1000);
    expect(b.calls()).toHaveLength(1);
    expect(sites.connections.map(({ isOpen }) => isOpen)).toEqual([false]);
  });

  test('what is being prepared counts among the circuits of a rule', async () => {
    const sites = new BridgedSites();
    const a = await sites.start('a', {
      toml: siteToml('a').replace(/nua = "2624.*/, '$&\ncalls = { max_circuits = 2 }'),
    });
    const b = await sites.start('b', {
      toml: bridgedToml(`${RULE}max_circuits = 1\n`),
      connect: async () => sites.connection('silent'),
    });
    for (let i = 0; i < 64; i++) await a.enqueue({ to: 'x@site-b.example' });
    await sites.runUntil(() => refusals(b).length === 1);
    expect(refusals(b)).toEqual(['too many circuits']);
  });

  test('a gateway that stops gives the server up and refuses the call', async () => {
    const sites = new BridgedSites();
    const [a, b] = await sites.startBoth(RULE, async () => sites.connection('silent'));
    await a.enqueue({ to: 'x@site-b.example' });
    await sites.runUntil(() => sites.connections.length === 1);
    const stopped = b.gateway.stop();
    await sites.runUntil(() => a.calls().length === 1);
    await sites.runFor(60_000);
    await stopped;
    expect(a.calls()[0]?.ending).toMatchObject({ cause: 0, diagnostic: 0xa2 });
    expect(sites.connections.map(({ isOpen }) => isOpen)).toEqual([false]);
  });

  test('a gateway that stops lets the session end after its message', async () => {
    const sites = new BridgedSites();
    const [a, b] = await sites.startBoth();
    for (let i = 0; i < 3; i++)
      await a.enqueue({ to: 'x@site-b.example', body: `${'x'.repeat(70)}\r\n`.repeat(500) });
    await sites.runUntil(() => sites.mta.messages.length === 1);
    const stopped = b.gateway.stop();
    await sites.runUntil(() => bridged(b).length === 1);
    await sites.runFor(120_000);
    await stopped;
    expect(bridged(b)).toMatchObject([{ inOrder: false, reason: 'shutting down' }]);
    // Whatever the server has accepted is delivered, and the rest still waits.
    expect(a.spool.messages.size).toBe(3 - sites.mta.messages.length);
  });
});
