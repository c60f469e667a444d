import type { Clock } from '../../../src/core/index.js';
import { VirtualClock } from '../../../src/core/index.js';
import { CallTurns } from '../../../src/gateway/call-turns.js';
import { Dispatcher } from '../../../src/gateway/dispatcher.js';
import type { MailSource } from '../../../src/gateway/mail-source.js';
import { RetryPolicy } from '../../../src/gateway/retry-policy.js';
import { Settler } from '../../../src/gateway/settler.js';
import type { Transport, TransportEnd } from '../../../src/gateway/transport.js';
import type { Pace } from '../../../src/rfc1090/index.js';
import { MemorySpool } from '../memory-spool.js';
import { seeded } from '../random.js';
import { type Failure, type Rules, type Said, SchedulerModel, type Tally } from './model.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const RULES: Rules = {
  schedule: [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR],
  maxAgeMs: 5 * DAY,
  delayWarningMs: 4 * HOUR,
  sweepMs: 5 * MINUTE,
};

/** What the model expects of each way to fail; written out here once more, so that it says something. */
const FAILURES: Readonly<Record<Exclude<Pace, 'soon'>, Failure>> = {
  queue: { atLeast: 0 },
  busy: { waits: [MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE], atLeast: 0 },
  outOfOrder: { atLeast: 15 * MINUTE },
  unwanted: { atLeast: 4 * HOUR },
};
const PACE_NAMES = Object.keys(FAILURES) as (keyof typeof FAILURES)[];

/** Sessions at once; the last is known to nobody. */
const DESTINATIONS: Readonly<Record<string, number>> = {
  'peer:a': 1,
  'peer:b': 2,
  'peer:e': 1,
  'smtp:c:25': 5,
  'smtp:d:25': 5,
  'peer:gone': 0,
};
const NAMES = Object.keys(DESTINATIONS);

const MOST_AT_ONCE = 1000;

export interface SchedulerRun extends Tally {
  readonly kills: number;
  readonly stops: number;
  /** Replies that got lost on the way, so that the message went again. */
  readonly lostReplies: number;
}

/**
 * The scheduler itself (dispatcher, settler, retry policy, and the spool in memory) in a world of destinations that go down
 * and come back, with mail all the time, an operator who holds and retries, and gateways that are stopped and killed.
 * @throws Error at the first thing that the model does not allow.
 */
export async function simulateMail(seed: number, days: number): Promise<SchedulerRun> {
  const world = new World(seed);
  try {
    return await world.run(days);
  } catch (error) {
    throw new Error(`seed ${seed}, hour ${world.clock.now() / HOUR}`, { cause: error });
  }
}

/** A gateway's clock: when it is killed nothing of it happens any more. */
class LifeClock implements Clock {
  isAlive = true;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  wallTime(): number {
    return this.#clock.wallTime();
  }

  wake(at: number, callback: () => void): () => void {
    return this.#clock.wake(at, () => this.isAlive && callback());
  }
}

interface Life {
  readonly clock: LifeClock;
  readonly spool: MemorySpool;
  readonly dispatcher: Dispatcher;
}

class World {
  readonly clock = new VirtualClock();
  readonly model = new SchedulerModel(this.clock, RULES);
  readonly random: () => number;
  /** How sessions end there; undefined: well. */
  readonly #faults = new Map<string, keyof typeof FAILURES | undefined>();
  readonly #heldMessages = new Set<string>();
  readonly #heldDestinations = new Set<string>();
  /** Shared by all that are called. */
  readonly #circuits: number | undefined;
  #life: Life;
  #lostReplies = 0;
  #isEnding = false;
  /** Steps one after the other in less than a millisecond each. */
  #atOnce = 0;
  #messages = 0;
  /** What was thrown where nobody listens. */
  #error: unknown;

