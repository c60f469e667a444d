import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { describeError, GatewayError } from '../core/index.js';
import { connectSocket, errorCode } from './connect-socket.js';
import { ControlSession } from './control-session.js';
import type { ControlRequests } from './request.js';
import { checkSocketPath } from './socket-path.js';

/** Clients at once; a further one is turned away. */
const MOST_CLIENTS = 32;

/** Whoever may open the socket rules the gateway and sees what passes. */
const OWNER_ONLY = 0o600;

/** The control socket of a running gateway. */
export class ControlServer {
  readonly #path: string;
  readonly #requests: ControlRequests;
  readonly #server: Server;
  readonly #clients = new Set<Socket>();

  /**
   * Listens. A socket that a gateway left behind when it was killed is replaced.
   * @throws GatewayError when another gateway listens there, or nobody can.
   */
  static async listen(path: string, requests: ControlRequests): Promise<ControlServer> {
    checkSocketPath(path);
    await makeRoom(path);
    const control = new ControlServer(path, requests);
    await control.#listen();
    return control;
  }

  private constructor(path: string, requests: ControlRequests) {
    this.#path = path;
    this.#requests = requests;
    this.#server = createServer((socket) => this.#serve(socket));
    this.#server.maxConnections = MOST_CLIENTS;
  }

  /** Ends all sessions and removes the socket. */
  async close(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      const failed = (error: unknown): void => {
        const message = `the control socket ${this.#path} can't be opened (${describeError(error)}): check its directory, or give another path in [console] socket`;
        reject(new GatewayError('controlSocket', message, { temporary: false, cause: error }));
      };
      this.#server.once('error', failed);
      this.#server.listen(this.#path, () => {
        this.#server.off('error', failed);
        this.#server.on('error', () => {}); // a client that can't be accepted is its own trouble
        try {
          // Until now the process's umask decided, and the spool's directory (0700) whoever that would have let in.
          chmodSync(this.#path, OWNER_ONLY);
          resolve();
        } catch (error) {
          failed(error);
        }
      });
    });
  }

  #serve(socket: Socket): void {
    const session = new ControlSession(this.#requests, {
      write: (octets) => void socket.write(octets),
      get waitingOctets() {
        return socket.writableLength;
      },
      close: () => void socket.end(),
    });
    this.#clients.add(socket);
    socket.on('data', (octets) => session.received(octets));
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => {
      this.#clients.delete(socket);
      session.closed();
    });
  }
}

/** Removes the socket of a gateway that is no more. */
async function makeRoom(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw inTheWay(path, 'something that is no socket is in the way');
  try {
    (await connectSocket(path)).destroy();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    if (errorCode(error) !== 'ECONNREFUSED') throw inTheWay(path, describeError(error));
    unlinkSync(path);
    return;
  }
  throw inTheWay(path, 'another gateway listens there: stop it first, or give this one its own spool');
}

function inTheWay(path: string, why: string): GatewayError {
  return new GatewayError('controlSocket', `the control socket ${path} can't be opened: ${why}`, {
    temporary: false,
  });
}
