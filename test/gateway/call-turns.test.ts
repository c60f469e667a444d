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

const isTaken = (taken: unknown): boolean => taken !== undefined;
const waiters = (count: number) => Array.from({ length: count }, () => ({ links: [] }));

/** A session on one of the circuits. */
function begin(turns: CallTurns, name: string, mail: MailSource, at: number, links: string[] = []): void {
  turns.take(links)?.();
  turns.began(name, mail, at, links);
}

const order = (turns: CallTurns, ...names: string[]): string =>
  turns
    .inOrder(names.map((destination) => ({ destination })))
    .map(({ destination }) => destination)
    .join(' ');

describe('circuits that all share', () => {
  test('are as many as there may be, and come back', () => {
    const turns = turnsOf(2);
    expect([turns.take(), turns.take(), turns.take()].map(isTaken)).toEqual([true, true, false]);
    expect(turns.shortage()).toBe('all circuits for calls are in use (2)');
    turns.give();
    expect([turns.shortage(), isTaken(turns.take())]).toEqual([undefined, true]);
    turns.configure(3);
    expect(turns.shortage()).toBeUndefined();
  });

  test('go to whoever was served longest ago, first to who never was', () => {
    const turns = turnsOf(1);
    for (const [at, name] of ['c', 'a', 'b', 'c'].entries()) turns.began(name, source(), at);
    expect(order(turns, 'a', 'b', 'c', 'd')).toBe('d a b c');
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
    begin(turns, 'older', older, 0);
    begin(turns, 'old', old, 1000);
    begin(turns, 'young', young, 50_000);
    expect(turns.makeRoom(waiters(1), 30_000)).toBe(TURN_MS);
    expect(turns.makeRoom(waiters(1), TURN_MS)).toBeUndefined();
    expect([older, old, young].map(({ isFinishing }) => isFinishing)).toEqual([true, false, false]);
    // He has not left yet: nobody else need go for the one who waits.
    expect(turns.makeRoom(waiters(1), 2 * TURN_MS)).toBeUndefined();
    expect([old, young].map(({ isFinishing }) => isFinishing)).toEqual([false, false]);
    turns.ended(older);
    turns.take(); // by the one who waited
    expect(turns.makeRoom(waiters(2), 1000 + TURN_MS)).toBe(50_000 + TURN_MS);
    expect([old, young].map(({ isFinishing }) => isFinishing)).toEqual([true, false]);
  });

  test('who waits for mail himself makes room at once', () => {
    const turns = turnsOf(2);
    const [busy, idle] = [source(), source(true)];
    begin(turns, 'busy', busy, 0);
    begin(turns, 'idle', idle, 500);
    turns.makeRoom(waiters(1), 1000);
    expect([busy.isFinishing, idle.isFinishing]).toEqual([false, true]);
  });

  test('nobody has to make room when nobody waits', () => {
    const turns = turnsOf(1);
    const mail = source();
    begin(turns, 'a', mail, 0);
    expect(turns.makeRoom(waiters(0), 10 * TURN_MS)).toBeUndefined();
    expect(mail.isFinishing).toBe(false);
  });
});

describe('circuits of links', () => {
  const open = { psdn0: 0, wan: 0 };
  function turnsOn(rooms: Record<keyof typeof open, number>): CallTurns {
    Object.assign(open, { psdn0: 0, wan: 0 });
    return new CallTurns((link) =>
      link === 'psdn0' || link === 'wan' ? { most: rooms[link], open: open[link] } : undefined,
    );
  }

  test('are kept from the promise until they are placed, and then are those that there are', () => {
    const turns = turnsOn({ psdn0: 2, wan: 1 });
    const placing = turns.take(['psdn0']);
    open.psdn0 = 1; // of somebody who has called us
    expect(turns.take(['psdn0'])).toBeUndefined();
    expect(turns.shortage(['psdn0'])).toBe('all circuits of psdn0 (2) are in use');
    placing?.();
    placing?.(); // told twice is told once
    expect(turns.shortage(['psdn0'])).toBeUndefined();
    open.psdn0 = 2;
    expect(turns.shortage(['psdn0'])).toBe('all circuits of psdn0 (2) are in use');
    expect(isTaken(turns.take(['psdn0', 'wan']))).toBe(true);
    expect(turns.shortage(['psdn0', 'wan'])).toBe('all circuits of psdn0 (2) and of wan (1) are in use');
    expect(turns.shortage(['gone'])).toBeUndefined();
  });

  test('only who is on the same link makes room', () => {
    const turns = turnsOn({ psdn0: 1, wan: 1 });
    const [first, second] = [source(), source()];
    begin(turns, 'first', first, 0, ['wan']);
    begin(turns, 'second', second, 1000, ['psdn0']);
    expect(turns.makeRoom([{ links: ['psdn0'] }], TURN_MS)).toBe(1000 + TURN_MS);
    expect(turns.makeRoom([{ links: ['psdn0'] }], 1000 + TURN_MS)).toBeUndefined();
    expect([first, second].map(({ isFinishing }) => isFinishing)).toEqual([false, true]);
    expect(turns.makeRoom([{ links: ['psdn0'] }, { links: ['wan'] }], 2 * TURN_MS)).toBeUndefined();
    expect(first.isFinishing).toBe(true);
  });
});
