import type { QueuedDelivery, QueuePage, QueuePlace, QueueSummary } from '../console/index.js';
import type { ControlOptions } from './control.js';
import { describeDeliveries, describeSummary } from './describe-queue.js';
import { toJson } from './json.js';
import { type Queue, withQueue } from './queue-access.js';
import { type FilterOptions, filterOf } from './queue-filter.js';

export interface ListOptions extends ControlOptions, FilterOptions {
  readonly limit: number;
  readonly json?: true;
}

/** `x25mail queue`: what waits for which destination, and for how long. @returns the exit status. */
export function runQueueSummary(
  options: ControlOptions & { readonly json?: true },
  write: (text: string) => void,
): Promise<number> {
  return withQueue(options, async (queue) => {
    const summary = (await queue.ask('queue')) as QueueSummary;
    write(options.json === true ? `${toJson(summary)}\n` : describeSummary(summary, queue.isAtRest));
    return 0;
  });
}

/** `x25mail queue list`: the messages that wait. @returns the exit status. */
export function runQueueList(
  ids: readonly string[],
  options: ListOptions,
  write: (text: string) => void,
): Promise<number> {
  return withQueue(options, async (queue) => {
    const now = Date.now();
    const { deliveries, isAll } = await collect(queue, filterOf(options, ids, now), options.limit);
    if (options.json === true) write(`${toJson({ deliveries, isAll })}\n`);
    else write(describeDeliveries(deliveries, isAll, now));
    return 0;
  });
}

async function collect(
  queue: Queue,
  filter: object,
  limit: number,
): Promise<{ readonly deliveries: readonly QueuedDelivery[]; readonly isAll: boolean }> {
  const deliveries: QueuedDelivery[] = [];
  let place: QueuePlace | undefined;
  do {
    const page = (await queue.ask('queue.list', {
      filter,
      ...(place !== undefined && { place }),
    })) as QueuePage;
    deliveries.push(...page.deliveries);
    place = page.next;
  } while (place !== undefined && deliveries.length < limit);
  return { deliveries: deliveries.slice(0, limit), isAll: place === undefined && deliveries.length <= limit };
}
