import type { Circuit, LinkStack } from '../../src/circuit/index.js';
import type { VirtualClock } from '../../src/core/index.js';

/** Octets that each of many circuits carries both ways. */
export interface ManyCircuits {
  readonly clock: VirtualClock;
  readonly a: LinkStack;
  readonly b: LinkStack;
  readonly circuits: number;
  /** Octets each way. */
  readonly octets: number;
}

/**
 * Opens so many circuits at once, sends so many octets both ways on each of them while all are open, and clears them.
 * @returns how many ends got all that was sent to them, how many were open at the same time, how many were cleared.
 */
export function manyCircuits({ clock, a, b, circuits, octets }: ManyCircuits): {
  whole: number;
  openAtOnce: number;
  cleared: number;
} {
  let [whole, connected, cleared] = [0, 0, 0];
  const all: Circuit[] = [];
  const block = new Uint8Array(octets).fill(0x41);
  const watch = (circuit: Circuit): void => {
    let received = 0;
    circuit.setListener((event) => {
      if (event.type === 'connected') connected++;
      else if (event.type === 'cleared') cleared++;
      else if (event.type === 'piece') {
        received += event.piece.octets.length;
        circuit.consumed(event.piece.octets.length);
        if (received === octets) whole++;
      }
    });
    all.push(circuit);
  };
  b.onIncoming((call) => {
    const circuit = call.accept();
    if (circuit !== undefined) watch(circuit);
  });
  for (let i = 0; i < circuits; i++)
    watch(a.place({ called: String(i), userData: Uint8Array.of(0xc0, 0xf7, 0, 0) }));
  clock.runToRest(() => connected === 2 * circuits);
  const openAtOnce = Math.min(a.status().circuits, b.status().circuits);
  for (const circuit of all) circuit.send({ octets: block, more: false });
  clock.runToRest(() => whole === 2 * circuits);
  for (const circuit of all.slice(0, circuits)) circuit.clear({ cause: 0, diagnostic: 0xf1 });
  clock.runToRest(() => cleared === 2 * circuits);
  return { whole, openAtOnce, cleared };
}
