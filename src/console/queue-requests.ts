import { z } from 'zod';
import type { Delivery, DeliveryChange, DestinationSummary, Spool, SpoolTotals } from '../spool/index.js';
import { type QueueFilter, queueFilterSchema, searchesByDestination, searchesOf } from './queue-filter.js';
import { type ControlRequests, RequestError, request } from './request.js';
import { type Routes, reroute } from './reroute.js';

/** What people can do with a queue needs: the spool, and whoever carries on with what they decide. */
export interface OperatedQueue {
  readonly spool: Spool;
  /** Milliseconds since 1970. */
  wallTime(): number;
  /** There is something new to do for these destinations, and somebody wants it tried at once. */
  tryNow(destinations: readonly string[]): void;
  /** Why mail that is due there is not on its way, and until when at least. Absent: nobody would send it. */
  waitingFor?(destination: string): { readonly reason: string; readonly until: number } | undefined;
  /**
   * Gives a delivery up that is claimed, with a report to its sender; false when it could not be written down. Absent: there
   * is nobody who could write a report.
   */
  bounce?(delivery: Delivery, reason: string): Promise<boolean>;
  /** Absent: there is no configuration. */
  readonly routes?: Routes;
}

/** Up to how old the deliveries of a class are, milliseconds; the last class is older than all. */
export const AGE_CLASSES: readonly number[] = [
  10 * 60_000,
  3_600_000,
  4 * 3_600_000,
  86_400_000,
  3 * 86_400_000,
];

/** All that waits, in short. Times are ISO 8601, UTC. */
export interface QueueSummary {
  readonly totals: SpoolTotals;
  /** `AGE_CLASSES`. */
  readonly ageClasses: readonly number[];
  readonly destinations: readonly QueuedDestination[];
}

export interface QueuedDestination extends Omit<DestinationSummary, 'nextDue' | 'oldest'> {
  readonly nextDue?: string;
  /** Absent where nothing waits: the destination is on hold. */
  readonly oldest?: string;
  /** How many deliveries are in each class. */
  readonly ages: readonly number[];
  readonly waits?: WaitsFor;
}

/** Why what is due is not on its way. */
export interface WaitsFor {
  /** In words. */
  readonly reason: string;
  /** At least. */
  readonly until: string;
}

/** A delivery, as it goes over the wire. Times are ISO 8601, UTC. */
export interface QueuedDelivery extends Omit<Delivery, 'received' | 'due' | 'deliverBy'> {
  readonly received: string;
  readonly due: string;
  readonly deliverBy?: { readonly at: string; readonly mode: 'R' | 'N' };
  readonly waits?: WaitsFor;
  /** In a list only the first of them are named. */
  readonly recipientCount: number;
}

export interface QueuePage {
  readonly deliveries: readonly QueuedDelivery[];
  /** Where the next page begins; absent: there is none. */
  readonly next?: QueuePlace;
}

const placeSchema = z.strictObject({ key: z.string(), after: z.string().optional() });
export type QueuePlace = z.input<typeof placeSchema>;

/** Deliveries and recipients of each in one page: so much fits a reply, whatever the addresses and replies are. */
const PAGE = 50;
const NAMED_RECIPIENTS = 100;

/** Octets of a message in one reply, about: chunks are not cut. */
const CONTENT_OCTETS = 1024 * 1024;

/** How long what is being bounced is nobody else's. */
const CLAIM_MS = 15 * 60_000;
const BOUNCE_BATCH = 50;

const CHANGES = ['hold', 'release', 'retry', 'delete', 'bounce'] as const;
export type QueueChange = (typeof CHANGES)[number];

/** `busy`: they stay as they are, since a session has them right now. */
export interface ChangeResult {
  readonly changed: number;
  readonly busy: number;
}

