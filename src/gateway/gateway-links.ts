import type { LinkConfiguration } from '../config/index.js';
import type { WatchedLink } from '../console/index.js';
import type { TracedLink } from '../observe/index.js';
import type { CallLink } from './call-link.js';
import type { CallPrices } from './call-prices.js';
import type { LinkRoom } from './call-turns.js';
import type { SharedLink } from './circuit-rate.js';
import type { GatewayLink, LinkReport } from './gateway-link.js';
import { tracedLink, watchedLink } from './watched-link.js';

/** The links of a gateway, each with what is configured of it: they live as long as the gateway. */
export class GatewayLinks {
  readonly #links: readonly GatewayLink[];
  readonly #prices: CallPrices;
  readonly #circuitsOn: (link: string) => number;
  #configurations: readonly LinkConfiguration[];

  /** @param circuitsOn how many circuits there are on a link now, both ways. */
  constructor(
    configurations: readonly LinkConfiguration[],
    make: (configuration: LinkConfiguration) => GatewayLink,
    prices: CallPrices,
    circuitsOn: (link: string) => number,
  ) {
    this.#circuitsOn = circuitsOn;
    this.#configurations = configurations;
    this.#prices = prices;
    this.#links = configurations.map(make);
  }

  /** Counts for what can be changed while they live. */
  configure(configurations: readonly LinkConfiguration[]): void {
    this.#configurations = configurations;
  }

  get reports(): readonly LinkReport[] {
    return this.#links.map((link) => link.status());
  }

  get watched(): readonly WatchedLink[] {
    return this.#configured().map(([link, configuration]) => watchedLink(link, configuration));
  }

  get traced(): readonly TracedLink[] {
    return this.#configured().flatMap(([link, configuration]) => tracedLink(link, configuration) ?? []);
  }

  tracedNamed(name: string): TracedLink | undefined {
    const found = this.#find(name);
    return found && tracedLink(...found);
  }

  /** Whether the number of who calls there now is its own. */
  isVouchedNow(name: string): boolean {
    return this.#find(name)?.[0].isVouchedNow?.() ?? true;
  }

  /** What its circuits have to share now; undefined for a link that is not there. */
  shared(name: string): SharedLink | undefined {
    const found = this.#find(name);
    if (found === undefined) return undefined;
    const [link, configuration] = found;
    const { state, circuits, modem } = link.status();
    const speeds = [
      'line' in configuration ? configuration.line.baud : undefined,
      modem?.connection?.bitsPerSecond,
    ].filter((speed) => speed !== undefined);
    return {
      bitsPerSecond: speeds.length === 0 ? undefined : Math.min(...speeds),
      circuits,
      isUp: state !== 'comingUp' && state !== 'lineDown',
    };
  }

  callLink(name: string): CallLink | undefined {
    const found = this.#find(name);
    if (found === undefined) return undefined;
    const [link, { prefixes, isPrivate }] = found;
    return {
      name,
      prefixes,
      isPrivate,
      circuits: link.circuits,
      tariff: this.#prices.tariffOf(name),
      isAvailable: () => link.isAvailable(),
      shortage: () =>
        this.isFull(name) ? `all circuits of ${name} are in use (${this.roomOn(name)?.most})` : undefined,
    };
  }

  /** How many circuits it may have, as it is made or as is configured, and how many there are. */
  roomOn(name: string): LinkRoom | undefined {
    const found = this.#find(name);
    if (found === undefined) return undefined;
    const [link, { maxCircuits = Number.POSITIVE_INFINITY }] = found;
    return { most: Math.min(maxCircuits, link.circuits.can.circuits), open: this.#circuitsOn(name) };
  }

  /** No call of anybody's is to be taken on it. */
  isFull(name: string): boolean {
    const room = this.roomOn(name);
    return room !== undefined && room.open >= room.most;
  }

  /** What can't be opened now is tried again. */
  async start(): Promise<void> {
    await Promise.all(this.#links.map((link) => link.start()));
  }

  /** Clears circuits and disconnects. */
  async stop(): Promise<void> {
    await Promise.all(this.#links.map((link) => link.stop()));
  }

  #find(name: string): readonly [GatewayLink, LinkConfiguration] | undefined {
    return this.#configured().find(([link]) => link.name === name);
  }

  #configured(): (readonly [GatewayLink, LinkConfiguration])[] {
    return this.#links.flatMap((link) => {
      const configuration = this.#configurations.find(({ name }) => name === link.name);
      return configuration === undefined ? [] : [[link, configuration] as const];
    });
  }
}
