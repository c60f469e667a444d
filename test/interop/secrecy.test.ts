import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Mailbox } from '../../src/cli/demo/mailbox.js';
import { SystemClock } from '../../src/core/index.js';
import { converse, dialogue } from './support/bridged.js';
import { type Background, eventually, freePort } from './support/programs.js';
import { openTcpLine } from './support/serial.js';
import { configured, runSite, type SiteName, serialLink, siteToml, X25MAIL } from './support/site.js';

const run = promisify(execFile);
const FILES = join(import.meta.dirname, '../fixtures/tls');

/** Words that stand nowhere else. */
const PASSWORD = 'quagga-7341';
const WRONG = 'thylacine-5528';
const CONTENT = ['dodo-in-a-field', 'moa-in-a-line', 'auk-in-a-refused-message', 'kea-in-what-is-returned'];

/** As they pass: as they are, and in base64 whatever stands before them; in hexadecimal, as a dump would have them. */
function traces(secret: string): string[] {
  const base64 = [0, 1, 2].map((before) => {
    const text = Buffer.from(`${'\0'.repeat(before)}${secret}`).toString('base64');
    // What depends on its neighbours is left out.
    return text.slice(before === 0 ? 0 : 4, -4);
  });
  const hex = Buffer.from(secret).toString('hex');
  return [secret, ...base64, hex, hex.toUpperCase(), hex.toUpperCase().replace(/..(?=.)/g, '$& ')];
}

let folder: string;
let line: Awaited<ReturnType<typeof openTcpLine>>;
let mailbox: Mailbox;
let ca = '';
let port = 0;
let arrived = '';
const sites = new Map<SiteName, Background>();

beforeAll(async () => {
  ca = await readFile(join(FILES, 'ca.pem'), 'utf8');
  folder = await mkdtemp(join(tmpdir(), 'x25mail-secrecy-'));
  line = await openTcpLine();
  mailbox = new Mailbox('mailbox.example', new SystemClock(), (message) => {
    arrived += Buffer.from(message).toString('latin1');
  });
  const mailboxPort = await mailbox.listen();
  for (const name of ['b', 'a'] as const) {
    port = await freePort();
    const toml = siteToml(name, {
      smtpPort: port,
      mailboxPort,
      link: serialLink(name, `tcp://127.0.0.1:${line.port}`, 115_200),
      more: `
[listen.tls]
cert = "${join(FILES, 'cert.pem')}"
key = "${join(FILES, 'key.pem')}"
[auth]
users = "users"
[log]
level = "trace"
calls = "calls-${name}.jsonl"
`,
    });
    const config = await configured(folder, name, toml);
    spawnSync(process.execPath, [X25MAIL, 'passwd', 'anna', '-c', config], { input: `${PASSWORD}\n` });
    sites.set(name, await runSite(folder, name, toml));
  }
});

afterAll(async () => {
  await Promise.all([...sites.values()].map((site) => site.stop()));
  await mailbox.close();
  line.server.close();
  await rm(folder, { recursive: true, force: true });
});

function send(password: string, to: string, method: string): Promise<unknown> {
  const transport = createTransport({
    host: 'localhost',
    port,
    requireTLS: true,
    tls: { ca: [ca] },
    auth: { user: 'anna', pass: password },
    authMethod: method,
  });
  const [field, text] = CONTENT;
  return transport
    .sendMail({
      envelope: { from: 'me@elsewhere.example', to: [to] },
      raw: `Subject: ${field}\r\n\r\n${`${text}\r\n`.repeat(200)}`,
    })
    .finally(() => transport.close());
}

/** Within TLS: begins a login, answers whatever is asked, and gives up. @returns what was replied. */
async function secretly(command: string, answer: string): Promise<string> {
  const plain = connect(port, '127.0.0.1');
  await once(plain, 'data');
  for (const line of ['EHLO me.example', 'STARTTLS']) {
    plain.write(`${line}\r\n`);
    await once(plain, 'data');
  }
  const secured = connectTls({ socket: plain, ca, servername: 'localhost' });
  secured.write('EHLO me.example\r\n');
  return converse(secured, [`${command}\r\n`, `${answer}\r\n`, '*\r\n', 'QUIT\r\n']);
}

