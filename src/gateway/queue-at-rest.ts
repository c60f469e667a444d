import type { Configuration } from '../config/index.js';
import type { OperatedQueue, Submissions } from '../console/index.js';
import { type Clock, describeError, SystemClock } from '../core/index.js';
import { Router } from '../routing/index.js';
import type { Spool } from '../spool/index.js';
import { type Inspector, systemDns } from './authentication/index.js';
import { LocalIntake } from './local-intake.js';
import { mailPolicyOf } from './mail-policy-of.js';
import { makeInspector } from './make-inspector.js';
import { makeSettler } from './make-settler.js';
import { RetryPolicy } from './retry-policy.js';
import { routesOf } from './routes-of.js';

/** The queue of a gateway that does not run: what is decided now is carried on with when it does. */
export function queueAtRest(
  configuration: Configuration,
  spool: Spool,
  onProblem: (problem: string) => void,
): OperatedQueue {
  const { clock, router, settler } = atRest(configuration, spool, onProblem);
  return {
    spool,
    wallTime: () => clock.wallTime(),
    tryNow: () => {},
    bounce: (delivery, reason) => settler.bounce(delivery, reason),
    routes: routesOf(configuration, router),
  };
}

/** Where messages are handed in while no gateway runs: they go when it does. */
export function submissionsAtRest(
  configuration: Configuration,
  spool: Spool,
  onProblem: (problem: string) => void,
): Submissions {
  const { clock, router, inspector, settler } = atRest(configuration, spool, onProblem);
  const policy = mailPolicyOf(configuration, router);
  const intake = new LocalIntake({
    configuration: () => configuration,
    policy: () => policy,
    inspector: () => inspector,
    spool,
    clock,
    onReceived: (message) => settler.expanded(message),
    onProblem,
  });
  return {
    begin: (submission) => intake.begin(submission),
    isWaiting: async (message) => (await spool.find(message)).length > 0,
  };
}

/** What of a gateway is there while none runs; the settler is for what is told to senders. */
function atRest(configuration: Configuration, spool: Spool, onProblem: (problem: string) => void) {
  const clock = new SystemClock();
  const observe = (event: { readonly type: string; readonly problem?: string }): void => {
    if (event.problem !== undefined) onProblem(event.problem);
  };
  const retries = new RetryPolicy(configuration.queue.retryMs, clock, Math.random, observe);
  const router = new Router(configuration.routes);
  const inspector = inspectorAtRest(configuration, clock, onProblem);
  const { signer } = inspector;
  const settler = makeSettler({ configuration, router, signer, spool, clock, retries, observe });
  return { clock, router, inspector, settler };
}

/** A key that can't be read does not keep anybody from the queue: then nothing is signed. */
function inspectorAtRest(
  configuration: Configuration,
  clock: Clock,
  onProblem: (problem: string) => void,
): Inspector {
  const surroundings = { resolve: systemDns, clock };
  try {
    return makeInspector({ configuration, ...surroundings });
  } catch (error) {
    onProblem(describeError(error));
    return makeInspector({ configuration: { ...configuration, dkim: [] }, ...surroundings });
  }
}
