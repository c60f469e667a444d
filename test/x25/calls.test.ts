import { describe, expect, test } from 'vitest';
import { hex } from '../support/hex.js';
import { LayerEnd } from '../support/layer-end.js';
import { LayerPair } from '../support/layer-pair.js';

const CHANNELS = { incoming: [1, 2], twoWay: [3, 4], outgoing: [5, 6] } as const;

describe('which channel a call takes', () => {
  const numbers = (end: LayerEnd): (number | undefined)[] => [1, 2, 3, 4, 5].map(() => end.call()?.number);

  test('a DTE from the top of its outgoing channels down, then two-way', () => {
    expect(numbers(LayerEnd.ready('dte', { channels: CHANNELS }))).toEqual([6, 5, 4, 3, undefined]);
  });
  test('a DCE from the bottom of what is incoming to the DTE up, then two-way', () => {
    expect(numbers(LayerEnd.ready('dce', { channels: CHANNELS }))).toEqual([1, 2, 3, 4, undefined]);
  });
  test('the other way round where configured so', () => {
    expect(numbers(LayerEnd.ready('dte', { channels: CHANNELS, assign: 'lowest' }))).toEqual([
      3,
      4,
      5,
      6,
      undefined,
    ]);
    expect(numbers(LayerEnd.ready('dce', { channels: CHANNELS, assign: 'highest' }))).toEqual([
      4,
      3,
      2,
      1,
      undefined,
    ]);
  });
  test('free channels are counted', () => {
    const end = LayerEnd.ready('dte', { channels: CHANNELS });
    expect(end.layer.freeChannels).toBe(4);
    end.call();
    expect(end.layer.freeChannels).toBe(3);
  });
  test('a channel is free again when its clear is confirmed', () => {
    const end = LayerEnd.ready('dte', { channels: { twoWay: [1, 1] } });
    end.call();
    end.channel?.clear({ cause: 0, diagnostic: 0 }, 0);
    end.sent();
    expect(end.call()).toBeUndefined();
    end.receive(hex('10 01 17'));
    expect(end.call()?.number).toBe(1);
  });
  test('no calls before r1', () => {
    const end = new LayerEnd('dte');
    end.layer.linkUp(0);
    expect(end.call()).toBeUndefined();
    expect(end.layer.isReady).toBe(false);
  });
});

describe('a call on the wrong one-way channel', () => {
  const call = (channel: number): Uint8Array => Uint8Array.from([0x10, channel, 0x0b, 0, 0]);

  test('a DTE refuses it on the channels where only it calls', () => {
    const end = LayerEnd.ready('dte', { channels: CHANNELS });
    expect(end.receive(call(5))).toEqual(['CLEAR 5 00/34']);
    expect(end.receive(call(1))).toEqual([]);
    expect(end.receive(call(3))).toEqual([]);
    expect(end.offered.map(({ channel }) => channel.number)).toEqual([1, 3]);
  });
  test('so does a DCE', () => {
    const end = LayerEnd.ready('dce', { channels: CHANNELS });
    expect(end.receive(call(1))).toEqual(['CLEAR 1 13/34']);
    expect(end.receive(call(5))).toEqual([]);
    expect(end.receive(call(3))).toEqual([]);
    expect(end.offered.map(({ channel }) => channel.number)).toEqual([5, 3]);
  });
});

describe('a call, or an answer, with something wrong in it', () => {
  const WRONG = [
    ['too short', '0B', 38, '13'],
    ['too much user data', `0B 00 00 ${'41'.repeat(129)}`, 39, '13'],
    ['called address', '0B 01 A0 00', 67, '13'],
    ['calling address', '0B 10 A0 00', 68, '13'],
    ['facility length', '0B 00 02 42 07', 69, '03'],
    ['facility parameter', '0B 00 03 42 0F 07', 66, '03'],
    ['facility twice', '0B 00 06 43 02 02 43 02 02', 73, '03'],
    ['closed user group that is no number', '0B 00 02 03 1A', 66, '03'],
    ['length of a facility we know', '0B 00 03 C4 01 12', 69, '03'],
    ['DTE facility', '0B 00 04 00 0F 0B 02', 77, '03'],
  ] as const;

  test.each(WRONG)('%s', (_what, rest, diagnostic, dceCause) => {
    for (const [role, cause] of [
      ['dte', '00'],
      ['dce', dceCause],
    ] as const) {
      const end = LayerEnd.ready(role);
      expect(end.receive(hex(`10 05 ${rest}`))).toEqual([`CLEAR 5 ${cause}/${diagnostic}`]);
      expect(end.offered).toEqual([]);
      expect(end.layer.counters.get('procedureErrors')).toBe(1);
    }
  });

  test('an answer', () => {
    const end = LayerEnd.ready('dte', { channels: { twoWay: [5, 5] } });
    end.call();
    end.sent();
    expect(end.receive(hex('10 05 0F 01 A0 00'))).toEqual(['CLEAR 5 00/67']);
    end.receive(hex('10 05 17'));
    expect(end.events).toEqual(['5 cleared by us 00/67']);
  });
});

