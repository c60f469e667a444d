import { createServer, type Server, type Socket } from 'node:net';
import { describeError, GatewayError } from '../core/index.js';
import { XotSocket } from './xot-socket.js';

export interface XotListenerOptions {
  readonly host: string;
  readonly port: number;
  /** Connections at the same time, those that are still being closed among them. */
  readonly maxConnections: number;
  /** Whether this IP address may connect. */
  readonly mayConnect: (address: string) => boolean;
  readonly onConnection: (connection: XotSocket) => void;
  /** A connection was closed at once. */
  readonly onRefused: (address: string, why: 'notAllowed' | 'tooMany') => void;
}

/** Takes XOT connections over TCP. */
export class XotListener {
  readonly #options: XotListenerOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(options: XotListenerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** The port it listens on, also where any was asked for (0). */
  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : this.#options.port;
  }

  /** Rejects with a GatewayError that says what to do. */
  listen(): Promise<void> {
    const { host, port } = this.#options;
    return new Promise((resolve, reject) => {
      // For good: later a connection that could not be taken (no file left to open) must not end the process.
      this.#server.on('error', (cause) => reject(cannotListen(host, port, cause)));
      this.#server.listen({ host, port }, resolve);
    });
  }

  /** Takes no further connections; those there are go on. */
  stopListening(): void {
    this.#server.close();
  }

  /** Drops whoever is still connected. */
  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(socket: Socket): void {
    const { mayConnect, maxConnections, onConnection, onRefused } = this.#options;
    // On a socket for both families an IPv4 address comes in IPv6 clothes.
    const address = socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/, '');
    if (address === undefined) {
      socket.destroy(); // gone already
      return;
    }
    const refusal = !mayConnect(address)
      ? 'notAllowed'
      : this.#sockets.size >= maxConnections
        ? 'tooMany'
        : undefined;
    if (refusal !== undefined) {
      socket.destroy();
      onRefused(address, refusal);
      return;
    }
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    onConnection(new XotSocket(socket, address));
  }
}

function cannotListen(host: string, port: number, cause: Error): GatewayError {
  const advice = /EADDRINUSE/.test(cause.message)
    ? 'another program listens there'
    : /EACCES/.test(cause.message)
      ? 'ports below 1024 need the right to bind them'
      : /EADDRNOTAVAIL/.test(cause.message)
        ? 'this machine has no such address'
        : describeError(cause);
  return new GatewayError('listen', `cannot listen on ${host}:${port} for XOT: ${advice}`, {
    temporary: false,
    cause,
  });
}
