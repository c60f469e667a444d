import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { SMTPServer } from 'smtp-server';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addressesOf, completeHeader, readHeader } from '../../src/cli/message-header.js';
import { messageLines } from '../../src/cli/message-lines.js';
import { runSend, type SendOptions } from '../../src/cli/send.js';
import { runSendmail } from '../../src/cli/sendmail.js';
import { parseSendmailFlags } from '../../src/cli/sendmail-flags.js';
import {
  ControlServer,
  RequestError,
  type SettledRecipient,
  type Submission,
  submissionRequests,
} from '../../src/console/index.js';
import { openSpool } from '../../src/spool/index.js';

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text, 'latin1');
}

async function textOf(octets: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const piece of octets) text += Buffer.from(piece).toString('latin1');
  return text;
}

describe('flags', () => {
  const NONE = { recipients: [], fromHeader: false, dotEnds: true, mode: 'deliver' };
  test.each<[string, object]>([
    ['you@b.example me', { recipients: ['you@b.example', 'me'] }],
    ['-t -i', { fromHeader: true, dotEnds: false }],
    ['-ti', { fromHeader: true, dotEnds: false }],
    ['-oi -oem -om -odb', { dotEnds: false }],
    [
      '-FCronDaemon -i -B8BITMIME -oem root',
      { dotEnds: false, fullName: 'CronDaemon', recipients: ['root'] },
    ],
    ['-f me@a.example -F Anna you', { sender: 'me@a.example', fullName: 'Anna', recipients: ['you'] }],
    ['-fme@a.example you', { sender: 'me@a.example', recipients: ['you'] }],
    ['-f <> you', { sender: '', recipients: ['you'] }],
    ['-r me you', { sender: 'me', recipients: ['you'] }],
    [
      '-N success,delay -R hdrs -V id7 you',
      { notify: ['SUCCESS', 'DELAY'], ret: 'HDRS', envelopeId: 'id7', recipients: ['you'] },
    ],
    ['-N never you', { notify: [], recipients: ['you'] }],
    ['-C gw.toml -v -q -x you', { config: 'gw.toml', recipients: ['you'] }],
    ['-oem -oi -f me@a.example -- -you', { dotEnds: false, sender: 'me@a.example', recipients: ['-you'] }],
    ['-bm you', { recipients: ['you'] }],
    ['-bp', { mode: 'list' }],
    ['-O DeliveryMode=b -d0.1 -L tag -h 5 you', { recipients: ['you'] }],
  ])('%s', (words, expected) => {
    expect(parseSendmailFlags(words.split(' '))).toEqual({ ...NONE, ...expected });
  });

  test.each([
    ['-bs', '-bs is not done here'],
    ['-N often', 'allowed: never, or success'],
    ['-R all', 'allowed: full, hdrs'],
    ['-z', '-z is not known'],
    ['-tz', '-z is not known'],
    ['-f', '-f needs a value'],
  ])('%s is refused', (words, why) => {
    expect(parseSendmailFlags(words.split(' '))).toContain(why);
  });
});

