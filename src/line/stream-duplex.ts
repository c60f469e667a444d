import { Duplex } from 'node:stream';
import type { OctetStream, StreamReceiver } from '../core/index.js';

/** A stream of ours as Node's own libraries take one, with back-pressure both ways. */
export class StreamDuplex extends Duplex implements StreamReceiver {
  readonly #stream: OctetStream;
  /** Octets in Node's buffer that the stream does not know to be used up. */
  #held = 0;
  #goOnWriting: (() => void) | undefined;

  constructor(stream: OctetStream) {
    super({ allowHalfOpen: false });
    this.#stream = stream;
    stream.setReceiver(this);
  }

  // ---- what the stream tells

  octets(octets: Uint8Array): void {
    if (this.destroyed || this.readableEnded) this.#stream.consumed(octets.length);
    else if (this.push(octets)) this.#stream.consumed(octets.length);
    else this.#held += octets.length;
  }

  ready(): void {
    const goOn = this.#goOnWriting;
    this.#goOnWriting = undefined;
    goOn?.();
  }

  ended({ inOrder, reason }: { inOrder: boolean; reason: string }): void {
    if (inOrder) this.push(null);
    else this.destroy(new Error(reason));
  }

  // ---- what Node asks for

  override _read(): void {
    const held = this.#held;
    this.#held = 0;
    if (held > 0) this.#stream.consumed(held);
  }

  override _write(octets: Uint8Array, _encoding: string, done: () => void): void {
    // Nobody can say where a piece of ciphertext belongs together: each may be what the other end waits for.
    if (this.#stream.write(octets, true)) done();
    else this.#goOnWriting = done;
  }

  override _final(done: () => void): void {
    this.#stream.close();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (error !== null) this.#stream.abort('protocolError');
    done(error);
  }
}
