import { describe, expect, test } from 'vitest';
import { MailCircuit } from '../../src/rfc1090/index.js';
import { CallWatch, RecordedEnd, type Recorder } from '../circuit/recorder.js';
import { hex } from '../support/hex.js';
import {
  circuitsOn,
  type ModemEnd,
  type ModemEndOptions,
  type ModemPair,
  modemPair,
  NUMBER_B,
  testProfile,
} from './modem-pair.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const call = { called: '26245300040', calling: '23421000001', userData: hex('c0 f7 00 00') };
const sessionOver = { cause: 0x00, diagnostic: 0xf1 };

type Ends = Parameters<typeof modemPair>[0];

/** A pair whose calls are written down. */
function recordedPair(ends: Ends = {}, network: Parameters<typeof modemPair>[1] = {}) {
  const pair = modemPair(ends, network);
  const watch = new CallWatch();
  const caller = new RecordedEnd(pair.a.circuits, watch);
  const called = new RecordedEnd(pair.b.circuits, watch);
  caller.listen();
  called.listen();
  pair.clock.runFor(5 * SECOND); // initialised
  return { ...pair, caller, called };
}

/** With a circuit that was dialled for. */
function connectedPair(ends: Ends = {}) {
  const pair = recordedPair(ends);
  const circuit = pair.caller.place(call);
  pair.clock.runFor(30 * SECOND);
  const other = pair.called.accepted[0];
  if (other === undefined) throw new Error('the call did not arrive');
  return { ...pair, circuit, other };
}

/** The largest packets and windows that are granted. */
const LARGE = {
  packetSize: { fromCalled: 256, fromCalling: 256 },
  windowSize: { fromCalled: 7, fromCalling: 7 },
};

/** Without DTR and DCD. */
const bare: ModemEndOptions = { modem: { hasControl: false } };

const typesOf = (end: ModemEnd): string[] => end.events.map(({ type }) => type);
const reasonsOf = (end: ModemEnd): string[] =>
  end.events.flatMap((event) => ('reason' in event ? [event.reason] : []));
const dialsOf = (end: ModemEnd): string[] => end.modem.dialogue.filter((line) => line.startsWith('ATD'));

function expectOutOfOrder(...circuits: Recorder[]): void {
  for (const circuit of circuits) {
    expect(circuit.types.at(-1)).toBe('cleared');
    expect(circuit.ending).toMatchObject({ by: 'link', cause: 0x09, diagnostic: 0 });
  }
}

