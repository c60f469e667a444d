import { type TimeWindow, TimeWindows } from './windows.js';
import type { Zone } from './zone.js';

/** Prices of a link as the network asks them, in one currency. */
export interface TariffPrices {
  /** Of a call that was connected. */
  readonly call: number;
  /** Of a minute; what is charged are increments of it. */
  readonly minute: number;
  /** A started one is charged whole. */
  readonly incrementMs: number;
  /** Of a segment: 64 octets, rounded up per packet, both directions. */
  readonly segment: number;
  /** The first that is open multiplies all prices by its factor. */
  readonly windows: readonly { readonly at: TimeWindow; readonly factor: number }[];
  readonly zone: Zone;
  readonly currency?: string;
}

/** What of a call is charged. */
export interface CallUsage {
  /** When it was connected, milliseconds since 1970. */
  readonly connectedAt: number;
  readonly connectedMs: number;
  /** Both directions together. */
  readonly segments: number;
}

const MINUTE = 60_000;
/** Fractions of a currency's smallest coin are kept, errors of binary fractions are not. */
const DECIMALS = 1e6;

/** What calls on a link cost. */
export class Tariff {
  readonly prices: TariffPrices;
  readonly #windows: TimeWindows | undefined;

  constructor(prices: TariffPrices) {
    this.prices = prices;
    const { windows, zone } = prices;
    this.#windows =
      windows.length === 0
        ? undefined
        : new TimeWindows(
            windows.map(({ at }) => at),
            zone,
          );
  }

  /**
   * What a call costs. Each increment has the factor of the moment in which it begins; the call itself, and its segments, that of
   * the moment in which it was connected: nobody notes when which segment passed.
   */
  costOf({ connectedAt, connectedMs, segments }: CallUsage): number {
    const { call, segment } = this.prices;
    const fixed = (call + segments * segment) * this.factorAt(connectedAt);
    return rounded(fixed + this.#costOfTime(connectedAt, connectedMs));
  }

  get currency(): string | undefined {
    return this.prices.currency;
  }

  /** Whether time is charged, so that there is a paid increment to use up. */
  get chargesTime(): boolean {
    return this.prices.minute > 0;
  }

  /** What of the time is charged: whole increments, at least one. */
  chargedMs(connectedMs: number): number {
    return this.#startedIncrements(connectedMs) * this.prices.incrementMs;
  }

  factorAt(at: number): number {
    const open = this.#windows?.openAt(at);
    return this.prices.windows.find((window) => window.at === open)?.factor ?? 1;
  }

  #costOfTime(connectedAt: number, connectedMs: number): number {
    const { minute, incrementMs } = this.prices;
    if (minute === 0) return 0;
    const price = (minute * incrementMs) / MINUTE;
    const all = this.#startedIncrements(connectedMs);
    let cost = 0;
    for (let begun = 0; begun < all; ) {
      const at = connectedAt + begun * incrementMs;
      const change = this.#windows?.nextWindow(at) ?? Number.POSITIVE_INFINITY;
      const some = Math.min(all - begun, Math.ceil((change - at) / incrementMs));
      cost += some * price * this.factorAt(at);
      begun += some;
    }
    return cost;
  }

  /** The first begins with the connection; the next one when it is over. */
  #startedIncrements(connectedMs: number): number {
    return Math.max(1, Math.ceil(connectedMs / this.prices.incrementMs));
  }
}

function rounded(amount: number): number {
  return Math.round(amount * DECIMALS) / DECIMALS;
}
