/** From a site on the X.25 network to the mail servers of the Internet. */
import { expect, test } from 'vitest';
import { Mailbox } from '../support/mailbox.js';
import { ScriptedDns } from '../support/scripted-dns.js';
import { type SimulatedSite, SimulatedSites, siteToml } from '../support/simulated-sites.js';

const HOUR = 3_600_000;

/** Site a sends on what b has for the world; servers answer at the addresses that are given. */
async function world(
  mx: Readonly<Record<string, readonly (readonly [preference: number, exchange: string])[]>>,
  servers: Readonly<Record<string, Mailbox>>,
  policy?: string,
) {
  const sites = new SimulatedSites();
  const everywhere = '\n[[route]]\ndomain = "*"\nmx = true\n';
  const relaying = '[[incoming]]\nlink = "psdn0"\ncalling = "*"\naction = "engine"\nrelay = true\n';
  const tried: string[] = [];
  const a = await sites.start('a', {
    toml: siteToml('a', `${everywhere}${relaying}`),
    connect: async (address) => {
      tried.push(address);
      return servers[address]?.connect() ?? 'nobody answers';
    },
    lookUp: async (name) => ({ addresses: name === 'mailbox.example' ? [] : [`at ${name}`] }),
    resolve: new ScriptedDns({ 'TXT _mta-sts.example.org': ['v=STSv1; id=1'] }).resolve,
    fetchPolicy: async () => policy ?? Promise.reject(new Error('HTTP status 404')),
    lookUpMx: async (domain) => ({
      records: (mx[domain] ?? []).map(([preference, exchange]) => ({ preference, exchange })),
    }),
  });
  const b = await sites.start('b', { toml: siteToml('b', '\n[[route]]\ndomain = "*"\npeer = "other"\n') });
  return { sites, a, b, tried };
}

const failed = ({ spool }: SimulatedSite): string[] =>
  spool.settlements.flatMap(({ outcome }) => (outcome.type === 'failed' ? [outcome.reason] : []));

test('mail goes over the circuit and on to the best server that answers, all in one session', async () => {
  const second = new Mailbox(['PIPELINING']);
  const mx = {
    'example.org': [
      [20, 'two.example.org'],
      [10, 'one.example.org'],
    ],
  } as const;
  const { sites, a, b, tried } = await world(mx, { 'at two.example.org': second });
  for (const to of ['x', 'y', 'z']) await b.enqueue({ to: `${to}@Example.org`, destination: 'peer:other' });
  await sites.runUntil(() => a.spool.history.length === 3 && a.spool.messages.size === 0, HOUR);
  expect(second.said.match(/^EHLO/gm)).toHaveLength(tried.filter((at) => at.includes('two')).length);
  expect(second.said.match(/RCPT TO:<.@Example\.org>/g)).toHaveLength(3);
  expect(tried.slice(0, 2)).toEqual(['at one.example.org', 'at two.example.org']);
  expect(failed(a)).toEqual([]);
});

test('a server that did not answer comes last for five minutes, for all domains whose server it is', async () => {
  const second = new Mailbox();
  const both = [
    [10, 'dead.example'],
    [20, 'two.example'],
  ] as const;
  const mx = { 'example.org': both, 'example.net': both };
  const { sites, a, tried } = await world(mx, { 'at two.example': second });
  await a.enqueue({ to: 'x@example.org', destination: 'mx:example.org' });
  await sites.runFor(60_000);
  await a.enqueue({ to: 'x@example.net', destination: 'mx:example.net' });
  await sites.runFor(60_000);
  expect(tried).toEqual(['at dead.example', 'at two.example', 'at two.example']);
  await sites.runFor(300_000);
  await a.enqueue({ to: 'y@example.net', destination: 'mx:example.net' });
  await sites.runFor(60_000);
  expect(tried.slice(3)).toEqual(['at dead.example', 'at two.example']);
  expect(second.said.match(/^RCPT/gm)).toHaveLength(3);
});