describe('what our own user may not do', () => {
  test.each([
    { called: '12x' },
    { called: '7', calling: '1234567890123456' },
    { called: '7', userData: new Uint8Array(129) },
    { called: '7', facilities: { windowSize: { fromCalled: 0, fromCalling: 2 } } },
  ])('a call with %o throws, and takes no channel', (request) => {
    const end = LayerEnd.ready('dte');
    expect(() => end.call(request)).toThrow(RangeError);
    expect(end.layer.freeChannels).toBe(16);
    expect(end.sent()).toEqual([]);
  });

  test('an answer or a clear that can not be written throws, and changes nothing', () => {
    const end = LayerEnd.ready('dte');
    end.receive(hex('10 05 0B 00 00'));
    const { channel } = end;
    const tooMuch = { userData: new Uint8Array(129) };
    expect(() =>
      channel?.accept(
        tooMuch,
        end.user(() => channel),
        0,
      ),
    ).toThrow(RangeError);
    expect(() => channel?.clear({ cause: 0, diagnostic: 0, ...tooMuch }, 0)).toThrow(RangeError);
    expect(channel?.state).toBe('p3');
    expect(end.sent()).toEqual([]);
  });
});

describe('fast select', () => {
  const RESTRICTED = '10 05 0B 00 02 01 C0';

  test('data in the answer and in the clear arrive', () => {
    const pair = LayerPair.ready();
    const endings: unknown[] = [];
    const { dte, dce } = pair;
    const channel = dte.layer.call(
      { called: '7', userData: new Uint8Array(100), facilities: { fastSelect: 'restricted' } },
      { ...dte.user(() => undefined), cleared: (ending) => endings.push(ending) },
      pair.now,
    );
    pair.run(100);
    expect(dce.offered[0]?.call.userData.length).toBe(100);
    dce.channel?.clear({ cause: 0, diagnostic: 0, userData: hex('41 42 43') }, pair.now);
    pair.run(100);
    expect(channel?.state).toBe('p1');
    expect(endings).toEqual([
      { by: 'peer', cause: 0, diagnostic: 0, facilities: {}, userData: hex('41 42 43') },
    ]);
  });

  test('128 octets go with the call, its answer and its clear', () => {
    const pair = LayerPair.ready();
    const { dte, dce } = pair;
    const most = new Uint8Array(128).fill(0x41);
    const seen: [string, number][] = [];
    dte.layer.call(
      { called: '7', userData: most, facilities: { fastSelect: 'unrestricted' } },
      {
        ...dte.user(() => undefined),
        connected: ({ userData }) => seen.push(['connected', userData.length]),
        cleared: ({ userData }) => seen.push(['cleared', userData.length]),
      },
      pair.now,
    );
    pair.run(100);
    expect(dce.offered[0]?.call.userData).toEqual(most);
    dce.channel?.accept(
      { userData: most },
      dce.user(() => dce.channel),
      pair.now,
    );
    pair.run(100);
    dce.channel?.clear({ cause: 0, diagnostic: 0, userData: most }, pair.now);
    pair.run(100);
    expect(seen).toEqual([
      ['connected', 128],
      ['cleared', 128],
    ]);
  });

  test('not asked for: neither answer nor clear carry user data', () => {
    const end = LayerEnd.ready('dte');
    end.receive(hex('10 05 0B 00 00'));
    end.channel?.accept(
      { userData: hex('41') },
      end.user(() => end.channel),
      0,
    );
    end.channel?.clear({ cause: 0, diagnostic: 0, userData: hex('41') }, 0);
    expect(end.sentOctets()).toEqual([hex('10 05 13 00 00')]);
    const other = LayerEnd.ready('dte');
    other.receive(hex('10 05 0B 00 00'));
    other.channel?.accept(
      { userData: hex('41') },
      other.user(() => other.channel),
      0,
    );
    expect(other.sentOctets()).toEqual([hex('10 05 0F 00 00')]);
  });

  test('restricted: our user accepts, and the call is cleared', () => {
    const end = LayerEnd.ready('dte');
    end.receive(hex(RESTRICTED));
    end.accept();
    expect(end.sent()).toEqual(['CLEAR 5 00/42']);
  });

  test('restricted: an acceptance of our call is an error', () => {
    const end = LayerEnd.ready('dte', { channels: { twoWay: [5, 5] } });
    end.call({ facilities: { fastSelect: 'restricted' } });
    end.sent();
    expect(end.receive(hex('10 05 0F'))).toEqual(['CLEAR 5 00/42']);
  });
});

