import type { PacketKind } from '../x25/index.js';
import type { XotConnection } from './xot-connection.js';

/** How often we look, while reading is stopped. */
const LOOK_EVERY_MS = 5_000;

/** Sent while we say RNR, these don't take it back. */
const SAYS_NOTHING_OF_WINDOW: ReadonlySet<PacketKind> = new Set([
  'data',
  'interrupt',
  'interruptConfirmation',
]);

/**
 * Stops reading from TCP while our window is shut for long. The packet layer announces that by RNR, which must not be
 * relied on to stop the other end (RFC 1613 §6.2); TCP is. Now and then something is read all the same: a CLEAR, the
 * end of the connection, or acknowledgements without which whoever does not read could wait to write for ever.
 */
export class Reading {
  readonly #connection: XotConnection;
  #isBusy = false;
  #lookAt: number | undefined;

  constructor(connection: XotConnection) {
    this.#connection = connection;
  }

  get nextDeadline(): number | undefined {
    return this.#lookAt;
  }

  /** A packet of this kind goes out. */
  sent(kind: PacketKind, now: number): void {
    if (SAYS_NOTHING_OF_WINDOW.has(kind)) return;
    this.#isBusy = kind === 'rnr';
    if (this.#isBusy) this.#stop(now);
    else this.goOn();
  }

  /** Octets came. */
  hasRead(now: number): void {
    if (this.#isBusy) this.#stop(now);
  }

  /** Reads whatever comes next. */
  goOn(): void {
    if (this.#lookAt === undefined) return;
    this.#lookAt = undefined;
    this.#connection.resume();
  }

  #stop(now: number): void {
    if (this.#lookAt !== undefined) return;
    this.#lookAt = now + LOOK_EVERY_MS;
    this.#connection.pause();
  }
}
