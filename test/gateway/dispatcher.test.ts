import { expect, test } from 'vitest';
import { VirtualClock } from '../../src/core/index.js';
import { CallTurns } from '../../src/gateway/call-turns.js';
import { Dispatcher } from '../../src/gateway/dispatcher.js';
import { Settler } from '../../src/gateway/settler.js';
import type { Transport } from '../../src/gateway/transport.js';
import { MemorySpool } from '../support/memory-spool.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DESTINATION = 'smtp:b:25';

/** A dispatcher whose sessions last a minute, and end as `isWell` says. */
class Desk {
  readonly clock = new VirtualClock();
  readonly spool = new MemorySpool(this.clock);
  readonly dispatcher: Dispatcher;
  /** What was asked for when a session was tried again: failures in a row before. */
  readonly retries: number[] = [];
  /** How many messages each claim was for. */
  readonly limits: number[] = [];
  readonly warned: number[] = [];
  isWell = true;

  constructor() {
    const { clock, spool } = this;
    const claim = spool.claim.bind(spool);
    spool.claim = (destination, owner, limit, until) => {
      this.limits.push(limit.messages);
      return claim(destination, owner, limit, until);
    };
    const onProblem = (problem: string): void => {
      throw new Error(problem);
    };
    const settler = new Settler({
      spool,
      clock,
      reporter: {
        report: async (_message, _occasion, settlements) => {
          this.warned.push(clock.now());
          await spool.settle(settlements);
          return true;
        },
      },
      maxAgeMs: 48 * HOUR,
      delayWarningMs: 4 * HOUR,
      nextAttempt: () => clock.wallTime() + HOUR,
      onSettled: () => {},
      onProblem,
    });
    this.dispatcher = new Dispatcher({
      hostname: 'gw.example',
      spool,
      clock,
      turns: new CallTurns(),
      settler: () => settler,
      transportFor: (name) => (name === DESTINATION ? this.#transport() : undefined),
      nextTry: (_, failures) => {
        this.retries.push(failures);
        return clock.wallTime() + HOUR;
      },
      onWell: () => {},
      onProblem,
    });
  }

  async send(count: number, destination = DESTINATION): Promise<void> {
    for (let i = 0; i < count; i++) {
      const writer = await this.spool.receive();
      const recipients = [{ address: `x${i}@b.example`, destination }];
      const received = this.clock.wallTime();
      await writer.commit({ sender: 's@a.example', recipients, body: '7BIT', source: 'test', received });
    }
    this.dispatcher.poke();
    await turn();
  }

  async pass(ms: number): Promise<void> {
    for (const end = this.clock.now() + ms; ; await turn()) {
      const next = this.clock.next();
      if (next === undefined || next > end) return this.clock.runUntil(end);
      this.clock.step();
    }
  }

  #transport(): Transport {
    const { clock } = this;
    return {
      concurrency: 5,
      run: async (mail) => {
        await new Promise<void>((resolve) => void clock.wake(clock.now() + MINUTE, resolve));
        if (!this.isWell) return { inOrder: false, reason: 'down' };
        for (let message = await mail.next(); message !== undefined; message = await mail.next()) {
          const outcomes = message.recipients.map(({ address }) => ({
            address,
            outcome: 'delivered' as const,
          }));
          await mail.settle(
            message,
            outcomes.map((outcome) => ({ ...outcome, reason: 'ok' })),
          );
        }
        return { inOrder: true, reason: 'quit' };
      },
    };
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('sessions that fail side by side are one failure: the schedule goes on by one step', async () => {
  const desk = new Desk();
  desk.isWell = false;
  await desk.send(200);
  await desk.pass(2 * MINUTE);
  expect(desk.retries).toEqual([0, 0, 0, 0, 0]);
  await desk.pass(HOUR + MINUTE);
  expect(desk.retries).toEqual([0, 0, 0, 0, 0, 1]);
});

test('what waits too long is looked for every five minutes, whatever else there is to look at', async () => {
  const desk = new Desk();
  desk.dispatcher.poke();
  await desk.pass(MINUTE);
  await desk.send(1, 'peer:unknown');
  await desk.pass(4 * HOUR + 4 * MINUTE - 1000);
  desk.dispatcher.poke(); // a look just before the time does not put it off
  await desk.pass(2000);
  expect(desk.warned).toEqual([4 * HOUR + 5 * MINUTE]);
});

test('that a destination was down is forgotten when nothing waits there any more, and its pause is over', async () => {
  const desk = new Desk();
  desk.isWell = false;
  await desk.send(2);
  await desk.pass(2 * MINUTE);
  await desk.spool.operator.change({ destination: DESTINATION }, { type: 'delete' });
  desk.isWell = true;
  desk.limits.length = 0;
  await desk.pass(30 * MINUTE);
  await desk.send(20);
  expect(desk.limits).toEqual([]); // paused, whoever sends
  await desk.spool.operator.change({ destination: DESTINATION }, { type: 'delete' });
  await desk.pass(HOUR);
  await desk.send(20);
  expect(desk.limits).toEqual([16]); // no probe
});