describe('lines', () => {
  test.each([
    ['a\nb\n', false, 'a\r\nb\r\n'],
    ['a\r\nb', false, 'a\r\nb\r\n'],
    ['a\rb\r\r\nc', false, 'a\r\nb\r\n\r\nc\r\n'],
    ['', false, ''],
    ['\n\n', false, '\r\n\r\n'],
    ['a\n.\nb\n', false, 'a\r\n.\r\nb\r\n'],
    ['a\n.\nb\n', true, 'a\r\n'],
    ['a\n.', true, 'a\r\n'],
    ['.\r\nb', true, ''],
    ['a.\n..\n.b\n a\n', true, 'a.\r\n..\r\n.b\r\n a\r\n'],
  ])('%j (dot ends: %s)', async (text, dotEnds, expected) => {
    for (let size = 1; size <= text.length + 1; size++) {
      const cut = Array.from({ length: Math.ceil(text.length / size) }, (_, n) =>
        text.slice(n * size, (n + 1) * size),
      );
      expect(await textOf(messageLines(pieces(...cut), { dotEnds }))).toBe(expected);
    }
  });

  test('whatever comes, no line end stands alone, and the text is the same', async () => {
    const text = fc
      .array(fc.constantFrom('\r', '\n', '.', 'a'), { maxLength: 30 })
      .map((all) => all.join(''));
    await fc.assert(
      fc.asyncProperty(text, async (all) => {
        const made = await textOf(messageLines(pieces(all)));
        expect(made.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
        const lines = all.split(/\r\n|\r|\n/);
        if (lines.at(-1) === '') lines.pop();
        expect(made).toBe(lines.map((line) => `${line}\r\n`).join(''));
      }),
    );
  });
});

describe('the header', () => {
  test.each([
    ['a: b\r\nc: d\r\n e\r\n\r\nbody\r\n', ['a: b\r\n', 'c: d\r\n e\r\n'], '\r\nbody\r\n'],
    ['From me Tue Nov 24\r\na: b\r\n\r\nbody\r\n', ['a: b\r\n'], '\r\nbody\r\n'],
    ['hello you\r\n', [], '\r\nhello you\r\n'],
    ['a: b\r\nno field\r\n', ['a: b\r\n'], '\r\nno field\r\n'],
    ['\r\nbody\r\n', [], '\r\nbody\r\n'],
    ['a: b\r\n', ['a: b\r\n'], '\r\n'],
    ['', [], '\r\n'],
  ])('of %j', async (text, fields, rest) => {
    for (const size of [1, 7, 1000]) {
      const cut = Array.from({ length: Math.ceil(text.length / size) }, (_, n) =>
        text.slice(n * size, (n + 1) * size),
      );
      const message = await readHeader(pieces(...cut));
      expect(message?.fields).toEqual(fields);
      expect(await textOf(message?.rest ?? pieces())).toBe(rest);
    }
  });

  test('without an end that is near', async () => {
    expect(await readHeader(pieces('a: b\r\n'.repeat(50_000)))).toBeUndefined();
  });

  const FACTS = { sender: 'me@a.example', hostname: 'gw.example', now: Date.UTC(2026, 10, 24) };
  const complete = (fields: string[], facts: object = {}): string =>
    Buffer.from(completeHeader(fields, { ...FACTS, ...facts })).toString();

  test('gets what is missing, and loses Bcc', () => {
    const header = complete(['To: x\r\n', 'BCC: y,\r\n z\r\n', 'Subject: s\r\n']);
    expect(header).toMatch(
      /^To: x\r\nSubject: s\r\nFrom: me@a\.example\r\nDate: Tue, 24 Nov 2026 00:00:00 \+0000\r\nMessage-ID: <[\da-f-]{36}@gw\.example>\r\n$/,
    );
    expect(complete(['from: x\r\n', 'DATE : y\r\n', 'message-id: z\r\n'])).toBe(
      'from: x\r\nDATE : y\r\nmessage-id: z\r\n',
    );
  });

  test.each([
    ['Anna Beta', 'From: Anna Beta <me@a.example>'],
    ['Anna, B. "C"', 'From: "Anna, B. \\"C\\"" <me@a.example>'],
    ['Jürgen', 'From: =?utf-8?B?SsO8cmdlbg==?= <me@a.example>'],
    ['a\r\nBcc: x', 'From: "a Bcc: x" <me@a.example>'],
  ])('a name %j', (fullName, expected) => {
    expect(complete([], { fullName })).toContain(`${expected}\r\n`);
  });

  test('a sender without a domain is of this host', () => {
    expect(complete([], { sender: 'root' })).toContain('From: root@gw.example\r\n');
  });

  test.each([
    ['Anna <a@b>, "x, y" <c@d>', ['a@b', 'c@d']],
    ['root', ['root']],
    ['G: e@f, g@h;, i@j', ['e@f', 'g@h', 'i@j']],
    [' a@b,\r\n c@d', ['a@b', 'c@d']],
    ['', []],
  ])('addresses of %j', (text, expected) => {
    expect(addressesOf(text)).toEqual(expected);
  });
});

describe('handing in', () => {
  let folder: string;
  let config: string;
  let server: ControlServer | undefined;
  let taken: { submission: Submission; text: string; state: string }[];
  let watchers: Set<(step: SettledRecipient) => void>;
  let complaints: string[];
  let output: string;
  const closing: (() => Promise<void>)[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'x25mail-'));
    taken = [];
    watchers = new Set();
    complaints = [];
    output = '';
    configure();
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
    rmSync(folder, { recursive: true });
  });

  function configure(listen = ''): void {
    config = join(folder, 'a.toml');
    writeFileSync(
      config,
      `[gateway]\nhostname = "gw.example"\nspool = "spool"\npostmaster = "root@a.example"\n${listen}
[[route]]\ndomain = "nowhere.example"\nerror = "5.1.2 no such place"
[[route]]\ndomain = "*"\nsmtp = "127.0.0.1:25"\n`,
    );
  }

  /** A gateway that takes what it is given. */
  async function serve(): Promise<void> {
    const requests = submissionRequests({
      begin: async (submission) => {
        if (submission.recipients.includes('nobody@b.example'))
          throw new RequestError('refused', '550 5.1.1 <nobody@b.example> nobody known');
        if (submission.recipients.includes('later@b.example'))
          throw new RequestError('refused', '450 4.7.1 <later@b.example> not now');
        if (submission.recipients.includes('no@b.example'))
          throw new RequestError('refused', '550 5.7.1 <no@b.example> not you');
        const message = { submission, text: '', state: 'open' };
        taken.push(message);
        return {
          id: `m${taken.length}`,
          write: async (octets) => {
            message.text += Buffer.from(octets).toString('latin1');
          },
          commit: async () => {
            message.state = 'committed';
            setImmediate(() => {
              for (const recipient of submission.recipients)
                for (const watcher of watchers) {
                  const step = { message: `m${taken.length}`, recipient };
                  watcher({ ...step, outcome: 'deferred', reason: 'busy' });
                  watcher({
                    ...step,
                    outcome: recipient.startsWith('bad') ? 'failed' : 'delivered',
                    reason: '250 ok',
                  });
                }
            });
          },
          abort: async () => {
            message.state = 'aborted';
          },
        };
      },
      watchSettled: (watcher) => {
        watchers.add(watcher);
        return () => void watchers.delete(watcher);
      },
      isWaiting: async () => false,
    });
    const control = await ControlServer.listen(join(folder, 'spool-control'), requests);
    configure('[console]\nsocket = "spool-control"\n');
    server = control;
    closing.push(() => control.close());
  }

  const sendmail = (words: string, ...input: string[]): Promise<number> =>
    runSendmail(words === '' ? [] : words.split(' '), {
      input: pieces(...input),
      write: (text) => {
        output += text;
      },
      complain: (line) => void complaints.push(line),
      environment: { X25MAIL_CONFIG: config },
    });

  test('to a gateway: recipients of the header, without Bcc', async () => {
    await serve();
    const input = 'To: Anna <a@b.example>\nBcc: secret@b.example\nSubject: x\n\nhello\n.\nmore\n';
    expect(await sendmail('-t -i -f me@a.example -N never c@b.example', input)).toBe(0);
    expect(taken).toMatchObject([
      {
        state: 'committed',
        submission: {
          sender: 'me@a.example',
          recipients: ['c@b.example', 'a@b.example', 'secret@b.example'],
          notify: [],
          smtpUtf8: false,
          user: userInfo().username,
        },
      },
    ]);
    expect(taken[0]?.text).toMatch(
      /^To: Anna <a@b\.example>\r\nSubject: x\r\nFrom: me@a\.example\r\nDate: .*\r\nMessage-ID: .*\r\n\r\nhello\r\n\.\r\nmore\r\n$/,
    );
    expect([complaints, output]).toEqual([[], '']);
  });

  test('a long one, in pieces', async () => {
    await serve();
    const body = 'x'.repeat(1000);
    expect(await sendmail('you', 'Subject: x\n\n', ...Array.from({ length: 300 }, () => `${body}\n`))).toBe(
      0,
    );
    expect(taken[0]?.text.length).toBeGreaterThan(300_000);
    expect(taken[0]?.submission.sender).toBe(`${userInfo().username}@gw.example`);
  });

  test.each([
    ['nobody@b.example', 67, '550 5.1.1 <nobody@b.example> nobody known'],
    ['no@b.example', 69, '550 5.7.1 <no@b.example> not you'],
    ['later@b.example', 75, '450 4.7.1 <later@b.example> not now'],
  ])('%s is refused with status %i', async (recipient, status, why) => {
    await serve();
    expect(await sendmail(recipient, 'x\n')).toBe(status);
    expect(complaints).toEqual([why]);
  });

  test('wrong usage', async () => {
    expect(await sendmail('', 'x\n')).toBe(64);
    expect(await sendmail('-t', 'Subject: x\n\n')).toBe(64);
    expect(await sendmail('-bs', '')).toBe(64);
    expect(complaints).toEqual([
      'to whom? Name recipients, or give -t',
      'the message names no recipient in To, Cc or Bcc',
      '-bs is not done here: allowed: -bm (a message), -bp (the queue)',
    ]);
    expect(await sendmail('you', 'a: b\n'.repeat(100_000))).toBe(65);
    expect(await sendmail('-C /not/there you', 'x\n')).toBe(78);
  });

  test('no gateway and no spool: not now', async () => {
    expect(await sendmail('you@b.example', 'x\n')).toBe(75);
    expect(complaints[0]).toContain('there is no spool');
  });

  test('no gateway: into its spool, and -bp lists it; what has no route is refused', async () => {
    await (await openSpool({ directory: join(folder, 'spool') })).close();
    expect(await sendmail('root you@b.example', 'Subject: x\n\nhello\n')).toBe(0);
    expect(await sendmail('you@nowhere.example', 'x\n')).toBe(67);
    expect(await sendmail('-bp')).toBe(0);
    expect(output).toMatch(/root@gw\.example and 1 more +smtp:127\.0\.0\.1:25 +0 +due$/m);
    const spool = await openSpool({ directory: join(folder, 'spool') });
    const [delivery] = await spool.list(9);
    expect(delivery).toMatchObject({ origin: 'local', source: `local ${userInfo().username}` });
    const text = await textOf(spool.readBody(delivery?.message ?? ''));
    expect(text).toMatch(/^Received: by gw\.example \(from user \w+\) id \w+;\r\n\t.*\r\nSubject: x\r\n/);
    await spool.close();
  });

  /** Another user may not open the socket: here, there is none. */
  async function listenBySmtp(reply?: string): Promise<string[]> {
    const received: string[] = [];
    const smtp = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onRcptTo: (_address, _session, done) =>
        done(
          reply === undefined
            ? null
            : Object.assign(new Error(reply.slice(4)), { responseCode: Number(reply.slice(0, 3)) }),
        ),
      onData: (stream, _session, done) => {
        void textOf(stream).then((text) => {
          received.push(text);
          done();
        });
      },
    });
    await new Promise<void>((resolve) => void smtp.listen(0, '127.0.0.1', resolve));
    const address = smtp.server.address();
    configure(`[listen]\nsmtp = ["127.0.0.1:${typeof address === 'object' ? address?.port : 0}"]\n`);
    closing.push(() => new Promise((resolve) => smtp.close(resolve)));
    return received;
  }

  test('by SMTP, where the socket is not for this user', async () => {
    const received = await listenBySmtp();
    expect(await sendmail('-i you@b.example', 'Subject: x\n\n.hello\n.\n')).toBe(0);
    expect(received[0]).toMatch(/Subject: x\r\n[\s\S]*\r\n\r\n\.hello\r\n\.\r\n$/);
  });

  test.each([
    ['550 5.1.1 nobody', 67],
    ['554 5.7.1 not you', 69],
    ['451 4.3.0 not now', 75],
  ])('by SMTP, refused with %s: %i', async (reply, status) => {
    await listenBySmtp(reply);
    expect(await sendmail('you@b.example', 'x\n')).toBe(status);
  });

  describe('x25mail send', () => {
    const send = (files: string[], options: Partial<SendOptions> = {}, ...input: string[]): Promise<number> =>
      runSend(
        files,
        { config, to: ['you@b.example'], ...options },
        {
          input: pieces(...input),
          write: (text) => {
            output += text;
          },
          complain: (line) => void complaints.push(line),
          isTerminal: false,
        },
      );

    test('text and a file, and waits until it is settled', async () => {
      await serve();
      const file = join(folder, 'data.bin');
      writeFileSync(file, Buffer.alloc(100_000, 1));
      expect(await send(['-', file], { subject: 'Grüße', wait: true }, 'hello\n')).toBe(0);
      expect(output).toBe('In the queue as m1\n<you@b.example> delivered: 250 ok\n');
      expect(complaints).toEqual(['<you@b.example> has to wait: busy']);
      const text = taken[0]?.text ?? '';
      expect(text).toMatch(/^Subject: =\?UTF-8\?/m);
      expect(text).toContain('filename=data.bin');
      expect(text.length).toBeGreaterThan(130_000);
      expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
      expect(watchers.size).toBe(0);
    });

    test('one that is returned: status 1; as JSON', async () => {
      await serve();
      expect(await send(['-'], { to: ['bad@b.example'], wait: true, json: true }, 'x')).toBe(1);
      expect(JSON.parse(output)).toMatchObject({
        id: 'm1',
        way: 'socket',
        recipients: [{ outcome: 'failed' }],
      });
    });

    test('a file that is not there: nothing is begun', async () => {
      await serve();
      await expect(send([join(folder, 'nope')])).rejects.toThrow(/nope can't be read: ENOENT/);
      expect(taken).toEqual([]);
    });

    test('without a gateway: into the spool, or an error when it is to wait', async () => {
      await (await openSpool({ directory: join(folder, 'spool') })).close();
      expect(await send(['-'], {}, 'x')).toBe(0);
      expect(output).toMatch(/^In the queue of a gateway that does not run, it goes when it does as \w+\n$/);
      await expect(send(['-'], { wait: true }, 'x')).rejects.toThrow(
        'no gateway runs, so nothing can be waited for',
      );
      expect(await send(['-'], { wait: true, smtp: true }, 'x')).toBe(2);
    });

    test('by SMTP', async () => {
      const received = await listenBySmtp();
      expect(await send(['-'], { smtp: true, from: 'me@a.example' }, 'hello')).toBe(0);
      expect(output).toBe('Handed in by SMTP\n');
      expect(received[0]).toContain('hello');
    });

    test('who breaks off leaves nothing', async () => {
      await serve();
      async function* broken(): AsyncGenerator<Uint8Array> {
        yield Buffer.from('Subject: x\n\nhello\n');
        throw new Error('the pipe broke');
      }
      const status = await runSendmail(['you@b.example'], {
        input: broken(),
        write: () => {},
        complain: (line) => void complaints.push(line),
        environment: { X25MAIL_CONFIG: config },
      });
      expect([status, complaints]).toEqual([75, ['the pipe broke']]);
      await expect.poll(() => taken[0]?.state ?? 'aborted').toBe('aborted');
      expect(server).toBeDefined();
    });
  });

  test('something that answers on the socket and is no gateway', async () => {
    const other: Server = createServer((socket) => void socket.resume().end('220 hello\r\n'));
    await new Promise<void>((resolve) => void other.listen(join(folder, 'spool-control'), resolve));
    closing.push(() => new Promise<void>((resolve) => void other.close(() => resolve())));
    configure('[console]\nsocket = "spool-control"\n');
    expect(await sendmail('you@b.example', 'x\n')).toBe(75);
    expect(complaints).toEqual(['something answers there that is no gateway']);
  });
});
