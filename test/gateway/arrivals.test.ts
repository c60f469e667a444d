import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/core/index.js';
import { CallTurns } from '../../src/gateway/call-turns.js';
import { Dispatcher } from '../../src/gateway/dispatcher.js';
import { Settler } from '../../src/gateway/settler.js';
import type { Transport } from '../../src/gateway/transport.js';
import { MemorySpool } from '../support/memory-spool.js';
import { settled } from '../support/scripted-stream.js';

const DESTINATION = 'smtp:b:25';

/** A dispatcher whose sessions take a message a second, and wait for more for as long as they are told. */
class Site {
  readonly clock = new VirtualClock();
  readonly spool = new MemorySpool(this.clock);
  readonly log: string[] = [];
  readonly dispatcher: Dispatcher;
  #sessions = 0;

  constructor(patienceMs: number) {
    const transport: Transport = {
      concurrency: 3,
      run: async (mail) => {
        const name = `session ${++this.#sessions}`;
        this.#note(`${name} begins`);
        const next = () => {
          const until = this.clock.now() + patienceMs;
          return mail.next(() => until);
        };
        for (let m = await next(); m !== undefined; m = await next()) {
          this.#note(`${name} takes ${m.id}`);
          await this.pause(1000);
          await mail.settle(m, [
            { address: m.recipients[0]?.address ?? '', outcome: 'delivered', reason: 'ok' },
          ]);
        }
        this.#note(`${name} ends`);
        return { inOrder: true, reason: '' };
      },
    };
    const onProblem = (problem: string) => void this.log.push(problem);
    const settler = new Settler({
      spool: this.spool,
      clock: this.clock,
      reporter: { report: async () => false },
      maxAgeMs: 1e9,
      delayWarningMs: 0,
      nextAttempt: () => 0,
      onSettled: () => {},
      onProblem,
    });
    this.dispatcher = new Dispatcher({
      hostname: 'gw.example',
      spool: this.spool,
      settler: () => settler,
      clock: this.clock,
      transportFor: () => transport,
      nextTry: () => 0,
      turns: new CallTurns(),
      onWell: () => {},
      onProblem,
    });
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.clock.wake(this.clock.now() + ms, resolve));
  }

  /** So many messages come. */
  async receive(count = 1): Promise<void> {
    for (let i = 0; i < count; i++) {
      const writer = await this.spool.receive();
      await writer.commit({
        sender: 'a@a.example',
        recipients: [{ address: 'b@b.example', destination: DESTINATION }],
        body: '7BIT',
        source: 'test',
        received: this.clock.wallTime(),
      });
    }
    this.dispatcher.arrived([DESTINATION]);
  }

  /** Until this much time has passed, and everything that it brings is done. */
  async pass(ms: number): Promise<void> {
    for (const end = this.clock.now() + ms; this.clock.now() < end; ) {
      await settled();
      this.clock.runFor(Math.min(50, end - this.clock.now()));
    }
    await settled();
  }

  #note(what: string): void {
    this.log.push(`${this.clock.now() / 1000} ${what}`);
  }
}

describe('mail that comes while a session is open', () => {
  test('is taken by one that waits for more, which ends when none has come for a while', async () => {
    const site = new Site(2000);
    await site.receive();
    await site.pass(2500);
    await site.receive();
    await site.pass(5000);
    expect(site.log).toEqual([
      '0 session 1 begins',
      '0 session 1 takes m1',
      '2.5 session 1 takes m2',
      '5.5 session 1 ends',
    ]);
  });

  test('is taken by one that is busy before it ends', async () => {
    const site = new Site(0);
    await site.receive();
    await site.pass(500);
    await site.receive();
    await site.pass(3000);
    expect(site.log).toEqual([
      '0 session 1 begins',
      '0 session 1 takes m1',
      '1 session 1 takes m2',
      '2 session 1 ends',
    ]);
  });

  test('gets further sessions soon where it is too much for one', async () => {
    const site = new Site(2000);
    await site.receive();
    await site.pass(500);
    await site.receive(100);
    await site.pass(200);
    expect(site.log.slice(2).map((line) => line.split(' ', 4).slice(1).join(' '))).toEqual([
      'session 2 begins',
      'session 3 begins',
      'session 2 takes',
      'session 3 takes',
    ]);
    void site.dispatcher.stop();
  });

  test('is left where it is when the gateway stops: a session that waits ends at once', async () => {
    const site = new Site(60_000);
    await site.receive();
    await site.pass(3000);
    await site.dispatcher.stop();
    await site.receive();
    await site.pass(1000);
    expect([site.log.at(-1), site.spool.messages.size]).toEqual(['3 session 1 ends', 1]);
  });
});
