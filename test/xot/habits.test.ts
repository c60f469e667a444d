/**
 * What routers and programs at the other end are known to do, played by hand: Cisco's, and those of the hobby networks
 * (xotpad, GoXOT, x25-smtp-gateway), which are all joined by XOT.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { JoinedStream } from '../../src/circuit/index.js';
import { decodePacket } from '../../src/x25/index.js';
import { hex } from '../support/hex.js';
import { PARAMETERS } from './circuits-pair.js';
import { framed } from './wire.js';
import { CALL, CONNECTED, DATA, XotSite } from './xot-site.js';

const FACILITIES = '06 42 07 07 43 02 02';
const SMTP = 'C0 F7 00 00';

let site: XotSite;

beforeEach(() => {
  site = new XotSite();
});

afterEach(() => {
  expect(site.watch.violations).toEqual([]);
});

const ascii = (text: string): string => Buffer.from(text, 'latin1').toString('hex');

describe('calls as routers write them', () => {
  test.each([
    ['a Cisco with RFC 1090 mail', `66 70 00 01 70 10 01 06 42 0B 0B 43 07 07 ${SMTP}`, '700001', '701001'],
    ['no facilities at all', `66 70 00 01 70 10 01 00 ${SMTP}`, '700001', '701001'],
    ['an odd number of digits', `56 70 00 01 70 10 10 ${FACILITIES} ${SMTP}`, '700001', '70101'],
    ['suppress-calling-address', `06 70 00 01 ${FACILITIES} ${SMTP}`, '700001', ''],
    ['suppress-called-address', `60 70 10 01 ${FACILITIES} ${SMTP}`, '', '701001'],
    ['neither address', `00 ${FACILITIES} ${SMTP}`, '', ''],
    [
      'addresses of fifteen digits, a prefix among them',
      `FF 02 34 21 00 00 01 20 70 26 24 53 00 04 00 10 ${FACILITIES} ${SMTP}`,
      '023421000001207',
      '026245300040010',
    ],
    [
      'facilities that we don’t know',
      `66 70 00 01 70 10 01 08 42 07 07 43 02 02 3F 01 ${SMTP}`,
      '700001',
      '701001',
    ],
    [
      'throughput class and a DTE facility behind its marker',
      `66 70 00 01 70 10 01 0C 02 AA 42 07 07 43 02 02 00 0F 0B 01 ${SMTP}`,
      '700001',
      '701001',
    ],
  ])('%s', (_who, call, called, calling) => {
    const wire = site.accepted();
    wire.says(`10 01 0B ${call}`);
    site.settle();
    expect(site.end.incoming).toMatchObject([{ called, calling, userData: hex(SMTP) }]);
    expect(wire.sent[0]).toMatch(/^10 01 0F 00 06 42 .. .. 43 .. ..$/);
  });

  test('without any user data, from a PAD whose profile has none', () => {
    const wire = site.accepted();
    wire.says(`10 01 0B 66 70 00 01 70 10 01 ${FACILITIES}`);
    site.settle();
    expect(site.end.incoming).toMatchObject([{ userData: hex('') }]);
    expect(wire.sent).toEqual([CONNECTED]);
  });

  test('with the D bit, which the answer has as well', () => {
    const wire = site.accepted();
    wire.says(CALL.replace('10', '50'));
    site.settle();
    expect(wire.sent).toEqual([CONNECTED.replace('10', '50')]);
  });

  test('cut anywhere by TCP', () => {
    const octets = framed(CALL);
    for (let at = 1; at < octets.length; at++) {
      site = new XotSite();
      const wire = site.accepted();
      wire.saysOctets(octets.slice(0, at));
      site.settle();
      wire.saysOctets(octets.slice(at));
      site.settle();
      expect(wire.sent).toEqual([CONNECTED]);
    }
  });
});

describe('answers as routers write them', () => {
  test.each([
    ['xotpad', '10 01 0F 00 06 42 07 07 43 02 02'],
    ['nothing behind the type', '10 01 0F'],
    ['both addresses', '10 01 0F 66 70 00 01 70 10 01 06 42 07 07 43 02 02'],
    ['another called address, and why', '10 01 0F 06 70 00 09 08 42 07 07 43 02 02 08 07'],
    ['the number of its own channel', '1A BC 0F 00 06 42 07 07 43 02 02'],
  ])('%s', (_who, answer) => {
    const { wire, caller } = site.calling();
    wire.says(answer);
    site.settle();
    expect(caller.types).toEqual(['requested', 'connected']);
    wire.says(DATA);
    site.settle();
    expect(caller.octets).toHaveLength(9);
  });

  test('that grant less than was asked', () => {
    const asked = {
      packetSize: { fromCalled: 512, fromCalling: 512 },
      windowSize: { fromCalled: 7, fromCalling: 7 },
    };
    const { wire, caller } = site.calling({ facilities: asked });
    wire.says('10 01 0F 00 06 42 07 08 43 02 04');
    site.settle();
    expect(caller.only('connected').facilities).toMatchObject({
      packetSize: { fromCalled: 128, fromCalling: 256 },
      windowSize: { fromCalled: 2, fromCalling: 4 },
    });
  });

  test('with the first DATA right behind, in one segment', () => {
    const { wire, caller } = site.calling();
    wire.says(CONNECTED, DATA);
    site.settle();
    expect(caller.types).toEqual(['requested', 'connected', 'piece']);
  });
});

describe('the end', () => {
  test.each([
    ['short: neither diagnostic nor more (xotpad)', '10 01 13 01', 0x01, 0x00],
    ['not even a cause’s diagnostic, from a DTE', '10 01 13 00', 0x00, 0x00],
    ['as Cisco’s routers tell of a lost XOT peer', '10 01 13 09 77', 0x09, 0x77],
    ['long, with addresses and facilities', '10 01 13 05 00 66 70 00 01 70 10 01 00', 0x05, 0x00],
    ['long, with an address block of nothing', '10 01 13 00 F1 00 00', 0x00, 0xf1],
  ])('%s', (_form, clear, cause, diagnostic) => {
    const { wire, caller } = site.connected();
    wire.says(clear);
    site.settle();
    expect(caller.ending).toMatchObject({ by: 'peer', cause, diagnostic });
    expect(wire.sent).toEqual(['10 01 17']);
    expect(wire.isClosed).toBe(true);
  });

  test('DATA, CLEAR and the end of TCP at once: all that was sent is delivered', () => {
    const { wire, called } = site.answered();
    wire.says(DATA, '10 01 02 42', '10 01 13 00 F1');
    site.settle();
    expect(called.octets).toHaveLength(10);
    expect(called.ending).toMatchObject({ by: 'peer', diagnostic: 0xf1 });
    expect(site.circuits.status().circuits).toBe(0);
  });

  test('TCP instead of a CLEAR CONFIRM: the channel is free at once, what was delivered stays so', () => {
    const { wire, caller } = site.connected();
    caller.send({ octets: hex('41 42') });
    site.settle();
    wire.says('10 01 21');
    site.settle();
    caller.clear({ cause: 0x00, diagnostic: 0xf1 });
    site.settle();
    wire.breaks('closed by the other end');
    expect(site.circuits.status()).toMatchObject({ circuits: 0, freeChannels: 4 });
    site.settle();
    expect(caller.delivered).toBe(2);
    expect(caller.ending).toMatchObject({ by: 'us', diagnostic: 0xf1 });
    expect(site.clock.next()).toBeUndefined();
  });

  test.each(['10 01 17', '10 01 17 00 00', '10 01 17 00 00 00'])(
    'a confirmation with what it likes: %s',
    (confirm) => {
      const { wire, caller } = site.connected();
      caller.clear({ cause: 0x00, diagnostic: 0xf1 });
      site.settle();
      wire.says(confirm);
      site.settle();
      expect(caller.count('cleared')).toBe(1);
      expect(wire.isClosed).toBe(true);
    },
  );

  test('our CLEAR always has a diagnostic: xotclient waits for ever without', () => {
    for (const diagnostic of [0x00, 0xf1]) {
      const { wire, caller } = site.connected();
      caller.clear({ cause: 0x00, diagnostic });
      site.settle();
      expect(hex(wire.sent[0] ?? '')).toHaveLength(5);
    }
  });
});

describe('data', () => {
  test('a router that drops M cuts a line in two, and the stream is whole all the same', () => {
    site = new XotSite({ packet: { ...PARAMETERS, defaultPacketSize: 16 } });
    const { wire, called } = site.answered();
    const stream = new JoinedStream(called.circuit, site.clock);
    let text = '';
    stream.setReceiver({
      octets: (octets) => {
        text += Buffer.from(octets).toString('latin1');
        stream.consumed(octets.length);
      },
      ready: () => {},
      ended: () => {},
    });
    wire.says(`10 01 00 ${ascii('MAIL FROM:<some-')}`, `10 01 02 ${ascii('one@a.example>\r\n')}`);
    site.settle();
    expect(text).toBe('MAIL FROM:<some-one@a.example>\r\n');
  });

  test('RR that says again what was said is no error', () => {
    const { wire, caller } = site.connected();
    caller.send({ octets: hex('41') });
    site.settle();
    wire.says('10 01 01', '10 01 21', '10 01 21', '10 01 21');
    site.settle();
    expect(caller.delivered).toBe(1);
    expect(wire.sent).toEqual(['10 01 00 41']);
  });

  test('RNR holds DATA back, RR lets it go', () => {
    const { wire, caller } = site.connected();
    wire.says('10 01 05');
    caller.send({ octets: hex('41') });
    site.settle();
    expect(wire.sent).toEqual([]);
    wire.says('10 01 01');
    site.settle();
    expect(wire.sent).toEqual(['10 01 00 41']);
  });

  test('an INTERRUPT of one octet, as in 1980', () => {
    const { wire, caller } = site.connected();
    wire.says('10 01 23 00');
    site.settle();
    expect(caller.only('interrupt').octets).toEqual(hex('00'));
    expect(wire.sent).toEqual(['10 01 27']);
  });

  test.each(['10 01 1B 00', '10 01 1B 05 00', '20 01 1B 00 00'])(
    'RESET, short, long or of another numbering: %s',
    (reset) => {
      const { wire, caller } = site.connected();
      wire.says(reset);
      site.settle();
      expect(caller.count('reset')).toBe(1);
      expect(wire.sent).toEqual(['10 01 1F']);
      wire.says(DATA);
      site.settle();
      expect(caller.octets).toHaveLength(9);
    },
  );
});

test('every packet that we write can be read back', () => {
  const { wire, caller } = site.connected();
  caller.send({ octets: hex('41'), confirm: true, qualified: true });
  caller.interrupt(hex('01 02'));
  caller.reset(0x05, 0x00);
  site.settle();
  caller.clear({ cause: 0x09, diagnostic: 0x77 });
  site.settle();
  expect(wire.sent.map((packet) => decodePacket(hex(packet), 8).ok)).toEqual(wire.sent.map(() => true));
});
