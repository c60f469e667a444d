import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/core/index.js';
import { type Channel, encodeFacilities, type Facilities, type PerDirection } from '../../src/x25/index.js';
import { agreed, answerTo, askedFor } from '../../src/x25/negotiation.js';
import { facilitySets } from '../support/facility-arbitraries.js';
import { hex } from '../support/hex.js';
import { type LayerChanges, LayerEnd, layerParameters } from '../support/layer-end.js';

const PARAMETERS = layerParameters('dte');

/** A call that came, with these facilities; sizes are given called side first, as in the packet. */
function called(facilities: string, changes: LayerChanges = {}): { end: LayerEnd; answer: string[] } {
  const end = LayerEnd.ready('dte', { channels: { twoWay: [5, 5] }, ...changes });
  const field = hex(facilities);
  end.accepts = true;
  const answer = end.receive(Uint8Array.from([...hex('10 05 0B 00'), field.length, ...field]));
  return { end, answer };
}

const connectedOf = (end: LayerEnd): string | undefined =>
  end.events.find((event) => event.includes('connected'))?.replace('5 connected ', '');

describe('called: values move towards 128 and 2, and no further than we grant', () => {
  test.each([
    ['nothing stated: the defaults, and nothing is answered', '', 'ACCEPT 5', '128:128/2:2'],
    ['the standard', '42 07 07 43 02 02', 'ACCEPT 5 128:128/2:2', '128:128/2:2'],
    ['what we grant', '42 0A 0A 43 07 07', 'ACCEPT 5 1024:1024/7:7', '1024:1024/7:7'],
    ['more than we grant', '42 0C 0C 43 07 07', 'ACCEPT 5 1024:1024/7:7', '1024:1024/7:7'],
    ['less than the standard stays', '42 04 06 43 01 01', 'ACCEPT 5 64:16/1:1', '64:16/1:1'],
    ['each way by itself', '42 0C 08 43 03 02', 'ACCEPT 5 256:1024/2:3', '256:1024/2:3'],
    ['only the packet size', '42 09 09', 'ACCEPT 5 512:512/-', '512:512/2:2'],
    ['only the window', '43 05 05', 'ACCEPT 5 -/5:5', '128:128/5:5'],
  ])('%s', (_what, facilities, answer, agreed) => {
    const { end, answer: sent } = called(facilities);
    expect(sent).toEqual([answer]);
    expect(connectedOf(end)).toBe(agreed);
  });

  test('a link that grants little still takes the standard', () => {
    const { answer } = called('42 0A 0A 43 07 07', { maxPacketSize: 64, maxWindow: 1 });
    expect(answer).toEqual(['ACCEPT 5 128:128/2:2']);
  });

  test('a user may wish for less, within the rules', () => {
    const end = LayerEnd.ready('dte', { channels: { twoWay: [5, 5] } });
    end.receive(hex('10 05 0B 00 06 42 0A 04 43 07 01'));
    const { channel } = end;
    channel?.accept(
      {
        facilities: {
          packetSize: { fromCalled: 256, fromCalling: 4096 },
          windowSize: { fromCalled: 1, fromCalling: 7 },
        },
      },
      end.user(() => channel),
      0,
    );
    expect(end.sent()).toEqual(['ACCEPT 5 128:256/2:2']);
  });

  test('other defaults of a link are in force when nothing is stated', () => {
    const { end } = called('', { defaultPacketSize: 256, defaultWindow: 5 });
    expect(connectedOf(end)).toBe('256:256/5:5');
  });
});