describe('clearing', () => {
  test('a DTE says 00 and 80 to FF only', () => {
    for (const [cause, sent] of [
      [0x00, '00'],
      [0x05, '00'],
      [0x13, '00'],
      [0x80, '80'],
      [0xff, 'FF'],
    ] as const) {
      const end = LayerEnd.ready('dte');
      end.receive(hex('10 05 0B 00 00'));
      end.channel?.clear({ cause, diagnostic: 163 }, 0);
      expect(end.sent()).toEqual([`CLEAR 5 ${sent}/163`]);
    }
  });

  test('a DCE says anything, and hears only what a DTE may say', () => {
    const end = LayerEnd.ready('dce');
    end.receive(hex('10 05 0B 00 00'));
    end.channel?.clear({ cause: 0x0b, diagnostic: 70 }, 0);
    expect(end.sent()).toEqual(['CLEAR 5 0B/70']);
    end.receive(hex('10 05 17'));
    end.receive(hex('10 06 0B 00 00'));
    end.events.length = 0;
    end.receive(hex('10 06 13 13 32'));
    expect(end.events).toEqual(['6 cleared by peer 00/50']);
  });

  test('a refused call, with the address block and facilities that the other end may add', () => {
    const end = LayerEnd.ready('dte', { channels: { twoWay: [5, 5] } });
    const endings: unknown[] = [];
    end.layer.call(
      { called: '7', userData: hex('') },
      { ...end.user(() => undefined), cleared: (ending) => endings.push(ending) },
      0,
    );
    end.sent();
    expect(end.receive(hex('10 05 13 09 00 00 06 C1 04 00 00 01 30'))).toEqual(['CLEAR-CONF 5']);
    const facilities = { chargedSeconds: [90] };
    expect(endings).toEqual([{ by: 'peer', cause: 9, diagnostic: 0, facilities, userData: hex('') }]);
  });

  test('a call can be deflected to another number', () => {
    const end = LayerEnd.ready('dte');
    end.receive(hex('10 05 0B 00 00'));
    const facilities = { deflectTo: { reason: 0xc0, address: '700001' } };
    end.channel?.clear({ cause: 0, diagnostic: 0, facilities }, 0);
    expect(end.sentOctets()).toEqual([hex('10 05 13 00 00 00 07 D1 05 C0 06 70 00 01')]);
  });

  test('charging facilities of a clear that crosses ours are passed on', () => {
    const end = LayerEnd.ready('dte', { channels: { twoWay: [5, 5] } });
    const endings: unknown[] = [];
    const channel = end.layer.call(
      { called: '7', userData: hex('') },
      { ...end.user(() => undefined), cleared: (ending) => endings.push(ending) },
      0,
    );
    end.sent();
    end.receive(hex('10 05 0F'));
    channel?.clear({ cause: 0, diagnostic: 241 }, 0);
    end.sent();
    end.receive(hex('10 05 13 00 00 00 0A C2 08 00 00 00 02 00 00 00 03'));
    const facilities = { chargedSegments: [{ toDte: 2, fromDte: 3 }] };
    expect(endings).toEqual([{ by: 'us', cause: 0, diagnostic: 241, facilities, userData: hex('') }]);
  });

  test('charging facilities of a clear confirmation are passed on', () => {
    const end = LayerEnd.ready('dte', { channels: { twoWay: [5, 5] } });
    const endings: unknown[] = [];
    const channel = end.layer.call(
      { called: '7', userData: hex('') },
      { ...end.user(() => undefined), cleared: (ending) => endings.push(ending) },
      0,
    );
    end.sent();
    channel?.clear({ cause: 0, diagnostic: 241 }, 0);
    end.sent();
    end.receive(hex('10 05 17 00 06 C1 04 00 00 01 30'));
    const facilities = { chargedSeconds: [90] };
    expect(endings).toEqual([{ by: 'us', cause: 0, diagnostic: 241, facilities, userData: hex('') }]);
  });

  test('a call that is withdrawn before the link took it goes out, and its clear', () => {
    const end = LayerEnd.ready('dte');
    end.call();
    end.channel?.clear({ cause: 0, diagnostic: 0 }, 0);
    expect(end.sent()).toEqual(['CALL 16 700001', 'CLEAR 16 00/0']);
  });

  test('a caller that clears before the answer is heard of, and the answer comes too late', () => {
    const end = LayerEnd.ready('dte');
    end.receive(hex('10 05 0B 06 70 00 01 00'));
    expect(end.receive(hex('10 05 13 00 00'))).toEqual(['CLEAR-CONF 5']);
    end.accept();
    expect(end.sent()).toEqual([]);
    expect(end.events).toEqual(['5 call to 700001', '5 cleared by peer 00/0']);
  });

  test('a clear throws away what waits to be sent', () => {
    const end = LayerEnd.ready('dte');
    end.accepts = true;
    end.receive(hex('10 05 0B 00 00'));
    end.channel?.send({ octets: new Uint8Array(1000), more: false }, 0);
    end.channel?.interrupt(hex('01'), 0);
    end.channel?.clear({ cause: 0, diagnostic: 0 }, 0);
    expect(end.sent()).toEqual(['CLEAR 5 00/0']);
  });

  test('when the call is over, its channel object is dead and another call is another object', () => {
    const end = LayerEnd.ready('dte', { channels: { twoWay: [5, 5] } });
    end.accepts = true;
    end.receive(hex('10 05 0B 00 00'));
    const first = end.channel;
    end.receive(hex('10 05 13 00 00'));
    end.receive(hex('10 05 0B 00 00'));
    const second = end.channel;
    expect(second).not.toBe(first);
    first?.clear({ cause: 0, diagnostic: 0 }, 0);
    first?.reset(0, 0, 0);
    first?.consumed(1, 0);
    first?.setUser(end.user(() => first));
    expect(first?.send({ octets: hex('41'), more: false }, 0)).toBe(false);
    expect(first?.interrupt(hex('41'), 0)).toBe(false);
    expect(end.sent()).toEqual([]);
    expect(second?.state).toBe('p4');
  });
});

