import type { Configuration } from '../config/index.js';
import type { OperatedQueue } from '../console/index.js';
import { SystemClock } from '../core/index.js';
import { Router } from '../routing/index.js';
import type { Spool } from '../spool/index.js';
import { makeSettler } from './make-settler.js';
import { RetryPolicy } from './retry-policy.js';

/** The queue of a gateway that does not run: what is decided now is carried on with when it does. */
export function queueAtRest(
  configuration: Configuration,
  spool: Spool,
  onProblem: (problem: string) => void,
): OperatedQueue {
  const clock = new SystemClock();
  const observe = (event: { readonly type: string; readonly problem?: string }): void => {
    if (event.problem !== undefined) onProblem(event.problem);
  };
  const retries = new RetryPolicy(configuration.queue.retryMs, clock, Math.random, observe);
  const router = new Router(configuration.routes);
  const settler = makeSettler({ configuration, router, spool, clock, retries, observe });
  return {
    spool,
    wallTime: () => clock.wallTime(),
    tryNow: () => {},
    bounce: (delivery, reason) => settler.bounce(delivery, reason),
  };
}
