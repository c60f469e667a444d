import type { Clock } from '../core/index.js';

/** How long a host that did not answer comes after those that may. */
const REMEMBERED_MS = 5 * 60_000;

/** Strangers choose the domains whose servers these are. */
const MOST_HOSTS = 1_000;

/** Addresses at which nobody answered lately: the next session must not wait for them before it tries the others. */
export class UnreachableHosts {
  readonly #clock: Clock;
  /** Until when, by address; oldest first. */
  readonly #until = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns those that may answer before those that did not lately; otherwise in the order given. */
  putLast<Host extends { readonly address: string }>(hosts: readonly Host[]): Host[] {
    const isOut = ({ address }: Host): boolean => (this.#until.get(address) ?? 0) > this.#clock.now();
    return [...hosts.filter((host) => !isOut(host)), ...hosts.filter(isOut)];
  }

  tried(address: string, answered: boolean): void {
    this.#until.delete(address);
    if (answered) return;
    this.#until.set(address, this.#clock.now() + REMEMBERED_MS);
    const [oldest] = this.#until.keys();
    if (this.#until.size > MOST_HOSTS && oldest !== undefined) this.#until.delete(oldest);
  }
}
