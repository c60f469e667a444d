import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReceiveWindow, SendWindow } from '../../src/x25/window.js';

describe('SendWindow', () => {
  test('is open for as many packets as its size, and again when they are acknowledged', () => {
    const window = new SendWindow(8, 2);
    expect([window.next(10), window.next(20), window.isOpen]).toEqual([0, 1, false]);
    expect([window.acknowledge(1), window.isOpen, window.inFlight]).toEqual([10, true, 1]);
    expect([window.acknowledge(2), window.inFlight]).toEqual([20, 0]);
  });

  test('a P(R) is valid from the last one to the next P(S)', () => {
    const window = new SendWindow(8, 7);
    for (let i = 0; i < 6; i++) window.next(1);
    window.acknowledge(6);
    for (let i = 0; i < 4; i++) window.next(1);
    expect([0, 1, 2, 3, 4, 5, 6, 7].filter((pr) => window.isValid(pr))).toEqual([0, 1, 2, 6, 7]);
  });
});

type Step = 'packet' | 'empty' | 'consume' | 'tell';

/** The same by counting: packets that came, were used up, and were told of. */
class Model {
  came = 0;
  used = 0;
  told = 0;
  readonly #unused: number[] = [];

  packet(octets: number): void {
    this.came++;
    this.#unused.push(octets);
    this.#skipEmpty();
  }

  /** @returns the octets of the oldest packet. */
  consume(): number {
    const octets = this.#unused.shift();
    if (octets === undefined) return 0;
    this.used++;
    this.#skipEmpty();
    return octets;
  }

  #skipEmpty(): void {
    for (; this.#unused[0] === 0; this.used++) this.#unused.shift();
  }
}

function take(step: Step, window: ReceiveWindow, model: Model): void {
  if (step === 'tell') {
    window.tell();
    model.told = model.used;
  } else if (step === 'consume') window.consumed(model.consume());
  else if (window.accepts(model.came % 8)) {
    const octets = step === 'empty' ? 0 : 5;
    window.received(octets);
    model.packet(octets);
  }
}

describe('ReceiveWindow', () => {
  test('never lets more in than the other end was told', () => {
    const steps = fc.array(fc.constantFrom<Step>('packet', 'empty', 'consume', 'tell'), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), steps, (size, all) => {
        const window = new ReceiveWindow(8, size);
        const model = new Model();
        for (const step of all) {
          take(step, window, model);
          const { came, used, told } = model;
          expect(window.accepts(came % 8)).toBe(came - told < size);
          expect(window.accepts((came + 1) % 8)).toBe(false);
          expect(window.isUsedUp).toBe(came - told >= size);
          expect(window.isShut).toBe(came - used >= size);
          expect(window.untold).toBe(used - told);
        }
      }),
      { numRuns: 300 },
    );
  });
});
