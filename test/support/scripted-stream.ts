import type { CloseReason, OctetStream, StreamReceiver } from '../../src/core/index.js';

/** The far end of a stream as a test plays it: says lines, reads what comes back. */
export class ScriptedStream implements OctetStream {
  /** Everything written so far. */
  written = '';
  /** Octets that the receiver has not used up. */
  unconsumed = 0;
  closed: 'open' | 'closed' | CloseReason = 'open';
  /** What `write` answers. */
  hasRoom = true;
  #receiver: StreamReceiver | undefined;

  write(octets: Uint8Array, _endOfSequence: boolean): boolean {
    this.written += Buffer.from(octets).toString('latin1');
    return this.hasRoom;
  }

  consumed(octets: number): void {
    this.unconsumed -= octets;
  }

  close(): void {
    this.closed = 'closed';
    this.end();
  }

  abort(why: CloseReason): void {
    this.closed = why;
    this.end();
  }

  setReceiver(receiver: StreamReceiver): void {
    this.#receiver = receiver;
  }

  /** The far end says this, line ends as written. */
  say(text: string): void {
    const octets = Buffer.from(text, 'latin1');
    this.unconsumed += octets.length;
    this.#receiver?.octets(octets);
  }

  /** Room again. */
  ready(): void {
    this.hasRoom = true;
    this.#receiver?.ready();
  }

  /** The far end is gone. */
  end(reason = 'gone', inOrder = false): void {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    receiver?.ended({ inOrder, reason });
  }

  /** What was written since the last time. */
  take(): string {
    const { written } = this;
    this.written = '';
    return written;
  }
}

/** What is promised and waits for nothing but other promises has happened after this. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}
