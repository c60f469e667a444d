import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Background, freePort, missing } from '../test/interop/support/programs.js';
import { ServerProcess } from './smtp/questions.js';
import { row } from './support.js';

const run = promisify(execFile);

const OCTETS = 10_240;
/** In a run: enough for a second or more, and for the engine to compile what is used often. */
const LOADS = [
  { sessions: 1, messages: 500 },
  { sessions: 10, messages: 3000 },
  { sessions: 100, messages: 3000 },
];
const ROUNDS = 3;

const GATEWAY = new URL('./smtp/gateway-server.ts', import.meta.url);
const SMTP_SERVER = new URL('./smtp/smtp-server.ts', import.meta.url);

/** smtp-server waits 100 ms before each greeting: fewer messages show its rate as well. */
const MESSAGES_A_SESSION_OF_SMTP_SERVER = 20;

interface Target {
  readonly name: string;
  readonly port: number;
  /** Most messages for each session of a load. Default: any. */
  readonly messagesASession?: number;
  stop(): Promise<unknown>;
}

/**
 * Mail by TCP from Postfix's smtp-source, one connection a message: into a gateway that keeps nothing and one that keeps
 * everything, beside Postfix's smtp-sink and npm's smtp-server, which keep nothing.
 */
export async function benchSmtp(): Promise<void> {
  const absent = missing('smtp-source', 'smtp-sink');
  if (absent.length > 0) console.log(`  left out: ${absent.join(', ')} (Debian: postfix) not installed`);
  else await benchAccepting();
  await benchLargeMessages();
}

async function benchAccepting(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'x25mail-bench-'));
  const targets = await startAll(folder);
  try {
    row(
      `messages/s of ${OCTETS} octets`,
      ...targets.map(({ name }) => name),
      'to smtp-server',
      'to smtp-sink',
    );
    for (const load of LOADS) {
      const rates = targets.map(() => 0);
      // In turn, so that whatever else the machine does slows all.
      for (let round = 0; round < ROUNDS; round++)
        for (const [i, target] of targets.entries())
          rates[i] = Math.max(rates[i] ?? 0, await accepted(target, load));
      const [ours = 0, , other = 0, sink = 0] = rates;
      row(
        `  ${load.sessions} session${load.sessions === 1 ? '' : 's'}`,
        ...rates.map((rate) => Math.round(rate).toLocaleString('en')),
        (ours / other).toFixed(2),
        (ours / sink).toFixed(2),
      );
    }
  } finally {
    await Promise.all(targets.map((target) => target.stop()));
    await rm(folder, { recursive: true, force: true });
  }
}

async function startAll(folder: string): Promise<Target[]> {
  const process = async (name: string, script: URL, ...args: string[]): Promise<Target> => {
    const server = await ServerProcess.start(script, args);
    return { name, port: server.port, stop: () => server.stop() };
  };
  const sinkPort = await freePort();
  const sink = new Background('smtp-sink', ['-u', 'nobody', `127.0.0.1:${sinkPort}`, '1000']);
  return [
    await process('x25mail', GATEWAY, 'discard'),
    await process('with its spool', GATEWAY, folder),
    {
      ...(await process('smtp-server', SMTP_SERVER)),
      messagesASession: MESSAGES_A_SESSION_OF_SMTP_SERVER,
    },
    { name: 'smtp-sink', port: sinkPort, stop: () => sink.stop() },
  ];
}

/** @returns messages a second. */
async function accepted(target: Target, load: (typeof LOADS)[number]): Promise<number> {
  const { sessions } = load;
  const messages = Math.min(load.messages, sessions * (target.messagesASession ?? Number.POSITIVE_INFINITY));
  const began = performance.now();
  await run('smtp-source', [
    ...['-m', `${messages}`, '-s', `${sessions}`, '-l', `${OCTETS}`],
    ...['-f', 'from@site-a.example', '-t', 'to@site-b.example', `127.0.0.1:${target.port}`],
  ]);
  return messages / ((performance.now() - began) / 1000);
}

const LARGE = 32 * 1024 * 1024;
/** Into how many messages these octets are cut. */
const COUNTS = [1, 10];

/** CPU time of the gateway for the same octets in one message and in ten. */
async function benchLargeMessages(): Promise<void> {
  row('CPU of the server, one session', 'ns/octet');
  const folder = await mkdtemp(join(tmpdir(), 'x25mail-bench-'));
  try {
    for (const kept of ['discard', folder]) {
      const server = await ServerProcess.start(GATEWAY, [kept]);
      try {
        await cpuPerOctet(server, 10, LARGE / 10); // until everything is compiled
        const least = new Map(COUNTS.map((messages) => [messages, Number.POSITIVE_INFINITY]));
        for (let round = 0; round < ROUNDS; round++)
          for (const [messages, ns] of least)
            least.set(messages, Math.min(ns, await cpuPerOctet(server, messages, LARGE / messages)));
        const where = kept === 'discard' ? 'kept nowhere' : 'with its spool';
        for (const [messages, ns] of least) {
          const size = (LARGE / messages / 1024 / 1024).toFixed(1);
          row(`  ${messages} of ${size} MiB, ${where}`, ns.toFixed(2));
        }
      } finally {
        await server.stop();
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function cpuPerOctet(server: ServerProcess, messages: number, octets: number): Promise<number> {
  const line = `${randomBytes(37).toString('hex')}\r\n`;
  const body = `Subject: bench\r\n\r\n${line.repeat(octets / line.length)}`;
  const before = await server.usage();
  const client = connect(server.port, '127.0.0.1').setEncoding('latin1');
  const said = { text: '' };
  client.on('data', (text) => {
    said.text = text.toString();
  });
  const reply = async (code: string): Promise<void> => {
    await once(client, 'data');
    if (!said.text.startsWith(code)) throw new Error(`no ${code}: ${said.text}`);
  };
  await reply('220');
  const say = async (text: string, code: string): Promise<void> => {
    client.write(text);
    await reply(code);
  };
  await say('EHLO bench.example\r\n', '250');
  for (let i = 0; i < messages; i++) {
    await say('MAIL FROM:<from@site-a.example>\r\n', '250');
    await say('RCPT TO:<to@site-b.example>\r\n', '250');
    await say('DATA\r\n', '354');
    await say(`${body}.\r\n`, '250');
  }
  client.destroy();
  return (((await server.usage()).cpu - before.cpu) * 1000) / (messages * body.length);
}
