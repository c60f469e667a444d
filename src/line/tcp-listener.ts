import { createServer, type Server, type Socket } from 'node:net';
import { describeError, GatewayError } from '../core/index.js';

export interface TcpListenerOptions {
  readonly host: string;
  readonly port: number;
  /** In an error for people, behind the address: ` for XOT`. Default: nothing. */
  readonly purpose?: string;
  /** Connections at the same time, those that are still being closed among them. */
  readonly maxConnections: number | (() => number);
  /** Whether this IP address may connect. Default: any. */
  readonly mayConnect?: (address: string) => boolean;
  /** A connection is there. `address` is the other end's, an IPv4 address never in IPv6 clothes. */
  readonly onConnection: (socket: Socket, address: string) => void;
  /** A connection is not wanted; what is left of it is whoever hears this to end. */
  readonly onRefused: (socket: Socket, address: string, why: ConnectionRefusal) => void;
}

export type ConnectionRefusal = 'notAllowed' | 'tooMany';

/** Takes TCP connections, up to a number of them. */
export class TcpListener {
  readonly #options: TcpListenerOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(options: TcpListenerOptions) {
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
      this.#server.on('error', (cause) => reject(this.#cannotListen(cause)));
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
    if (mayConnect?.(address) === false) onRefused(socket, address, 'notAllowed');
    else if (this.#sockets.size >= amount(maxConnections)) onRefused(socket, address, 'tooMany');
    else {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      onConnection(socket, address);
    }
  }

  #cannotListen(cause: Error): GatewayError {
    const { host, port, purpose = '' } = this.#options;
    const advice = /EADDRINUSE/.test(cause.message)
      ? 'another program listens there'
      : /EACCES/.test(cause.message)
        ? 'ports below 1024 need the right to bind them'
        : /EADDRNOTAVAIL/.test(cause.message)
          ? 'this machine has no such address'
          : describeError(cause);
    return new GatewayError('listen', `cannot listen on ${host}:${port}${purpose}: ${advice}`, {
      temporary: false,
      cause,
    });
  }
}

function amount(most: number | (() => number)): number {
  return typeof most === 'number' ? most : most();
}