test('a domain that takes no mail: the sender at the other site is told at once', async () => {
  const { sites, a, b } = await world({ 'example.org': [[0, '.']] }, {});
  await b.enqueue({ to: 'x@example.org', destination: 'peer:other' });
  const reason = '556 5.1.10 example.org takes no mail: that is what its MX record says';
  await sites.runUntil(() => failed(a).length > 0 && b.spool.history.length === 2, HOUR);
  expect(failed(a)).toEqual([reason]);
  const report = Buffer.from(b.spool.history[1]?.body ?? []).toString();
  expect(report).toContain('Status: 5.1.10');
  expect(report).toContain(`Diagnostic-Code: smtp; ${reason}`);
});

test('while no server answers mail waits, and what was tried can be seen', async () => {
  const { sites, a } = await world({}, {});
  const id = await a.enqueue({ to: 'x@example.org', destination: 'mx:example.org' });
  await sites.runFor(60_000);
  const [delivery] = await a.spool.find(id);
  expect(delivery?.recipients[0]?.lastReason).toBe('example.org[at example.org]:25: nobody answers');
  expect(failed(a)).toEqual([]);
});

test('a domain that asks for it gets mail by servers that it admits and that prove their names, or none', async () => {
  const policy = 'version: STSv1\nmode: enforce\nmx: two.example.org\nmax_age: 86400\n';
  const [liar, honest] = [new Mailbox(), new Mailbox()];
  const mx = {
    'example.org': [
      [10, 'evil.example'],
      [20, 'two.example.org'],
    ],
    'example.net': [[10, 'evil.example']],
  } as const;
  const { sites, a, tried } = await world(
    mx,
    { 'at evil.example': liar, 'at two.example.org': honest },
    policy,
  );
  const id = await a.enqueue({ to: 'x@example.org', destination: 'mx:example.org' });
  await sites.runFor(60_000);
  expect(new Set(tried)).toEqual(new Set(['at two.example.org']));
  const [delivery] = await a.spool.find(id);
  expect(delivery?.recipients[0]?.lastReason).toContain('4.7.4 TLS is required');
  expect(honest.said).not.toContain('MAIL');
  // All others get theirs from whoever answers.
  await a.enqueue({ to: 'x@example.net', destination: 'mx:example.net' });
  await sites.runFor(60_000);
  expect(liar.said).toContain('RCPT TO:<x@example.net>');
});

test('a domain whose policy admits none of its servers: mail waits', async () => {
  const policy = 'version: STSv1\nmode: enforce\nmx: two.example.org\nmax_age: 86400\n';
  const { sites, a, tried } = await world({ 'example.org': [[10, 'evil.example']] }, {}, policy);
  const id = await a.enqueue({ to: 'x@example.org', destination: 'mx:example.org' });
  await sites.runFor(60_000);
  const [delivery] = await a.spool.find(id);
  expect([tried, delivery?.recipients[0]?.lastReason]).toEqual([
    [],
    '451 4.7.5 the MTA-STS policy of example.org admits none of its servers: evil.example',
  ]);
});

test('a server that takes two messages in a session, and says so by 421: all mail goes on at once', async () => {
  let mails = 0;
  const server = new Mailbox(['PIPELINING'], (step) => {
    if (step === 'EHLO') mails = 0;
    return step === 'MAIL' && ++mails > 2 ? '421 4.7.0 too many messages\r\n' : undefined;
  });
  const { sites, a } = await world({ 'example.org': [[10, 'one.example']] }, { 'at one.example': server });
  const to = ['u', 'v', 'w', 'x', 'y'];
  for (const user of to) await a.enqueue({ to: `${user}@example.org`, destination: 'mx:example.org' });
  await sites.runFor(10_000);
  expect([a.spool.messages.size, server.said.match(/^EHLO/gm)?.length]).toEqual([0, 3]);
});
