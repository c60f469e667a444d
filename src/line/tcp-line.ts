import { connect, type Socket } from 'node:net';
import { describeError, GatewayError } from '../core/index.js';
import type { Line, LineHandler } from './line.js';

const CONNECT_TIMEOUT_MS = 20_000;

/**
 * A raw serial device server: what we write comes out of its port, what comes in there is read here. The server
 * paces, so a line as fast as TCP is shown; keep its buffers small.
 */
export class TcpLine implements Line {
  readonly name: string;
  readonly #host: string;
  readonly #port: number;
  #socket: Socket | undefined;

  constructor(host: string, port: number) {
    this.name = `tcp://${host}:${port}`;
    this.#host = host;
    this.#port = port;
  }

  open(handler: LineHandler): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: this.#host, port: this.#port, timeout: CONNECT_TIMEOUT_MS });
      let why = 'the connection was closed';
      let isOpen = false;
      socket.on('timeout', () => socket.destroy(new Error('no answer')));
      socket.on('error', (error) => {
        why = describeError(error);
      });
      socket.on('close', () => {
        if (!isOpen) return reject(this.#cannotOpen(why));
        if (this.#socket !== socket) return;
        this.#socket = undefined;
        handler.lost(why);
      });
      socket.on('connect', () => {
        isOpen = true;
        socket.setTimeout(0);
        socket.setNoDelay(true);
        socket.setKeepAlive(true, 30_000);
        socket.on('data', (octets) => handler.received(octets));
        socket.on('drain', () => handler.writable());
        this.#socket = socket;
        resolve();
      });
    });
  }

  write(octets: Uint8Array): boolean {
    return this.#socket?.write(octets) ?? true;
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      socket.destroy();
    });
  }

  #cannotOpen(why: string): GatewayError {
    return new GatewayError('lineOpen', `cannot reach the serial line at ${this.name}: ${why}`, {
      temporary: true,
    });
  }
}
