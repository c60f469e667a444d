import { Counter, Gauge, type Registry } from 'prom-client';
import type {
  GatewayStatus,
  OperatedQueue,
  WatchedBudget,
  WatchedGateway,
  WatchedLink,
} from '../console/index.js';

/** Destinations that are told by name; mail for many domains may wait for many more. */
const MOST_DESTINATIONS = 100;

/** What a gateway is like at the moment when somebody asks. */
export class StateMetrics {
  readonly #since;
  readonly #linkState;
  readonly #linkEvents;
  readonly #circuits;
  readonly #queue;
  readonly #deliveries;
  readonly #oldest;
  readonly #spent;
  readonly #limit;

  constructor(registry: Registry) {
    const registers = [registry];
    const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
      new Gauge({ name: `x25mail_${name}`, help, labelNames, registers });
    this.#since = gauge('start_time_seconds', 'When the gateway was started');
    this.#linkState = gauge('link_state', '1, for the state that a link is in', ['link', 'type', 'state']);
    this.#linkEvents = new Counter({
      name: 'x25mail_link_events_total',
      help: 'What the layers of a link have counted',
      labelNames: ['link', 'layer', 'event'],
      registers,
    });
    this.#circuits = gauge('circuits', 'Circuits that there are', ['link', 'direction', 'state']);
    this.#queue = gauge('queue', 'All that waits: messages, their octets, deliveries, and those on hold', [
      'what',
    ]);
    this.#deliveries = gauge(
      'queue_deliveries',
      `Deliveries that wait: for the ${MOST_DESTINATIONS} destinations with most of them, and for all others together`,
      ['destination', 'state'],
    );
    const ofBudget = ['peer', 'period', 'unit'] as const;
    this.#spent = gauge('budget_spent', 'Spent on our calls to a peer in this period', ofBudget);
    this.#limit = gauge('budget_limit', 'What may be spent on our calls to a peer in a period', ofBudget);
    this.#oldest = gauge('queue_oldest_seconds', 'Age of the oldest message that waits; 0: none does');
  }

  /** @throws GatewayError when the spool can't be asked. */
  async take(gateway: WatchedGateway): Promise<void> {
    await this.#takeQueue(gateway.queue);
    this.#takeStatus(gateway.status());
  }

  #takeStatus({ since, links, circuits, budgets }: GatewayStatus): void {
    this.#since.set(Date.parse(since) / 1_000);
    const perName = [this.#linkState, this.#linkEvents, this.#circuits, this.#spent, this.#limit];
    for (const metric of perName) metric.reset();
    for (const link of links) this.#takeLink(link);
    for (const { link, direction, state } of circuits) this.#circuits.inc({ link, direction, state });
    for (const budget of budgets) this.#takeBudget(budget);
  }

  #takeBudget({ peer, period, limit, ...spent }: WatchedBudget): void {
    for (const unit of ['minutes', 'cost'] as const) {
      const most = limit[unit];
      if (most === undefined) continue;
      this.#spent.set({ peer, period, unit }, spent[unit]);
      this.#limit.set({ peer, period, unit }, most);
    }
  }

  #takeLink({ name: link, type, state, counters }: WatchedLink): void {
    this.#linkState.set({ link, type, state }, 1);
    for (const [layer, totals] of Object.entries(counters))
      for (const [event, total = 0] of Object.entries(totals))
        this.#linkEvents.inc({ link, layer, event }, total);
  }

  async #takeQueue({ spool, wallTime }: OperatedQueue): Promise<void> {
    const now = wallTime();
    const [totals, destinations] = await Promise.all([spool.totals(), spool.destinations(now)]);
    for (const [what, amount] of Object.entries(totals)) this.#queue.set({ what }, amount);
    this.#deliveries.reset();
    const byNumber = [...destinations].sort((one, other) => other.waiting - one.waiting);
    byNumber.forEach(({ destination, due, waiting, held }, i) => {
      const name = i < MOST_DESTINATIONS ? destination : 'others';
      for (const [state, amount] of Object.entries({ due, waiting, held }))
        this.#deliveries.inc({ destination: name, state }, amount);
    });
    const oldest = Math.min(now, ...destinations.map((destination) => destination.oldest));
    this.#oldest.set((now - oldest) / 1_000);
  }
}