  constructor(seed: number) {
    this.random = seeded(seed);
    this.#circuits = seed % 2 === 0 ? 1 : undefined;
    for (const name of NAMES) {
      const shares = this.#circuits !== undefined && name.startsWith('peer:');
      this.model.addDestination(name, {
        isUnknown: DESTINATIONS[name] === 0,
        turnMs: shares ? 10 * MINUTE : 0,
      });
    }
    this.#life = this.#start(new MemorySpool(this.clock));
  }

  async run(days: number): Promise<SchedulerRun> {
    const end = days * DAY;
    for (const name of NAMES) this.#changeLater(name);
    this.#often(20 * MINUTE, () => this.#send(1));
    this.#often(12 * HOUR, () => this.#send(40 + Math.floor(this.random() * 160)));
    this.#often(3 * HOUR, () => this.#operate());
    let [kills, stops] = [0, 0];
    let nextRestart = this.#after(12 * HOUR);
    let nextAudit = 0;
    while ((this.clock.next() ?? end) < end) {
      await this.#step();
      if (this.clock.now() < nextAudit) continue;
      nextAudit = this.clock.now() + 10 * MINUTE;
      this.model.audit();
      if (this.clock.now() < nextRestart) continue;
      nextRestart = this.#after(12 * HOUR);
      if (this.random() < 0.5) {
        kills++;
        this.#kill();
      } else {
        stops++;
        await this.#stop();
      }
      await turn();
      await this.#compare();
    }
    await this.#finish();
    return { ...this.model.tally, kills, stops, lostReplies: this.#lostReplies };
  }

  /** All is well from now on, and nobody sends: what is left arrives, or its time is over. */
  async #finish(): Promise<void> {
    this.#isEnding = true;
    for (const name of NAMES) this.#faults.set(name, undefined);
    for (const name of [...this.#heldDestinations]) await this.#holdDestination(name, false);
    for (const message of [...this.#heldMessages]) await this.#holdMessage(message, false);
    const end = this.clock.now() + RULES.maxAgeMs + HOUR;
    while (this.model.waiting().length > 0) {
      if (this.clock.now() > end) throw new Error(`left behind: ${this.model.waiting().join(', ')}`);
      await this.#step();
    }
    await this.#compare();
    await this.#stop();
  }

  async #step(): Promise<void> {
    const before = this.clock.now();
    this.clock.step();
    await turn();
    this.#atOnce = this.clock.now() - before < 1 ? this.#atOnce + 1 : 0;
    if (this.#atOnce > MOST_AT_ONCE) throw new Error('it looks again and again, and time stands still');
    if (this.#error !== undefined) throw this.#error;
    if (this.#life.spool.history.length > 1000) this.#life.spool.history.length = 0;
    if (this.#life.spool.settlements.length > 1000) this.#life.spool.settlements.length = 0;
  }

  // ---------------------------------------------------------------- gateways

  #start(spool: MemorySpool): Life {
    const clock = new LifeClock(this.clock);
    this.#watch(spool);
    this.model.started();
    const retries = new RetryPolicy(RULES.schedule, clock, this.random, () => {});
    const onProblem = (problem: string): void => {
      this.#error ??= new Error(problem);
    };
    const settler = new Settler({
      spool,
      clock,
      reporter: {
        // Reports are tested where they are made; here only that what they tell of is written down.
        report: async (_message, _occasion, settlements) => {
          await spool.settle(settlements);
          return true;
        },
      },
      maxAgeMs: RULES.maxAgeMs,
      delayWarningMs: RULES.delayWarningMs,
      nextAttempt: (attempts) => retries.afterReply(attempts),
      onSettled: () => {},
      onProblem,
    });
    const turns = new CallTurns();
    turns.configure(this.#circuits);
    const dispatcher = new Dispatcher({
      hostname: 'gw.example',
      spool,
      settler: () => settler,
      clock,
      turns,
      transportFor: (name) => this.#transport(name, clock),
      nextTry: (name, failures, end) => retries.afterFailure(name, failures, end),
      onWell: (name) => retries.wentWell(name),
      onProblem,
    });
    dispatcher.poke();
    return { clock, spool, dispatcher };
  }

  /** The model sees all that is claimed, given back and settled. */
  #watch(spool: MemorySpool): void {
    const { model } = this;
    const watched = async <T>(work: () => Promise<T>): Promise<T> => {
      try {
        return await work();
      } catch (error) {
        this.#error ??= error;
        throw error;
      }
    };
    const [claim, release, settle] = [spool.claim, spool.release, spool.settle].map((each) =>
      each.bind(spool),
    ) as [MemorySpool['claim'], MemorySpool['release'], MemorySpool['settle']];
    spool.claim = (name, owner, ...rest) =>
      watched(async () => {
        const deliveries = await claim(name, owner, ...rest);
        model.claimed(owner, deliveries);
        return deliveries;
      });
    spool.release = (owner) =>
      watched(async () => {
        await release(owner);
        model.released(owner);
      });
    spool.settle = (batch) =>
      watched(async () => {
        for (const settlement of batch) model.settled(settlement);
        await settle(batch);
        model.written(batch);
      });
  }

  #kill(): void {
    this.#life.clock.isAlive = false;
    this.#life = this.#start(new MemorySpool(this.clock, {}, this.#life.spool));
  }

  async #stop(): Promise<void> {
    let isStopped = false;
    const { dispatcher, spool } = this.#life;
    const stopping = dispatcher.stop().then(() => {
      isStopped = true;
    });
    while (!isStopped) await this.#step();
    await stopping;
    await spool.close();
    this.#life.clock.isAlive = false;
    this.#life = this.#start(new MemorySpool(this.clock, {}, spool));
  }

  /** What the spool has is what the model has. */
  async #compare(): Promise<void> {
    const waiting: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await this.#life.spool.operator.search(
        {},
        { limit: 500, ...(after !== undefined && { after }) },
      );
      for (const { message, recipients } of page.deliveries)
        for (const { address } of recipients) waiting.push(`${message} ${address}`);
      if (page.next === undefined) break;
      after = page.next;
    }
    const expected = this.model.waiting();
    if (waiting.sort().join() === expected.join()) return;
    const lost = expected.filter((each) => !waiting.includes(each));
    const extra = waiting.filter((each) => !expected.includes(each));
    throw new Error(`lost: ${lost.join(', ')}; back again: ${extra.join(', ')}`);
  }

  // ---------------------------------------------------------------- destinations

  #transport(name: string, clock: LifeClock): Transport | undefined {
    const concurrency = DESTINATIONS[name] ?? 0;
    if (concurrency === 0) return undefined;
    const usesCircuit = name.startsWith('peer:');
    return { concurrency, usesCircuit, run: (mail) => this.#session(name, mail, clock) };
  }

  async #session(name: string, mail: MailSource, clock: LifeClock): Promise<TransportEnd> {
    const before = this.model.sessionBegan(name);
    const end = await this.#talk(name, mail, clock);
    const failure = end === undefined ? undefined : FAILURES[end];
    this.model.sessionEnded(name, before, mail.delivered > 0, failure);
    return end === undefined
      ? { inOrder: true, reason: 'quit' }
      : { inOrder: false, reason: end, retry: { pace: end, nextFacilitySet: false, tellOperator: false } };
  }

