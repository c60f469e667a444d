import { describe, expect, test } from 'vitest';
import {
  type Identify,
  type Introduced,
  type IntroductionOptions,
  introduce,
} from '../../src/bridge/index.js';
import { type OctetStream, VirtualClock } from '../../src/core/index.js';
import { ScriptedStream, settled } from '../support/scripted-stream.js';
import { text } from '../support/smtp-drivers.js';

const SECOND = 1000;
const CALLER = { nua: '26245300040', address: 'fd25::2624:5300:40f:fffb', relay: false };
const EHLO = '250-mta\r\n250-XCLIENT NAME ADDR PROTO HELO LOGIN\r\n250 SIZE\r\n';

class Introducing {
  readonly clock = new VirtualClock();
  readonly mta = new ScriptedStream();
  result: Introduced | undefined;

  constructor(identify: Identify, rest: Partial<IntroductionOptions> = {}) {
    const { mta: stream, clock } = this;
    void introduce({
      stream,
      clock,
      identify,
      hostname: 'gw.example',
      caller: CALLER,
      calledAddress: 'fd25::2342:1000:1fff:fff9',
      timeoutMs: 30 * SECOND,
      ...rest,
    }).then((result) => {
      this.result = result;
    });
  }

  /** The MTA says this. @returns what it is told. */
  say(what: string): string {
    this.mta.say(what);
    return this.mta.take();
  }

  /** What a caller would find, when all that was said has been told. */
  async caller(): Promise<{ said: string; stream: OctetStream; ended: string | undefined }> {
    await settled();
    if (this.result?.ok !== true) throw new Error(`not introduced: ${JSON.stringify(this.result)}`);
    const { stream } = this.result;
    const found = { said: '', stream, ended: undefined as string | undefined };
    stream.setReceiver({
      octets: (octets) => {
        found.said += text(octets);
        stream.consumed(octets.length);
      },
      ready: () => {},
      ended: ({ reason }) => {
        found.ended = reason;
      },
    });
    this.clock.runFor(1);
    return found;
  }

  async failure(): Promise<Introduced | undefined> {
    await settled();
    return this.result;
  }
}

describe('by XCLIENT', () => {
  test('the caller is told, and finds the greeting after it', async () => {
    const introducing = new Introducing('xclient');
    expect(introducing.say('220 mta ESMTP\r\n')).toBe('EHLO gw.example\r\n');
    expect(introducing.say(EHLO)).toBe('XCLIENT ADDR=IPV6:fd25::2624:5300:40f:fffb NAME=[UNAVAILABLE]\r\n');
    expect(introducing.say('220 mta ESMTP again\r\n')).toBe('');
    expect((await introducing.caller()).said).toBe('220 mta ESMTP again\r\n');
    expect(introducing.mta.unconsumed).toBe(0);
    expect(introducing.mta.closed).toBe('open');
  });

  test('a caller that may relay is logged in by its number', () => {
    const introducing = new Introducing('xclient', { caller: { ...CALLER, relay: true } });
    introducing.say('220 mta\r\n');
    expect(introducing.say(EHLO)).toBe(
      'XCLIENT ADDR=IPV6:fd25::2624:5300:40f:fffb NAME=[UNAVAILABLE] LOGIN=26245300040\r\n',
    );
  });

  test('only what the server takes is sent', () => {
    const introducing = new Introducing('xclient', { caller: { ...CALLER, relay: true } });
    introducing.say('220 mta\r\n');
    expect(introducing.say('250-mta\r\n250 xclient proto addr\r\n')).toBe(
      'XCLIENT ADDR=IPV6:fd25::2624:5300:40f:fffb\r\n',
    );
  });

  test('values are written as xtext', () => {
    const introducing = new Introducing('xclient', {
      caller: { nua: '1+2= 3', address: 'fd25::1', relay: true },
    });
    introducing.say('220 mta\r\n');
    expect(introducing.say(EHLO)).toContain(' LOGIN=1+2B2+3D+203\r\n');
  });

  test('cut at every octet, and with what comes behind the greeting', async () => {
    const said = ['220-m\r\n220 mta\r\n', EHLO, '220-again\r\n220 mta\r\n421 that was all\r\n'];
    const introducing = new Introducing('xclient');
    for (const octet of said.join('')) introducing.mta.say(octet);
    expect((await introducing.caller()).said).toBe(said[2]);
    expect(introducing.mta.unconsumed).toBe(0);
  });

  test.each([
    [
      'no XCLIENT',
      '250-mta\r\n250 SIZE\r\n',
      'xclientNotOffered',
      'the mail server does not offer us XCLIENT',
    ],
    ['nothing at all', '250 mta\r\n', 'xclientNotOffered', 'the mail server does not offer us XCLIENT'],
    [
      'no ADDR',
      '250-mta\r\n250 XCLIENT NAME\r\n',
      'xclientNotOffered',
      'the mail server takes no ADDR with XCLIENT',
    ],
    ['a refusal', '550 5.7.1 go away\r\n', 'refused', 'the mail server said 550 5.7.1 go away'],
    ['more questions', '334 what\r\n', 'refused', 'the mail server said 334 what'],
  ])('EHLO is answered with %s', async (_, reply, why, reason) => {
    const introducing = new Introducing('xclient');
    introducing.say('220 mta\r\n');
    expect(introducing.say(reply)).toBe('QUIT\r\n');
    expect(await introducing.failure()).toEqual({ ok: false, why, reason });
    expect(introducing.mta.closed).toBe('closed');
    expect(introducing.mta.unconsumed).toBe(0);
  });

  test('this caller is refused', async () => {
    const introducing = new Introducing('xclient');
    introducing.say('220 mta\r\n');
    introducing.say(EHLO);
    introducing.say('554 5.7.1 <unknown[fd25::2624:5300:40f:fffb]>: Client host rejected\r\n');
    expect(await introducing.failure()).toMatchObject({ ok: false, why: 'refused' });
  });
});

