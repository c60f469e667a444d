import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { SystemClock, TimerTable, VirtualClock } from '../../src/core/index.js';

describe('the virtual clock', () => {
  test('calls in the order of time, and of asking where times are equal', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 60 }), (times) => {
        const clock = new VirtualClock();
        const called: [number, number][] = [];
        times.forEach((at, index) => {
          clock.wake(at, () => called.push([clock.now(), index]));
        });
        clock.runToRest();
        const expected = times.map((at, index): [number, number] => [at, index]);
        expect(called).toEqual(expected.sort(([a, i], [b, j]) => a - b || i - j));
      }),
    );
  });

  test('does not call what was taken back', () => {
    const clock = new VirtualClock();
    const called: string[] = [];
    const cancel = clock.wake(5, () => called.push('no'));
    clock.wake(6, () => called.push('yes'));
    cancel();
    expect(clock.next()).toBe(6);
    clock.runToRest();
    expect(called).toEqual(['yes']);
  });

  test('never goes back and never calls from within wake', () => {
    const clock = new VirtualClock();
    clock.runUntil(100);
    let called = false;
    clock.wake(50, () => {
      called = true;
    });
    expect(called).toBe(false);
    clock.runFor(0);
    expect([called, clock.now()]).toEqual([true, 100]);
  });

  test('stands at the given time, whatever comes later', () => {
    const clock = new VirtualClock(1_000_000);
    clock.wake(20, () => {});
    clock.runUntil(10);
    expect([clock.now(), clock.wallTime(), clock.next()]).toEqual([10, 1_000_010, 20]);
  });

  test('a simulation that never rests is reported', () => {
    const clock = new VirtualClock();
    const again = (): void => void clock.wake(clock.now() + 1, again);
    again();
    expect(() => clock.runToRest(undefined, 1000)).toThrow(/not at rest/);
  });
});

describe('the system clock', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test('waits longer than a timer of the system can hold', () => {
    vi.useFakeTimers();
    const clock = new SystemClock();
    let called = false;
    const days = 40 * 24 * 3_600_000;
    clock.wake(clock.now() + days, () => {
      called = true;
    });
    vi.advanceTimersByTime(days - 1000);
    expect(called).toBe(false);
    vi.advanceTimersByTime(1001);
    expect(called).toBe(true);
  });

  test('what is taken back after the first part of a long wait stays taken back', () => {
    vi.useFakeTimers();
    const clock = new SystemClock();
    let called = false;
    const cancel = clock.wake(clock.now() + 40 * 24 * 3_600_000, () => {
      called = true;
    });
    vi.advanceTimersByTime(30 * 24 * 3_600_000);
    cancel();
    vi.advanceTimersByTime(30 * 24 * 3_600_000);
    expect(called).toBe(false);
  });
});

describe('a timer table', () => {
  test('gives expired timers once, oldest first', () => {
    const timers = new TimerTable<'T1' | 'T2' | 'T3'>();
    timers.start('T1', 30);
    timers.start('T2', 10);
    timers.start('T3', 40);
    timers.start('T1', 5);
    expect(timers.next()).toBe(5);
    expect(timers.takeExpired(4)).toEqual([]);
    expect(timers.takeExpired(10)).toEqual(['T1', 'T2']);
    expect(timers.takeExpired(10)).toEqual([]);
    expect([timers.next(), timers.isRunning('T3'), timers.isRunning('T1')]).toEqual([40, true, false]);
    timers.stopAll();
    expect(timers.next()).toBeUndefined();
  });
});
