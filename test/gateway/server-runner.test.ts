import { describe, expect, test } from 'vitest';
import { GatewayError, VirtualClock } from '../../src/core/index.js';
import { ServerRunner } from '../../src/gateway/server-runner.js';
import type { MessageWriter } from '../../src/spool/index.js';
import { MemorySpool } from '../support/memory-spool.js';
import { policyOfTests } from '../support/policies.js';
import { ScriptedStream, settled } from '../support/scripted-stream.js';

function session(options: { spool?: MemorySpool } = {}) {
  const clock = new VirtualClock(Date.UTC(1990, 0, 1));
  const stream = new ScriptedStream();
  const spool = options.spool ?? new MemorySpool(clock);
  const problems: string[] = [];
  const ends: { messages: number; reason: string }[] = [];
  const runner = new ServerRunner({
    stream,
    clock,
    spool,
    caller: {
      source: 'smtp 127.0.0.1',
      origin: '127.0.0.1',
      protocol: 'TCP',
      address: '127.0.0.1',
    },
    policy: policyOfTests(),
    session: {
      hostname: 'gw.example',
      greeting: 'ESMTP',
      maxMessageSize: 100_000,
      maxRecipients: 10,
      lineEnds: 'crlf',
      bareLineEnd: 'refuse',
      idleTimeoutMs: 300_000,
      maxErrors: 5,
    },
    onProblem: (problem) => problems.push(problem),
    onEnd: (end) => ends.push(end),
  });
  runner.start();
  const say = async (text: string): Promise<string> => {
    stream.say(text);
    await settled();
    clock.runFor(200); // replies to a batch may be held a moment
    await settled();
    return stream.take();
  };
  return { clock, stream, spool, runner, say, problems, ends };
}

const ENVELOPE = 'MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n';

describe('receiving mail', () => {
  test('a message is in the spool when 250 is said, below its Received field', async () => {
    const { spool, say, stream } = session();
    expect(stream.take()).toMatch(/^220 gw\.example /);
    await say('EHLO client.example\r\n');
    expect(await say(ENVELOPE)).toMatch(/354 /);
    expect(spool.history).toHaveLength(0);
    expect(await say('Subject: x\r\n\r\n..dot\r\n.\r\n')).toBe('250 2.0.0 ok, 20 octets queued as m1\r\n');
    expect(Buffer.from(spool.history[0]?.body ?? []).toString()).toBe(
      'Received: from client.example (127.0.0.1)\r\n\tby gw.example with ESMTP id m1;\r\n' +
        '\tMon, 01 Jan 1990 00:00:00 +0000\r\nSubject: x\r\n\r\n.dot\r\n',
    );
    expect(stream.unconsumed).toBe(0);
  });

  test('HELO makes it SMTP', async () => {
    const { spool, say } = session();
    await say('HELO client.example\r\n');
    await say(ENVELOPE);
    await say('x\r\n.\r\n');
    expect(Buffer.from(spool.history[0]?.body ?? []).toString()).toContain('with SMTP id');
  });

  test('refused recipients are not in the envelope, and two messages do not mix', async () => {
    const { spool, say } = session();
    await say('EHLO c\r\n');
    const first = await say(
      'MAIL FROM:<a@a.example>\r\nRCPT TO:<no@b.example>\r\nRCPT TO:<yes@b.example>\r\nDATA\r\n',
    );
    expect(first).toMatch(/250 .*\r\n550 5\.1\.1 no such user\r\n250 .*\r\n354/);
    await say('x\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<other@b.example>\r\nDATA\r\n');
    await say('y\r\n.\r\n');
    expect(
      spool.history.map(({ envelope }) => [
        envelope.sender,
        envelope.recipients.map(({ address }) => address),
      ]),
    ).toEqual([
      ['a@a.example', ['yes@b.example']],
      ['', ['other@b.example']],
    ]);
  });

  test('a client that goes away in the middle of a message leaves nothing', async () => {
    const { spool, say, stream, ends } = session();
    await say('EHLO c\r\n');
    await say(ENVELOPE);
    await say('half a mess');
    stream.end('connection reset');
    await settled();
    expect([spool.history.length, ends]).toEqual([0, [{ messages: 0, reason: 'connection reset' }]]);
  });
});

describe('a spool in trouble', () => {
  test('without room MAIL is refused for now, with the size the client said', async () => {
    const { spool, say } = session();
    spool.room = 500;
    await say('EHLO c\r\n');
    expect(await say('MAIL FROM:<a@a.example> SIZE=501\r\n')).toMatch(/^452 4\.3\.1 /);
    expect(await say('MAIL FROM:<a@a.example> SIZE=500\r\n')).toMatch(/^250 /);
  });

  test.each([
    ['spoolFull', '452 4.3.1'],
    ['spoolWrite', '451 4.3.0'],
  ])('%s while committing is a passing failure, and no message is there', async (code, reply) => {
    const clock = new VirtualClock();
    const spool = new MemorySpool(clock);
    const receive = spool.receive.bind(spool);
    spool.receive = async (): Promise<MessageWriter> => {
      const writer = await receive();
      return { ...writer, commit: () => Promise.reject(new GatewayError(code, 'no', { temporary: true })) };
    };
    const { say, problems } = session({ spool });
    await say('EHLO c\r\n');
    await say(ENVELOPE);
    expect(await say('x\r\n.\r\n')).toMatch(new RegExp(`^${reply.replaceAll('.', '\\.')} `));
    expect(problems).toEqual(['commit: no']);
    expect(await say('NOOP\r\n')).toMatch(/^250 /);
  });

  test('a write that fails: the rest of the message is read, then refused', async () => {
    const clock = new VirtualClock();
    const spool = new MemorySpool(clock);
    const receive = spool.receive.bind(spool);
    let writes = 0;
    spool.receive = async (): Promise<MessageWriter> => {
      const writer = await receive();
      const write = async (chunk: Uint8Array): Promise<void> => {
        if (++writes > 1) throw new GatewayError('spoolFull', 'full', { temporary: true });
        await writer.write(chunk);
      };
      return { ...writer, write };
    };
    const { say, spool: same } = session({ spool });
    await say('EHLO c\r\n');
    await say(ENVELOPE);
    expect(await say(`${'x'.repeat(60)}\r\n`.repeat(500))).toBe('');
    expect(await say('.\r\n')).toMatch(/^452 4\.3\.1 /);
    expect(same.history).toHaveLength(0);
  });
});

describe('stopping', () => {
  test('an idle session is told at once', async () => {
    const { runner, stream, ends } = session();
    stream.take();
    runner.stop();
    await settled();
    expect(stream.take()).toMatch(/^421 4\.3\.2 /);
    expect([stream.closed, ends.length]).toEqual(['closed', 1]);
  });

  test('a message that is coming in is finished first', async () => {
    const { runner, spool, say, stream } = session();
    await say('EHLO c\r\n');
    await say(ENVELOPE);
    await say('x\r\n');
    runner.stop();
    expect(stream.closed).toBe('open');
    expect(await say('.\r\n')).toMatch(/^250 [^\r\n]*\r\n421 /);
    expect([spool.history.length, stream.closed]).toEqual([1, 'closed']);
  });
});
