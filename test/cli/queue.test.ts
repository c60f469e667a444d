import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type ChangeOptions, runQueueChange } from '../../src/cli/queue-change.js';
import { addQueueCommands } from '../../src/cli/queue-command.js';
import { runQueueList, runQueueSummary } from '../../src/cli/queue-list.js';
import { runQueueReroute } from '../../src/cli/queue-reroute.js';
import { HeaderEnd, runQueueShow } from '../../src/cli/queue-show.js';
import { ControlServer, queueRequests } from '../../src/console/index.js';
import { openSpool, type Spool } from '../../src/spool/index.js';
import { MemorySpool } from '../support/memory-spool.js';

const HOUR = 3_600_000;

let folder: string;
let socket: string;
let spool: MemorySpool;
let server: ControlServer;
let output: string;
/** Of all mail; undefined: there is none. */
let newWay: string | undefined;
let complaints: string[];

const write = (text: string | Uint8Array): void => {
  output += typeof text === 'string' ? text : Buffer.from(text).toString('latin1');
};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'x25mail-'));
  socket = join(folder, 'control');
  spool = new MemorySpool({ wallTime: () => Date.now() });
  const routes = { destinationOf: () => newWay, has: (to: string) => to === 'peer:c' };
  const queue = { spool, wallTime: () => Date.now(), tryNow: () => {}, bounce: async () => false, routes };
  newWay = 'peer:b';
  server = await ControlServer.listen(socket, queueRequests(queue));
  output = '';
  complaints = [];
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
  process.exitCode = 0;
});

async function enqueue(into: Spool, sender = 'me@a.example', ageMs = 2 * HOUR): Promise<string> {
  const writer = await into.receive();
  await writer.write(Buffer.from('Subject: x\r\n\r\nhello \x1b[31m\r\n'));
  await writer.commit({
    sender,
    recipients: ['you', 'and-you'].map((name) => ({ address: `${name}@b.example`, destination: 'peer:b' })),
    body: '8BITMIME',
    source: 'smtp 127.0.0.1',
    received: Date.now() - ageMs,
    priority: 3,
  });
  return writer.id;
}

describe('rerouting', () => {
  const operator = { write, complain: (line: string) => void complaints.push(line) };

  test('says how much goes another way', async () => {
    const id = await enqueue(spool);
    await enqueue(spool);
    expect(await runQueueReroute([], { socket, all: true }, operator)).toBe(0);
    expect(output).toBe('Nothing goes another way\n');
    output = '';
    newWay = 'peer:c';
    expect(await runQueueReroute([], { socket, destination: ['peer:b'] }, operator)).toBe(0);
    expect(output).toBe('2 deliveries rerouted\n');
    output = '';
    expect(await runQueueReroute([id], { socket, json: true }, operator)).toBe(0);
    expect(JSON.parse(output)).toEqual({ changed: 0, busy: 0, unroutable: 0 });
    expect(complaints).toEqual([]);
  });

  test('who has no route is told, with a status that shows', async () => {
    await enqueue(spool);
    newWay = undefined;
    expect(await runQueueReroute([], { socket, all: true }, operator)).toBe(1);
    expect(complaints).toEqual([
      '1 delivery with recipients that have no route now: they wait where they were',
    ]);
  });

  test('to one place, which there has to be; and nothing at all is not everything', async () => {
    const id = await enqueue(spool);
    expect(await runQueueReroute([id], { socket, to: 'peer:c' }, operator)).toBe(0);
    expect((await spool.find(id)).map(({ destination }) => destination)).toEqual(['peer:c']);
    await expect(runQueueReroute([id], { socket, to: 'peer:x' }, operator)).rejects.toThrow(
      'no destination peer:x',
    );
    expect(await runQueueReroute([], { socket }, operator)).toBe(2);
    expect(complaints[0]).toMatch(/^which messages\? .*x25mail queue reroute --help/);
  });
});

