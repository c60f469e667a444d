import { describe, expect, test } from 'vitest';
import {
  type Circuit,
  type CircuitEvent,
  type Circuits,
  type IncomingCall,
  memoryCircuits,
} from '../../src/circuit/index.js';
import { VirtualClock } from '../../src/core/index.js';
import { Switch } from '../../src/psdn/index.js';

const CUD = Uint8Array.of(0xc0, 0xf7, 0, 0);

/** Two subscribers at a switch; each side's events as words. */
function network(transitDelayMs = 0) {
  const clock = new VirtualClock();
  const exchange = new Switch(clock, transitDelayMs);
  const subscriber = (nua: string): Circuits => {
    const { a, b } = memoryCircuits({ clock });
    exchange.attach({ nua, circuits: b });
    return a;
  };
  const trace: string[] = [];
  const watch = (name: string, circuit: Circuit, consume = true): Circuit => {
    circuit.setListener((event) => {
      trace.push(`${clock.now()} ${name} ${words(event)}`);
      if (event.type === 'piece' && consume) circuit.consumed(event.piece.octets.length);
    });
    return circuit;
  };
  return { clock, exchange, a: subscriber('111'), b: subscriber('222'), trace, watch };
}

function words(event: CircuitEvent): string {
  switch (event.type) {
    case 'piece':
      return `piece ${Buffer.from(event.piece.octets).toString()}${event.piece.more ? '+' : ''}`;
    case 'cleared':
      return `cleared ${event.ending.cause.toString(16)}/${event.ending.diagnostic.toString(16)}`;
    case 'reset':
      return `reset ${event.cause}/${event.diagnostic}`;
    default:
      return event.type;
  }
}

const text = (content: string, more = false) => ({ octets: Buffer.from(content), more });

describe('the switch', () => {
  test.each([
    ['01', '11101'],
    ['11107', '11107'],
    ['999', '111'],
    ['', '111'],
  ])('a caller that gives %j as its number is known as %s', (given, known) => {
    const { clock, a, b } = network();
    const callers: string[] = [];
    b.onIncoming((call) => void callers.push(call.calling));
    a.place({ called: '222', calling: given, userData: CUD });
    clock.runFor(1000);
    expect(callers).toEqual([known]);
  });

  test('a call crosses with the number that the network vouches for, and data both ways', () => {
    const { clock, a, b, trace, watch } = network();
    let called: Circuit | undefined;
    b.onIncoming((call) => {
      trace.push(
        `b called ${call.called} by ${call.calling} with ${Buffer.from(call.userData).toString('hex')}`,
      );
      const circuit = call.accept();
      if (circuit !== undefined) called = watch('b', circuit);
    });
    const calling = watch('a', a.place({ called: '22207', calling: '999', userData: CUD }));
    clock.runToRest();
    calling.send(text('EHLO', true));
    calling.send(text(' a'));
    called?.send(text('250'));
    clock.runToRest();
    calling.clear({ cause: 0, diagnostic: 0xf1 });
    clock.runToRest();
    expect(
      trace.map((line) => line.replace(/^\d+ /, '')).filter((line) => !/delivered|requested/.test(line)),
    ).toEqual([
      'b called 22207 by 111 with c0f70000',
      'b connected',
      'a connected',
      'b piece EHLO a',
      'a piece 250',
      'a cleared 0/f1',
      'b cleared 0/f1',
    ]);
  });

  test('an unknown number is not obtainable', () => {
    const { clock, exchange, a, trace, watch } = network();
    watch('a', a.place({ called: '333', userData: CUD }));
    clock.runToRest();
    expect(trace.at(-1)).toContain('cleared d/43');
    expect([exchange.counters.get('callsNotObtainable'), exchange.calls]).toEqual([1, 0]);
  });

  test('a refusal reaches the caller with its codes', () => {
    const { clock, exchange, a, b, trace, watch } = network();
    b.onIncoming((call) => call.refuse({ cause: 0, diagnostic: 0xf9 }));
    watch('a', a.place({ called: '222', userData: CUD }));
    clock.runToRest();
    expect(trace.at(-1)).toContain('a cleared 0/f9');
    expect(exchange.calls).toBe(0);
  });

  test('a caller that gives up withdraws the call', () => {
    const { clock, exchange, a, b, watch } = network();
    let incoming: IncomingCall | undefined;
    let withdrawn = 0;
    b.onIncoming((call) => {
      incoming = call;
      call.onWithdrawn(() => withdrawn++);
    });
    const calling = watch('a', a.place({ called: '222', userData: CUD }));
    clock.runToRest();
    calling.clear({ cause: 0, diagnostic: 0x31 });
    clock.runToRest();
    expect([withdrawn, incoming?.accept(), exchange.calls]).toEqual([1, undefined, 0]);
  });

  test('resets and interrupts cross', () => {
    const { clock, a, b, trace, watch } = network();
    b.onIncoming((call) => {
      const circuit = call.accept();
      if (circuit !== undefined) watch('b', circuit);
    });
    const calling = watch('a', a.place({ called: '222', userData: CUD }));
    clock.runToRest();
    calling.interrupt(Uint8Array.of(1));
    clock.runToRest();
    calling.reset(0, 0xfa);
    clock.runToRest();
    expect(trace.join('\n')).toMatch(/b interrupt[\s\S]*b reset 0\/250/);
  });

  test('transit takes its time each way', () => {
    const { clock, a, b, trace, watch } = network(300);
    b.onIncoming((call) => {
      const circuit = call.accept();
      if (circuit !== undefined) watch('b', circuit);
    });
    watch('a', a.place({ called: '222', userData: CUD }));
    clock.runToRest();
    expect(trace.filter((line) => line.endsWith('connected'))).toEqual([
      '300 b connected',
      '600 a connected',
    ]);
  });

  test('a receiver that consumes nothing stops the sender across the network', () => {
    const { clock, a, b, watch } = network();
    let received: Circuit | undefined;
    b.onIncoming((call) => {
      const circuit = call.accept();
      if (circuit !== undefined) received = watch('b', circuit, false);
    });
    const calling = watch('a', a.place({ called: '222', userData: CUD }));
    clock.runToRest();
    const block = Buffer.alloc(512);
    let sent = 0;
    while (calling.send({ octets: block, more: false }) && sent < 10_000) {
      sent++;
      clock.runToRest();
    }
    expect(sent).toBeLessThan(200);
    const before = received?.traffic.octetsReceived ?? 0;
    received?.consumed(before);
    clock.runToRest();
    expect(received?.traffic.octetsReceived).toBeGreaterThan(before);
  });
});
