import { type ConnectionRefusal, TcpListener } from './tcp-listener.js';
import { XotSocket } from './xot-socket.js';

export interface XotListenerOptions {
  readonly host: string;
  readonly port: number;
  /** Connections at the same time, those that are still being closed among them. */
  readonly maxConnections: number;
  /** How long a connection may be silent before TCP asks whether the other end is still there; 0: never. */
  readonly keepAliveMs: number;
  /** Whether this IP address may connect. */
  readonly mayConnect: (address: string) => boolean;
  readonly onConnection: (connection: XotSocket) => void;
  /** A connection was closed at once. */
  readonly onRefused: (address: string, why: ConnectionRefusal) => void;
}

/** Takes XOT connections over TCP. */
export class XotListener extends TcpListener {
  constructor(options: XotListenerOptions) {
    super({
      ...options,
      purpose: ' for XOT',
      onConnection: (socket, address) =>
        options.onConnection(XotSocket.accepted(socket, address, options.keepAliveMs)),
      onRefused: (socket, address, why) => {
        socket.destroy();
        options.onRefused(address, why);
      },
    });
  }
}
