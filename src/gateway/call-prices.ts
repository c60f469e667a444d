import type { LinkConfiguration } from '../config/index.js';
import type { CallPrice } from '../observe/index.js';
import { Tariff } from '../tariff/index.js';
import type { CallStarted } from './call-watcher.js';

/** What calls cost us: by the tariff of their link, where it is us who pays. */
export class CallPrices {
  #tariffs: ReadonlyMap<string, Tariff> = new Map();

  constructor(links: readonly LinkConfiguration[]) {
    this.configure(links);
  }

  /** Counts for calls that begin from now on. */
  configure(links: readonly LinkConfiguration[]): void {
    this.#tariffs = new Map(
      links.flatMap(({ name, tariff }) => (tariff ? [[name, new Tariff(tariff)]] : [])),
    );
  }

  /** @returns undefined when the link has none. */
  tariffOf(link: string): Tariff | undefined {
    return this.#tariffs.get(link);
  }

  /** @returns undefined when nobody has said what calls on its link cost. */
  priceOf({
    link,
    circuit,
    reverseCharged,
  }: Pick<CallStarted, 'link' | 'reverseCharged'> & {
    readonly circuit: Pick<CallStarted['circuit'], 'direction'>;
  }): CallPrice | undefined {
    const tariff = this.#tariffs.get(link);
    const wePay = (circuit.direction === 'outgoing') !== reverseCharged;
    return tariff === undefined || wePay ? tariff : freeOfCharge(tariff.currency);
  }
}

/** The other end pays, or nobody. */
export function freeOfCharge(currency: string | undefined): CallPrice {
  return { costOf: () => 0, currency };
}
