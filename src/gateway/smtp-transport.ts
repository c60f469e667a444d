import { connect as connectSocket, type Socket } from 'node:net';
import { type Clock, describeError, type OctetStream } from '../core/index.js';
import { TcpStream } from '../line/index.js';
import type { ServerTerms } from '../routing/index.js';
import type { Again, ClientOptions } from '../smtp/index.js';
import { ClientRunner } from './client-runner.js';
import type { Transport, TransportEnd } from './dispatcher.js';
import type { MailSource } from './mail-source.js';
import { encryptTo, readPassword } from './outgoing-tls.js';

const CONNECT_TIMEOUT_MS = 30_000;

/** @returns the open connection, or why there is none. */
export type Connect = (host: string, port: number) => Promise<OctetStream | string>;

export interface SmtpTransportOptions {
  readonly host: string;
  /** Where it was found; absent: whoever connects looks for it. */
  readonly address?: string;
  readonly port: number;
  readonly terms: ServerTerms;
  readonly session: ClientOptions;
  readonly clock: Clock;
  readonly connect: Connect;
}

interface SessionEnd {
  readonly end: TransportEnd;
  readonly again?: Again;
}

/** Brings mail to an SMTP host over TCP. */
export class SmtpTransport implements Transport {
  readonly concurrency = 5;
  readonly #options: SmtpTransportOptions;

  constructor(options: SmtpTransportOptions) {
    this.#options = options;
  }

  /** A server that drops EHLO, or TLS that is wished for and fails, is tried again at once without it, each once. */
  async run(mail: MailSource): Promise<TransportEnd> {
    const session = this.#sessionOptions();
    if (typeof session === 'string') return this.#failed(session).end;
    let asked = session;
    for (;;) {
      const { end, again } = await this.#session(mail, asked);
      if (again === 'helo' && asked.hello !== 'HELO') asked = { ...asked, hello: 'HELO' };
      else if (again === 'noTls' && asked.tls !== 'none') asked = { ...asked, tls: 'none' };
      else return end;
    }
  }

  /** @returns why there can be no session. */
  #sessionOptions(): ClientOptions | string {
    const { session, terms } = this.#options;
    const { tls, login } = terms;
    const options: ClientOptions = {
      ...session,
      tls: tls === 'none' || tls === 'may' ? tls : 'must',
      secure: tls === 'implicit',
    };
    if (login === undefined) return options;
    const { user, passwordFile } = login;
    try {
      return { ...options, login: { user, password: readPassword(passwordFile) } };
    } catch (error) {
      return `4.7.0 no password for the login as ${user}: ${describeError(error)}`;
    }
  }

  async #session(mail: MailSource, session: ClientOptions): Promise<SessionEnd> {
    const { host, address, port, terms, clock, connect } = this.#options;
    const connection = await connect(address ?? host, port);
    if (typeof connection === 'string') return this.#failed(connection);
    const encrypt = (below: OctetStream) => encryptTo(below, host, terms);
    const stream = terms.tls === 'implicit' ? await encrypt(connection) : connection;
    if (typeof stream === 'string') return this.#failed(`4.7.5 ${stream}`);
    const runner = new ClientRunner({
      stream,
      session,
      clock,
      next: () => mail.next(),
      readBody: (message) => mail.readBody(message),
      checkpoints: mail.checkpoints,
      upgrade: encrypt,
      settle: (message, outcomes) => mail.settle(message, outcomes, this.#title),
    });
    runner.start();
    const { inOrder, reason, again } = await runner.done;
    return {
      end: { inOrder, reason: `${this.#title}: ${reason}` },
      ...(again !== undefined && { again }),
    };
  }

  #failed(reason: string): SessionEnd {
    return { end: { inOrder: false, reason: `${this.#title}: ${reason}` } };
  }

  get #title(): string {
    const { host, address = host, port } = this.#options;
    return address === host ? `${host}:${port}` : `${host}[${address}]:${port}`;
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
