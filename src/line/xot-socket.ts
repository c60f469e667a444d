import { connect, type Socket } from 'node:net';
import { describeError } from '../core/index.js';

/** Whoever uses an `XotSocket`. */
export interface XotSocketHandler {
  /** A connection that we asked for is there. */
  opened(): void;
  received(octets: Uint8Array): void;
  writable(): void;
  /** The connection is gone without our doing, or could not be opened; why, in words. The last call. */
  closed(why: string): void;
}

const CONNECT_TIMEOUT_MS = 20_000;

/** X.25 circuits can be silent for hours; a peer that was switched off must not keep one for ever. */
const KEEP_ALIVE_MS = 30_000;

/** How long a peer may take to take our last octets and end its side. */
const LINGER_MS = 10_000;

/** The TCP connection of one XOT circuit. Owns the socket from here on. */
export class XotSocket {
  readonly remoteAddress: string;
  readonly #socket: Socket;
  #handler: XotSocketHandler | undefined;
  #why: string | undefined;
  #isClosing = false;

  /** Asks for a connection; the handler hears what becomes of it. A name is looked up first. */
  static connect(host: string, port: number): XotSocket {
    const socket = connect({ host, port });
    const connection = new XotSocket(socket, host);
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => socket.destroy(new Error('no answer')));
    socket.once('connect', () => {
      socket.setTimeout(0);
      connection.#opened();
    });
    return connection;
  }

  /** @param remoteAddress for people, what the other end is called. */
  constructor(socket: Socket, remoteAddress: string) {
    this.#socket = socket;
    this.remoteAddress = remoteAddress;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on('data', (octets) => {
      if (!this.#isClosing) this.#handler?.received(octets);
    });
    socket.on('drain', () => {
      if (!this.#isClosing) this.#handler?.writable();
    });
    socket.on('error', (error) => {
      this.#why ??= reasonOf(error);
    });
    // The other side has ended; allowHalfOpen is off, so ours follows and `close` comes.
    socket.on('close', () => {
      if (!this.#isClosing) this.#handler?.closed(this.#why ?? 'closed by the other end');
    });
    // Nothing may arrive before there is somebody to take it.
    socket.pause();
  }

  setHandler(handler: XotSocketHandler): void {
    this.#handler = handler;
    this.#socket.resume();
  }

  /** All octets are taken. @returns false when there is enough to do until `writable`. */
  write(octets: Uint8Array): boolean {
    return this.#socket.writable ? this.#socket.write(octets) : true;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Ends it after what was written has gone out; the handler hears nothing more. */
  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    const socket = this.#socket;
    if (socket.connecting || socket.destroyed) {
      socket.destroy();
      return;
    }
    socket.end();
    socket.resume(); // else the end of the other side would never be seen
    const limit = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(limit));
  }

  #opened(): void {
    if (!this.#isClosing) this.#handler?.opened();
  }
}

/** A name with several addresses, none of which answered, gives an error without a message. */
function reasonOf(error: Error & { readonly code?: string }): string {
  return error.message === '' ? (error.code ?? error.name) : describeError(error);
}
