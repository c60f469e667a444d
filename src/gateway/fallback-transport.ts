import type { Transport, TransportEnd } from './dispatcher.js';
import type { MailSource } from './mail-source.js';

/** Several ways to one destination, tried in order until one carries mail. */
export class FallbackTransport implements Transport {
  readonly concurrency: number;
  readonly #ways: readonly Transport[];

  constructor(ways: readonly Transport[]) {
    this.#ways = ways;
    this.concurrency = Math.max(...ways.map(({ concurrency }) => concurrency));
  }

  async run(mail: MailSource): Promise<TransportEnd> {
    const reasons: string[] = [];
    let last: TransportEnd = { inOrder: false, reason: 'no way there is configured' };
    for (const way of this.#ways) {
      const before = mail.delivered;
      last = await way.run(mail);
      if (last.inOrder || mail.delivered > before) return last;
      reasons.push(last.reason);
    }
    return { ...last, reason: reasons.join('; ') };
  }
}