describe('a running gateway', () => {
  test('the summary', async () => {
    await enqueue(spool);
    expect(await runQueueSummary({ socket }, write)).toBe(0);
    expect(output).toMatch(/^1 message, 27B, 1 delivery, 0 on hold\.$/m);
    expect(output).toMatch(
      /^ {2}destination +waiting +due +held +<=10m +<=1h +<=4h +<=1d +<=3d +older +next try$/m,
    );
    expect(output).toMatch(/^ {2}peer:b +1 +1 +0 +1 +due$/m);
  });

  test('nothing waits', async () => {
    expect(await runQueueSummary({ socket }, write)).toBe(0);
    expect(await runQueueList([], { socket, limit: 9 }, write)).toBe(0);
    expect(output).toBe('The queue is empty.\nNothing waits that matches\n');
  });

  test('a list, and as JSON', async () => {
    const id = await enqueue(spool, 'evil\x1b]0;@a.example');
    await enqueue(spool);
    expect(await runQueueList([], { socket, limit: 1 }, write)).toBe(0);
    expect(output).toMatch(/^The first 1; --limit shows more$/m);
    expect(output).toContain(`  ${id}  `);
    expect(output).toMatch(
      /2 h 00 min +27B +evil\ufffd\]0;@a\.example +you@b\.example and 1 more +peer:b +0 +due$/m,
    );
    output = '';
    expect(await runQueueList([], { socket, limit: 9, json: true }, write)).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ isAll: true, deliveries: [{ message: id, priority: 3 }, {}] });
  });

  test('one message in full', async () => {
    const message = await enqueue(spool);
    const until = Date.now() + 5 * HOUR;
    await spool.settle([
      {
        message,
        destination: 'peer:b',
        recipient: 'you@b.example',
        outcome: { type: 'deferred', until, reason: '450 4.2.1\r\nbusy' },
      },
    ]);
    expect(await runQueueShow(message, { socket }, { write, isTerminal: false })).toBe(0);
    expect(output).toMatch(/^Message m\d+$/m);
    expect(output).toMatch(/^ {2}priority +3$/m);
    expect(output).toMatch(/^ {2}recipient +you@b\.example, tried once\n +450 4\.2\.1 busy$/m);
    expect(output).toMatch(/^ {2}recipient +and-you@b\.example, not tried yet$/m);
  });

  test.each([
    [{ header: true } as const, false, 'Subject: x\r\n\r\n'],
    [{ body: true } as const, false, 'hello \x1b[31m\r\n'],
    [{ header: true, body: true } as const, false, 'Subject: x\r\n\r\nhello \x1b[31m\r\n'],
    [{ body: true } as const, true, 'hello \ufffd[31m\n'],
  ])('the message itself: %j, on a terminal: %s', async (wanted, isTerminal, text) => {
    const message = await enqueue(spool);
    expect(await runQueueShow(message, { socket, ...wanted }, { write, isTerminal })).toBe(0);
    expect(output).toBe(text);
  });

  test('a message that is gone', async () => {
    const shown = runQueueShow('m7', { socket }, { write, isTerminal: false });
    await expect(shown).rejects.toThrow('no message m7 waits: it was delivered, returned or deleted');
  });
});

