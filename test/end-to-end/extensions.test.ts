/** What of the envelope and of the octets gets through two gateways, and past the second to a server that can less. */
import { describe, expect, test } from 'vitest';
import { Mailbox } from '../support/mailbox.js';
import { SimulatedSites, siteToml } from '../support/simulated-sites.js';

const HEADER =
  'Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: image/x\r\nContent-Transfer-Encoding: binary\r\n\r\n';
/** All octets, and every way in which line ends and dots could be mistaken. */
const BINARY = HEADER.concat(
  String.fromCharCode(...Array.from({ length: 256 }, (_, octet) => octet)),
  '\r\n.\r\n\n.\n\r.\rQUIT\r\n..\r',
);

describe('a binary message (BINARYMIME)', () => {
  test('crosses as it is, and becomes base64 for a mailbox that takes lines only', async () => {
    const sites = new SimulatedSites();
    const mailbox = new Mailbox(['PIPELINING', '8BITMIME']);
    const a = await sites.start('a');
    const b = await sites.start('b', { connect: mailbox.connect });
    await a.enqueue({ to: 'x@site-b.example', body: BINARY, envelope: { body: 'BINARYMIME' } });
    await sites.runUntil(() => mailbox.said.includes('QUIT'), 60_000);
    const arrived = b.spool.history[0];
    expect(arrived?.envelope.body).toBe('BINARYMIME');
    expect(
      Buffer.from(arrived?.body ?? [])
        .toString('latin1')
        .endsWith(BINARY),
    ).toBe(true);
    const base64 = Buffer.from(BINARY.slice(HEADER.length), 'latin1').toString('base64');
    expect(mailbox.said).toContain('Content-Transfer-Encoding: base64\r\n\r\n');
    expect(mailbox.said.replaceAll('\r\n', '')).toContain(base64);
    expect(mailbox.said).not.toMatch(/\r(?!\n)|(?<!\r)\n/);
  });

  test('that can not be converted comes back, and says why', async () => {
    const sites = new SimulatedSites();
    const mailbox = new Mailbox(['PIPELINING', '8BITMIME']);
    const a = await sites.start('a');
    const b = await sites.start('b', { connect: mailbox.connect });
    const signed =
      'MIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: binary\r\n\r\n\xff\n\r\n--b--\r\n';
    await a.enqueue({ to: 'x@site-b.example', body: signed, envelope: { body: 'BINARYMIME' } });
    await sites.runUntil(() => a.spool.history.length === 2, 60_000);
    expect(b.spool.settlements[0]).toMatchObject({
      outcome: { type: 'failed', reason: expect.stringMatching(/^554 5\.6\.3 .*signature/) },
    });
    expect(mailbox.said).not.toContain('MAIL');
  });
});

describe('priorities (MT-PRIORITY)', () => {
  const ORDER = [0, 4, -4, 2];

  test('decide the order, and are told to the next hop as far as they are granted', async () => {
    const sites = new SimulatedSites();
    const a = await sites.start('a');
    for (const priority of ORDER)
      await a.enqueue({
        to: 'x@site-b.example',
        sender: `p${priority}@site-a.example`,
        envelope: { priority },
      });
    const b = await sites.start('b', { toml: siteToml('b', '[limits]\nmax_priority = 3\n') });
    await sites.runUntil(() => b.spool.history.length === ORDER.length);
    // The first was on its way already when the others came.
    const arrived = b.spool.history.map(({ envelope }) => [
      envelope.sender.split('@')[0],
      envelope.priority ?? 0,
    ]);
    expect(arrived).toEqual([
      ['p0', 0],
      ['p4', 3],
      ['p2', 2],
      ['p-4', -4],
    ]);
  });
});
