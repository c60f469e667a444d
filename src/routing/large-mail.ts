import { destinationKey, parseDestination } from './destination.js';

/** Mail that is too long for the hours at which its peer is called as a rule: it waits in a queue of its own. */
export class LargeMail {
  readonly #limits: ReadonlyMap<string, number>;

  /** @param limits by the name of a peer: from how many octets on a message is too long; absent: none is. */
  constructor(limits: ReadonlyMap<string, number>) {
    this.#limits = limits;
  }

  /** Where a message goes that is so long. Where several peers are tried, the first one's limit counts. */
  destinationOf(destination: string, octets: number): string {
    const parsed = parseDestination(destination);
    if (parsed?.type !== 'peers') return destination;
    const [peer = ''] = parsed.peers;
    const limit = this.#limits.get(peer) ?? Number.POSITIVE_INFINITY;
    return destinationKey({ type: 'peers', peers: parsed.peers, large: octets > limit });
  }
}