/** What can be asked of a queue, by a gateway's socket or of a spool at rest. */
export function queueRequests(queue: OperatedQueue): ControlRequests {
  return {
    queue: request({}, () => summary(queue)),
    'queue.list': request(
      { filter: queueFilterSchema.default({}), place: placeSchema.optional() },
      ({ filter, place }) => page(queue, filter, place),
    ),
    'queue.count': request({ filter: queueFilterSchema }, async ({ filter }) => ({
      deliveries: await countOf(queue, filter),
    })),
    'queue.show': request({ message: z.string() }, async ({ message }) => ({
      deliveries: (await queue.spool.find(message)).map((delivery) => queued(queue, delivery)),
    })),
    'queue.content': request(
      { message: z.string(), offset: z.int().nonnegative().default(0) },
      ({ message, offset }) => content(queue, message, offset),
    ),
    'queue.change': request(
      { filter: queueFilterSchema, change: z.enum(CHANGES), reason: z.string().default('by the operator') },
      ({ filter, change, reason }) =>
        change === 'bounce'
          ? bounce(queue, filter, reason)
          : applyChange(queue, filter, changeOf(change, reason)),
    ),
    'queue.reroute': request({ filter: queueFilterSchema, to: z.string().optional() }, ({ filter, to }) =>
      reroute(queue, filter, to),
    ),
    'queue.holdDestination': request(
      { destination: z.string().min(1), reason: z.string().default('by the operator') },
      ({ destination, reason }) => queue.spool.holdDestination(destination, reason),
    ),
    'queue.releaseDestination': request({ destination: z.string().min(1) }, async ({ destination }) => {
      await queue.spool.releaseDestination(destination);
      queue.tryNow([destination]);
    }),
  };
}

async function summary(queue: OperatedQueue): Promise<QueueSummary> {
  const { spool } = queue;
  const now = queue.wallTime();
  const [totals, destinations, held, ages] = await Promise.all([
    spool.totals(),
    spool.destinations(now),
    spool.heldDestinations(),
    spool.operator.ages(now, AGE_CLASSES),
  ]);
  const agesOf = new Map(ages.map(({ destination, counts }) => [destination, counts]));
  const none = [...AGE_CLASSES, 0].map(() => 0);
  const waiting = destinations.map(
    ({ nextDue, oldest, ...rest }): QueuedDestination => ({
      ...rest,
      oldest: iso(oldest),
      ...(nextDue !== undefined && { nextDue: iso(nextDue) }),
      ages: agesOf.get(rest.destination) ?? none,
      ...(rest.due > 0 && waits(queue, rest.destination)),
    }),
  );
  const empty = held
    .filter(({ destination }) => !destinations.some((other) => other.destination === destination))
    .map(
      ({ destination, reason }): QueuedDestination => ({
        destination,
        due: 0,
        waiting: 0,
        held: 0,
        hold: reason,
        ages: none,
      }),
    );
  return { totals, ageClasses: AGE_CLASSES, destinations: [...waiting, ...empty] };
}

async function page(
  queue: OperatedQueue,
  filter: QueueFilter,
  place: QueuePlace | undefined,
): Promise<QueuePage> {
  const { spool } = queue;
  const deliveries: QueuedDelivery[] = [];
  for (const search of await searchesOf(filter, spool, queue.wallTime())) {
    if (place !== undefined && search.key < place.key) continue;
    if (deliveries.length === PAGE) return { deliveries, next: { key: search.key } };
    const after = place?.key === search.key ? place.after : undefined;
    const { deliveries: found, next } = await spool.operator.search(search.filter, {
      limit: PAGE - deliveries.length,
      ...(after !== undefined && { after }),
    });
    deliveries.push(...found.map((delivery) => queued(queue, delivery, NAMED_RECIPIENTS)));
    if (next !== undefined) return { deliveries, next: { key: search.key, after: next } };
  }
  return { deliveries };
}

