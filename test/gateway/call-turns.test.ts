import { describe, expect, test } from 'vitest';
import { CallTurns, TURN_MS } from '../../src/gateway/call-turns.js';
import type { MailSource } from '../../src/gateway/mail-source.js';

/** A session's mail, as far as turns are concerned. */
function source(isIdle = false) {
  const mail = {
    isIdle,
    isFinishing: false,
    finish: () => {
      mail.isFinishing = true;
    },
  };
  return mail as typeof mail & MailSource;
}

function turnsOf(limit: number | undefined): CallTurns {
  const turns = new CallTurns();
  turns.configure(limit);
  return turns;
}

const order = (turns: CallTurns, ...names: string[]): string =>
  turns
    .inOrder(names.map((destination) => ({ destination })))
    .map(({ destination }) => destination)
    .join(' ');

describe('circuits that all share', () => {
  test('are as many as there may be, and come back', () => {
    const turns = turnsOf(2);
    expect([turns.take(), turns.take(), turns.take()]).toEqual([true, true, false]);
    expect(turns.shortage).toBe('all circuits for calls are in use (2)');
    turns.give();
    expect([turns.shortage, turns.take()]).toEqual([undefined, true]);
    turns.configure(3);
    expect(turns.shortage).toBeUndefined();
  });

  test('go to whoever was served longest ago, first to who never was', () => {
    const turns = turnsOf(1);
    for (const [at, name] of ['c', 'a', 'b', 'c'].entries()) turns.began(name, source(), at);
    expect(order(turns, 'a', 'b', 'c', 'd')).toBe('d a b c');
    turns.configure(undefined);
    expect(order(turns, 'c', 'a', 'd')).toBe('c a d');
  });

  test('however many destinations there are, only so many are remembered', () => {
    const turns = turnsOf(1);
    for (let i = 0; i < 1001; i++) turns.began(`d${i}`, source(), i);
    expect(order(turns, 'd1', 'd0')).toBe('d0 d1');
    expect(order(turns, 'd1000', 'd1')).toBe('d1 d1000');
  });
});

describe('while others wait', () => {
  test('who has had his turn makes room, the longest first, and only as many as wait', () => {
    const turns = turnsOf(3);
    const [old, older, young] = [source(), source(), source()];
    turns.began('older', older, 0);
    turns.began('old', old, 1000);
    turns.began('young', young, 50_000);
    expect(turns.makeRoom(1, 30_000)).toBe(TURN_MS);
    expect(turns.makeRoom(1, TURN_MS)).toBeUndefined();
    expect([older, old, young].map(({ isFinishing }) => isFinishing)).toEqual([true, false, false]);
    // He has not left yet: nobody else need go for the one who waits.
    expect(turns.makeRoom(1, 2 * TURN_MS)).toBeUndefined();
    expect([old, young].map(({ isFinishing }) => isFinishing)).toEqual([false, false]);
    turns.ended(older);
    expect(turns.makeRoom(2, 1000 + TURN_MS)).toBe(50_000 + TURN_MS);
    expect([old, young].map(({ isFinishing }) => isFinishing)).toEqual([true, false]);
  });

  test('who waits for mail himself makes room at once', () => {
    const turns = turnsOf(2);
    const [busy, idle] = [source(), source(true)];
    turns.began('busy', busy, 0);
    turns.began('idle', idle, 500);
    turns.makeRoom(1, 1000);
    expect([busy.isFinishing, idle.isFinishing]).toEqual([false, true]);
  });

  test('nobody has to make room when nobody waits', () => {
    const turns = turnsOf(1);
    const mail = source();
    turns.began('a', mail, 0);
    expect(turns.makeRoom(0, 10 * TURN_MS)).toBeUndefined();
    expect(mail.isFinishing).toBe(false);
  });
});