describe('by the PROXY protocol', () => {
  test('v1: a line before the greeting', async () => {
    const introducing = new Introducing('proxyV1');
    expect(introducing.mta.take()).toBe(
      'PROXY TCP6 fd25::2624:5300:40f:fffb fd25::2342:1000:1fff:fff9 0 25\r\n',
    );
    expect(introducing.say('220 mta\r\n')).toBe('');
    expect((await introducing.caller()).said).toBe('220 mta\r\n');
  });

  test('v2: a header with the number in it', () => {
    const introducing = new Introducing('proxyV2');
    const header = Buffer.from(introducing.mta.take(), 'latin1').toString('hex');
    expect(header).toBe(
      [
        '0d0a0d0a000d0a515549540a', // signature
        '21', // version 2, PROXY
        '21', // IPv6, stream
        '0032', // 50 octets follow
        'fd2500000000000026245300040ffffb', // source address
        'fd25000000000000234210001ffffff9', // destination address
        '0000', // source port
        '0019', // destination port
        'e0000b3236323435333030303430', // TLV E0: 26245300040
      ].join(''),
    );
  });
});

test('not at all: the greeting is the first that there is', async () => {
  const introducing = new Introducing('none');
  expect(introducing.mta.take()).toBe('');
  introducing.say('220 mta\r\n');
  expect((await introducing.caller()).said).toBe('220 mta\r\n');
});

describe.each<Identify>(['xclient', 'proxyV1', 'proxyV2', 'none'])('whatever the way (%s)', (identify) => {
  test('no greeting in time', async () => {
    const introducing = new Introducing(identify);
    introducing.say('220-wait\r\n');
    introducing.clock.runFor(30 * SECOND);
    expect(await introducing.failure()).toEqual({
      ok: false,
      why: 'timeout',
      reason: 'the mail server was not ready within 30 s',
    });
    expect(introducing.mta.closed).toBe('protocolError');
  });

  test('no welcome', async () => {
    const introducing = new Introducing(identify);
    introducing.say('421 4.3.2 later\r\n');
    expect(await introducing.failure()).toEqual({
      ok: false,
      why: 'refused',
      reason: 'the mail server said 421 4.3.2 later',
    });
  });

  test('no SMTP', async () => {
    const introducing = new Introducing(identify);
    introducing.say('SSH-2.0-OpenSSH_9.2\r\n');
    expect(await introducing.failure()).toMatchObject({ ok: false, why: 'notSmtp' });
    expect(introducing.mta.closed).toBe('protocolError');
  });

  test('a connection that ends', async () => {
    const introducing = new Introducing(identify);
    introducing.mta.end('read ECONNRESET');
    expect(await introducing.failure()).toEqual({
      ok: false,
      why: 'gone',
      reason: 'the mail server has ended the connection: read ECONNRESET',
    });
    introducing.clock.runFor(60 * SECOND);
    expect(introducing.clock.next()).toBeUndefined();
  });
});

test('what happens between the introduction and the call is not lost', async () => {
  const introducing = new Introducing('none');
  introducing.say('220 mta\r\n');
  await settled();
  introducing.say('421 too slow\r\n');
  introducing.mta.end('closed by the other end');
  const caller = await introducing.caller();
  expect(caller.said).toBe('220 mta\r\n421 too slow\r\n');
  expect(caller.ended).toBe('closed by the other end');
});

test('the stream that is handed over is the same connection', async () => {
  const introducing = new Introducing('none');
  introducing.say('220 mta\r\n');
  const { stream } = await introducing.caller();
  introducing.mta.hasRoom = false;
  expect(stream.write(Buffer.from('EHLO a\r\n'), true)).toBe(false);
  expect(introducing.mta.take()).toBe('EHLO a\r\n');
  stream.abort('timeout');
  expect(introducing.mta.closed).toBe('timeout');
});
