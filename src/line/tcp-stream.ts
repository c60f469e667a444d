import type { Socket } from 'node:net';
import { type CloseReason, describeError, type OctetStream, type StreamReceiver } from '../core/index.js';

/** How much unread input may stand in memory before the socket is paused. */
const PAUSE_ABOVE = 64 * 1024;

/** How long a peer may take to take our last octets and end its side, milliseconds. */
const LINGER_MS = 10_000;

/** A TCP connection as the session engine wants it. Owns the socket from here on. */
export class TcpStream implements OctetStream {
  readonly #socket: Socket;
  #receiver: StreamReceiver | undefined;
  /** Octets given to the receiver that it has not used up yet. */
  #unconsumed = 0;
  #ended = false;
  #why: string | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    socket.on('data', (octets) => this.#arrived(octets));
    socket.on('drain', () => this.#receiver?.ready());
    // The other side has ended; allowHalfOpen is off, so ours follows and `close` comes.
    socket.on('error', (error) => {
      this.#why ??= describeError(error);
    });
    socket.on('close', () => this.#end());
    // Nothing may arrive before there is somebody to take it.
    socket.pause();
  }

  /** `127.0.0.1:2525`, for logs. */
  get remote(): string {
    return `${this.#socket.remoteAddress ?? '?'}:${this.#socket.remotePort ?? '?'}`;
  }

  /** All that has come on the connection, encrypted or not. */
  get octetsReceived(): number {
    return this.#socket.bytesRead;
  }

  setReceiver(receiver: StreamReceiver): void {
    this.#receiver = receiver;
    if (this.#socket.destroyed) setImmediate(() => this.#end());
    else this.#socket.resume();
  }

  write(octets: Uint8Array, _endOfSequence: boolean): boolean {
    return this.#socket.writable ? this.#socket.write(octets) : true;
  }

  consumed(octets: number): void {
    this.#unconsumed -= octets;
    if (this.#unconsumed <= PAUSE_ABOVE && this.#socket.isPaused()) this.#socket.resume();
  }

  close(): void {
    this.#why ??= 'closed by us';
    this.#socket.end();
    // A peer that never ends its side must not hold the connection for ever.
    this.#socket.setTimeout(LINGER_MS, () => this.#socket.destroy());
    this.#socket.resume();
  }

  abort(why: CloseReason): void {
    this.#why ??= `broken off by us (${why})`;
    this.#socket.destroy();
  }

  #arrived(octets: Uint8Array): void {
    if (this.#why !== undefined) return; // closing: what still comes is for nobody
    this.#unconsumed += octets.length;
    if (this.#unconsumed > PAUSE_ABOVE) this.#socket.pause();
    this.#receiver?.octets(octets);
  }

  #end(): void {
    if (this.#ended || this.#receiver === undefined) return;
    this.#ended = true;
    const inOrder = this.#why === undefined || this.#why === 'closed by us';
    this.#receiver.ended({ inOrder, reason: this.#why ?? 'closed by the other end' });
  }
}