describe('a call', () => {
  test('dials; the call request goes out when the link is up, and not before', () => {
    const { clock, a, caller, called } = recordedPair();
    const circuit = caller.place(call);
    clock.runFor(8 * SECOND);
    expect(a.circuits.status()).toMatchObject({
      state: 'comingUp',
      circuits: 1,
      waiting: 1,
      modem: { state: 'dialling' },
    });
    expect(circuit.types).toEqual([]);
    clock.runFor(15 * SECOND);
    expect(circuit.types).toEqual(['requested', 'connected']);
    expect(called.incoming[0]).toMatchObject({ called: call.called, calling: call.calling });
    expect(dialsOf(a)).toEqual([`ATDT${NUMBER_B}`]);
    expect(a.events).toEqual([
      { type: 'dialling', number: NUMBER_B },
      { type: 'connected', direction: 'dialled', message: 'CONNECT 9600', bitsPerSecond: 9600 },
    ]);
    expect(a.circuits.status()).toMatchObject({
      state: 'ready',
      circuits: 1,
      waiting: 0,
      freeChannels: 7,
      modem: { state: 'online', connection: { direction: 'dialled', message: 'CONNECT 9600' } },
    });
  });

  test('the 100 s of RFC 1090 begin with the call request, however long dialling took', () => {
    const { clock, a, called } = recordedPair({}, { trainMs: 40 * SECOND });
    called.policy = () => {};
    const outcomes: string[] = [];
    MailCircuit.place(a.circuits, call, { clock, ended: ({ reason }) => outcomes.push(reason) });
    clock.runFor(125 * SECOND);
    expect(outcomes).toEqual([]);
    clock.runFor(30 * SECOND);
    expect(outcomes).toHaveLength(1);
    expect(called.withdrawn).toHaveLength(1);
  });

  test('further calls take the same connection', () => {
    const { clock, a, caller } = recordedPair();
    const circuits = [caller.place(call), caller.place(call)];
    clock.runFor(30 * SECOND);
    circuits.push(caller.place(call));
    clock.runFor(5 * SECOND);
    expect(circuits.map(({ types }) => types.at(-1))).toEqual(Array(3).fill('connected'));
    expect(dialsOf(a)).toHaveLength(1);
  });

  test('no more calls wait for it than it has channels', () => {
    const { clock, caller } = recordedPair();
    const circuits = Array.from({ length: 9 }, () => caller.place(call));
    clock.runFor(30 * SECOND);
    expect(circuits.slice(0, 8).map(({ types }) => types.at(-1))).toEqual(Array(8).fill('connected'));
    expect(circuits[8]?.ending).toMatchObject({ by: 'us', diagnostic: 0xa3 });
  });

  test('a caller that changes its mind stops the dialling', () => {
    const { clock, a, b, caller } = recordedPair();
    const circuit = caller.place(call);
    clock.runFor(6 * SECOND);
    circuit.clear(sessionOver);
    clock.runFor(5 * SECOND);
    expect(circuit.types).toEqual(['cleared']);
    expect(circuit.ending).toMatchObject({ by: 'us', diagnostic: 0xf1 });
    expect(a.modem.state).toBe('command');
    expect(a.circuits.status()).toMatchObject({ state: 'onHook', circuits: 0, lastFailure: undefined });
    clock.runFor(2 * MINUTE);
    expect(b.modem.state).toBe('command');
    expect(typesOf(a)).toEqual(['dialling', 'dialFailed']);
  });

  test('a call that nobody could place is a mistake, said at once', () => {
    const { a } = recordedPair();
    expect(() => a.circuits.place({ ...call, called: '1234567890123456' })).toThrow(RangeError);
    expect(a.circuits.status().waiting).toBe(0);
  });

  test('placed before the modem is initialised it waits for that too', () => {
    const pair = modemPair();
    const caller = new RecordedEnd(pair.a.circuits, new CallWatch());
    const circuit = caller.place(call);
    pair.b.circuits.onIncoming((incoming) => void incoming.accept());
    pair.clock.runFor(30 * SECOND);
    expect(circuit.types).toEqual(['requested', 'connected']);
  });

  test('a number that can not be dialled is a mistake of the configuration', () => {
    expect(() => modemPair({ a: { circuits: { dial: '12;34' } } })).toThrow(/12;34/);
  });
});

describe('a call that gets no connection', () => {
  test.each([
    ['busy', 'BUSY', (pair: ModemPair) => void pair.b.circuits.place({ ...call, called: '1' })],
    ['not there', 'NO CARRIER', (pair: ModemPair) => pair.b.circuits.lineDown()],
    [
      'without a line',
      'NO DIALTONE',
      (pair: ModemPair) => {
        pair.a.modem.hasDialtone = false;
      },
    ],
    [
      'out of order',
      'does not answer commands',
      (pair: ModemPair) => {
        pair.a.modem.isOn = false;
        pair.clock.runFor(61 * SECOND); // no longer fresh
      },
    ],
  ])('%s: it ends with the link, and an operator is told why', (_, words, prepare) => {
    const { clock, a, caller, ...pair } = recordedPair({ b: { circuits: { dial: '07777' } } });
    prepare({ clock, a, ...pair });
    clock.runFor(SECOND);
    const circuits = [caller.place(call), caller.place(call)];
    clock.runFor(90 * SECOND);
    for (const circuit of circuits) expect(circuit.types).toEqual(['cleared']);
    expectOutOfOrder(...circuits);
    expect(reasonsOf(a)).toHaveLength(1);
    expect(reasonsOf(a)[0]).toContain(words);
    expect(a.circuits.status().lastFailure).toContain(words);
    expect(a.modem.state).toBe('command');
  });

  test('the next one dials again, and finds the modem as it is', () => {
    const { clock, a, caller } = recordedPair();
    a.modem.isOn = false;
    clock.runFor(2 * MINUTE);
    const first = caller.place(call);
    clock.runFor(MINUTE);
    expectOutOfOrder(first);
    expect(a.circuits.isAvailable()).toBe(false);
    a.modem.isOn = true;
    const second = caller.place(call);
    clock.runFor(MINUTE);
    expect(second.types).toEqual(['requested', 'connected']);
    expect(a.circuits.isAvailable()).toBe(true);
  });

  test('without a number to dial', () => {
    const { clock, a, caller } = recordedPair({ a: { dials: false } });
    const circuit = caller.place(call);
    clock.runFor(SECOND);
    expectOutOfOrder(circuit);
    expect(a.circuits.isAvailable()).toBe(false);
    expect(a.circuits.status().lastFailure).toMatch(/no number/);
  });

  test('without a line to the modem', () => {
    const { clock, a, caller } = recordedPair();
    const waiting = caller.place(call);
    clock.runFor(6 * SECOND);
    a.circuits.lineDown();
    const late = caller.place(call);
    clock.runFor(SECOND);
    expectOutOfOrder(waiting, late);
    expect(a.circuits.status()).toMatchObject({ state: 'lineDown', circuits: 0 });
    a.circuits.lineUp();
    const again = caller.place(call);
    clock.runFor(2 * MINUTE);
    expect(again.types).toEqual(['requested', 'connected']);
  });
});

