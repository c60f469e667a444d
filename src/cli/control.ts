import { type Configuration, formatProblem, loadConfiguration } from '../config/index.js';
import { ControlClient, errorCode } from '../console/index.js';
import { GatewayError } from '../core/index.js';
import { WRONG_USAGE } from './exit-status.js';

/** How a command finds the running gateway: by its configuration, or by its socket. */
export interface ControlOptions {
  readonly config?: string;
  readonly socket?: string;
}

/**
 * Connects to a running gateway, and closes the connection after `work`.
 *
 * @returns what `work` returns, an exit status.
 * @throws GatewayError when no gateway runs there, or it does not do what it is asked.
 */
export async function withGateway(
  options: ControlOptions,
  work: (client: ControlClient) => Promise<number>,
): Promise<number> {
  const path = socketOf(options);
  if (path === undefined) return WRONG_USAGE;
  const client = await ControlClient.connect(path);
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

/** System errors of a socket that say that no gateway has it open. */
const NOBODY: readonly unknown[] = ['ENOENT', 'ECONNREFUSED'];

/** @returns undefined when nobody listens there. */
export function connectIfRunning(socket: string): Promise<ControlClient | undefined> {
  return connectUnless(NOBODY, socket);
}

/** @returns undefined when nobody listens there, or it is not for this user. */
export function connectIfAllowed(socket: string): Promise<ControlClient | undefined> {
  return connectUnless([...NOBODY, 'EACCES'], socket);
}

async function connectUnless(codes: readonly unknown[], socket: string): Promise<ControlClient | undefined> {
  try {
    return await ControlClient.connect(socket);
  } catch (error) {
    if (error instanceof GatewayError && codes.includes(errorCode(error.cause))) return undefined;
    throw error;
  }
}

/** @returns undefined when there is none to be found; why was said. */
function socketOf({ config, socket }: ControlOptions): string | undefined {
  if (socket !== undefined) return socket;
  return configurationOf(config)?.console.socket;
}

/** @returns undefined when there is none, or it can't be used; why was said. */
export function configurationOf(config: string | undefined): Configuration | undefined {
  if (config === undefined) {
    process.stderr.write(
      'x25mail: which gateway? Give its configuration (-c) or its control socket (--socket)\n',
    );
    return undefined;
  }
  const result = loadConfiguration(config);
  if (result.ok) return result.configuration;
  for (const problem of result.problems) process.stderr.write(`${formatProblem(problem)}\n`);
  return undefined;
}
