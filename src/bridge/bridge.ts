import type { Clock, CloseReason, OctetStream } from '../core/index.js';
import type { MailCircuit } from '../rfc1090/index.js';
import type { BareLineEnd, Side } from './follower.js';

export interface BridgeOptions {
  /** May still be waiting for its call to be accepted. */
  readonly circuit: OctetStream & Pick<MailCircuit, 'dialogue'>;
  readonly tcp: OctetStream;
  readonly clock: Clock;
  /** Where the SMTP client is: `circuit` for a call that came in, `tcp` for one that we placed. */
  readonly client: Side;
  /**
   * Whether a client may say STARTTLS. Never where the MTA takes XCLIENT from us: inside TLS nobody could stop the
   * caller from saying it too.
   */
  readonly startTls: 'pass' | 'refuse';
  /** By the side that sends the data. Default: refuse on TCP, CRLF on a circuit. */
  readonly bareLineEnd?: Readonly<Record<Side, BareLineEnd>>;
  /** How long the TCP side may be silent when it is its turn, milliseconds. Default 10 minutes. */
  readonly silenceMs?: number;
  /** A message was accepted by the server. */
  readonly onAccepted?: () => void;
}

export interface BridgeEnd {
  /** The session came to its farewell. */
  readonly inOrder: boolean;
  /** In one line, for people. */
  readonly reason: string;
  /** Messages that the server has accepted (2xx after the data). */
  readonly messages: number;
  /** The session went on inside TLS, where nobody could count. */
  readonly encrypted: boolean;
  readonly octets: { readonly fromCircuit: number; readonly toCircuit: number };
}

/** Joins a circuit and a TCP connection. */
export class Bridge {
  /** When both ends are gone. Never rejects. */
  readonly done: Promise<BridgeEnd>;

  constructor(_options: BridgeOptions) {
    this.done = Promise.reject(new Error('not built yet'));
  }

  start(): void {}

  /** The gateway stops: 421 at the next good moment; a message on its way is finished first. */
  stop(): void {}

  /** Ends both sides at once. */
  abort(_why: CloseReason): void {}
}