  /** @returns how it failed. */
  async #talk(name: string, mail: MailSource, clock: LifeClock): Promise<keyof typeof FAILURES | undefined> {
    const pass = (ms: number): Promise<void> =>
      new Promise((resolve) => void clock.wake(clock.now() + Math.ceil(ms), resolve));
    await pass(SECOND + this.random() * 20 * SECOND);
    for (;;) {
      const fault = this.#faults.get(name);
      if (fault !== undefined) return fault;
      const message = await mail.next();
      if (message === undefined) return undefined;
      await pass(this.random() * 20 * SECOND);
      const isCutOff = !this.#isEnding && this.random() < 0.02;
      if (isCutOff || this.#faults.get(name) !== undefined) {
        if (this.random() < 0.5) this.#lostReplies++;
        return this.#faults.get(name) ?? 'queue';
      }
      const outcomes = message.recipients.map(({ address }) => ({
        address,
        outcome: this.#outcome(),
        reason: 'said',
      }));
      this.model.said(message.id, name, outcomes);
      await mail.settle(message, outcomes, 'relay');
    }
  }

  #outcome(): Said {
    const chance = this.random();
    if (this.#isEnding) return 'delivered';
    return chance < 0.02 ? 'permanent' : chance < 0.1 ? 'temporary' : 'delivered';
  }

  /** Well for hours, down for hours, now and then for longer than mail is kept. */
  #changeLater(name: string): void {
    const isWell = this.#faults.get(name) === undefined;
    const mean = isWell ? 12 * HOUR : this.random() < 0.05 ? 6 * DAY : 2 * HOUR;
    this.clock.wake(this.#after(mean), () => {
      if (this.#isEnding) return;
      const fault = PACE_NAMES[Math.floor(this.random() * PACE_NAMES.length)];
      this.#faults.set(name, isWell ? fault : undefined);
      this.#changeLater(name);
    });
  }

  // ---------------------------------------------------------------- senders and the operator

  async #send(count: number): Promise<void> {
    const { spool, dispatcher } = this.#life;
    const burst = this.#someName();
    for (let i = 0; i < count; i++) {
      const recipients = Array.from({ length: 1 + Math.floor(this.random() * 3) }, (_, nth) => ({
        address: `r${nth}@x.example`,
        destination: count > 1 ? burst : this.#someName(),
      }));
      const writer = await spool.receive();
      await writer.write(Buffer.from(`Subject: ${++this.#messages}\r\n\r\n`));
      const received = this.clock.wallTime();
      await writer.commit({ sender: 's@x.example', recipients, body: '7BIT', source: 'test', received });
      this.model.accepted(writer.id, recipients);
    }
    dispatcher.poke();
  }

  async #operate(): Promise<void> {
    const { spool, dispatcher } = this.#life;
    const name = this.#someName();
    const chance = this.random();
    if (chance < 0.4) {
      await spool.operator.change({ destination: name }, { type: 'retry' });
      this.model.retried(name);
      dispatcher.tryNow([name]);
    } else if (chance < 0.7) await this.#holdDestination(name, !this.#heldDestinations.has(name));
    else if (chance < 0.85) {
      const [message] = this.#heldMessages;
      if (message !== undefined) await this.#holdMessage(message, false);
    } else {
      const waiting = this.model.waiting();
      const [message] = waiting[Math.floor(this.random() * waiting.length)]?.split(' ') ?? [];
      if (message !== undefined) await this.#holdMessage(message, true);
    }
  }

  async #holdDestination(name: string, isHeld: boolean): Promise<void> {
    const { spool, dispatcher } = this.#life;
    this.model.destinationHeld(name, isHeld);
    if (isHeld) {
      this.#heldDestinations.add(name);
      await spool.holdDestination(name, 'test');
    } else {
      this.#heldDestinations.delete(name);
      await spool.releaseDestination(name);
      dispatcher.tryNow([name]);
    }
  }

  async #holdMessage(message: string, isHeld: boolean): Promise<void> {
    const { spool, dispatcher } = this.#life;
    this.model.messageHeld(message, isHeld);
    this.#heldMessages[isHeld ? 'add' : 'delete'](message);
    await spool.operator.change({ message }, isHeld ? { type: 'hold', reason: 'test' } : { type: 'release' });
    dispatcher.poke();
  }

  #someName(): string {
    return NAMES[Math.floor(this.random() * NAMES.length)] ?? '';
  }

  /** At random, about so far apart. */
  #often(mean: number, action: () => Promise<void>): void {
    this.clock.wake(this.#after(mean), () => {
      if (this.#isEnding) return;
      action().catch((error: unknown) => {
        this.#error ??= error;
      });
      this.#often(mean, action);
    });
  }

  #after(mean: number): number {
    return this.clock.now() - Math.log(1 - this.random()) * mean;
  }
}

/** What is promised and waits for nothing but other promises has happened after this. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