describe('the end of a connection', () => {
  test.each([
    ['by DTR', {}],
    ['by escape, without DTR and DCD', { a: bare, b: bare }],
    [
      'by escape, where the modem wants longer silence',
      {
        a: {
          profile: testProfile({ init: ['ATZ', 'ATE0V1S12=150&C1'], escape: { guardMs: 3000 } }),
          choice: { hangUpBy: 'escape' as const },
        },
      },
    ],
  ])('%s: some time after the last circuit', (_, ends: Ends) => {
    const { clock, a, b, circuit, caller } = connectedPair(ends);
    const second = caller.place(call);
    clock.runFor(5 * SECOND);
    circuit.clear(sessionOver);
    clock.runFor(5 * MINUTE);
    expect(a.modem.state).toBe('data'); // one circuit is left
    second.clear(sessionOver);
    clock.runFor(9 * SECOND);
    expect(a.modem.state).toBe('data');
    clock.runFor(20 * SECOND);
    expect([a.modem.state, b.modem.state]).toEqual(['command', 'command']);
    expect(reasonsOf(a)).toEqual(['hung up by us']);
    expect(reasonsOf(b)[0]).toMatch(/carrier was lost, or the other end has hung up/);
    expect(a.circuits.status()).toMatchObject({ state: 'onHook', circuits: 0 });
    const [, , disconnected] = a.events;
    expect(disconnected).toMatchObject({ type: 'disconnected', direction: 'dialled' });
    expect(disconnected?.type === 'disconnected' && disconnected.connectedMs).toBeGreaterThan(5 * MINUTE);
  });

  test('a call in between keeps it', () => {
    const { clock, a, circuit, caller } = connectedPair();
    circuit.clear(sessionOver);
    clock.runFor(8 * SECOND);
    const second = caller.place(call);
    clock.runFor(MINUTE);
    expect(second.types).toEqual(['requested', 'connected']);
    expect(dialsOf(a)).toHaveLength(1);
    second.clear(sessionOver);
    clock.runFor(30 * SECOND);
    expect(a.modem.state).toBe('command');
  });

  test('a call from the other end keeps it, also while nobody has answered it', () => {
    const { clock, a, circuit, caller, called } = connectedPair({
      b: { circuits: { callsOnAnswered: true } },
    });
    caller.policy = () => {};
    called.place(call);
    clock.runFor(5 * SECOND);
    circuit.clear(sessionOver);
    clock.runFor(MINUTE);
    expect(a.modem.state).toBe('data');
    const [incoming] = caller.incoming;
    const accepted = incoming && caller.accept(incoming);
    clock.runFor(MINUTE);
    expect(a.modem.state).toBe('data');
    accepted?.clear(sessionOver);
    clock.runFor(30 * SECOND);
    expect(a.modem.state).toBe('command');
  });

  test('an incoming call that is refused, or withdrawn, does not', () => {
    const { clock, a, circuit, caller, called } = connectedPair({
      b: { circuits: { callsOnAnswered: true } },
    });
    caller.policy = (incoming) => caller.refuse(incoming, sessionOver);
    called.place(call);
    clock.runFor(5 * SECOND);
    caller.policy = () => {};
    const withdrawn = called.place(call);
    clock.runFor(5 * SECOND);
    withdrawn.clear(sessionOver);
    circuit.clear(sessionOver);
    clock.runFor(30 * SECOND);
    expect(caller.withdrawn).toHaveLength(1);
    expect(a.modem.state).toBe('command');
  });

  test('a call while it ends dials anew', () => {
    const { clock, a, circuit, caller } = connectedPair();
    circuit.clear(sessionOver);
    for (let i = 0; i < 300 && a.circuits.status().state === 'ready'; i++) clock.runFor(100);
    expect(a.circuits.status().state).toBe('stopping');
    const second = caller.place(call);
    clock.runFor(MINUTE);
    expect(second.types).toEqual(['requested', 'connected']);
    expect(dialsOf(a)).toHaveLength(2);
  });

  test('a caller that forgets to hang up is hung up on, later', () => {
    const { clock, a, b, circuit } = connectedPair({
      a: { circuits: { idleHangUpMs: 3600 * SECOND } },
      b: { circuits: { answeredIdleHangUpMs: 60 * SECOND } },
    });
    circuit.clear(sessionOver);
    clock.runFor(50 * SECOND);
    expect(b.modem.state).toBe('data');
    clock.runFor(30 * SECOND);
    expect([a.modem.state, b.modem.state]).toEqual(['command', 'command']);
  });

  test('a connection without a link on it is not kept: the call ends, and the modem hangs up', () => {
    const { clock, a, b, caller } = recordedPair({ b: { circuits: { answerRole: 'dte' } } });
    b.circuits.onIncoming(() => {});
    const circuit = caller.place(call);
    clock.runFor(2 * MINUTE);
    expectOutOfOrder(circuit);
    expect(a.modem.state).toBe('command');
  });
});

