import { type Clock, RecentMap } from '../core/index.js';

/** How long a host that did not answer comes after those that may. */
const REMEMBERED_MS = 5 * 60_000;

/** Strangers choose the domains whose servers these are. */
const MOST_HOSTS = 1_000;

/** Addresses at which nobody answered lately: the next session must not wait for them before it tries the others. */
export class UnreachableHosts {
  readonly #clock: Clock;
  /** Until when, by address. */
  readonly #until = new RecentMap<string, number>(MOST_HOSTS);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns those that may answer before those that did not lately; otherwise in the order given. */
  putLast<Host extends { readonly address: string }>(hosts: readonly Host[]): Host[] {
    const isOut = ({ address }: Host): boolean => (this.#until.get(address) ?? 0) > this.#clock.now();
    return [...hosts.filter((host) => !isOut(host)), ...hosts.filter(isOut)];
  }

  tried(address: string, answered: boolean): void {
    if (answered) this.#until.delete(address);
    else this.#until.put(address, this.#clock.now() + REMEMBERED_MS);
  }
}
