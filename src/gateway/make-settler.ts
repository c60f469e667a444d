import type { Configuration } from '../config/index.js';
import type { Clock } from '../core/index.js';
import type { Router } from '../routing/index.js';
import type { Spool } from '../spool/index.js';
import type { DkimSigner } from './authentication/index.js';
import type { Observe } from './events.js';
import { remoteMta } from './remote-mta.js';
import { Reporter } from './reporter.js';
import type { RetryPolicy } from './retry-policy.js';
import { Settler } from './settler.js';
import type { Unwritten } from './unwritten.js';

export interface SettlerParts {
  readonly configuration: Configuration;
  readonly router: Router;
  /** Absent: reports go unsigned. */
  readonly signer?: DkimSigner | undefined;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly retries: RetryPolicy;
  readonly observe: Observe;
  /** What one before could not write down. Absent: there was none. */
  readonly unwritten?: Unwritten;
}

/** A settler as a configuration wants it. */
export function makeSettler({
  configuration,
  router,
  signer,
  spool,
  clock,
  retries,
  observe,
  unwritten,
}: SettlerParts): Settler {
  const { gateway, queue, peers } = configuration;
  const onProblem = (problem: string): void => observe({ type: 'problem', problem });
  const reporter = new Reporter({
    spool,
    clock,
    hostname: gateway.hostname,
    postmaster: gateway.postmaster,
    destinationOf: (address) => router.keyFor(address),
    remoteMtaOf: (destination) => remoteMta(destination, peers),
    ...(signer !== undefined && { signer }),
    onProblem,
  });
  return new Settler({
    spool,
    clock,
    reporter,
    maxAgeMs: queue.maxAgeMs,
    delayWarningMs: queue.delayWarningMs,
    nextAttempt: (attempts) => retries.afterReply(attempts),
    onSettled: (recipient) => observe({ type: 'settled', recipient }),
    onProblem,
    ...(unwritten !== undefined && { unwritten }),
  });
}
