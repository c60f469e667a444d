import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Configuration } from '../config/index.js';
import { ControlClient, type ControlRequests, errorCode, queueRequests } from '../console/index.js';
import { GatewayError } from '../core/index.js';
import { queueAtRest } from '../gateway/index.js';
import { openSpool, type Spool } from '../spool/index.js';
import { type ControlOptions, configurationOf, connectIfRunning } from './control.js';
import { WRONG_USAGE } from './exit-status.js';

/** A queue that can be asked, whether a gateway runs on it or it is at rest. */
export interface Queue {
  /** @throws Error with the reason in words. */
  ask(request: string, parameters?: Record<string, unknown>): Promise<unknown>;
  readonly isAtRest: boolean;
}

/**
 * Asks the running gateway, or opens its spool where none runs; closes what it opened after `work`.
 *
 * @returns what `work` returns, an exit status.
 * @throws GatewayError when neither can be had, with what to do.
 */
export async function withQueue(
  options: ControlOptions,
  work: (queue: Queue) => Promise<number>,
): Promise<number> {
  if (options.socket !== undefined) return withClient(await ControlClient.connect(options.socket), work);
  const configuration = configurationOf(options.config);
  if (configuration === undefined) return WRONG_USAGE;
  const client = await connectIfRunning(configuration.console.socket);
  return client === undefined ? withSpool(configuration, work) : withClient(client, work);
}

async function withClient(client: ControlClient, work: (queue: Queue) => Promise<number>): Promise<number> {
  try {
    return await work({ isAtRest: false, ask: (request, parameters) => client.ask(request, parameters) });
  } finally {
    client.close();
  }
}

async function withSpool(
  configuration: Configuration,
  work: (queue: Queue) => Promise<number>,
): Promise<number> {
  const spool = await openAtRest(configuration);
  const complain = (problem: string): void => void process.stderr.write(`x25mail: ${problem}\n`);
  const requests = queueRequests(queueAtRest(configuration, spool, complain));
  try {
    return await work({
      isAtRest: true,
      ask: (request, parameters) => askHere(requests, request, parameters),
    });
  } finally {
    await spool.close();
  }
}

async function askHere(
  requests: ControlRequests,
  name: string,
  parameters: Record<string, unknown> = {},
): Promise<unknown> {
  return requests[name]?.(parameters, { event: () => true, cancelled: new AbortController().signal });
}

/**
 * Opens the spool of a gateway that does not run.
 * @throws GatewayError when there is none, it is somebody else's, or a process holds it after all.
 */
export async function openAtRest({ gateway, console: { socket } }: Configuration): Promise<Spool> {
  checkOwner(gateway.spool);
  try {
    return await openSpool({ directory: gateway.spool });
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== 'spoolInUse') throw error;
    const why = `a process holds ${gateway.spool}, but no gateway answers on ${socket}: give the control socket of the one that runs (--socket), or wait until it has ended`;
    throw new GatewayError('spoolInUse', why, { temporary: true, cause: error });
  }
}

/** What another user writes there, the gateway could not open any more. */
function checkOwner(directory: string): void {
  let owner: number;
  try {
    owner = statSync(join(directory, 'spool.db')).uid;
  } catch (error) {
    const why: Readonly<Record<string, string>> = {
      ENOENT: `there is no spool in ${directory}: the gateway has never run, or with another configuration`,
      EACCES: `${directory} may not be read by this user: only the user that runs the gateway may use its queue`,
    };
    const known = why[errorCode(error) ?? ''];
    if (known === undefined) throw error;
    throw new GatewayError('spoolDirectory', known, { temporary: false, cause: error });
  }
  if (process.geteuid?.() === owner) return;
  const why = `the spool in ${directory} belongs to another user: run this as that user (sudo -u '#${owner}' x25mail ...)`;
  throw new GatewayError('spoolDirectory', why, { temporary: false });
}
