import { type CallerNetwork, introduce } from '../bridge/index.js';
import type { Clock, OctetStream } from '../core/index.js';
import type { BridgeAction } from '../routing/index.js';
import type { Connect } from './smtp-transport.js';

export interface ReachOptions {
  readonly server: Pick<BridgeAction, 'smtp' | 'identify'>;
  readonly caller: { readonly nua: string; readonly relay: boolean };
  readonly called: string;
  readonly hostname: string;
  /** Absent only where the server is not told who calls. */
  readonly network: CallerNetwork | undefined;
  readonly clock: Clock;
  readonly connect: Connect;
  /** Nobody waits for it any more. */
  readonly signal: AbortSignal;
}

/** Together with the connection's own limit below the 100 s that a caller waits (RFC 1090 §10.1). */
const INTRODUCTION_MS = 60_000;

const IDENTIFY = { xclient: 'xclient', proxy: 'proxyV2', none: 'none' } as const;

/**
 * Connects to a mail server and tells it who calls. Never rejects.
 * @returns the connection, on which the caller's greeting comes first; or in words why there is none.
 */
export async function reachMailServer(options: ReachOptions): Promise<OctetStream | string> {
  const { server, signal } = options;
  const { host, port } = server.smtp;
  const connection = await options.connect(host, port);
  if (typeof connection === 'string') return `mail server ${host}:${port}: ${connection}`;
  const giveUp = (): void => connection.abort('protocolError');
  if (signal.aborted) giveUp();
  signal.addEventListener('abort', giveUp);
  const introduced = await introduce({ stream: connection, ...introducing(options) });
  signal.removeEventListener('abort', giveUp);
  if (!introduced.ok) return `mail server ${host}:${port}: ${introduced.reason}`;
  if (!signal.aborted) return introduced.stream;
  giveUp();
  return 'nobody waits for the mail server any more';
}

function introducing({ server, caller, called, hostname, network, clock }: ReachOptions) {
  const addressOf = (nua: string): string => network?.addressOf(nua) ?? '';
  return {
    clock,
    identify: IDENTIFY[server.identify],
    hostname,
    caller: { ...caller, address: addressOf(caller.nua) },
    calledAddress: addressOf(called),
    timeoutMs: INTRODUCTION_MS,
  };
}
