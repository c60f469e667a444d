import type { Clock, OctetStream } from '../core/index.js';

/** How the MTA is told who calls. */
export type Identify = 'xclient' | 'proxyV1' | 'proxyV2' | 'none';

export interface IntroductionOptions {
  /** An open connection to the MTA; nothing has been read from it. */
  readonly stream: OctetStream;
  readonly clock: Clock;
  readonly identify: Identify;
  /** Our name, for EHLO. */
  readonly hostname: string;
  readonly caller: {
    readonly nua: string;
    /** `CallerNetwork.addressOf(nua)`. */
    readonly address: string;
    /** The caller may relay: LOGIN is sent where the MTA takes it. */
    readonly relay: boolean;
  };
  /** IPv6 address of the called number, for the PROXY protocol. */
  readonly calledAddress: string;
  /** For the whole introduction, milliseconds. */
  readonly timeoutMs: number;
}

export type IntroductionFailure =
  /** The MTA went away, did not speak SMTP, or said no (its reply is in the reason). */
  | 'gone'
  | 'notSmtp'
  | 'refused'
  | 'timeout'
  /** It does not offer XCLIENT, or not with ADDR. */
  | 'xclientNotOffered';

export type Introduced =
  /** The connection as the caller is to find it: the first that it says is its greeting. */
  | { readonly ok: true; readonly stream: OctetStream }
  /** The connection is ended. */
  | { readonly ok: false; readonly why: IntroductionFailure; readonly reason: string };

/** Tells the MTA who calls, before the call is accepted. Never rejects. To give up, end the stream. */
export function introduce(_options: IntroductionOptions): Promise<Introduced> {
  return Promise.reject(new Error('not built yet'));
}