describe('changes', () => {
  const change = (
    what: Parameters<typeof runQueueChange>[0],
    ids: readonly string[],
    options: Partial<ChangeOptions> = {},
    answer?: boolean,
  ): Promise<number> =>
    runQueueChange(
      what,
      ids,
      { socket, ...options },
      {
        write,
        complain: (line) => void complaints.push(line),
        ...(answer !== undefined && {
          confirm: async (question: string) => {
            write(`${question}\n`);
            return answer;
          },
        }),
      },
    );

  test('one message by its id needs no question', async () => {
    const id = await enqueue(spool);
    expect(await change('delete', [id])).toBe(0);
    expect(output).toBe('1 delivery deleted\n');
    expect(await change('delete', [id])).toBe(1);
    expect(complaints).toEqual(['no such message waits']);
  });

  test('without any choice nothing is done; with --all and a choice neither', async () => {
    await enqueue(spool);
    expect(await change('delete', [], { yes: true })).toBe(2);
    expect(await change('hold', ['m1'], { all: true })).toBe(2);
    expect(complaints).toEqual([
      'which messages? Give ids or a filter, or --all for everything (x25mail queue delete --help)',
      '--all means everything: leave it out, or the filter',
    ]);
    expect((await spool.totals()).messages).toBe(1);
  });

  test('what can not be taken back is asked for; a no does nothing', async () => {
    await enqueue(spool);
    expect(await change('delete', [], { all: true })).toBe(2);
    expect(complaints).toEqual(["this can't be taken back: say --yes to delete without being asked"]);
    expect(await change('delete', [], { all: true }, false)).toBe(1);
    expect((await spool.totals()).messages).toBe(1);
    expect(await change('delete', [], { all: true }, true)).toBe(0);
    expect(output).toBe('delete one delivery?\ndelete one delivery?\n1 delivery deleted\n');
    expect((await spool.totals()).messages).toBe(0);
  });

  test('nothing matches', async () => {
    expect(await change('delete', [], { peer: ['z'] }, true)).toBe(0);
    expect(await change('retry', [], { peer: ['z'] })).toBe(0);
    expect(output).toBe('Nothing matches\nNothing matches\n');
  });

  test('what is being sent is told, with status 1', async () => {
    await enqueue(spool);
    await spool.claim('peer:b', 'session', { messages: 1, octets: 1 }, Date.now() + HOUR);
    expect(await change('retry', [], { all: true })).toBe(1);
    expect(complaints).toEqual(['1 delivery being sent at this moment: try again when that is over']);
  });

  test('a destination is held with what comes, and released', async () => {
    expect(await change('hold', [], { peer: ['b'], future: true, reason: 'too dear' })).toBe(0);
    expect(await spool.heldDestinations()).toMatchObject([{ destination: 'peer:b', reason: 'too dear' }]);
    expect(await change('release', [], { peer: ['b'], future: true })).toBe(0);
    expect(await spool.heldDestinations()).toEqual([]);
    for (const options of [{}, { destination: ['peer:*'] }, { peer: ['b'], domain: 'x' }])
      expect(await change('hold', [], { future: true, ...options })).toBe(2);
  });
});

describe('the command line', () => {
  async function run(...args: string[]): Promise<void> {
    const program = new Command().exitOverride().configureOutput({ writeErr: write });
    addQueueCommands(program, write);
    for (const command of program.commands)
      for (const each of [command, ...command.commands])
        each.exitOverride().configureOutput({ writeErr: write });
    await program.parseAsync(['node', 'x25mail', ...args]);
  }

  test.each([
    ['queue', '--socket', 'S', '--json'],
    ['queue', 'list', '--socket', 'S', '--json'],
    ['queue', '--json', '--socket', 'S', 'list'],
  ])('%s %s %s %s %s', async (...args) => {
    await enqueue(spool);
    await run(...args.map((arg) => (arg === 'S' ? socket : arg)));
    expect(JSON.parse(output)).toBeTypeOf('object');
    expect(process.exitCode).toBe(0);
  });

  test.each([
    [['queue', 'show', 'no id'], 'allowed: an id as x25mail queue list shows it.'],
    [['queue', 'list', '--older', '4'], 'such as 90m, 4h or 3d.'],
    [['queue', 'list', '--limit', '0'], 'a whole number from 1.'],
  ])('%j is refused', async (args, why) => {
    await expect(run(...args)).rejects.toThrow();
    expect(output).toContain(why);
  });
});

