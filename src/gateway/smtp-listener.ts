import { createServer, type Server, type Socket } from 'node:net';
import { describeError, GatewayError } from '../core/index.js';
import { TcpStream } from '../line/index.js';

export interface SmtpListenerOptions {
  readonly host: string;
  readonly port: number;
  /** Sessions at the same time; further ones are told to come again. */
  readonly maxSessions: number;
  readonly hostname: string;
  /** A client has connected. `address` is its IP address. */
  readonly onClient: (stream: TcpStream, address: string) => void;
  readonly onTurnedAway: () => void;
}

/** Takes SMTP connections over TCP. */
export class SmtpListener {
  readonly #options: SmtpListenerOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(options: SmtpListenerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** The port it listens on, also where any was asked for (0). */
  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : this.#options.port;
  }

  listen(): Promise<void> {
    const { host, port } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once('error', (cause) => {
        const advice = /EADDRINUSE/.test(cause.message)
          ? 'another program listens there'
          : /EACCES/.test(cause.message)
            ? 'ports below 1024 need the right to bind them'
            : describeError(cause);
        reject(
          new GatewayError('listen', `cannot listen on ${host}:${port}: ${advice}`, {
            temporary: false,
            cause,
          }),
        );
      });
      this.#server.listen({ host, port }, resolve);
    });
  }

  /** Takes no further connections. */
  stopListening(): void {
    this.#server.close();
  }

  /** Drops whoever is still connected. */
  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(socket: Socket): void {
    const { maxSessions, hostname, onClient, onTurnedAway } = this.#options;
    const address = socket.remoteAddress;
    if (address === undefined) {
      socket.destroy(); // gone already
      return;
    }
    if (this.#sockets.size >= maxSessions) {
      onTurnedAway();
      socket.on('error', () => {}); // it is refused anyway
      socket.end(`421 4.3.2 ${hostname} has too many sessions, try again later\r\n`);
      socket.setTimeout(5000, () => socket.destroy());
      return;
    }
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    onClient(new TcpStream(socket), address);
  }
}