describe('carrier loss', () => {
  test.each([
    ['with DCD', {}],
    ['without', { a: bare, b: bare }],
  ])(
    'in the middle of a call, %s: every circuit ends with the link; the next call dials again',
    (_, ends) => {
      const { clock, network, a, b, circuit, other, caller } = connectedPair(ends);
      const second = caller.place(call);
      clock.runFor(5 * SECOND);
      circuit.send({ octets: new Uint8Array(5000) });
      clock.runFor(SECOND);
      network.cut(a.modem);
      clock.runFor(10 * SECOND);
      expectOutOfOrder(circuit, second, other);
      for (const end of [a, b]) {
        expect(reasonsOf(end)[0]).toMatch(/carrier was lost/);
        expect(end.circuits.status().modem.counters.carrierLosses).toBe(1);
      }
      const again = caller.place(call);
      clock.runFor(MINUTE);
      expect(again.types).toEqual(['requested', 'connected']);
      expect(dialsOf(a)).toHaveLength(2);
    },
  );

  test('with numeric results and without DCD the link layer finds out', () => {
    const numeric = { ...bare, profile: testProfile({ init: ['ATZ', 'ATE0V0'] }) };
    const { clock, network, a, circuit, caller } = connectedPair({ a: numeric, b: numeric });
    circuit.send({ octets: new Uint8Array(5000) });
    clock.runFor(SECOND);
    network.cut(a.modem);
    clock.runFor(3 * MINUTE);
    expectOutOfOrder(circuit);
    expect(reasonsOf(a)).toEqual(['hung up by us']);
    const again = caller.place(call);
    clock.runFor(MINUTE);
    expect(again.types).toEqual(['requested', 'connected']);
  });

  test('a line to the modem that is lost ends it all the same, and its cost is known', () => {
    const { clock, a, circuit } = connectedPair();
    a.circuits.lineDown();
    clock.runFor(SECOND);
    expectOutOfOrder(circuit);
    expect(a.events.at(-1)).toMatchObject({
      type: 'disconnected',
      reason: 'the line to the modem is lost',
      connectedMs: expect.any(Number),
    });
  });

  test('a mail about NO CARRIER arrives, with and without DCD', () => {
    const text = Buffer.from('the modem said\r\nNO CARRIER\r\n'.repeat(100));
    for (const ends of [{}, { a: bare, b: bare }]) {
      const { clock, circuit, other, b } = connectedPair(ends);
      circuit.send({ octets: text });
      clock.runFor(30 * SECOND);
      expect(Buffer.from(other.octets)).toEqual(text);
      expect(b.circuits.status().modem.counters.carrierLosses).toBeUndefined();
    }
  });
});

