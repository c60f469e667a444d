import { z } from 'zod';
import { type DeliveryFilter, Pattern, type Spool } from '../spool/index.js';

/** Which deliveries are meant. What is absent does not matter. */
export const queueFilterSchema = z.strictObject({
  /** Ids of messages. */
  messages: z.array(z.string()).optional(),
  /** Names of destinations; `*` stands for anything. */
  destinations: z.array(z.string()).optional(),
  /** Names of peers: every destination that one of them may serve. */
  peers: z.array(z.string()).optional(),
  domain: z.string().optional(),
  recipient: z.string().optional(),
  sender: z.string().optional(),
  /** Wall time. */
  receivedBefore: z.int().optional(),
  receivedAfter: z.int().optional(),
  held: z.boolean().optional(),
});

export type QueueFilter = z.input<typeof queueFilterSchema>;

/** One search of the spool; several of them together are what a filter means. */
export interface Search {
  /** They are done in the order of their keys, so that a list can be gone on with. */
  readonly key: string;
  readonly filter: DeliveryFilter;
}

/** For lists: as few searches as can be, so that all is in the order of its age where that is possible. */
export async function searchesOf(filter: QueueFilter, spool: Spool, now: number): Promise<Search[]> {
  const { messages, destinations, peers, ...rest } = withoutAbsent(filter);
  if (messages === undefined && destinations === undefined && peers === undefined)
    return [{ key: '', filter: rest }];
  return searchesByDestination(filter, spool, now);
}

/** For changes: one search for each destination, so that it is known which of them has something new to do. */
export async function searchesByDestination(
  filter: QueueFilter,
  spool: Spool,
  now: number,
): Promise<(Search & { readonly filter: { readonly destination: string } })[]> {
  const { messages, destinations, peers, ...rest } = withoutAbsent(filter);
  const patterns = destinations?.map((text) => new Pattern(text));
  const isWanted = (name: string): boolean =>
    (patterns === undefined || patterns.some((pattern) => pattern.matches(name))) &&
    (peers === undefined || peersOf(name).some((peer) => peers.includes(peer)));
  const found =
    messages === undefined
      ? (await spool.destinations(now)).map(({ destination }) => ({ destination }))
      : (await Promise.all([...new Set(messages)].map((message) => spool.find(message))))
          .flat()
          .map(({ message, destination }) => ({ message, destination }));
  return found
    .filter(({ destination }) => isWanted(destination))
    .map((place) => ({ key: keyOf(place), filter: { ...rest, ...place } }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** The peers that may serve a destination, as the spool names it: `peer:site-b,site-c`, `large:site-b`. */
export function peersOf(destination: string): readonly string[] {
  return /^(?:peer|large):(.+)$/s.exec(destination)?.[1]?.split(',') ?? [];
}

/** No name has a line end. */
function keyOf({ destination, message = '' }: { destination: string; message?: string }): string {
  return `${destination}\n${message}`;
}

/** `exactOptionalPropertyTypes`: what was absent on the wire is absent here. */
function withoutAbsent<T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>;
  };
}