describe('calling: the answer is held to the same rules', () => {
  function answered(facilities: string, changes: LayerChanges = {}): { end: LayerEnd; sent: string[] } {
    const end = LayerEnd.ready('dte', { channels: { twoWay: [5, 5] }, ...changes });
    const asked = { fromCalled: 512, fromCalling: 64 };
    end.call({ facilities: { packetSize: asked, windowSize: { fromCalled: 7, fromCalling: 1 } } });
    end.sent();
    const field = hex(facilities);
    const sent = end.receive(Uint8Array.from([...hex('10 05 0F 00'), field.length, ...field]));
    return { end, sent };
  }

  test.each([
    ['as asked', '42 09 06 43 07 01', '64:512/1:7'],
    ['the standard', '42 07 07 43 02 02', '128:128/2:2'],
    ['between', '42 08 06 43 03 01', '64:256/1:3'],
    ['without facilities: as asked', '', '64:512/1:7'],
    ['only the window', '43 03 02', '64:512/2:3'],
  ])('%s', (_what, facilities, agreed) => {
    const { end, sent } = answered(facilities);
    expect(sent).toEqual([]);
    expect(connectedOf(end)).toBe(agreed);
  });

  test.each([
    ['a larger packet than asked', '42 0A 07'],
    ['a smaller packet than the standard', '42 06 07'],
    ['away from the standard upwards', '42 07 08'],
    ['a smaller one than asked below it', '42 07 05'],
    ['a larger window than asked', '43 07 03'],
    ['a smaller window than the standard', '43 01 02'],
    ['a window that does not exist', '43 00 02'],
  ])('%s is refused', (_what, facilities) => {
    const { end, sent } = answered(facilities);
    expect(sent).toEqual(['CLEAR 5 00/66']);
    end.receive(hex('10 05 17'));
    expect(end.events).toEqual(['5 cleared by us 00/66']);
  });

  test('when nothing was stated, the answer may still say the standard, but nothing else', () => {
    for (const [facilities, sent] of [
      ['42 07 07 43 02 02', []],
      ['42 08 08', ['CLEAR 5 00/66']],
    ] as const) {
      const end = LayerEnd.ready('dte', { channels: { twoWay: [5, 5] } });
      end.call();
      expect(end.sent()).toEqual(['CALL 5 700001']);
      const field = hex(facilities);
      expect(end.receive(Uint8Array.from([...hex('10 05 0F 00'), field.length, ...field]))).toEqual(sent);
    }
  });
});

describe('negotiation not subscribed to', () => {
  const changes = { negotiation: false, defaultPacketSize: 256, defaultWindow: 2 };

  test('42 and 43 are never sent', () => {
    const end = LayerEnd.ready('dte', { channels: { twoWay: [5, 5] }, ...changes });
    end.call({
      facilities: {
        packetSize: { fromCalled: 512, fromCalling: 512 },
        windowSize: { fromCalled: 7, fromCalling: 7 },
        reverseCharging: true,
      },
    });
    expect(end.sentOctets()).toEqual([hex('10 05 0B 06 70 00 01 02 01 01 C0 F7 00 00')]);
    end.receive(hex('10 05 0F'));
    expect(connectedOf(end)).toBe('256:256/2:2');
  });

  test('a call that states the very values of the link is accepted without them', () => {
    const { end, answer } = called('42 08 08 43 02 02', changes);
    expect(answer).toEqual(['ACCEPT 5']);
    expect(connectedOf(end)).toBe('256:256/2:2');
  });

  test('a call or an answer that states others is refused', () => {
    expect(called('42 07 07', changes).answer).toEqual(['CLEAR 5 00/65']);
    const end = LayerEnd.ready('dte', { channels: { twoWay: [5, 5] }, ...changes });
    end.call();
    end.sent();
    expect(end.receive(hex('10 05 0F 00 03 43 07 07'))).toEqual(['CLEAR 5 00/65']);
  });
});

test('both ends use what was agreed: no packet is larger, no window wider', () => {
  const end = LayerEnd.ready('dte', { channels: { twoWay: [5, 5] } });
  end.call({
    facilities: {
      packetSize: { fromCalled: 256, fromCalling: 64 },
      windowSize: { fromCalled: 3, fromCalling: 1 },
    },
  });
  end.sent();
  end.receive(hex('10 05 0F'));
  const channel = end.channel as Channel;
  channel.send({ octets: new Uint8Array(200), more: false }, 0);
  expect(end.sent()).toEqual(['DATA 5 s0 r0 M 64']);
  const full = (ps: number): Uint8Array => Uint8Array.from([0x10, 5, ps << 1, ...new Uint8Array(256)]);
  end.consumes = false;
  expect([0, 1, 2].flatMap((ps) => end.receive(full(ps)))).toEqual([]);
  expect(end.receive(full(3))).toEqual(['RESET 5 00/1']);
});

