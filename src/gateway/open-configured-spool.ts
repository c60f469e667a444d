import type { Configuration } from '../config/index.js';
import type { Clock } from '../core/index.js';
import { openSpool, type Spool } from '../spool/index.js';
import type { Observe } from './events.js';

/** The durable spool in the configured directory. @throws GatewayError when it can't be opened. */
export function openConfiguredSpool(
  { gateway }: Configuration,
  clock: Clock,
  observe: Observe,
): Promise<Spool> {
  return openSpool({
    directory: gateway.spool,
    wallTime: () => clock.wallTime(),
    log: (event) => {
      if (event.type === 'stopped') observe({ type: 'fatal', reason: event.error.message });
      if (event.type === 'bodyKept') observe({ type: 'problem', problem: event.reason });
    },
  });
}
