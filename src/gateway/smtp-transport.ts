import { connect as connectSocket, type Socket } from 'node:net';
import { type Clock, describeError, type OctetStream } from '../core/index.js';
import { secure, TcpStream } from '../line/index.js';
import type { Again, ClientOptions } from '../smtp/index.js';
import type { Checkpoints } from './checkpoints.js';
import { ClientRunner } from './client-runner.js';
import type { Transport, TransportEnd } from './dispatcher.js';
import type { MailSource } from './mail-source.js';

const CONNECT_TIMEOUT_MS = 30_000;
const TLS_TIMEOUT_MS = 30_000;

/** @returns the open connection, or why there is none. */
export type Connect = (host: string, port: number) => Promise<OctetStream | string>;

export interface SmtpTransportOptions {
  readonly host: string;
  readonly port: number;
  readonly session: ClientOptions;
  readonly clock: Clock;
  /** Messages that were cut off go on where they stopped (RFC 1845). */
  readonly checkpoints?: Checkpoints;
  readonly connect: Connect;
}

/** Brings mail to an SMTP host over TCP. */
export class SmtpTransport implements Transport {
  readonly concurrency = 5;
  readonly #options: SmtpTransportOptions;

  constructor(options: SmtpTransportOptions) {
    this.#options = options;
  }

  /** A server that drops EHLO, or TLS that is wished for and fails, is tried again at once without it. */
  async run(mail: MailSource): Promise<TransportEnd> {
    let session = this.#options.session;
    for (;;) {
      const { end, again } = await this.#session(mail, session);
      if (again === 'helo' && session.hello !== 'HELO') session = { ...session, hello: 'HELO' };
      else if (again === 'noTls' && session.tls !== 'none') session = { ...session, tls: 'none' };
      else return end;
    }
  }

  async #session(
    mail: MailSource,
    session: ClientOptions,
  ): Promise<{ readonly end: TransportEnd; readonly again?: Again }> {
    const { host, port, clock, connect, checkpoints } = this.#options;
    const stream = await connect(host, port);
    if (typeof stream === 'string') return { end: { inOrder: false, reason: `${host}:${port}: ${stream}` } };
    const runner = new ClientRunner({
      stream,
      session,
      clock,
      next: () => mail.next(),
      readBody: (message) => mail.readBody(message),
      ...(checkpoints !== undefined && { checkpoints: checkpoints.forHop(`${host}:${port}`) }),
      upgrade: (below) => encrypt(below, host),
      settle: (message, outcomes) => mail.settle(message, outcomes),
    });
    runner.start();
    const { inOrder, reason, again } = await runner.done;
    return {
      end: { inOrder, reason: `${host}:${port}: ${reason}` },
      ...(again !== undefined && { again }),
    };
  }
}

/** Whether the certificate proves anything is not asked: RFC 7435, encryption to anybody is better than none. */
async function encrypt(below: OctetStream, servername: string): Promise<OctetStream | string> {
  const secured = await secure(below, { role: 'client', servername }, TLS_TIMEOUT_MS);
  return secured.ok ? secured.stream : secured.reason;
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