describe('facilities other than packet and window size', () => {
  const both = (value: number): PerDirection => ({ fromCalled: value, fromCalling: value });

  /** What we answer to a call with these facilities, and what both ends then have. */
  function answerOf(call: string, wish: Facilities, changes: LayerChanges = {}) {
    const end = LayerEnd.ready('dte', { channels: { twoWay: [5, 5] }, ...changes });
    const field = hex(call);
    end.receive(Uint8Array.from([...hex('10 05 0B 00'), field.length, ...field]));
    let connection: Facilities | undefined;
    end.channel?.accept(
      { facilities: wish },
      { ...end.user(() => end.channel), connected: ({ facilities }) => (connection = facilities) },
      0,
    );
    const [sent] = end.sentOctets();
    return { answer: toHex(sent?.subarray(5) ?? hex(''), ' '), connection };
  }

  test.each<[string, string, Facilities, string]>([
    ['a throughput class, without a wish: it is as asked', '02 A9', {}, ''],
    ['a lower class', '02 A9', { throughput: both(2400) }, '02 88'],
    ['a higher class: no further than asked', '02 A9', { throughput: both(64_000) }, '02 A9'],
    ['each way by itself', '02 A9', { throughput: { fromCalled: 64_000, fromCalling: 75 } }, '02 A3'],
    ['a class in the form in which it was asked for', '4C 0A 0A', { throughput: both(2400) }, '4C 08 08'],
    ['a class nobody asked for', '', { throughput: both(2400) }, ''],
    ['expedited data, both want it', '00 0F 0B 01', { expedited: true }, '00 0F 0B 01'],
    ['expedited data, we do not', '00 0F 0B 01', { expedited: false }, '00 0F 0B 00'],
    ['expedited data, the caller does not', '00 0F 0B 00', { expedited: true }, '00 0F 0B 00'],
    ['expedited data, without a wish', '00 0F 0B 01', {}, ''],
    ['expedited data nobody asked for', '', { expedited: true }, ''],
    ['a delay in reply', '00 0F CA 02 00 01', { endToEndDelay: { cumulative: 300 } }, '00 0F CA 02 01 2C'],
    ['a delay nobody asked for', '', { endToEndDelay: { cumulative: 300 } }, ''],
    ['a priority in reply', '00 0F D2 01 05', { priority: [3] }, '00 0F D2 01 03'],
    ['a transit delay in reply', '49 00 C8', { transitDelay: 300 }, '49 01 2C'],
    [
      'what an answer may always hold',
      '',
      {
        userIdentification: hex('41'),
        chargingRequested: true,
        calledAddressModified: 7,
        calledAddressExtension: { use: 'other', digits: '12' },
        other: hex('05 01'),
      },
      'C6 01 41 04 01 08 07 05 01 00 0F C9 02 82 12',
    ],
    [
      'what has no place in an answer',
      '01 81 03 12',
      {
        fastSelect: 'unrestricted',
        reverseCharging: true,
        closedUserGroup: '12',
        transitNetworks: '2342',
        callingAddressExtension: { use: 'other', digits: '12' },
      },
      '',
    ],
  ])('%s', (_what, call, wish, answer) => {
    expect(answerOf(call, wish).answer).toBe(answer);
    expect(answerOf(call, wish, { negotiation: false }).answer).toBe(answer);
  });

  test('the called side has the call as it was agreed', () => {
    const { connection } = answerOf('02 A9 01 81 03 12 42 0C 0C', { throughput: both(2400) });
    expect(connection).toEqual({
      throughput: both(2400),
      fastSelect: 'unrestricted',
      reverseCharging: true,
      closedUserGroup: '12',
      packetSize: both(1024),
      windowSize: both(2),
    });
  });

  test.each<[string, string, number]>([
    ['says nothing: as asked', '', 9600],
    ['is lower', '02 77', 1200],
    ['is higher: no more than asked', '02 DD', 9600],
  ])('the calling side, when the answer %s', (_what, answer, speed) => {
    const end = LayerEnd.ready('dte', { channels: { twoWay: [5, 5] } });
    let connection: Facilities | undefined;
    end.layer.call(
      { called: '7', userData: hex(''), facilities: { throughput: both(9600), closedUserGroup: '12' } },
      { ...end.user(() => end.channel), connected: ({ facilities }) => (connection = facilities) },
      0,
    );
    expect(end.sentOctets()).toEqual([hex('10 05 0B 01 70 04 02 AA 03 12')]);
    const field = hex(answer);
    end.receive(Uint8Array.from([...hex('10 05 0F 00'), field.length, ...field]));
    expect(connection).toEqual({ throughput: both(speed), packetSize: both(128), windowSize: both(2) });
  });

  test('an answer is never beyond what was asked, whatever we wish', () => {
    fc.assert(
      fc.property(facilitySets(8), facilitySets(8), (call, wish) => {
        const answer = answerTo(call, wish, PARAMETERS);
        if (answer.throughput !== undefined && call.throughput !== undefined) {
          expect(answer.throughput.fromCalled).toBeLessThanOrEqual(call.throughput.fromCalled);
          expect(answer.throughput.fromCalling).toBeLessThanOrEqual(call.throughput.fromCalling);
        }
        // X.25 §6.12 both ways: the caller would take it, and its facilities can be written.
        expect(agreed(askedFor(call, PARAMETERS), answer).ok).toBe(true);
        expect(encodeFacilities(answer, 8).length).toBeLessThanOrEqual(255);
        expect(answer.expedited === true && call.expedited !== true).toBe(false);
      }),
    );
  });
});