describe('answering', () => {
  test('who answers is the DCE, in both layers', () => {
    const { a, b } = connectedPair();
    expect(b.modem.dialogue.filter((line) => line === 'ATA')).toHaveLength(1);
    expect(b.events[0]).toMatchObject({ type: 'connected', direction: 'answered' });
    const restarts = [a, b].map(({ packets }) => packets.find(({ direction }) => direction === 'sent'));
    // RESTART with cause 00 from the DTE, 07 (network operational) from the DCE.
    expect(restarts.map((event) => event?.octets[3])).toEqual([0x00, 0x07]);
    expect(a.packets.filter(({ octets }) => octets[2] === 0x0b).map(({ octets }) => octets[1])).toEqual([8]);
  });

  test('or what was agreed', () => {
    const { circuit } = connectedPair({
      a: { circuits: { answerRole: 'dce' } },
      b: { circuits: { answerRole: 'dce' } },
    });
    expect(circuit.types).toEqual(['requested', 'connected']);
  });

  test('where nobody wants it the caller hears no carrier', () => {
    const { clock, a, b, caller } = recordedPair({ b: { choice: { answerAfterRings: 0 } } });
    const circuit = caller.place(call);
    clock.runFor(2 * MINUTE);
    expectOutOfOrder(circuit);
    expect(reasonsOf(a)[0]).toContain('NO CARRIER');
    expect(b.circuits.status().modem.counters.rings).toBeGreaterThan(5);
    expect(typesOf(b)).toEqual([]);
  });

  test('whoever dials in is not given our calls: they end, and are for later', () => {
    const { clock, a, b, called } = connectedPair();
    const circuit = called.place(call);
    clock.runFor(SECOND);
    expectOutOfOrder(circuit);
    expect(b.circuits.status().lastFailure).toMatch(/taken by a connection that was answered/);
    expect(b.circuits.isAvailable()).toBe(false);
    expect([a.circuits.connectedBy, b.circuits.connectedBy]).toEqual(['dialled', 'answered']);
  });

  test('unless that is wanted', () => {
    const { clock, b, called } = connectedPair({ b: { circuits: { callsOnAnswered: true } } });
    expect(b.circuits.isAvailable()).toBe(true);
    const circuit = called.place(call);
    clock.runFor(5 * SECOND);
    expect(circuit.types).toEqual(['requested', 'connected']);
    expect(dialsOf(b)).toEqual([]);
  });
});

describe('both at once', () => {
  test('who dial each other in the same moment find the lines busy, and may try again', () => {
    const { clock, a, b, caller, called } = recordedPair();
    const first = caller.place(call);
    const second = called.place(call);
    clock.runFor(30 * SECOND);
    expectOutOfOrder(first, second);
    for (const end of [a, b]) expect(reasonsOf(end)[0]).toContain('BUSY');
    const again = caller.place(call);
    clock.runFor(30 * SECOND);
    expect(again.types).toEqual(['requested', 'connected']);
  });

  test.each([true, false])(
    'a ring while we prepare to dial is answered; our call goes over it: %s',
    (wanted) => {
      const { clock, b, caller, called } = recordedPair({ b: { circuits: { callsOnAnswered: wanted } } });
      clock.runFor(2 * MINUTE); // no longer fresh: dialling begins with an initialisation
      const first = caller.place(call);
      clock.runFor(1650);
      const second = called.place(call);
      clock.runFor(MINUTE);
      expect(dialsOf(b)).toEqual([]);
      expect(first.types).toEqual(['requested', 'connected']);
      if (wanted) expect(second.types).toEqual(['requested', 'connected']);
      else expectOutOfOrder(second);
    },
  );

  test('a ring that comes too late: the line is seized, nobody gets a connection, both are free again', () => {
    const { clock, a, b, caller, called } = recordedPair({ b: { choice: { answerAfterRings: 2 } } });
    const first = caller.place(call);
    clock.runFor(700); // dialled: it rings in a moment
    const second = called.place(call);
    clock.runFor(2 * MINUTE);
    expectOutOfOrder(first, second);
    expect(reasonsOf(b)[0]).toContain('NO DIALTONE');
    expect([a.modem.state, b.modem.state]).toEqual(['command', 'command']);
    const again = caller.place(call);
    clock.runFor(MINUTE);
    expect(again.types).toEqual(['requested', 'connected']);
  });
});

