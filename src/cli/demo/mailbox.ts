import { createServer, type Server, type Socket } from 'node:net';
import { type Clock, concat } from '../../core/index.js';
import { TcpStream } from '../../line/index.js';
import {
  BASIC_OFFERS,
  type Offers,
  type ServerAction,
  type ServerInput,
  type ServerOptions,
  ServerSession,
} from '../../smtp/index.js';

/** A receiver of SMTP over TCP that keeps what it gets in memory: the mailbox of the demonstration. */
export class Mailbox {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #clock: Clock;
  readonly #options: ServerOptions;
  readonly #onMessage: (message: Uint8Array) => void;

  /** @param offers extensions that need nothing of whoever keeps the messages */
  constructor(
    hostname: string,
    clock: Clock,
    onMessage: (message: Uint8Array) => void,
    offers: Offers = BASIC_OFFERS,
  ) {
    this.#options = {
      hostname,
      greeting: 'ESMTP mailbox',
      maxMessageSize: 32 * 1024 * 1024,
      maxRecipients: 100,
      lineEnds: 'crlf',
      bareLineEnd: 'refuse',
      idleTimeoutMs: 60_000,
      maxErrors: 10,
      offers,
    };
    this.#clock = clock;
    this.#onMessage = onMessage;
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      this.#serve(new TcpStream(socket));
    });
  }

  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', () => {
        const address = this.#server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #serve(stream: TcpStream): void {
    const session = new ServerSession(this.#options);
    let body: Uint8Array[] = [];
    const input = (what: ServerInput): void => session.handle(what, this.#clock.now()).forEach(carryOut);
    // Answers come in a later turn: a machine is not called from within what it returned.
    const later = (what: ServerInput): void => void setImmediate(() => input(what));
    const carryOut = (action: ServerAction): void => {
      switch (action.do) {
        case 'send':
          stream.write(action.octets, true);
          break;
        case 'consumed':
          stream.consumed(action.octets);
          break;
        case 'ask':
          if (action.ask.type === 'begin') body = [];
          if (action.ask.type === 'commit') this.#onMessage(concat(body));
          later({ type: 'answer', id: action.id, verdict: { accept: true } });
          break;
        case 'body':
          body.push(action.octets.slice());
          later({ type: 'bodyTaken' });
          break;
        case 'close':
          stream.close();
          break;
        case 'discard':
        case 'dialogue':
          break;
      }
    };
    stream.setReceiver({
      octets: (octets) => input({ type: 'octets', octets }),
      ready: () => {},
      ended: () => input({ type: 'ended' }),
    });
    input({ type: 'start' });
  }
}
