import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Mailbox } from '../../src/cli/demo/mailbox.js';
import { type Configuration, parseConfiguration } from '../../src/config/index.js';
import { SystemClock, VirtualClock } from '../../src/core/index.js';
import { Gateway } from '../../src/gateway/index.js';
import type { Spool } from '../../src/spool/index.js';
import { openInProcess } from '../spool/support/in-process.js';
import { tempDirectory } from '../spool/support/places.js';
import { type DatabaseStep, type DiskFault, type FileStep, SickDisk } from '../support/sick-disk.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** One body in the database, one in a file. */
const SIZES = { short: 1000, long: 200_000 } as const;

let site: Site;
beforeEach(async () => {
  site = await Site.start();
});
afterEach(() => site.stop());

/** A client -> a gateway on a disk that falls ill -> a mailbox. Sockets are real, time passes when it is told to. */
class Site {
  readonly clock = new VirtualClock(Date.UTC(2026, 10, 24));
  readonly disk = new SickDisk();
  /** Subjects of what has arrived. */
  readonly arrived: string[] = [];
  readonly problems: string[] = [];
  gateway!: Gateway;
  configuration!: Configuration;
  spool!: Spool;
  destination = '';
  readonly #mailbox = new Mailbox('mailbox.example', new SystemClock(), (message) => {
    this.arrived.push(/^Subject: (.*)\r$/m.exec(Buffer.from(message).toString('latin1'))?.[1] ?? '');
  });

  static async start(): Promise<Site> {
    const site = new Site();
    const { clock, disk } = site;
    const host = `127.0.0.1:${await site.#mailbox.listen()}`;
    site.destination = `smtp:${host}`;
    const parsed = parseConfiguration(toml(host), '/sick/gw.toml');
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    site.spool = openInProcess(tempDirectory(), {
      files: disk.files,
      wrapStore: disk.wrapStore,
      wallTime: () => clock.wallTime(),
    });
    site.configuration = parsed.configuration;
    site.gateway = await Gateway.start(parsed.configuration, {
      clock,
      openSpool: async () => site.spool,
      observe: (event) => {
        if (event.type === 'problem') site.problems.push(event.problem);
      },
    });
    return site;
  }

  /** In a session of its own. @returns what the client was told last. */
  async send(subject: string, size: number): Promise<string> {
    const client = await Client.connect(this.gateway.smtpPorts[0] ?? 0);
    const body = `Subject: ${subject}\r\n\r\n${`${'x'.repeat(70)}\r\n`.repeat(Math.ceil(size / 72))}.`;
    let reply = '';
    for (const line of [
      'EHLO client.example',
      'MAIL FROM:<me@a.example>',
      'RCPT TO:<you@b.example>',
      'DATA',
      body,
    ]) {
      reply = await client.say(line);
      if (!/^[23]/.test(reply)) break;
    }
    expect(await client.say('NOOP')).toMatch(/^250 /); // the session goes on
    client.close();
    return reply;
  }

  async pass(ms: number): Promise<void> {
    for (const end = this.clock.now() + ms; this.clock.now() < end; ) {
      this.clock.runUntil(Math.min(end, this.clock.now() + MINUTE));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Until nothing waits; what is put off comes in its time. */
  async untilEmpty(): Promise<void> {
    await vi.waitFor(
      async () => {
        await this.pass(10 * MINUTE);
        expect((await this.spool.totals()).messages).toBe(0);
      },
      { timeout: 10_000, interval: 20 },
    );
  }

  async stop(): Promise<void> {
    const stopped = this.gateway.stop();
    await this.pass(MINUTE);
    await stopped;
    await this.#mailbox.close();
  }
}

/** Of SMTP, one command after the other. */
class Client {
  readonly #socket: Socket;

  static async connect(port: number): Promise<Client> {
    const client = new Client(connect(port, '127.0.0.1').setEncoding('latin1'));
    await client.#reply();
    return client;
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  async say(text: string): Promise<string> {
    this.#socket.write(`${text}\r\n`);
    return this.#reply();
  }

  close(): void {
    this.#socket.destroy();
  }

  async #reply(): Promise<string> {
    let said = '';
    while (!/(?:^|\n)\d\d\d .*\r\n$/.test(said)) said += ((await once(this.#socket, 'data')) as [string])[0];
    return said;
  }
}

const toml = (mailbox: string): string => `
[gateway]
hostname = "gw.example"
[listen]
smtp = ["127.0.0.1:0"]
[relay]
networks = ["127.0.0.0/8"]
[queue]
retry = ["1m"]
[[route]]
domain = "*"
smtp = "${mailbox}"
`;

const FAULTS: readonly [code: DiskFault, reply: RegExp][] = [
  ['ENOSPC', /^452 4\.3\.1 /],
  ['EIO', /^451 4\.3\.\d /],
  ['EROFS', /^451 4\.3\.\d /],
];

/** What is done between MAIL and 250. */
const TAKING: readonly [step: FileStep | DatabaseStep, of: keyof typeof SIZES][] = [
  ['mkdir', 'long'],
  ['open', 'long'],
  ['write', 'long'],
  ['sync', 'long'],
  ['receive', 'long'],
  ['receive', 'short'],
  ['commit', 'long'],
  ['commit', 'short'],
];

describe.each(FAULTS)('a disk that says %s', (code, expected) => {
  test.each(TAKING)('at %s of a %s message: the client is told, and keeps it', async (step, of) => {
    site.disk.fail(step, code);
    expect(await site.send('refused', SIZES[of])).toMatch(expected);
    expect(site.disk.met).toBeGreaterThan(0);
    expect(site.problems).not.toEqual([]);

    site.disk.heal();
    expect(await site.send('taken', SIZES[of])).toMatch(/^250 2\.0\.0 /);
    await site.untilEmpty();
    expect(site.arrived).toEqual(['taken']);
  });
});

/** What is done between 250 and the end of a message. */
const BRINGING: readonly [step: FileStep | DatabaseStep, of: keyof typeof SIZES][] = [
  ['destinations', 'short'],
  ['claim', 'short'],
  ['body', 'short'],
  ['open', 'long'],
  ['read', 'long'],
  ['overdue', 'short'],
  ['release', 'short'],
  ['unlink', 'long'],
  ['settle', 'short'],
  ['settle', 'long'],
  ['commit', 'short'],
];

describe('a disk that fails when the mail is here', () => {
  test.each(BRINGING)(
    'at %s of a %s message: it waits, arrives when the disk is well, and only once',
    async (step, of) => {
      const { spool, destination, disk, gateway } = site;
      await spool.holdDestination(destination, 'until the disk is ill');
      expect(await site.send('taken', SIZES[of])).toMatch(/^250 2\.0\.0 /);
      await spool.releaseDestination(destination);
      disk.fail(step, 'EIO');
      gateway.poke();
      await vi.waitFor(async () => {
        await site.pass(10 * MINUTE);
        expect(disk.met).toBeGreaterThan(0);
      });
      await site.pass(HOUR);

      disk.heal();
      await site.untilEmpty();
      expect(site.arrived).toEqual(['taken']);
      expect(await site.send('next', SIZES[of])).toMatch(/^250 2\.0\.0 /);
      await site.untilEmpty();
      expect(site.arrived).toEqual(['taken', 'next']);
    },
  );
});

test('outcomes that can not be written outlive a reload: the message is not sent again', async () => {
  const { spool, destination, disk, gateway } = site;
  await spool.holdDestination(destination, 'until the disk is ill');
  expect(await site.send('taken', SIZES.short)).toMatch(/^250 2\.0\.0 /);
  await spool.releaseDestination(destination);
  disk.fail('settle', 'EIO');
  gateway.poke();
  await vi.waitFor(async () => {
    await site.pass(10 * MINUTE);
    expect(site.arrived).toEqual(['taken']);
    expect(disk.met).toBeGreaterThan(0);
  });
  await gateway.reload(site.configuration);
  await site.pass(HOUR);

  disk.heal();
  await site.untilEmpty();
  expect(site.arrived).toEqual(['taken']);
});
