import type { MailSource } from './mail-source.js';
import type { Demand, NotNow } from './not-now.js';
import type { Transport, TransportEnd } from './transport.js';

/** Several ways to one destination, tried in order until one carries mail. */
export class FallbackTransport implements Transport {
  readonly concurrency: number;
  readonly usesCircuit: boolean;
  readonly #ways: readonly Transport[];

  constructor(ways: readonly Transport[]) {
    this.#ways = ways;
    this.usesCircuit = ways.some(({ usesCircuit = false }) => usesCircuit);
    this.concurrency = Math.max(...ways.map(({ concurrency }) => concurrency));
  }

  get links(): readonly string[] {
    return [...new Set(this.#ways.flatMap(({ links = [] }) => links))];
  }

  /**
   * A way that is closed leaves mail to the next one, as one that is out of order does; one that waits for more messages
   * is the way that they go.
   */
  notYet(demand: Demand): NotNow | undefined {
    const closed: { readonly notNow: NotNow }[] = [];
    for (const way of this.#ways) {
      const notNow = way.notYet?.(demand);
      if (notNow === undefined || notNow.why === 'few') return notNow;
      closed.push({ notNow });
    }
    return soonest(closed)?.notNow;
  }

  async run(mail: MailSource): Promise<TransportEnd> {
    const ends: TransportEnd[] = [];
    for (const way of this.#ways) {
      const before = mail.delivered;
      const end = await way.run(mail);
      if (end.inOrder || mail.delivered > before) return end;
      ends.push(end);
    }
    // A way that was closed was not tried, and says nothing of how the destination fares.
    const tried = ends.filter(({ notNow }) => notNow === undefined);
    const last = tried.at(-1);
    if (last !== undefined) return { ...last, reason: tried.map(({ reason }) => reason).join('; ') };
    return soonest(ends) ?? { inOrder: false, reason: 'no way there is configured' };
  }
}

function soonest<Way extends { readonly notNow?: NotNow }>(ways: readonly Way[]): Way | undefined {
  const opens = ({ notNow }: Way): number => notNow?.until ?? Number.POSITIVE_INFINITY;
  return [...ways].sort((one, other) => opens(one) - opens(other))[0];
}
