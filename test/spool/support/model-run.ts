import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import type {
  CheckpointWriter,
  Delivery,
  DeliveryChange,
  Envelope,
  Settlement,
  Spool,
} from '../../../src/spool/index.js';
import { openInProcess } from './in-process.js';
import { bodyOf, envelope, inShort, readAll, writeBody } from './mail.js';
import { ModelSpool } from './model.js';
import { bodyFiles, copyAsAfterCrash, tempDirectory } from './places.js';

/** The real spool with what goes with it. A crash leaves the directory and opens a copy of it. */
class Real {
  directory: string;
  spool: Spool;
  readonly #place: string;
  readonly #model: ModelSpool;
  readonly #crashed: Spool[] = [];
  #leftoversGone: Promise<void> = Promise.resolve();

  constructor(place: string, model: ModelSpool) {
    this.#place = place;
    this.#model = model;
    this.directory = mkdtempSync(join(place, 'spool-'));
    this.spool = this.#open();
  }

  async reopen(how: 'close' | 'crash'): Promise<void> {
    if (how === 'close') {
      await this.spool.close();
    } else {
      const copy = mkdtempSync(join(this.#place, 'spool-'));
      copyAsAfterCrash(this.directory, copy);
      this.#crashed.push(this.spool);
      this.directory = copy;
    }
    this.spool = this.#open();
  }

  /** After the last search for leftovers, so that there are none. */
  async end(): Promise<void> {
    await this.#leftoversGone;
    for (const spool of [...this.#crashed, this.spool]) await spool.close();
  }

  #open(): Spool {
    let searched = (): void => {};
    this.#leftoversGone = new Promise((resolve) => {
      searched = resolve;
    });
    return openInProcess(this.directory, {
      wallTime: () => this.#model.now,
      log: ({ type }) => type === 'leftovers' && searched(),
    });
  }
}

type SpoolCommand = fc.AsyncCommand<ModelSpool, Real>;

/** Does the same to both and compares them. Says itself in short when a run fails. */
function command(name: string, act: (model: ModelSpool, real: Real) => Promise<void>): SpoolCommand {
  const run = async (model: ModelSpool, real: Real): Promise<void> => {
    await act(model, real);
    await look(model, real);
  };
  return { check: () => true, run, toString: () => name };
}

const DESTINATIONS = ['peer:b', 'peer:c'] as const;
const OWNERS = ['call 1', 'call 2'] as const;

const destination = fc.constantFrom(...DESTINATIONS);
const owner = fc.constantFrom(...OWNERS);
/** Empty, short, just in the row, just in a file. */
const size = fc.constantFrom(0, 100, 300, 65_536, 65_537);
const recipients = fc.array(fc.tuple(fc.constantFrom('x', 'y'), destination), {
  minLength: 1,
  maxLength: 4,
});
/** Short, so that deadlines meet. */
const duration = fc.nat(3);

const outcome = fc.oneof(
  { arbitrary: fc.constant<Settlement['outcome']>({ type: 'delivered' }), weight: 1 },
  { arbitrary: fc.constant<Settlement['outcome']>({ type: 'failed', reason: '550' }), weight: 1 },
  { arbitrary: fc.constant<Settlement['outcome']>({ type: 'warned' }), weight: 1 },
  { arbitrary: fc.record({ later: duration, attempt: fc.boolean() }), weight: 4 },
);
/** Outcomes for what waits when they are applied: which recipient is told by numbers that wrap around. */
const picks = fc.array(fc.tuple(fc.nat(50), fc.nat(5), outcome), { maxLength: 4 });
type Picks = typeof picks extends fc.Arbitrary<infer T> ? T : never;

function settlements(model: ModelSpool, chosen: Picks): Settlement[] {
  return chosen.flatMap(([which, who, result]) => {
    const delivery = model.deliveries[which % Math.max(1, model.deliveries.length)];
    const recipient = delivery?.recipients[who % delivery.recipients.length];
    if (delivery === undefined || recipient === undefined) return [];
    const { id: message, destination } = delivery;
    const outcome: Settlement['outcome'] =
      'later' in result
        ? { type: 'deferred', until: model.now + result.later, reason: '451', attempt: result.attempt }
        : result;
    return [{ message, destination, recipient: recipient.address, outcome }];
  });
}

/** What a client may say of a message, or not. */
const said: fc.Arbitrary<Partial<Envelope>> = fc.record(
  {
    body: fc.constantFrom('7BIT', '8BITMIME', 'BINARYMIME'),
    priority: fc.constantFrom(-9, -1, 0, 0, 1, 9),
    hold: fc.constant('look first'),
    smtpUtf8: fc.boolean(),
    ret: fc.constantFrom('FULL', 'HDRS'),
    envelopeId: fc.constantFrom('', 'QQ314159'),
    deliverBy: fc.record({ at: fc.nat(9999), mode: fc.constantFrom('R', 'N'), trace: fc.boolean() }),
    submitter: fc.constantFrom('<>', 'u@x.example'),
    origin: fc.constantFrom('x25', 'report'),
    ours: fc.constant(true),
  },
  { requiredKeys: ['body'] },
);

const receive = fc.tuple(size, recipients, picks, said).map(([size, to, chosen, rest]) =>
  command(
    `receive ${JSON.stringify([size, to, rest])}, settling ${JSON.stringify(chosen)}`,
    async (model, real) => {
      const settling = settlements(model, chosen);
      const addressed = to.map(([address, destination]) => `${address} > ${destination}`);
      const message = envelope(addressed, { received: model.now, ...rest });
      const writer = await real.spool.receive();
      await writeBody(writer, bodyOf(size), 40_000);
      await writer.commit(message, settling);
      model.receive(writer.id, size, message, settling);
    },
  ),
);

const abort = size.map((size) =>
  command(`abort ${size}`, async (_model, real) => {
    const writer = await real.spool.receive();
    await writeBody(writer, bodyOf(size), 40_000);
    await writer.abort();
  }),
);

const limit = fc.record({ messages: fc.nat(3), octets: fc.constantFrom(0, 250, 99_999) });
const claim = fc.tuple(destination, owner, limit, duration).map(([destination, owner, limit, during]) =>
  command(`claim ${destination} for ${owner} ${JSON.stringify(limit)} ${during}`, async (model, real) => {
    const until = model.now + during;
    const claimed = await real.spool.claim(destination, owner, limit, until);
    expect(claimed).toEqual(model.claim(destination, owner, limit, until));
  }),
);

const settle = picks.map((chosen) =>
  command(`settle ${JSON.stringify(chosen)}`, async (model, real) => {
    const batch = settlements(model, chosen);
    await real.spool.settle(batch);
    model.settle(batch);
  }),
);

const renew = fc.tuple(owner, duration).map(([owner, during]) =>
  command(`renew ${owner} ${during}`, async (model, real) => {
    await real.spool.renew(owner, model.now + during);
    model.renew(owner, model.now + during);
  }),
);

const release = owner.map((owner) =>
  command(`release ${owner}`, async (model, real) => {
    await real.spool.release(owner);
    model.release(owner);
  }),
);

const holdDestination = fc.tuple(destination, fc.boolean()).map(([destination, isHeld]) =>
  command(`${isHeld ? 'hold' : 'release'} ${destination}`, async (model, real) => {
    if (isHeld) {
      await real.spool.holdDestination(destination, 'under repair');
      model.held.set(destination, 'under repair');
    } else {
      await real.spool.releaseDestination(destination);
      model.held.delete(destination);
    }
  }),
);

const change: fc.Arbitrary<DeliveryChange> = fc.oneof(
  fc.constantFrom<DeliveryChange>(
    { type: 'hold', reason: 'an operator' },
    { type: 'release' },
    { type: 'release' },
    { type: 'retry' },
    { type: 'delete' },
  ),
  destination.map((destination) => ({ type: 'reroute' as const, destination })),
  fc.record({
    type: fc.constant('reroute' as const),
    destination,
    recipients: fc.subarray(['x', 'y']),
  }),
);
const operate = fc.tuple(destination, change).map(([destination, change]) =>
  command(`${JSON.stringify(change)} all for ${destination}`, async (model, real) => {
    const result = await real.spool.operator.change({ destination }, change);
    expect(result).toEqual(model.change(destination, change));
  }),
);

/** In the row, in a file. */
const CHECKPOINTED = [30_000, 150_000] as const;
type End = 'suspend' | 'commit' | 'abort' | 'crash';

/** Ends a session that brought octets up to `until`, in the model as well. */
async function endSession(
  { model, real, writer }: { model: ModelSpool; real: Real; writer: CheckpointWriter },
  end: End,
  of: { id: string; message: Envelope; size: number; until: number },
): Promise<void> {
  switch (end) {
    case 'commit':
      await writer.commit(of.message, '250');
      model.receive(writer.id, of.size, of.message, []);
      model.transactions.set(of.id, { id: writer.id, reply: '250', size: of.size });
      return;
    case 'abort':
      await writer.abort();
      model.transactions.delete(of.id);
      return;
    case 'suspend':
      await writer.suspend();
      model.transactions.set(of.id, { id: writer.id, stored: of.until });
      return;
    case 'crash':
      expect(await writer.checkpoint()).toBe(of.until);
      model.transactions.set(of.id, { id: writer.id, stored: of.until });
      model.restart();
      model.now += 1;
      await real.reopen('crash');
  }
}

const endOfSession = fc.constantFrom<End[]>('suspend', 'suspend', 'commit', 'abort', 'crash');
const session = fc
  .tuple(fc.nat(1), fc.integer({ min: 1, max: 4 }), endOfSession, recipients)
  .map(([which, quarters, end, to]) =>
    command(`session of ${which}: ${quarters}/4, then ${end}`, async (model, real) => {
      const id = `<${which}@x>`;
      const size = CHECKPOINTED[which] ?? 0;
      const known = model.transactions.get(id);
      const transaction = await real.spool.partial({ peer: 'b', hello: 'gw-b', id }, 60_000);
      if (known !== undefined && 'reply' in known) {
        expect(transaction).toEqual({
          state: 'finished',
          message: known.id,
          reply: known.reply,
          size: known.size,
        });
        return;
      }
      if (!('writer' in transaction)) throw new Error(`it is ${transaction.state}`);
      const { writer, state } = transaction;
      const found = [state, writer.offset, known === undefined ? '' : writer.id];
      expect(found).toEqual(known === undefined ? ['new', 0, ''] : ['interrupted', known.stored, known.id]);
      const addressed = to.map(([address, destination]) => `${address} > ${destination}`);
      const message = envelope(addressed, { received: model.now });
      if (state === 'new') await writer.begin(message, new Uint8Array(0));
      const until = end === 'commit' ? size : Math.max(writer.offset, (size * quarters) / 4);
      await writer.write(bodyOf(size).subarray(writer.offset, until));
      await endSession({ model, real, writer }, end, { id, message, size, until });
    }),
  );

const wait = duration.map((time) =>
  command(`wait ${time}`, async (model) => {
    model.now += time;
  }),
);

const reopen = fc.constantFrom('close' as const, 'crash' as const).map((how) =>
  command(`reopen after ${how}`, async (model, real) => {
    model.restart();
    model.now += 1; // leftovers are told from new messages by the time in their names
    await real.reopen(how);
  }),
);

/** The more often, the more there is to go wrong. */
const commands = [
  ...[receive, receive, receive, abort, claim, claim, claim, settle, settle],
  ...[renew, release, holdDestination, operate, operate, session, session, wait, reopen],
];

async function look(model: ModelSpool, real: Real): Promise<void> {
  expect(await real.spool.destinations(model.now)).toEqual(model.destinations());
  const list = await real.spool.list(1000);
  const expected = model.list();
  expect(list.map(({ message }) => message)).toEqual(expected.map(({ message }) => message));
  expect(await real.spool.totals()).toEqual(model.totals());
  // In which order the destinations of one message come is not promised.
  expect(list.toSorted(byName)).toEqual(expected.toSorted(byName));
}

function byName(a: Delivery, b: Delivery): number {
  const [first, second] = [a, b].map(({ message, destination }) => `${message} ${destination}`);
  return (first ?? '') < (second ?? '') ? -1 : 1;
}

/** Every body whole, and no file but theirs. */
async function lookAtBodies(model: ModelSpool, real: Real): Promise<void> {
  const sizes = new Map(model.deliveries.map(({ id, size }) => [id, size]));
  for (const [id, size] of sizes) expect(await readAll(real.spool.readBody(id))).toBe(inShort(bodyOf(size)));
  await real.end();
  const long = [...sizes].filter(([, size]) => size > 65_536).map(([id]) => id);
  const interrupted = [...model.transactions.values()].flatMap((known) =>
    'reply' in known ? [] : [known.id],
  );
  // One that was taken in from its file, short as it is, keeps it.
  const short = bodyFiles(real.directory).filter((id) => (sizes.get(id) ?? Infinity) <= 65_536);
  const finished = [...model.transactions.values()].filter((known) => 'reply' in known).map(({ id }) => id);
  for (const id of short) expect(finished).toContain(id);
  expect(bodyFiles(real.directory)).toEqual([...long, ...interrupted, ...short].sort());
}

/** Does so many runs of commands to a spool and to the model, and compares them after each command. */
export async function runModel(numRuns: number): Promise<void> {
  const place = tempDirectory();
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 40, size: 'max' }), async (run) => {
      const model = new ModelSpool();
      const real = new Real(place, model);
      await fc.asyncModelRun(() => ({ model, real }), run);
      await lookAtBodies(model, real);
    }),
    { numRuns },
  );
}
