import type { Clock, CloseReason, OctetStream, StreamReceiver } from '../../src/core/index.js';

/** Octets on their way after which a writer is to wait. */
const ROOM = 4096;

/** Two ends of a connection in memory: in order, without delay, and never from within a call. */
export function streamPair(clock: Clock): { a: MemoryStream; b: MemoryStream } {
  const a = new MemoryStream(clock);
  const b = new MemoryStream(clock);
  a.join(b);
  b.join(a);
  return { a, b };
}

export class MemoryStream implements OctetStream {
  /** Why it was broken off at this end. */
  aborted: CloseReason | undefined;
  isOpen = true;
  /** Everything that has arrived here. */
  received = '';
  readonly #clock: Clock;
  #other: MemoryStream | undefined;
  #receiver: StreamReceiver | undefined;
  /** Octets of ours that the other end has not used up. */
  #unconsumed = 0;
  #mustWait = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  join(other: MemoryStream): void {
    this.#other = other;
  }

  setReceiver(receiver: StreamReceiver): void {
    this.#receiver = receiver;
  }

  write(octets: Uint8Array, _endOfSequence: boolean): boolean {
    if (!this.isOpen) return true;
    this.#unconsumed += octets.length;
    this.#mustWait = this.#unconsumed > ROOM;
    this.#later(() => this.#partner.#arrived(octets));
    return !this.#mustWait;
  }

  consumed(octets: number): void {
    this.#later(() => this.#partner.#used(octets));
  }

  close(): void {
    this.#endBoth('closed');
  }

  abort(why: CloseReason): void {
    this.aborted ??= why;
    this.#endBoth('broken off');
  }

  get #partner(): MemoryStream {
    if (this.#other === undefined) throw new Error('not joined');
    return this.#other;
  }

  #arrived(octets: Uint8Array): void {
    if (!this.isOpen) return;
    this.received += Buffer.from(octets).toString('latin1');
    this.#receiver?.octets(octets);
  }

  #used(octets: number): void {
    this.#unconsumed -= octets;
    if (!this.#mustWait || this.#unconsumed > ROOM) return;
    this.#mustWait = false;
    this.#receiver?.ready();
  }

  #endBoth(how: 'closed' | 'broken off'): void {
    this.#later(() => this.#end(`${how} by us`, how === 'closed'));
    this.#later(() => this.#partner.#end(`${how} by the other end`, how === 'closed'));
  }

  #end(reason: string, inOrder: boolean): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#receiver?.ended({ inOrder, reason });
  }

  #later(what: () => void): void {
    this.#clock.wake(this.#clock.now(), what);
  }
}
