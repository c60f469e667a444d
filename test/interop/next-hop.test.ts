import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseConfiguration } from '../../src/config/index.js';
import { VirtualClock } from '../../src/core/index.js';
import { Gateway } from '../../src/gateway/index.js';
import type { DestinationSummary } from '../../src/spool/index.js';
import { MemorySpool } from '../support/memory-spool.js';
import { eventually, freePort, missing, titleWith } from './support/programs.js';
import { SmtpSink } from './support/smtp-sink.js';

const absent = missing('smtp-sink');
const MINUTE = 60_000;
const SENDER = 'me@a.example';
const SENDERS_HOST = '127.0.0.1:9';
const SUBJECTS = ['first', 'second'];

let folder: string;
let hop: Hop;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'x25mail-next-hop-'));
  hop = await Hop.start(folder);
});

afterEach(async () => {
  await hop.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A gateway whose next hop is a process behind a real socket, and which waits in time that passes only when told to. */
class Hop {
  readonly clock = new VirtualClock(Date.UTC(2026, 10, 24));
  readonly spool = new MemorySpool(this.clock);
  /** `first delivered`, ... with the reply. */
  readonly settled: { readonly what: string; readonly reason: string }[] = [];
  readonly problems: string[] = [];
  gateway!: Gateway;
  sink: SmtpSink | undefined;
  readonly #port: number;
  readonly #folder: string;
  readonly #destination: string;
  readonly #subjects = new Map<string, string>();
  #sinks = 0;

  static async start(folder: string): Promise<Hop> {
    const hop = new Hop(folder, await freePort());
    await hop.spool.holdDestination(`smtp:${SENDERS_HOST}`, 'reports are only counted');
    const parsed = parseConfiguration(hop.#toml(), join(folder, 'gw.toml'));
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    hop.gateway = await Gateway.start(parsed.configuration, {
      clock: hop.clock,
      random: () => 0,
      openSpool: async () => hop.spool,
      observe: (event) => {
        if (event.type === 'problem') hop.problems.push(event.problem);
        if (event.type !== 'settled') return;
        const { message, outcome, reason } = event.recipient;
        hop.settled.push({ what: `${hop.#subjects.get(message) ?? 'report'} ${outcome}`, reason });
      },
    });
    return hop;
  }

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
    this.#destination = `smtp:127.0.0.1:${port}`;
  }

  /** Takes the place of the one before. */
  async become(...flags: string[]): Promise<SmtpSink> {
    await this.sink?.stop();
    this.sink = await SmtpSink.start(join(this.#folder, `sink-${++this.#sinks}`), this.#port, flags);
    return this.sink;
  }

  async send(subject: string, text = 'hello', to = ['you@b.example']): Promise<void> {
    const writer = await this.spool.receive();
    this.#subjects.set(writer.id, subject);
    await writer.write(Buffer.from(`Subject: ${subject}\r\n\r\n${text}\r\n`, 'utf8'));
    await writer.commit({
      sender: SENDER,
      recipients: to.map((address) => ({ address, destination: this.#destination })),
      body: '8BITMIME',
      source: 'test',
      received: this.clock.wallTime(),
    });
  }

  /** Lets it try, until the next hop is left alone. @returns what came of it, one line each, in order of the alphabet. */
  async attempt(): Promise<string[]> {
    this.gateway.poke();
    await this.untilQuiet();
    return this.settled
      .splice(0)
      .map(({ what }) => what)
      .sort();
  }

  /** A session over TCP needs no time of the clock's: quiet is when nothing is due or claimed any more. */
  async untilQuiet(): Promise<void> {
    const isQuiet = async (): Promise<boolean> => {
      const there = await this.#waiting();
      // What is put off is due later; what is claimed is not counted as due, nor as due later.
      return there === undefined || (there.due === 0 && there.nextDue !== undefined);
    };
    await eventually(isQuiet, 'nothing is due', 10_000);
    // What is written down is told a moment later: until nothing more comes between answers of the spool.
    for (let told = -1, same = 0; same < 5; same = told === this.settled.length ? same + 1 : 0) {
      told = this.settled.length;
      await this.#waiting();
    }
  }

  /** The session is over and has given back what it held; a destination that is down may have more that is due. */
  async untilReleased(): Promise<void> {
    const filter = { destination: this.#destination };
    const isReleased = async (): Promise<boolean> => {
      const { busy } = await this.spool.operator.change(filter, { type: 'retry' });
      return busy === 0;
    };
    await eventually(isReleased, 'nothing is claimed', 10_000);
  }

  async #waiting(): Promise<DestinationSummary | undefined> {
    const all = await this.spool.destinations(this.clock.wallTime());
    return all.find(({ destination }) => destination === this.#destination);
  }

  /** That wait for the sender. */
  reports(): number {
    return this.spool.history.filter(({ envelope }) => envelope.origin === 'report').length;
  }

  async stop(): Promise<void> {
    await this.gateway.stop();
    await this.sink?.stop();
  }

  #toml(): string {
    return `
[gateway]
hostname = "gw.example"
[queue]
retry = ["1m", "5m"]
[[route]]
domain = "a.example"
smtp = "${SENDERS_HOST}"
[[route]]
domain = "*"
smtp = "127.0.0.1:${this.#port}"
`;
  }
}

type Result = 'delivered' | 'deferred' | 'failed';

/** What becomes of both messages when the next hop does so at that command. */
const STEPS: readonly [command: string, soft: Result, hard: Result, says421: Result, hangsUp: Result][] = [
  // Nothing that is said before MAIL is about a message: it waits, whatever the class of the reply.
  ['CONNECT', 'deferred', 'deferred', 'deferred', 'deferred'],
  // Refused or dropped it may be that only EHLO is not known there: HELO is tried.
  ['EHLO', 'deferred', 'delivered', 'deferred', 'delivered'],
  ['EHLO,HELO', 'deferred', 'deferred', 'deferred', 'deferred'],
  ['MAIL', 'deferred', 'failed', 'deferred', 'deferred'],
  ['RCPT', 'deferred', 'failed', 'deferred', 'deferred'],
  ['DATA', 'deferred', 'failed', 'deferred', 'deferred'],
  ['.', 'deferred', 'failed', 'deferred', 'deferred'],
  // What was taken stays taken, however the session ends.
  ['QUIT', 'delivered', 'delivered', 'delivered', 'delivered'],
];

const FAULTS = [
  ['says 4xx', ['-r']], // these two turn pipelining off
  ['says 5xx', ['-f']],
  ['says 421 and hangs up', ['-Q'], ['-p', '-Q']],
  ['hangs up', ['-q'], ['-p', '-q']],
] as const;

const CASES = STEPS.flatMap(([command, ...results]) =>
  FAULTS.flatMap(([does, ...ways], i) =>
    ways.map((flags) => {
      const title = `${does} at ${command}${flags.length > 1 ? ', without pipelining,' : ''}`;
      return [title, results[i] as Result, [...flags, command]] as const;
    }),
  ),
);

describe.skipIf(absent.length > 0)(titleWith('a next hop that', absent), () => {
  test.each(CASES)('%s leaves mail %s, and none is lost or comes twice', async (_, result, flags) => {
    const faulty = await hop.become(...flags);
    for (const subject of SUBJECTS) await hop.send(subject);
    expect(await hop.attempt(), faulty.conversation).toEqual(
      SUBJECTS.map((subject) => `${subject} ${result}`),
    );
    expect(hop.reports()).toBe(result === 'failed' ? SUBJECTS.length : 0);
    if (result === 'delivered') expect(subjectsOf(faulty)).toEqual(SUBJECTS);

    const well = await hop.become();
    hop.clock.runFor(2 * MINUTE);
    const again = result === 'deferred' ? SUBJECTS : [];
    expect(await hop.attempt()).toEqual(again.map((subject) => `${subject} delivered`));
    expect(subjectsOf(well)).toEqual(again);
    expect(hop.problems).toEqual([]);
  });

  test('refuses a message while it is being sent, and reads no further: it fails, and is not sent again', async () => {
    await hop.become('-A', '0');
    await hop.send('first', 'x'.repeat(70).concat('\r\n').repeat(60_000));
    // A reset that follows the refusal on its heels may take it along, one time in a few hundred: then nobody was told.
    let outcome = await hop.attempt();
    for (let tries = 1; outcome[0] === 'first deferred' && tries < 4; tries++) {
      hop.clock.runFor(10 * MINUTE);
      outcome = await hop.attempt();
    }
    expect(outcome).toEqual(['first failed']);
    const well = await hop.become();
    hop.clock.runFor(10 * MINUTE);
    expect(await hop.attempt()).toEqual([]);
    expect(well.messages()).toEqual([]);
  });

  test('turns everybody away is probed by one message, and gets the others when it is well', async () => {
    const all = Array.from({ length: 20 }, (_, number) => `message ${number}`);
    await hop.become('-Q', 'CONNECT');
    for (const subject of all) await hop.send(subject);
    hop.gateway.poke();
    await eventually(() => hop.settled.length > 0, 'the first attempt');
    for (const minutes of [2, 10, 10]) {
      await hop.untilReleased();
      hop.settled.length = 0;
      hop.clock.runFor(minutes * MINUTE);
      await eventually(() => hop.settled.length > 0, 'a further attempt');
      expect(hop.settled.map(({ what }) => what)).toEqual([expect.stringMatching(/deferred$/)]);
    }
    await hop.untilReleased();
    const well = await hop.become();
    hop.settled.length = 0;
    hop.clock.runFor(10 * MINUTE);
    expect(await hop.attempt()).toEqual(all.map((subject) => `${subject} delivered`).sort());
    expect(subjectsOf(well)).toEqual([...all].sort());
  });

  const UMLAUT = Buffer.from('\u00e4').toString('latin1');

  test.each([
    ['knows no ESMTP', ['-e'], '=C3=A4'],
    ['is behind a firewall that stars out its greeting', ['-P'], '=C3=A4'],
    ['takes no octets beyond ASCII', ['-8'], '=C3=A4'],
    ['has no enhanced status codes, no pipelining, no DSN', ['-E', '-p', '-N'], UMLAUT],
    ['has a name as long as a name can be', ['-h', `${'a'.repeat(63)}.`.repeat(3).concat('example')], UMLAUT],
    ['has a narrow window', ['-T', '1024'], UMLAUT],
  ])('%s is served all the same, every recipient of it', async (_, flags, expected) => {
    const sink = await hop.become(...flags);
    await hop.send('first', `\u00e4${'x'.repeat(60)}\r\n`.repeat(2000), ['you@b.example', 'she@b.example']);
    expect(await hop.attempt()).toEqual(['first delivered', 'first delivered']);
    const [message] = sink.messages();
    expect(message?.recipients.map((args) => args.split(' ')[0])).toEqual([
      '<you@b.example>',
      '<she@b.example>',
    ]);
    expect(message?.text.split(expected)).toHaveLength(1 + 2000);
  });
});

function subjectsOf(sink: SmtpSink): string[] {
  return sink
    .messages()
    .map(({ subject }) => subject)
    .sort();
}
