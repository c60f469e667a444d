import { describe, expect, test } from 'vitest';
import { Window } from '../../src/lapb/window.js';

const packet = (n: number) => Uint8Array.of(n);

/** A window of size `k` with `sent` packets sent, numbered from 0. */
function windowWith(k: number, sent: number): Window {
  const window = new Window(8, k);
  for (let n = 0; n < sent; n++) window.append(packet(n));
  return window;
}

describe('sending', () => {
  test('is open until k packets are unacknowledged', () => {
    const window = new Window(8, 3);
    const open = [window.isOpen];
    for (let n = 0; n < 3; n++) {
      window.append(packet(n));
      open.push(window.isOpen);
    }
    expect(open).toEqual([true, true, true, false]);
    expect(window.isFull).toBe(true);
  });

  test('an acknowledgement opens it again', () => {
    const window = windowWith(3, 3);
    expect(window.acknowledge(1)).toBe(true);
    expect(window.isOpen).toBe(true);
    expect(window.acknowledge(1)).toBe(false);
    expect(window.isUnderWay).toBe(true);
    expect(window.acknowledge(3)).toBe(true);
    expect(window.isUnderWay).toBe(false);
    expect(window.isAllAcknowledged).toBe(true);
  });

  test('goes back to what is not acknowledged, oldest first, and is closed meanwhile', () => {
    const window = windowWith(7, 4);
    window.acknowledge(2);
    window.goBack();
    expect(window.isUnderWay).toBe(false);
    expect(window.isOpen).toBe(false);
    expect([window.vs, window.repeat(), window.vs, window.repeat(), window.repeat()]).toEqual([
      2,
      packet(2),
      3,
      packet(3),
      undefined,
    ]);
    expect(window.isOpen).toBe(true);
    expect(window.vs).toBe(4);
  });

  test('what arrived the first time is not sent again', () => {
    const window = windowWith(7, 5);
    window.goBack();
    expect(window.isValid(3)).toBe(true);
    window.acknowledge(3);
    expect(window.vs).toBe(3);
    expect(window.repeat()).toEqual(packet(3));
  });

  test('an acknowledgement behind V(S) leaves V(S) where it is', () => {
    const window = windowWith(7, 5);
    window.goBack();
    window.repeat();
    window.repeat();
    window.acknowledge(1);
    expect(window.vs).toBe(2);
  });
});

// V(A) = 6, V(S) = 1: 6, 7 and 0 are unacknowledged.
test.each([
  [5, false],
  [6, true],
  [7, true],
  [0, true],
  [1, true],
  [2, false],
])('after 9 packets, 6 of them acknowledged, N(R) = %d is valid: %s', (nr, valid) => {
  const window = windowWith(7, 6);
  window.acknowledge(6);
  for (let n = 6; n < 9; n++) window.append(packet(n));
  expect(window.isValid(nr)).toBe(valid);
});

test('modulo 128 has up to 127 packets under way, each under its number', () => {
  const window = new Window(128, 127);
  for (let n = 0; n < 1000; n++) {
    while (window.isOpen) window.append(packet(window.vs));
    expect(window.isFull).toBe(true);
    window.goBack();
    expect(window.repeat()).toEqual(packet(n % 128));
    expect(window.isValid(n % 128)).toBe(true);
    expect(window.isValid((n + 127) % 128)).toBe(true);
    window.acknowledge((n + 1) % 128);
    while (window.repeat() !== undefined);
  }
});

describe('receiving', () => {
  test.each([8, 128] as const)('accepts only V(R), which moves on around %d', (modulus) => {
    const window = new Window(modulus, 7);
    for (let n = 0; n < 300; n++) {
      expect(window.accept((n + 1) % modulus)).toBe(false);
      expect(window.accept((n + modulus - 1) % modulus)).toBe(false);
      expect(window.accept(n % modulus)).toBe(true);
    }
    expect(window.vr).toBe(300 % modulus);
    expect(window.hasReceived).toBe(true);
  });

  test('begins anew at 0', () => {
    const window = windowWith(7, 2);
    window.accept(0);
    window.receiveAnew();
    expect([window.vr, window.hasReceived, window.vs]).toEqual([0, false, 2]);
  });
});

test('reset throws away what is not acknowledged', () => {
  const window = windowWith(7, 3);
  window.accept(0);
  window.reset();
  expect([window.vs, window.vr, window.isAllAcknowledged, window.repeat()]).toEqual([0, 0, true, undefined]);
});