test('the D bit procedure of a call is granted', () => {
  const end = LayerEnd.ready('dte');
  end.accepts = true;
  end.layer.receive(hex('50 05 0B 00 00'), 0);
  expect(end.sentOctets()).toEqual([hex('50 05 0F 00 00')]);
});

test('the called address of the answer is passed on', () => {
  const end = LayerEnd.ready('dte', { channels: { twoWay: [5, 5] } });
  const answers: unknown[] = [];
  end.layer.call(
    { called: '7', userData: hex('') },
    { ...end.user(() => undefined), connected: (connection) => answers.push(connection) },
    0,
  );
  end.sent();
  end.receive(hex('10 05 0F 06 70 00 02 02 08 07 41'));
  const sizes = {
    packetSize: { fromCalled: 128, fromCalling: 128 },
    windowSize: { fromCalled: 2, fromCalling: 2 },
  };
  expect(answers).toEqual([
    { facilities: { ...sizes, calledAddressModified: 7 }, called: '700002', userData: hex('41') },
  ]);
});

test('who accepts a call is told of it from then on, whoever heard of it before', () => {
  const end = LayerEnd.ready('dte');
  end.receive(hex('10 05 0B 00 00'));
  const told: string[] = [];
  const nobody = end.user(() => undefined);
  const user = { ...nobody, connected: () => told.push('connected'), cleared: () => told.push('cleared') };
  end.channel?.accept({}, user, 0);
  expect(end.sent()).toEqual(['ACCEPT 5']);
  end.receive(hex('10 05 13 00 00'));
  expect(told).toEqual(['connected', 'cleared']);
});
