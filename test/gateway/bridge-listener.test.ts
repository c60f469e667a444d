import { describe, expect, test } from 'vitest';
import { type IncomingCall, memoryCircuits } from '../../src/circuit/index.js';
import type { CallRules } from '../../src/config/index.js';
import { VirtualClock } from '../../src/core/index.js';
import { BridgeListener } from '../../src/gateway/bridge-listener.js';
import { CallTurns } from '../../src/gateway/call-turns.js';
import type { GatewayEvent } from '../../src/gateway/events.js';
import { PeerCaller } from '../../src/gateway/peer-caller.js';
import { DEFAULT_CALL_TIMERS } from '../../src/rfc1090/index.js';
import { type MemoryStream, streamPair } from '../bridge/stream-pair.js';
import { settled } from '../support/scripted-stream.js';
import { windows, zone } from '../tariff/zones.js';

const NOBODY_WATCHES = { event: () => {}, messageSent: () => {}, messageReceived: () => {}, ended: () => {} };

/** A bridge to a peer on the other end of a link in memory. */
function bridge(answer: (call: IncomingCall) => void, maxCircuits = 1, callRules?: CallRules) {
  const clock = new VirtualClock();
  const { a, b } = memoryCircuits({ clock });
  b.onIncoming(answer);
  const events: GatewayEvent[] = [];
  const caller = new PeerCaller({
    peer: {
      name: 'site-b',
      nua: '222',
      calling: [],
      links: ['l'],
      userData: Uint8Array.of(0xc0, 0xf7, 0, 0),
      facilities: [{}],
      timers: DEFAULT_CALL_TIMERS,
      maxCircuits,
      users: [],
      ...(callRules !== undefined && { callRules }),
    },
    links: [{ name: 'l', circuits: a, prefixes: {}, isAvailable: () => true }],
    clock,
    watchCall: () => NOBODY_WATCHES,
  });
  const turns = new CallTurns();
  const listener = new BridgeListener({
    bridge: { listen: { host: '127.0.0.1', port: 2601 }, allow: [], peer: 'site-b' },
    caller,
    turns,
    hostname: 'gw.example',
    clock,
    observe: (event) => events.push(event),
  });
  const connect = (): MemoryStream => {
    const { a: ours, b: clients } = streamPair(clock);
    clients.setReceiver({
      octets: ({ length }) => clients.consumed(length),
      ready: () => {},
      ended: () => {},
    });
    listener.serve(ours);
    return clients;
  };
  const runFor = async (ms: number): Promise<void> => {
    const end = clock.now() + ms;
    for (let next = clock.next(); next !== undefined && next <= end; next = clock.next()) {
      clock.step();
      await settled();
    }
    clock.runUntil(end);
  };
  return { listener, connect, runFor, events };
}

/** Greets, and says 250 to everything but QUIT. */
function serve(call: IncomingCall): void {
  const circuit = call.accept();
  circuit?.setListener((event) => {
    const say = (text: string) => circuit.send({ octets: Buffer.from(text), more: false });
    if (event.type === 'connected') say('220 b.example\r\n');
    if (event.type !== 'piece') return;
    circuit.consumed(event.piece.octets.length);
    say(Buffer.from(event.piece.octets).toString().startsWith('QUIT') ? '221 bye\r\n' : '250 ok\r\n');
  });
}

const SECOND = 1000;

describe('a bridge to a peer', () => {
  test('a connection becomes a call, and ends with its 221', async () => {
    const { listener, connect, runFor, events } = bridge(serve);
    const client = connect();
    await runFor(SECOND);
    expect(client.received).toBe('220 b.example\r\n');
    client.write(Buffer.from('QUIT\r\n'), true);
    await runFor(SECOND);
    expect(client.received).toBe('220 b.example\r\n221 bye\r\n');
    expect([client.isOpen, listener.size]).toEqual([false, 0]);
    expect(events).toMatchObject([{ type: 'bridged', end: { inOrder: true, reason: '221 bye' } }]);
  });

  test('a call that fails is told by a 421 with its cause in words', async () => {
    const { connect, runFor, events } = bridge((call) => call.refuse({ cause: 0x01, diagnostic: 0 }));
    const client = connect();
    await runFor(SECOND);
    expect(client.received).toMatch(/^421 4\.\d\.\d .*number busy \(01\/00\)\r\n$/);
    expect(client.isOpen).toBe(false);
    expect(events).toMatchObject([{ type: 'bridged', end: { inOrder: false } }]);
  });

  test('where all circuits of the peer are in use, the client is told to come again', async () => {
    const { connect, runFor, events } = bridge(serve);
    const first = connect();
    const second = connect();
    await runFor(SECOND);
    expect(first.received).toBe('220 b.example\r\n');
    expect(second.received).toBe(
      '421 4.3.2 gw.example site-b can not be called now: all circuits to site-b are in use (1), try again after 1990-01-01 00:00:30Z\r\n',
    );
    expect(events).toMatchObject([{ type: 'turnedAway', where: expect.stringContaining('2601') }]);
    first.write(Buffer.from('QUIT\r\n'), true);
    await runFor(SECOND);
    const third = connect();
    await runFor(SECOND);
    expect(third.received).toBe('220 b.example\r\n');
  });

  test('a client that goes away takes its call with it', async () => {
    let ended = '';
    const { listener, connect, runFor } = bridge((call) => {
      call.accept()?.setListener((event) => {
        if (event.type === 'cleared') ended = event.ending.by;
      });
    });
    const client = connect();
    await runFor(SECOND);
    client.abort('protocolError');
    await runFor(SECOND);
    expect([ended, listener.size]).toEqual(['peer', 0]);
  });

  test('a gateway that stops says 421 to who waits for a greeting', async () => {
    const { listener, connect, runFor } = bridge((call) => {
      call.accept()?.setListener(() => {});
    });
    const client = connect();
    await runFor(SECOND);
    listener.stop();
    await runFor(SECOND);
    expect(client.received).toMatch(/^421 4\.3\.2 /);
    expect(listener.size).toBe(0);
  });

  describe('outside the call windows of its peer', () => {
    const rules = (window: string): CallRules => ({
      zone: zone('UTC'),
      windows: windows('UTC', window),
      minMessages: 5,
      maxWaitMs: 0,
    });

    test('calls nobody, and says until when', async () => {
      const called: IncomingCall[] = [];
      const { connect, runFor } = bridge((call) => called.push(call), 1, rules('22:00-06:00'));
      await runFor(8 * 3600 * SECOND);
      const client = connect();
      await runFor(SECOND);
      expect(client.received).toMatch(
        /^421 4\.3\.2 gw\.example site-b can not be called now: outside its call windows, 22:00-06:00 \(UTC\), try again after \d{4}-\d\d-\d\d 22:00:00Z\r\n$/,
      );
      expect(called).toEqual([]);
    });

    test('a session that is open ends at its next good moment', async () => {
      const { listener, connect, runFor } = bridge(serve, 1, rules('00:00-02:00'));
      await runFor(7190 * SECOND);
      const client = connect();
      await runFor(5 * SECOND);
      expect(client.received).toBe('220 b.example\r\n');
      await runFor(20 * SECOND);
      expect(client.received).toMatch(/^220 b\.example\r\n421 4\.3\.2 /);
      await runFor(60 * SECOND);
      expect(listener.size).toBe(0);
    });
  });
});
