import { collectDefaultMetrics, Registry } from 'prom-client';
import type { WatchedGateway } from '../console/index.js';
import type { GatewayEvent } from '../gateway/index.js';
import { EventMetrics } from './event-metrics.js';
import { StateMetrics } from './state-metrics.js';

/** A gateway in numbers, in the text format of Prometheus; and the process, under the names that are common for Node. */
export class GatewayMetrics {
  readonly #registry = new Registry();
  readonly #events = new EventMetrics(this.#registry);
  readonly #state = new StateMetrics(this.#registry);

  readonly contentType = this.#registry.contentType;

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  observe(event: GatewayEvent): void {
    this.#events.count(event);
  }

  /** @throws GatewayError when the spool can't be asked. */
  async text(gateway: WatchedGateway): Promise<string> {
    await this.#state.take(gateway);
    return await this.#registry.metrics();
  }
}
