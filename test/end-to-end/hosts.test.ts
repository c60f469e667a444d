import { expect, test } from 'vitest';
import { Mailbox } from '../support/mailbox.js';
import { SimulatedSites, siteToml } from '../support/simulated-sites.js';

test('of several hosts the next one gets the mail that the first does not take', async () => {
  const sites = new SimulatedSites();
  const [first, second] = [
    new Mailbox([], (step) => (step === 'greeting' ? '421 not now\r\n' : undefined)),
    new Mailbox(),
  ];
  const tried: string[] = [];
  const toml = siteToml('a').replace(
    'smtp = "mailbox.example:25"',
    'smtp = ["one.example:25", "two.example:26"]',
  );
  const a = await sites.start('a', {
    toml,
    connect: (host, port) => {
      tried.push(`${host}:${port}`);
      return (port === 26 ? second : first).connect();
    },
  });
  const destination = 'smtp:one.example:25,two.example:26';
  for (const to of ['x', 'y']) await a.enqueue({ to: `${to}@site-a.example`, destination });
  await sites.runUntil(() => a.spool.messages.size === 0, 60_000);
  expect(second.said.match(/RCPT TO:<[xy]@site-a\.example>/g)).toHaveLength(2);
  expect(tried.slice(0, 2)).toEqual(['one.example:25', 'two.example:26']);
});
