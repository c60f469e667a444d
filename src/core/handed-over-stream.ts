import type { Clock } from './clock.js';
import type { CloseReason, OctetStream, StreamEnd, StreamReceiver } from './stream.js';

/**
 * A stream that somebody has read from before, as the next one is to find it: what was read too far, and whatever has
 * come since, is told first. It is the receiver of the stream below from then on.
 */
export class HandedOverStream implements OctetStream, StreamReceiver {
  readonly #below: OctetStream;
  readonly #clock: Clock;
  #receiver: StreamReceiver | undefined;
  /** What there was nobody to be told. */
  #untold: Array<(receiver: StreamReceiver) => void> = [];

  constructor(below: OctetStream, clock: Clock) {
    this.#below = below;
    this.#clock = clock;
  }

  // ---- for who writes and reads

  setReceiver(receiver: StreamReceiver): void {
    this.#receiver = receiver;
    if (this.#untold.length > 0) this.#clock.wake(this.#clock.now(), () => this.#tellAll(receiver));
  }

  write(octets: Uint8Array, endOfSequence: boolean): boolean {
    return this.#below.write(octets, endOfSequence);
  }

  consumed(octets: number): void {
    this.#below.consumed(octets);
  }

  close(): void {
    this.#below.close();
  }

  abort(why: CloseReason): void {
    this.#below.abort(why);
  }

  // ---- for the stream below

  octets(octets: Uint8Array): void {
    this.#tell((receiver) => receiver.octets(octets));
  }

  ready(): void {
    this.#tell((receiver) => receiver.ready());
  }

  ended(end: StreamEnd): void {
    this.#tell((receiver) => receiver.ended(end));
  }

  #tell(what: (receiver: StreamReceiver) => void): void {
    if (this.#receiver !== undefined && this.#untold.length === 0) what(this.#receiver);
    else this.#untold.push(what);
  }

  #tellAll(receiver: StreamReceiver): void {
    for (let what = this.#untold.shift(); what !== undefined; what = this.#untold.shift()) what(receiver);
  }
}
