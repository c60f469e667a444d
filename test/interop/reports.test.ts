import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Mailbox } from '../../src/cli/demo/mailbox.js';
import { SystemClock } from '../../src/core/index.js';
import { AnsweringServer } from '../support/answering-server.js';
import { Postfix } from './support/postfix.js';
import { type Background, eventually, freePort, missing, titleWith } from './support/programs.js';
import { runSite } from './support/site.js';

const CLIENT = join(import.meta.dirname, 'support/smtplib-client.py');
const READER = join(import.meta.dirname, 'support/read-report.py');

interface ReadReport {
  readonly type: string;
  readonly report: string;
  readonly defects: readonly string[];
  readonly parts: readonly string[];
  readonly status: readonly (readonly (readonly [name: string, value: string])[])[];
}

const absent = missing('postfix', 'python3');

/** smtplib -> Postfix, which passes on what was asked for -> x25mail -> a mailbox that makes no reports; and back to Postfix. */
describe.skipIf(absent.length > 0)(titleWith('reports for a sender behind Postfix', absent), () => {
  const arrived: string[] = [];
  let folder: string;
  let mailbox: Mailbox;
  const refusing = new RefusingServer();
  let gateway: Background;
  let postfix: Postfix;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'x25mail-reports-'));
    mailbox = new Mailbox('mailbox.example', new SystemClock(), (message) =>
      arrived.push(Buffer.from(message).toString('latin1')),
    );
    const mailboxPort = await mailbox.listen();
    const port = await freePort();
    postfix = await Postfix.start(join(folder, 'postfix'), 'site-a.example', {
      relayhost: `[127.0.0.1]:${port}`,
    });
    gateway = await runSite(
      folder,
      'gw',
      `
[gateway]
hostname = "gw.example"
spool = "spool"
postmaster = "root@site-a.example"
[listen]
smtp = ["127.0.0.1:${port}"]
[relay]
networks = ["127.0.0.0/8"]
[[route]]
domain = "site-a.example"
smtp = "127.0.0.1:${postfix.port}"
[[route]]
domain = "site-b.example"
smtp = "127.0.0.1:${mailboxPort}"
[[route]]
domain = "closed.example"
smtp = "127.0.0.1:${await refusing.listen()}"
`,
    );
  });

  afterAll(async () => {
    await gateway?.stop();
    await postfix?.stop();
    await mailbox?.close();
    refusing.close();
    await rm(folder, { recursive: true, force: true });
  });

  function send(recipient: string, notify: string): void {
    const request = {
      host: '127.0.0.1',
      port: postfix.port,
      hello: 'python.example',
      sender: 'me@site-a.example',
      recipient,
      options: ['RET=HDRS', 'ENVID=E+2B1'],
      recipient_options: [`NOTIFY=${notify}`, `ORCPT=rfc822;${recipient}`],
      message: Buffer.from(`Subject: for ${recipient}\r\n\r\nhello\r\n`).toString('base64'),
    };
    const reply = execFileSync('python3', [CLIENT], { input: JSON.stringify(request), encoding: 'utf8' });
    expect(reply).toMatch(/^250 /);
  }

  async function reportOn(recipient: string): Promise<ReadReport> {
    const find = async (): Promise<string | undefined> =>
      (await postfix.messages()).find((text) => text.includes(`Final-Recipient: rfc822; ${recipient}`));
    await eventually(async () => (await find()) !== undefined, `a report on ${recipient}`);
    const input = Buffer.from((await find()) ?? '', 'latin1');
    return JSON.parse(execFileSync('python3', [READER], { input, encoding: 'utf8' })) as ReadReport;
  }

  test('a success is reported as passed on, with what Postfix has handed on', async () => {
    send('you@site-b.example', 'SUCCESS');
    const { status, ...report } = await reportOn('you@site-b.example');
    expect(report).toEqual({
      type: 'multipart/report',
      report: 'delivery-status',
      defects: [],
      parts: ['text/plain', 'message/delivery-status', 'text/rfc822-headers'],
    });
    const [ofMessage, ofRecipient] = status.map((block) => new Map(block));
    expect(ofMessage?.get('reporting-mta')).toBe('dns; gw.example');
    expect(ofMessage?.get('original-envelope-id')).toBe('E+1');
    expect(ofRecipient?.get('original-recipient')).toBe('rfc822; you@site-b.example');
    expect(ofRecipient?.get('action')).toBe('relayed');
    expect(ofRecipient?.get('status')).toMatch(/^2\.\d\.\d$/);
    expect(ofRecipient?.get('remote-mta')).toBe('dns; [127.0.0.1]');
    expect(arrived).toHaveLength(1);
  });

  test('a failure is reported with the reply, and NEVER stays silent', async () => {
    send('quiet@closed.example', 'NEVER');
    send('gone@closed.example', 'FAILURE');
    const { status, defects } = await reportOn('gone@closed.example');
    const [, ofRecipient] = status.map((block) => new Map(block));
    expect(defects).toEqual([]);
    expect(ofRecipient?.get('action')).toBe('failed');
    expect(ofRecipient?.get('status')).toBe('5.1.1');
    expect(ofRecipient?.get('diagnostic-code')).toBe('smtp; 550 5.1.1 nobody here');
    await gateway.says(/quiet@closed\.example.*nobody here/);
    expect((await postfix.messages()).some((text) => text.includes('quiet@closed.example'))).toBe(false);
  });
});

/** A server that knows nobody. */
class RefusingServer {
  readonly #server = createServer((socket) => {
    const server = new AnsweringServer([], (step) =>
      step === 'RCPT' ? '550 5.1.1 nobody here\r\n' : undefined,
    );
    socket.on('error', () => {});
    socket.on('data', (octets) => socket.write(server.answer(octets.toString('latin1'))));
    socket.write(server.greet());
  });

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  close(): void {
    this.#server.close();
  }
}
