import type { Socket } from 'node:net';
import { describeError } from '../core/index.js';
import { dial } from './dial.js';
import type { NameCache } from './name-cache.js';

/** Whoever uses an `XotSocket`. */
export interface XotSocketHandler {
  /** A connection that we asked for is there. */
  opened(): void;
  received(octets: Uint8Array): void;
  writable(): void;
  /** The connection is gone without our doing, or could not be opened; why, in words. The last call. */
  closed(why: string): void;
}

export interface XotTarget {
  /** A name or an IP address. */
  readonly host: string;
  readonly port: number;
  readonly names: NameCache;
  /** How long one address may take to answer, milliseconds. */
  readonly connectMs: number;
  readonly keepAliveMs: number;
}

/** How long a peer may take to take our last octets and end its side. */
const LINGER_MS = 10_000;

/** The TCP connection of one XOT circuit. Owns the socket from here on. */
export class XotSocket {
  readonly remoteAddress: string;
  readonly #keepAliveMs: number;
  #socket: Socket | undefined;
  #cancelDialling: () => void = () => {};
  #handler: XotSocketHandler | undefined;
  #why: string | undefined;
  #isClosing = false;

  /** Asks for a connection; the handler hears what becomes of it. A name is looked up first. */
  static connect({ host, port, names, connectMs, keepAliveMs }: XotTarget): XotSocket {
    const connection = new XotSocket(host, keepAliveMs);
    connection.#cancelDialling = dial({
      host,
      port,
      names,
      limitMs: connectMs,
      opened: (socket) => {
        connection.#adopt(socket);
        connection.#handler?.opened();
        socket.resume();
      },
      failed: (why) => connection.#handler?.closed(why),
    });
    return connection;
  }

  /** @param remoteAddress the IP address that it came from. */
  static accepted(socket: Socket, remoteAddress: string, keepAliveMs: number): XotSocket {
    const connection = new XotSocket(remoteAddress, keepAliveMs);
    connection.#adopt(socket);
    return connection;
  }

  private constructor(remoteAddress: string, keepAliveMs: number) {
    this.remoteAddress = remoteAddress;
    this.#keepAliveMs = keepAliveMs;
  }

  #adopt(socket: Socket): void {
    this.#socket = socket;
    socket.setNoDelay(true);
    // X.25 circuits can be silent for hours; a peer that was switched off must not keep one for ever.
    socket.setKeepAlive(this.#keepAliveMs > 0, this.#keepAliveMs);
    socket.on('data', (octets) => {
      if (!this.#isClosing) this.#handler?.received(octets);
    });
    socket.on('drain', () => {
      if (!this.#isClosing) this.#handler?.writable();
    });
    socket.on('error', (error) => {
      this.#why ??= describeError(error);
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
    this.#socket?.resume();
  }

  /** All octets are taken. @returns false when there is enough to do until `writable`. */
  write(octets: Uint8Array): boolean {
    return this.#socket?.writable === true ? this.#socket.write(octets) : true;
  }

  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  /** Ends it after what was written has gone out; the handler hears nothing more. */
  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    const socket = this.#socket;
    if (socket === undefined) {
      this.#cancelDialling();
      return;
    }
    if (socket.destroyed) return;
    socket.end();
    socket.resume(); // else the end of the other side would never be seen
    const limit = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(limit));
  }
}