describe('modems as they are found', () => {
  test.each([
    ['numeric results and echo', { profile: testProfile({ init: ['ATZ', 'ATE1V0&C1&D2'] }) }],
    ['noise before CONNECT', { modem: { noise: hex('ff 00 7e 43 4f 4e 4e 81 0d 7e 7e 03 3f') } }],
    ['CONNECT with its protocol', { modem: { connectSuffix: ' 9600/ARQ/V32/LAPM' } }],
    [
      'one that answers by itself',
      {
        modem: { stored: { autoAnswer: 1 } },
        profile: testProfile({ init: ['ATZ'] }),
        choice: { answerAfterRings: 2 },
      },
    ],
    ['DCD that is always on', { profile: testProfile({ init: ['ATZ', 'ATE0V1&C0&D2'] }) }],
  ])('%s', (_, end: ModemEndOptions) => {
    const { clock, a, b, circuit, other } = connectedPair({ a: end, b: end });
    circuit.send({ octets: new Uint8Array(1000) });
    clock.runFor(10 * SECOND);
    expect(other.octets).toHaveLength(1000);
    circuit.clear(sessionOver);
    clock.runFor(MINUTE);
    expect([a.modem.state, b.modem.state]).toEqual(['command', 'command']);
  });

  test('one that is online from before our time is hung up, and then it dials', () => {
    const { clock, a, b } = connectedPair({ a: bare });
    // A program has died, and the modem has not noticed; another one comes.
    a.circuits.lineDown();
    const { circuits } = circuitsOn(clock, a.modem, NUMBER_B, bare);
    circuits.start();
    const circuit = new RecordedEnd(circuits, new CallWatch()).place(call);
    clock.runFor(MINUTE);
    expect(circuit.types).toEqual(['requested', 'connected']);
    expect(a.modem.dialogue).toContain('ATH');
    expect(reasonsOf(b)).toHaveLength(1);
  });

  test('a slow connection has a slower T1 than the port', () => {
    const slow: ModemEndOptions = { modem: { bitsPerSecond: 600, bufferOctets: 2000 }, portSpeed: 57_600 };
    const t1 = { circuits: { adaptsT1: false } };
    const counted = (ends: Ends): number => {
      const { clock, a, caller, called } = recordedPair(ends);
      const circuit = caller.place({ ...call, facilities: LARGE });
      clock.runFor(30 * SECOND);
      circuit.send({ octets: new Uint8Array(8000) });
      clock.runFor(4 * MINUTE);
      expect(called.accepted[0]?.octets).toHaveLength(8000);
      return a.circuits.status().counters.link.t1Expiries ?? 0;
    };
    expect(counted({ a: slow, b: slow })).toBe(0);
    expect(counted({ a: { ...slow, ...t1 }, b: { ...slow, ...t1 } })).toBeGreaterThan(0);
  });
});

describe('stopping', () => {
  test('clears, disconnects, hangs up, and says when it is done', () => {
    const { clock, a, b, circuit, other } = connectedPair();
    let done = false;
    a.circuits.stop(() => {
      done = true;
    });
    expect(done).toBe(false);
    clock.runFor(20 * SECOND);
    expect(done).toBe(true);
    expect(circuit.ending).toMatchObject({ by: 'us', diagnostic: 0xa2 });
    expect(other.ending).toMatchObject({ by: 'peer', diagnostic: 0xa2 });
    expect([a.modem.state, b.modem.state]).toEqual(['command', 'command']);
    expect(a.circuits.status().state).toBe('stopped');
  });

  test('gives up dialling, and calls that wait', () => {
    const { clock, a, caller } = recordedPair();
    const circuit = caller.place(call);
    clock.runFor(6 * SECOND);
    let done = false;
    a.circuits.stop(() => {
      done = true;
    });
    clock.runFor(5 * SECOND);
    expect(done).toBe(true);
    expect(circuit.ending).toMatchObject({ by: 'us', diagnostic: 0xa2 });
    expect(a.modem.state).toBe('command');
    const late = caller.place(call);
    clock.runFor(SECOND);
    expect(late.types).toEqual(['cleared']);
  });

  test('is done at once where there is no connection, and where it is stopped already', () => {
    const { clock, a } = recordedPair();
    for (let times = 1; times <= 2; times++) {
      let done = false;
      a.circuits.stop(() => {
        done = true;
      });
      clock.runFor(0);
      expect(done).toBe(true);
    }
  });

  test('a modem that can not be hung up does not keep it for ever', () => {
    const { clock, a } = connectedPair({ a: bare });
    a.modem.isOn = false;
    let done = false;
    a.circuits.stop(() => {
      done = true;
    });
    clock.runFor(30 * SECOND);
    expect(done).toBe(true);
  });

  test('afterwards nothing wakes, and nothing is said to the modem', () => {
    const { clock, a, b } = connectedPair();
    a.circuits.stop();
    b.circuits.stop();
    clock.runFor(MINUTE);
    const said = a.modem.dialogue.length;
    const before = clock.now();
    clock.runToRest();
    expect(a.modem.dialogue.length).toBe(said);
    expect(clock.now() - before).toBeLessThan(2 * MINUTE);
  });
});
