import type { RerouteResult } from '../console/index.js';
import type { ControlOptions } from './control.js';
import { DONE, FAILED, WRONG_USAGE } from './exit-status.js';
import { toJson } from './json.js';
import { withQueue } from './queue-access.js';
import { deliveries, isMeant, type Operator } from './queue-change.js';
import { type FilterOptions, filterOf } from './queue-filter.js';

export interface RerouteOptions extends ControlOptions, FilterOptions {
  /** A destination as the queue names it; absent: as the routes say now. */
  readonly to?: string;
  readonly json?: true;
}

/** `x25mail queue reroute`: sends what waits the way that the routes name now. @returns the exit status. */
export function runQueueReroute(
  ids: readonly string[],
  options: RerouteOptions,
  { write, complain }: Operator,
): Promise<number> {
  const filter = filterOf(options, ids, Date.now());
  if (!isMeant('reroute', filter, options, { complain })) return Promise.resolve(WRONG_USAGE);
  return withQueue(options, async (queue) => {
    const { to } = options;
    const result = (await queue.ask('queue.reroute', {
      filter,
      ...(to !== undefined && { to }),
    })) as RerouteResult;
    const { changed, busy, unroutable } = result;
    if (options.json === true) write(`${toJson(result)}\n`);
    else write(changed > 0 ? `${deliveries(changed)} rerouted\n` : 'Nothing goes another way\n');
    if (unroutable > 0)
      complain(`${deliveries(unroutable)} with recipients that have no route now: they wait where they were`);
    if (busy > 0) complain(`${deliveries(busy)} being sent at this moment: try again when that is over`);
    return busy + unroutable > 0 ? FAILED : DONE;
  });
}
