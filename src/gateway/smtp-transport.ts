import { connect as connectSocket, type Socket } from 'node:net';
import { type Clock, describeError, type OctetStream } from '../core/index.js';
import { TcpStream } from '../line/index.js';
import type { ClientOptions } from '../smtp/index.js';
import { ClientRunner } from './client-runner.js';
import type { Transport, TransportEnd } from './dispatcher.js';
import type { MailSource } from './mail-source.js';

const CONNECT_TIMEOUT_MS = 30_000;

/** @returns the open connection, or why there is none. */
export type Connect = (host: string, port: number) => Promise<OctetStream | string>;

export interface SmtpTransportOptions {
  readonly host: string;
  readonly port: number;
  readonly session: ClientOptions;
  readonly clock: Clock;
  readonly connect: Connect;
}

/** Brings mail to an SMTP host over TCP. */
export class SmtpTransport implements Transport {
  readonly concurrency = 5;
  readonly #options: SmtpTransportOptions;

  constructor(options: SmtpTransportOptions) {
    this.#options = options;
  }

  async run(mail: MailSource): Promise<TransportEnd> {
    const { host, port, session, clock, connect } = this.#options;
    const stream = await connect(host, port);
    if (typeof stream === 'string') return { inOrder: false, reason: `${host}:${port}: ${stream}` };
    const runner = new ClientRunner({
      stream,
      session,
      clock,
      next: () => mail.next(),
      readBody: ({ id }, from) => mail.readBody(id, from),
      settle: (message, outcomes) => mail.settle(message, outcomes),
    });
    runner.start();
    const end = await runner.done;
    return { inOrder: end.inOrder, reason: `${host}:${port}: ${end.reason}` };
  }
}

export const connectByTcp: Connect = async (host, port) => {
  const opened = await open(host, port);
  return typeof opened === 'string' ? opened : new TcpStream(opened);
};

function open(host: string, port: number): Promise<Socket | string> {
  return new Promise((resolve) => {
    const socket = connectSocket({ host, port, timeout: CONNECT_TIMEOUT_MS });
    const failed = (error: Error): void => resolve(describeError(error));
    socket.once('error', failed);
    socket.once('timeout', () => socket.destroy(new Error('no answer to the connection attempt')));
    socket.once('connect', () => {
      socket.off('error', failed);
      socket.setTimeout(0);
      socket.removeAllListeners('timeout');
      resolve(socket);
    });
  });
}
