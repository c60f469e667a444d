/** Users at numbers write to the world, and the world writes back. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ED25519 } from '../support/dkim-mail.js';
import { Mailbox } from '../support/mailbox.js';
import { NUMBERS, type SimulatedSite, SimulatedSites, siteToml } from '../support/simulated-sites.js';

const REWRITE = '\n[[rewrite]]\ninside = "#"\noutside = "#.x25.gw-a.example"\n';
const BODY = `From: User <user@${NUMBERS.b}>\r\nTo: you@example.org\r\nSubject: x\r\n\r\nwrite to user@${NUMBERS.b}\r\n`;

async function sites(keywords: readonly string[] = []) {
  const both = new SimulatedSites();
  const world = new Mailbox(keywords);
  const a = await both.start('a', { toml: siteToml('a', REWRITE), connect: world.connect });
  const own = `[[route]]\ndomain = "${NUMBERS.b}"\nsmtp = "mailbox.example:25"\n`;
  const toml = siteToml('b', own).replace('domains = [', `domains = ["${NUMBERS.b}", `);
  return { both, world, a, b: await both.start('b', { toml }) };
}

const bodyAt = ({ spool }: SimulatedSite): string =>
  Buffer.from(spool.history[0]?.body ?? []).toString('latin1');

describe('mail of a user at a number', () => {
  test.each([[[]], [['PIPELINING', 'CHUNKING', 'SIZE']]])(
    'can be answered by the world, a server with %j',
    async (keywords) => {
      const { both, world, a } = await sites(keywords);
      await a.enqueue({
        sender: `user@${NUMBERS.b}`,
        to: 'you@site-a.example',
        destination: 'smtp:world:25',
        body: BODY,
      });
      await both.runUntil(() => world.said.includes('QUIT'));
      expect(world.said).toContain(`MAIL FROM:<user@${NUMBERS.b}.x25.gw-a.example>`);
      expect(world.said).toContain(
        `From: User <user@${NUMBERS.b}.x25.gw-a.example>\r\nTo: you@example.org\r\n`,
      );
      expect(world.said).toContain(`\r\n\r\nwrite to user@${NUMBERS.b}\r\n`); // the text is nobody's address
      const [, size] = /SIZE=(\d+)/.exec(world.said) ?? [];
      if (keywords.includes('SIZE')) expect(Number(size)).toBe(BODY.length + '.x25.gw-a.example'.length);
      expect(a.spool.messages.size).toBe(0);
    },
  );

  test('gets answers under the name that he knows', async () => {
    const { both, a, b } = await sites();
    const name = `user@${NUMBERS.b}.x25.gw-a.example`;
    const id = await a.enqueue({
      sender: 'you@example.org',
      to: name,
      body: `From: you@example.org\r\nTo: ${name}\r\n\r\nhello\r\n`,
    });
    await both.runUntil(() => b.spool.history.length === 1);
    expect(b.spool.history[0]?.envelope).toMatchObject({
      sender: 'you@example.org',
      recipients: [{ address: `user@${NUMBERS.b}` }],
    });
    expect(bodyAt(b)).toContain(`\r\nTo: user@${NUMBERS.b}\r\n`);
    await both.runUntil(() => a.spool.messages.size === 0);
    expect(a.spool.settlements).toMatchObject([{ message: id, recipient: name }]);
  });

  test('who is written to under both names gets the message once, and both are settled', async () => {
    const { both, world, a } = await sites();
    const writer = await a.spool.receive();
    await writer.write(Buffer.from(BODY, 'latin1'));
    const to = [`user@${NUMBERS.b}`, `user@${NUMBERS.b}.x25.gw-a.example`];
    await writer.commit({
      sender: 's@example.org',
      recipients: to.map((address) => ({ address, destination: 'smtp:world:25' })),
      body: '7BIT',
      source: 'test',
      received: both.clock.wallTime(),
    });
    a.gateway.poke();
    await both.runUntil(() => a.spool.messages.size === 0);
    expect(a.spool.settlements.map(({ recipient, outcome }) => [recipient, outcome.type]).toSorted()).toEqual(
      [
        [to[0], 'delivered'],
        [to[1], 'delivered'],
      ],
    );
    expect(world.said.match(/RCPT TO/g)).toHaveLength(1);
  });

  test('in a message that somebody has signed, only the envelope changes', async () => {
    const { both, world, a } = await sites();
    const signed = `DKIM-Signature: v=1; d=x\r\n${BODY}`;
    await a.enqueue({ sender: `user@${NUMBERS.b}`, to: 'you@x', destination: 'smtp:world:25', body: signed });
    await both.runUntil(() => world.said.includes('QUIT'));
    expect(world.said).toContain(`MAIL FROM:<user@${NUMBERS.b}.x25.gw-a.example>`);
    expect(world.said).toContain(signed);
  });

  test('over a circuit the header has the names of the inside', async () => {
    const { both, a, b } = await sites();
    const body = `From: you@example.org\r\nCc: u@77.x25.gw-a.example\r\n\r\nhello\r\n`;
    await a.enqueue({ sender: 'you@example.org', to: 'you@site-b.example', body });
    await both.runUntil(() => b.spool.history.length === 1);
    expect(bodyAt(b)).toContain('\r\nCc: u@77\r\n');
  });

  test.each([
    ['of one of our own is signed under its new name', true],
    ['of a stranger is not, whatever its author is called', false],
  ])('%s', async (_whose, ours) => {
    const folder = mkdtempSync(join(tmpdir(), 'x25mail-rewrite-'));
    const key = join(folder, 'dkim.pem');
    writeFileSync(key, ED25519.privateKey);
    const dkim = `[[dkim]]\ndomain = "${NUMBERS.b}.x25.gw-a.example"\nselector = "x25"\nkey = "${key}"\n`;
    const both = new SimulatedSites();
    const world = new Mailbox([]);
    const a = await both.start('a', { toml: siteToml('a', REWRITE + dkim), connect: world.connect });
    const writer = await a.spool.receive();
    await writer.write(Buffer.from(BODY, 'latin1'));
    await writer.commit({
      sender: `user@${NUMBERS.b}`,
      recipients: [{ address: 'you@site-a.example', destination: 'smtp:world:25' }],
      body: '7BIT',
      source: 'test',
      received: both.clock.wallTime(),
      ...(ours && { ours }),
    });
    a.gateway.poke();
    await both.runUntil(() => world.said.includes('QUIT'));
    expect(world.said.includes('DKIM-Signature:')).toBe(ours);
    rmSync(folder, { recursive: true });
  });
});
