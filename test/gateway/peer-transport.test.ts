import { describe, expect, test } from 'vitest';
import {
  type Circuits,
  type ClearReason,
  type Facilities,
  type IncomingCall,
  memoryCircuits,
} from '../../src/circuit/index.js';
import type { PeerConfiguration } from '../../src/config/index.js';
import { VirtualClock } from '../../src/core/index.js';
import { FallbackTransport } from '../../src/gateway/fallback-transport.js';
import type { MailSource } from '../../src/gateway/mail-source.js';
import { PeerCaller } from '../../src/gateway/peer-caller.js';
import { PeerTransport } from '../../src/gateway/peer-transport.js';
import type { Transport, TransportEnd } from '../../src/gateway/transport.js';
import { DEFAULT_CALL_TIMERS } from '../../src/rfc1090/index.js';
import { XotCircuits } from '../../src/xot/index.js';
import { settled } from '../support/scripted-stream.js';
import { PARAMETERS } from '../xot/circuits-pair.js';

const LARGE: Facilities = { packetSize: { fromCalled: 512, fromCalling: 512 } };
const SMALL: Facilities = { packetSize: { fromCalled: 128, fromCalling: 128 } };

const NO_MAIL = {
  delivered: 0,
  isIdle: false,
  next: async () => undefined,
  settle: async () => {},
} as unknown as MailSource;

function peer(options: {
  answer: (call: IncomingCall, nth: number) => void;
  facilities?: Facilities[];
  /** A link before the one that leads to the peer. */
  first?: (clock: VirtualClock) => Circuits;
}) {
  const clock = new VirtualClock();
  const { a, b } = memoryCircuits({ clock });
  const asked: (number | undefined)[] = [];
  b.onIncoming((call) => {
    asked.push(call.facilities.packetSize?.fromCalled);
    options.answer(call, asked.length);
  });
  const caller = new PeerCaller({
    peer: {
      name: 'b',
      nua: '222',
      calling: [],
      links: ['l'],
      userData: Uint8Array.of(0xc0, 0xf7, 0, 0),
      facilities: options.facilities ?? [LARGE, SMALL],
      timers: DEFAULT_CALL_TIMERS,
      maxCircuits: 1,
      users: [],
    } satisfies PeerConfiguration,
    links: [...(options.first === undefined ? [] : [link('first', options.first(clock))]), link('l', a)],
    clock,
    watchCall: () => ({ event: () => {}, messageSent: () => {}, messageReceived: () => {}, ended: () => {} }),
  });
  const transport = new PeerTransport({
    caller,
    session: {
      hostname: 'a.example',
      pipelining: true,
      timeouts: { greetingMs: 1e6, commandMs: 1e6, dataMs: 1e6, endOfDataMs: 1e6 },
    },
    clock,
  });
  const run = async (): Promise<TransportEnd> => {
    let end: TransportEnd | undefined;
    void transport.run(NO_MAIL).then((value) => {
      end = value;
    });
    while (end === undefined) {
      await settled();
      if (end === undefined && !clock.step()) throw new Error('nothing happens any more');
    }
    return end;
  };
  return { asked, run, clock };
}

function link(name: string, circuits: Circuits) {
  return { name, circuits, prefixes: {}, isAvailable: () => true };
}

const refuse = (why: ClearReason) => (call: IncomingCall) => call.refuse(why);

/** Plays the smallest server: greets, knows EHLO and QUIT. */
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

describe('links of a peer', () => {
  /** A network without a way to the peer: no call goes out. */
  const nowhere = (placed: string[]) => (clock: VirtualClock) =>
    new XotCircuits({
      name: 'nowhere',
      clock,
      packet: PARAMETERS,
      maxCircuits: 1,
      connect: (called) => {
        placed.push(called);
        return undefined;
      },
    });

  test('the next one is called on soon when a call does not even go out, and the first again after a while', async () => {
    const placed: string[] = [];
    const { asked, run, clock } = peer({ answer: serve, first: nowhere(placed) });
    expect(await run()).toMatchObject({ inOrder: false, retry: { pace: 'soon', tellOperator: false } });
    expect([placed.length, asked.length]).toEqual([1, 0]);
    expect(await run()).toMatchObject({ inOrder: true });
    expect(await run()).toMatchObject({ inOrder: true });
    expect([placed.length, asked.length]).toEqual([1, 2]);
    clock.runFor(5 * 60_000);
    expect(await run()).toMatchObject({ inOrder: false });
    expect([placed.length, asked.length]).toEqual([2, 2]);
  });

  test('a call that the peer itself refuses is tried on no other link', async () => {
    const refused = { cause: 0x01, diagnostic: 0 };
    const { run } = peer({ answer: refuse(refused), first: (clock) => busy(clock, refused) });
    expect((await run()).retry).toMatchObject({ pace: 'busy' });
    expect((await run()).reason).toContain('on first');
  });

  function busy(clock: VirtualClock, why: ClearReason): Circuits {
    const { a, b } = memoryCircuits({ clock });
    b.onIncoming(refuse(why));
    return a;
  }
});

describe('facility sets of a peer', () => {
  test('the next one is tried soon after a refusal that names facilities, and the one that worked is remembered', async () => {
    const { asked, run } = peer({
      answer: (call, nth) => (nth === 1 ? refuse({ cause: 0x03, diagnostic: 0 })(call) : serve(call)),
    });
    expect((await run()).retry).toMatchObject({ pace: 'soon' });
    expect(await run()).toMatchObject({ inOrder: true });
    expect(await run()).toMatchObject({ inOrder: true });
    expect(asked).toEqual([512, 128, 128]);
  });

  test('when all were disliked, the cause of the clear decides when to begin again', async () => {
    const { asked, run } = peer({ answer: refuse({ cause: 0x21, diagnostic: 0 }) });
    const paces = [await run(), await run(), await run()].map(({ retry }) => retry?.pace);
    expect(paces).toEqual(['soon', 'queue', 'soon']);
    expect(asked).toEqual([512, 128, 512]);
  });

  test('busy does not change the set', async () => {
    const { asked, run } = peer({ answer: refuse({ cause: 0x01, diagnostic: 0 }) });
    expect([(await run()).retry?.pace, (await run()).retry?.pace]).toEqual(['busy', 'busy']);
    expect(asked).toEqual([512, 512]);
  });

  test('a reset changes it', async () => {
    const { asked, run } = peer({
      answer: (call) => {
        const circuit = call.accept();
        circuit?.setListener((event) => {
          if (event.type === 'connected') circuit.reset(0, 0);
        });
      },
    });
    expect(await run()).toMatchObject({ inOrder: false, retry: { pace: 'soon' } });
    await run();
    expect(asked).toEqual([512, 128]);
  });
});

describe('several peers for one destination', () => {
  const way = (name: string, inOrder: boolean, used: string[]): Transport => ({
    concurrency: 1,
    run: async () => {
      used.push(name);
      return { inOrder, reason: `${name} failed` };
    },
  });

  test('are tried in order until one carries mail', async () => {
    const used: string[] = [];
    const transport = new FallbackTransport([
      way('one', false, used),
      way('two', true, used),
      way('three', true, used),
    ]);
    expect((await transport.run(NO_MAIL)).inOrder).toBe(true);
    expect(used).toEqual(['one', 'two']);
  });

  test('when none does, all reasons are told', async () => {
    const used: string[] = [];
    const transport = new FallbackTransport([way('one', false, used), way('two', false, used)]);
    expect(await transport.run(NO_MAIL)).toMatchObject({ inOrder: false, reason: 'one failed; two failed' });
  });
});
