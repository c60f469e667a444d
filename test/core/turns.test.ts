import { describe, expect, test } from 'vitest';
import { earliest, isDue, Turns, VirtualClock } from '../../src/core/index.js';

function start(deadline: () => number | undefined = () => undefined) {
  const clock = new VirtualClock();
  const happened: string[] = [];
  const turns = new Turns({
    clock,
    handleTimeouts: (now) => happened.push(`time ${now}`),
    transmit: () => happened.push('send'),
    nextDeadline: deadline,
  });
  const tell = (what: string, then: () => void = () => {}): void =>
    turns.post(() => {
      happened.push(what);
      then();
    });
  return { clock, happened, turns, tell };
}

describe('a turn', () => {
  test('lets the machines see the time, then tells, then sends', () => {
    const { happened, turns, tell } = start();
    tell('a');
    tell('b');
    turns.run();
    expect(happened).toEqual(['time 0', 'a', 'b', 'send']);
  });

  test('is one for what listeners do in it, and comes round again where they want it', () => {
    const { happened, turns, tell } = start();
    tell('a', () => tell('b'));
    tell('c', () => turns.want());
    turns.run();
    expect(happened).toEqual(['time 0', 'a', 'c', 'b', 'send', 'time 0', 'send']);
  });

  test('is not begun within another', () => {
    const { happened, turns, tell } = start();
    tell('a', () => {
      turns.run();
      happened.push('a goes on');
    });
    turns.run();
    expect(happened.slice(0, 4)).toEqual(['time 0', 'a', 'a goes on', 'send']);
  });

  test('that is wanted comes when whoever wants it has returned, once', () => {
    const { clock, happened, turns } = start();
    turns.want();
    turns.want();
    expect(happened).toEqual([]);
    clock.runToRest();
    expect(happened).toEqual(['time 0', 'send']);
  });

  test('comes when a machine wants to see the time', () => {
    let deadline: number | undefined = 40;
    const { clock, happened, turns } = start(() => deadline);
    turns.run();
    deadline = undefined;
    clock.runToRest();
    expect(happened).toEqual(['time 0', 'send', 'time 40', 'send']);
  });

  test('in which a listener throws is made up for: the others hear', () => {
    const { clock, happened, turns, tell } = start();
    tell('a', () => {
      throw new Error('not now');
    });
    tell('b');
    expect(() => turns.run()).toThrow('not now');
    clock.runToRest();
    expect(happened).toEqual(['time 0', 'a', 'time 0', 'b', 'send']);
  });
});

test('the earliest deadline is the first of those that are set', () => {
  expect(earliest()).toBeUndefined();
  expect(earliest(undefined, 0, 7)).toBe(0);
  expect(earliest(9, undefined, 3)).toBe(3);
  expect([isDue(undefined, 5), isDue(6, 5), isDue(5, 5), isDue(0, 5)]).toEqual([false, false, true, true]);
});
