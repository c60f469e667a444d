import type { Delivery } from '../spool/index.js';
import { type QueueFilter, searchesByDestination } from './queue-filter.js';
import type { OperatedQueue } from './queue-requests.js';
import { RequestError } from './request.js';

/** Counts deliveries. */
export interface RerouteResult {
  /** At least one of their recipients goes another way now. */
  readonly changed: number;
  /** They stay as they are, since a session has them right now. */
  readonly busy: number;
  /** For one of their recipients the routes lead nowhere now: he waits where he did. */
  readonly unroutable: number;
}

/** What a configuration says of where mail goes. */
export interface Routes {
  /** @param octets of the message. @returns undefined where the address has no route. */
  destinationOf(address: string, octets: number): string | undefined;
  /** Whether there is such a destination. */
  has(destination: string): boolean;
}

const PAGE = 100;

/** Sends each recipient the way that the routes name now. @param to or all of them there. */
export async function reroute(
  queue: OperatedQueue,
  filter: QueueFilter,
  to: string | undefined,
): Promise<RerouteResult> {
  const { routes } = queue;
  if (routes === undefined)
    throw new RequestError('noConfiguration', 'routes are in the configuration: give it with -c');
  if (to !== undefined && !routes.has(to))
    throw new RequestError(
      'noDestination',
      `no destination ${to}; allowed: peer:NAME of a configured peer, smtp:HOST:PORT, mx:DOMAIN, and what else x25mail queue shows`,
    );
  const result = { changed: 0, busy: 0, unroutable: 0 };
  const touched = new Set<string>();
  for await (const delivery of find(queue, filter)) {
    const ways = to === undefined ? waysOf(delivery, routes) : new Map([[to, addressesOf(delivery)]]);
    if (ways.delete(NOWHERE)) result.unroutable++;
    ways.delete(delivery.destination);
    const outcome = await move(queue, delivery, ways);
    if (outcome !== undefined) result[outcome]++;
    for (const way of ways.keys()) touched.add(way);
  }
  if (result.changed > 0) queue.tryNow([...touched]);
  return result;
}

/** What is moved meanwhile to a destination that comes later is found there as well. */
async function* find({ spool, ...queue }: OperatedQueue, filter: QueueFilter): AsyncGenerator<Delivery> {
  for (const search of await searchesByDestination(filter, spool, queue.wallTime())) {
    let after: string | undefined;
    do {
      const page = { limit: PAGE, ...(after !== undefined && { after }) };
      const { deliveries, next } = await spool.operator.search(search.filter, page);
      yield* deliveries;
      after = next;
    } while (after !== undefined);
  }
}

/** Recipients by where they go. */
type Ways = Map<string, string[]>;

/** The name of no destination. */
const NOWHERE = '';

function waysOf(delivery: Delivery, routes: Routes): Ways {
  const ways: Ways = new Map();
  for (const address of addressesOf(delivery)) {
    const way = routes.destinationOf(address, delivery.size) ?? NOWHERE;
    const others = ways.get(way);
    if (others === undefined) ways.set(way, [address]);
    else others.push(address);
  }
  return ways;
}

function addressesOf({ recipients }: Delivery): string[] {
  return recipients.map(({ address }) => address);
}

async function move(
  { spool }: OperatedQueue,
  { message, destination }: Delivery,
  ways: Ways,
): Promise<'changed' | 'busy' | undefined> {
  let isChanged = false;
  for (const [way, recipients] of ways) {
    const change = { type: 'reroute', destination: way, recipients } as const;
    const { changed, busy } = await spool.operator.change({ message, destination }, change);
    if (busy > 0) return 'busy'; // and if it was not before, the rest is found the next time
    if (changed === 0) continue;
    // That the old way was bad says nothing of the new one.
    await spool.operator.change({ message, destination: way }, { type: 'retry' });
    isChanged = true;
  }
  return isChanged ? 'changed' : undefined;
}