/** A message is given up, and its header goes back to the sender in a report. @returns what the commands have said. */
async function returnOne(x25mail: (...args: string[]) => Promise<string>): Promise<string> {
  const queue = (...args: string[]): Promise<string> => x25mail('queue', ...args, '-c', 'a.toml');
  let said = await queue('hold', '--future', '--peer', 'other', '--reason', 'to be returned');
  said += await dialogue(port, [
    'EHLO me.example\r\n',
    'MAIL FROM:<me@site-a.example>\r\n',
    'RCPT TO:<you@site-b.example>\r\n',
    'DATA\r\n',
    `Subject: ${CONTENT[3]}\r\n\r\n${CONTENT[3]}\r\n.\r\n`,
    'QUIT\r\n',
  ]);
  said += await queue('list', '--peer', 'other');
  said += await queue('bounce', '--peer', 'other', '--reason', 'nobody wants it', '--yes');
  await eventually(() => arrived.includes(CONTENT[3] ?? ''), 'the report');
  return said + (await queue('release', '--future', '--peer', 'other'));
}

test('no password and nothing of a message is in a log at its most talkative, nor in status', async () => {
  for (const method of ['PLAIN', 'LOGIN']) {
    await send(PASSWORD, 'you@site-b.example', method);
    await expect(send(WRONG, 'you@site-b.example', method)).rejects.toThrow(/535/);
  }
  const plain = Buffer.from(`\0anna\0${PASSWORD}`).toString('base64');
  expect(traces(PASSWORD).some((trace) => plain.includes(trace))).toBe(true);
  // Nor of one that is broken off, or that nobody can read.
  for (const [command, answer] of [
    ['AUTH PLAIN', `${plain}=`],
    ['AUTH LOGIN', Buffer.from(PASSWORD).toString('base64')],
    ['AUTH SCRAM-SHA-256', Buffer.from(`n,,n=${PASSWORD},r=x`).toString('base64')],
  ])
    expect(await secretly(`${command}`, `${answer}`)).toMatch(/^[45]/m);
  const replies = await dialogue(port, [
    'EHLO me.example\r\n',
    `AUTH PLAIN ${plain}\r\n`, // in the clear: not offered
    `${PASSWORD}\r\n`, // a client that is out of step
    'MAIL FROM:<me@elsewhere.example>\r\n',
    'RCPT TO:<you@site-b.example>\r\n',
    'DATA\r\n',
    `Subject: x\r\n\r\n${CONTENT[2]}\nbare\r\n.\r\n`,
    `${CONTENT[2]}\r\n`,
    'QUIT\r\n',
  ]);
  expect(replies).not.toContain(PASSWORD);
  await eventually(() => arrived.split('Subject: ').length > 2, 'both messages');

  const x25mail = async (...args: string[]): Promise<string> =>
    (await run(process.execPath, [X25MAIL, ...args], { cwd: folder })).stdout;
  let said = replies + (await returnOne(x25mail));
  for (const name of ['a', 'b'] as const) {
    for (const command of ['status', 'circuits', 'queue'])
      said += await x25mail(
        command,
        ...(command === 'queue' ? ['list'] : []),
        '--json',
        '-c',
        `${name}.toml`,
      );
    await eventually(
      async () => (await readFile(join(folder, `calls-${name}.jsonl`), 'utf8')) !== '',
      'the record',
    );
    said += await readFile(join(folder, `calls-${name}.jsonl`), 'utf8');
    const { output = '' } = sites.get(name) ?? {};
    expect(output).toMatch(/ I ns=/); // it is at level trace
    said += output;
  }
  for (const secret of [PASSWORD, WRONG, ...CONTENT])
    for (const trace of traces(secret)) expect(said.includes(trace), `${secret} as ${trace}`).toBe(false);
});