async function countOf({ spool, ...queue }: OperatedQueue, filter: QueueFilter): Promise<number> {
  let count = 0;
  for (const { filter: wanted } of await searchesOf(filter, spool, queue.wallTime())) {
    let after: string | undefined;
    do {
      const found = await spool.operator.search(wanted, {
        limit: 500,
        ...(after !== undefined && { after }),
      });
      count += found.deliveries.length;
      after = found.next;
    } while (after !== undefined);
  }
  return count;
}

async function content(
  { spool }: OperatedQueue,
  message: string,
  offset: number,
): Promise<{ readonly octets: string; readonly isEnd: boolean }> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of spool.readBody(message, offset)) {
    pieces.push(piece);
    length += piece.length;
    if (length >= CONTENT_OCTETS) return { octets: base64(pieces), isEnd: false };
  }
  return { octets: base64(pieces), isEnd: true };
}

function changeOf(type: Exclude<QueueChange, 'bounce'>, reason: string): DeliveryChange {
  return type === 'hold' ? { type, reason } : { type };
}

/** What was released may be due, what is to be tried again is: at those destinations it is tried now. */
async function applyChange(
  queue: OperatedQueue,
  filter: QueueFilter,
  change: DeliveryChange,
): Promise<ChangeResult> {
  const sum = { changed: 0, busy: 0 };
  const touched = new Set<string>();
  for (const search of await searchesByDestination(filter, queue.spool, queue.wallTime())) {
    const { changed, busy } = await queue.spool.operator.change(search.filter, change);
    sum.changed += changed;
    sum.busy += busy;
    if (changed > 0) touched.add(search.filter.destination);
  }
  if (change.type === 'retry' || change.type === 'release') queue.tryNow([...touched]);
  return sum;
}

let bounces = 0;

async function bounce(queue: OperatedQueue, filter: QueueFilter, reason: string): Promise<ChangeResult> {
  const { spool } = queue;
  if (queue.bounce === undefined)
    throw new RequestError('noConfiguration', 'a report needs the configuration: give it with -c');
  const owner = `operator#${++bounces}`;
  // The reports on what is given up here come in meanwhile: they are not meant.
  const now = queue.wallTime();
  const meant = { ...filter, receivedBefore: Math.min(filter.receivedBefore ?? now, now) };
  let changed = 0;
  try {
    for (const search of await searchesByDestination(meant, spool, now)) {
      let after: string | undefined;
      do {
        const page = { limit: BOUNCE_BATCH, ...(after !== undefined && { after }) };
        const until = queue.wallTime() + CLAIM_MS;
        const { deliveries, next } = await spool.operator.take(search.filter, owner, until, page);
        for (const delivery of deliveries) if (await queue.bounce(delivery, reason)) changed++;
        after = next;
      } while (after !== undefined);
    }
  } finally {
    await spool.release(owner);
  }
  const busy = await countOf(queue, meant);
  if (changed > 0) queue.tryNow([]); // the reports can go
  return { changed, busy };
}

function waits(queue: OperatedQueue, destination: string): { readonly waits?: WaitsFor } {
  const waiting = queue.waitingFor?.(destination);
  return waiting === undefined ? {} : { waits: { reason: waiting.reason, until: iso(waiting.until) } };
}

function queued(queue: OperatedQueue, delivery: Delivery, named = Number.POSITIVE_INFINITY): QueuedDelivery {
  const { received, due, deliverBy, recipients, ...rest } = delivery;
  return {
    ...rest,
    received: iso(received),
    due: iso(due),
    ...(deliverBy !== undefined && { deliverBy: { at: iso(deliverBy.at), mode: deliverBy.mode } }),
    ...(delivery.hold === undefined && due <= queue.wallTime() && waits(queue, delivery.destination)),
    recipientCount: recipients.length,
    recipients: recipients.slice(0, named),
  };
}

function iso(wallTime: number): string {
  return new Date(wallTime).toISOString();
}

function base64(pieces: readonly Uint8Array[]): string {
  return Buffer.concat(pieces).toString('base64');
}
