import { describe, expect, test } from 'vitest';
import type { Channel } from '../../src/x25/index.js';
import { hex } from '../support/hex.js';
import { type LayerChanges, LayerEnd } from '../support/layer-end.js';

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