describe('a spool at rest', () => {
  function configured(): string {
    const file = join(folder, 'a.toml');
    writeFileSync(
      file,
      `[gateway]\nhostname = "gw"\nspool = "spool"\npostmaster = "root@a.example"
[console]\nsocket = "nobody"
[[route]]\ndomain = "*"\nsmtp = "127.0.0.1:25"\n`,
    );
    return file;
  }

  test('is opened, changed and closed; a bounce leaves its report', async () => {
    const atRest = await openSpool({ directory: join(folder, 'spool') });
    const id = await enqueue(atRest);
    await atRest.close();
    const config = configured();
    expect(await runQueueSummary({ config }, write)).toBe(0);
    expect(output).toContain('1 delivery, 0 on hold. No gateway runs.');
    const operator = { write, complain: (line: string) => void complaints.push(line) };
    expect(await runQueueChange('bounce', [id], { config, reason: 'site b is closed' }, operator)).toBe(0);
    const again = await openSpool({ directory: join(folder, 'spool') });
    const [report] = await again.list(9);
    expect(report).toMatchObject({
      sender: '',
      recipients: [{ address: 'me@a.example' }],
      destination: 'smtp:127.0.0.1:25',
    });
    let text = '';
    for await (const piece of again.readBody(report?.message ?? '')) text += Buffer.from(piece).toString();
    expect(text).toContain('site b is closed');
    await again.close();
  });

  test('goes the way that the configuration names now', async () => {
    const atRest = await openSpool({ directory: join(folder, 'spool') });
    const id = await enqueue(atRest);
    await atRest.close();
    const config = configured();
    const operator = { write, complain: (line: string) => void complaints.push(line) };
    await expect(runQueueReroute([id], { config, to: 'peer:b' }, operator)).rejects.toThrow(
      'no destination peer:b',
    );
    expect(await runQueueReroute([], { config, peer: ['b'] }, operator)).toBe(0);
    expect(output).toBe('1 delivery rerouted\n');
    const again = await openSpool({ directory: join(folder, 'spool') });
    expect((await again.find(id)).map(({ destination }) => destination)).toEqual(['smtp:127.0.0.1:25']);
    await again.close();
  });

  test('that a process holds without answering is told', async () => {
    const held = await openSpool({ directory: join(folder, 'spool') });
    await expect(runQueueSummary({ config: configured() }, write)).rejects.toThrow(
      /a process holds .* but no gateway answers on .*nobody/,
    );
    await held.close();
  });

  test('that is not there is not made', async () => {
    await expect(runQueueSummary({ config: configured() }, write)).rejects.toThrow(
      'the gateway has never run',
    );
  });

  test("of another user is that user's", async () => {
    await (await openSpool({ directory: join(folder, 'spool') })).close();
    const geteuid = vi.spyOn(process, 'geteuid').mockReturnValue(12345);
    await expect(runQueueSummary({ config: configured() }, write)).rejects.toThrow(
      /belongs to another user.*sudo -u '#\d+'/,
    );
    geteuid.mockRestore();
  });

  test('neither configuration nor socket is wrong usage', async () => {
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    expect(await runQueueSummary({}, write)).toBe(2);
    expect(stderr).toHaveBeenCalledWith(expect.stringContaining('which gateway?'));
    stderr.mockRestore();
  });
});

describe('where the header ends', () => {
  test.each([
    ['a: b\r\n\r\nbody\r\n', 'a: b\r\n\r\n', 'body\r\n'],
    ['a: b\r\n\r\n', 'a: b\r\n\r\n', ''],
    ['a: b\r\n', 'a: b\r\n', ''],
    ['\r\nbody\r\n\r\nx', '\r\n', 'body\r\n\r\nx'],
    ['', '', ''],
  ])('%j, however it is cut', (text, header, body) => {
    for (let size = 1; size <= Math.max(1, text.length); size++) {
      const split = new HeaderEnd();
      const parts = { header: '', body: '' };
      for (let at = 0; at < text.length; at += size) {
        const found = split.pass(Buffer.from(text.slice(at, at + size)));
        parts.header += Buffer.from(found.header).toString();
        parts.body += Buffer.from(found.body).toString();
      }
      expect(parts).toEqual({ header, body });
    }
  });
});
