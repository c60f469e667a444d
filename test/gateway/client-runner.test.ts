import { describe, expect, test } from 'vitest';
import { type OctetStream, VirtualClock } from '../../src/core/index.js';
import { ClientRunner } from '../../src/gateway/client-runner.js';
import type { OutgoingMessage } from '../../src/smtp/index.js';
import { ScriptedStream, settled } from '../support/scripted-stream.js';

const to = (address: string): OutgoingMessage['recipients'][number] => ({ address, parameters: {} });

const MESSAGE: OutgoingMessage = {
  id: 'm1',
  sender: 'a@a.example',
  recipients: [to('b@b.example'), to('c@b.example')],
  size: 10,
  parameters: {},
};

const never = new Promise<undefined>(() => {});

function session(
  messages: OutgoingMessage[],
  readBody: () => AsyncIterable<Uint8Array> = async function* () {
    yield Buffer.from('hi\r\n.\r\n');
  },
  next = async (): Promise<OutgoingMessage | undefined> => messages.shift(),
) {
  const clock = new VirtualClock();
  const stream = new ScriptedStream();
  const settlements: string[] = [];
  const runner = new ClientRunner({
    stream,
    clock,
    session: {
      hostname: 'gw.example',
      pipelining: true,
      timeouts: { greetingMs: 60_000, commandMs: 60_000, dataMs: 60_000, endOfDataMs: 60_000 },
    },
    next,
    readBody,
    settle: async ({ id }, outcomes) => {
      for (const { address, outcome, reason } of outcomes)
        settlements.push(`${id} ${address} ${outcome} ${reason}`);
    },
  });
  runner.start();
  const say = async (text: string): Promise<string> => {
    stream.say(text);
    await settled();
    return stream.take();
  };
  return { clock, stream, runner, say, settlements };
}

describe('sending mail', () => {
  test('messages one after the other, then QUIT', async () => {
    const { say, settlements, runner, stream } = session([
      MESSAGE,
      { ...MESSAGE, id: 'm2', recipients: [to('d@b.example')] },
    ]);
    await say('220 b ESMTP\r\n');
    expect(await say('250-b\r\n250 PIPELINING\r\n')).toBe(
      'MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nRCPT TO:<c@b.example>\r\nDATA\r\n',
    );
    expect(await say('250 ok\r\n250 ok\r\n550 5.1.1 no such user\r\n354 go\r\n')).toBe('hi\r\n..\r\n.\r\n');
    expect(await say('250 ok\r\n')).toContain('RCPT TO:<d@b.example>');
    await say('250 ok\r\n450 4.2.1 later\r\n503 no recipients\r\n');
    expect(await say('221 bye\r\n')).toBe('');
    const end = await runner.done;
    expect(settlements).toEqual([
      'm1 b@b.example delivered 250 ok',
      'm1 c@b.example permanent 550 5.1.1 no such user',
      'm2 d@b.example temporary 450 4.2.1 later',
    ]);
    expect([end.inOrder, end.messages, stream.closed]).toEqual([true, 1, 'closed']);
  });

  test('a refusing greeting is no session: not in order, nothing settled', async () => {
    const { say, settlements, runner, stream } = session([MESSAGE]);
    await say('554 go away\r\n');
    await say('221 bye\r\n');
    stream.end();
    expect([(await runner.done).inOrder, settlements]).toEqual([false, []]);
  });

  test('the other end closes while nothing is to be sent: in order, if it took mail before', async () => {
    const mail = [MESSAGE];
    const { say, runner, stream } = session(mail, undefined, async () => mail.shift() ?? (await never));
    await say('220 b\r\n');
    await say('250-b\r\n250 PIPELINING\r\n');
    await say('250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n');
    await say('250 ok\r\n');
    await say('421 4.4.2 b waited long enough\r\n');
    stream.end();
    expect(await runner.done).toMatchObject({ inOrder: true, messages: 1 });

    const another = session([], undefined, () => never);
    await another.say('220 b\r\n250 b\r\n');
    another.stream.end();
    expect(await another.runner.done).toMatchObject({ inOrder: false, messages: 0 });
  });

  test('the connection lost before the last reply: put off, not delivered', async () => {
    const { say, settlements, runner, stream } = session([MESSAGE]);
    await say('220 b\r\n');
    await say('250-b\r\n250 PIPELINING\r\n');
    await say('250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n');
    stream.end('connection reset');
    const end = await runner.done;
    expect(end).toMatchObject({ inOrder: false, messages: 0 });
    expect(settlements).toHaveLength(2);
    expect(settlements.every((line) => line.includes('temporary'))).toBe(true);
  });

  test('the body waits until the stream has room', async () => {
    let pulls = 0;
    const { say, stream } = session([MESSAGE], async function* () {
      for (; pulls < 3; pulls++) yield Buffer.from(`line ${pulls}\r\n`);
    });
    await say('220 b\r\n');
    await say('250-b\r\n250 PIPELINING\r\n');
    stream.hasRoom = false;
    expect(await say('250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n')).toBe('line 0\r\n');
    stream.ready();
    await settled();
    expect(stream.take()).toBe('line 1\r\nline 2\r\n.\r\n');
  });

  test('a body that can not be read must not look complete', async () => {
    // biome-ignore lint/correctness/useYield: it fails before
    const { say, settlements, runner, stream } = session([MESSAGE], async function* () {
      throw new Error('disk gone');
    });
    await say('220 b\r\n');
    await say('250-b\r\n250 PIPELINING\r\n');
    expect(await say('250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n')).not.toContain('\r\n.\r\n');
    await runner.done;
    expect(stream.closed).toBe('protocolError');
    expect(settlements[0]).toMatch(/temporary .*disk gone/);
  });

  test('silence ends the session', async () => {
    const { clock, runner, stream } = session([MESSAGE]);
    clock.runFor(61_000);
    await settled();
    expect((await runner.done).inOrder).toBe(false);
    expect(stream.closed).not.toBe('open');
  });
});

