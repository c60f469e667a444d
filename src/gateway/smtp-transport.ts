import { connect as connectSocket, type Socket } from 'node:net';
import { type Clock, describeError, type OctetStream } from '../core/index.js';
import { TcpStream } from '../line/index.js';
import type { ServerTerms } from '../routing/index.js';
import type { Again, ClientOptions } from '../smtp/index.js';
import { ClientRunner } from './client-runner.js';
import type { MailSource } from './mail-source.js';
import { encryptTo, loginFor } from './outgoing-tls.js';
import type { Transport, TransportEnd } from './transport.js';

const CONNECT_TIMEOUT_MS = 30_000;

/** A session is kept for what comes next: to connect and to greet costs more than most messages. */
const KEPT_IDLE_MS = 2000;
/** From so long on it ends when nothing is due, so that no server is held for ever, nor the settings of long ago. */
const KEPT_MS = 5 * 60_000;

/** @returns the open connection, or why there is none. */
export type Connect = (host: string, port: number) => Promise<OctetStream | string>;

/** Where a server is: a host, or a socket of this machine. */
export type ServerPlace =
  | {
      readonly host: string;
      /** Where the host was found; absent: whoever connects looks for it. */
      readonly address?: string;
      readonly port: number;
    }
  | { readonly path: string };

export interface SmtpTransportOptions {
  readonly place: ServerPlace;
  readonly terms: ServerTerms;
  readonly session: ClientOptions;
  readonly clock: Clock;
  readonly connect: Connect;
}

interface SessionEnd {
  readonly end: TransportEnd;
  readonly again?: Again;
}

/** Brings mail to an SMTP or LMTP server over TCP, or through its socket. */
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
    const found = loginFor(login);
    return typeof found === 'string' ? found : { ...options, login: found };
  }

  async #session(mail: MailSource, session: ClientOptions): Promise<SessionEnd> {
    const { place, terms, clock, connect } = this.#options;
    const connection = await ('path' in place
      ? open(place)
      : connect(place.address ?? place.host, place.port));
    if (typeof connection === 'string') return this.#failed(connection);
    const encrypt = (below: OctetStream) =>
      encryptTo(below, 'path' in place ? 'localhost' : place.host, terms);
    const stream = terms.tls === 'implicit' ? await encrypt(connection) : connection;
    if (typeof stream === 'string') return this.#failed(`4.7.5 ${stream}`);
    const keptUntil = clock.now() + KEPT_MS;
    const runner = new ClientRunner({
      stream,
      session,
      clock,
      next: () => {
        const now = clock.now();
        const until = now < keptUntil ? now + KEPT_IDLE_MS : undefined;
        return mail.next(() => until);
      },
      readBody: (message) => mail.readBody(message),
      checkpoints: mail.checkpoints,
      signer: mail.signer,
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
    const { place } = this.#options;
    if ('path' in place) return place.path;
    const { host, address = host, port } = place;
    return address === host ? `${host}:${port}` : `${host}[${address}]:${port}`;
  }
}

export const connectByTcp: Connect = (host, port) => open({ host, port });

async function open(place: { host: string; port: number } | { path: string }): Promise<OctetStream | string> {
  const opened = await connected(connectSocket({ ...place, timeout: CONNECT_TIMEOUT_MS }));
  return typeof opened === 'string' ? opened : new TcpStream(opened);
}

function connected(socket: Socket): Promise<Socket | string> {
  return new Promise((resolve) => {
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