describe('TLS', () => {
  function encrypting(upgrade: (stream: OctetStream) => Promise<OctetStream | string>) {
    const stream = new ScriptedStream();
    const runner = new ClientRunner({
      stream,
      clock: new VirtualClock(),
      session: {
        hostname: 'gw.example',
        pipelining: true,
        tls: 'may',
        timeouts: { greetingMs: 60_000, commandMs: 60_000, dataMs: 60_000, endOfDataMs: 60_000 },
      },
      next: async () => undefined,
      readBody: async function* () {},
      settle: async () => {},
      upgrade,
    });
    runner.start();
    stream.say('220 b\r\n');
    stream.say('250-b\r\n250 STARTTLS\r\n');
    return { stream, runner };
  }

  test('begun, the session goes on in it', async () => {
    const within = new ScriptedStream();
    const { stream, runner } = encrypting(async () => within);
    expect(stream.take()).toBe('EHLO gw.example\r\nSTARTTLS\r\n');
    stream.say('220 go\r\n');
    await settled();
    expect([stream.take(), within.take()]).toEqual(['', 'EHLO gw.example\r\n']);
    within.say('250 b\r\n');
    await settled();
    expect(within.take()).toBe('QUIT\r\n');
    within.say('221 bye\r\n');
    expect(await runner.done).toMatchObject({ inOrder: true, reason: '221 bye' });
  });

  test('not begun, the session is over, and another may do without', async () => {
    const { stream, runner } = encrypting(async () => 'TLS: no shared cipher');
    stream.say('220 go\r\n');
    expect(await runner.done).toMatchObject({
      inOrder: false,
      reason: '4.7.5 TLS could not be begun: TLS: no shared cipher',
      again: 'noTls',
    });
  });
});

describe('changing places (RFC 2645)', () => {
  function turning(how: 'etrn' | 'atrn' = 'atrn') {
    const stream = new ScriptedStream();
    const heard: string[] = [];
    const runner = new ClientRunner({
      stream,
      clock: new VirtualClock(),
      session: {
        hostname: 'gw.example',
        pipelining: true,
        timeouts: { greetingMs: 60_000, commandMs: 60_000, dataMs: 60_000, endOfDataMs: 60_000 },
      },
      next: async () => undefined,
      readBody: async function* () {},
      settle: async () => {},
      fetch: {
        how,
        domains: ['gw.example'],
        turned: (of, octets) => heard.push(`turned ${of === stream} ${Buffer.from(octets).toString()}`),
        refused: (reason, code) => heard.push(`refused ${code ?? reason}`),
      },
    });
    runner.start();
    const hello = async (keywords: string): Promise<string> => {
      stream.say('220 b\r\n');
      stream.say(keywords);
      await settled();
      return stream.take();
    };
    return { stream, runner, heard, hello };
  }

  test('when no mail is left, the stream goes to whoever is the server now', async () => {
    const { stream, runner, heard, hello } = turning();
    expect(await hello('250-b\r\n250 ATRN\r\n')).toBe('EHLO gw.example\r\nATRN gw.example\r\n');
    stream.say('250 turning\r\nEHLO b\r\n');
    expect(heard).toEqual(['turned true EHLO b\r\n']);
    expect(await runner.done).toMatchObject({ inOrder: true });
    expect(stream.closed).toBe('open');
  });

  test('refused, it ends with QUIT; where it is not offered it is not asked for', async () => {
    const { stream, runner, heard, hello } = turning();
    await hello('250-b\r\n250 ATRN\r\n');
    stream.say('453 no mail\r\n');
    await settled();
    expect([heard, stream.take()]).toEqual([['refused 453'], 'QUIT\r\n']);
    stream.say('221 bye\r\n');
    expect(await runner.done).toMatchObject({ inOrder: true });
    const other = turning();
    expect(await other.hello('250 b\r\n')).toContain('QUIT\r\n');
    expect(other.heard).toEqual(['refused b does not offer ATRN']);
  });

  test('ETRN: what waits is to be brought, and the session ends', async () => {
    const { stream, heard, hello } = turning('etrn');
    expect(await hello('250-b\r\n250 ETRN\r\n')).toContain('ETRN gw.example\r\n');
    stream.say('459 not yours\r\n');
    await settled();
    expect([heard, stream.take()]).toEqual([['refused 459'], 'QUIT\r\n']);
  });
});
