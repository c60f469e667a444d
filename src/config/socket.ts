import { resolve } from 'node:path';
import type { z } from 'zod';
import type { ProblemList } from './problem.js';
import type { consoleSchema, gatewaySchema } from './schema/gateway.js';

/** What an address of a Unix socket holds, without the octet that ends it: sun_path of Linux, and of the others. */
export const LONGEST_SOCKET_PATH = process.platform === 'linux' ? 107 : 103;

const DEFAULT_NAME = 'control';

/** Where the control socket is: as written, or in the spool's directory. */
export function socketOf(
  { socket }: z.output<typeof consoleSchema>,
  { spool }: z.output<typeof gatewaySchema>,
  folder: string,
): string {
  return resolve(folder, socket ?? `${spool}/${DEFAULT_NAME}`);
}

/** The system would cut a longer path off, or refuse it. */
export function checkSocket(
  path: string,
  { socket }: z.output<typeof consoleSchema>,
  problems: ProblemList,
): void {
  const octets = Buffer.byteLength(path);
  if (octets <= LONGEST_SOCKET_PATH) return;
  const found = `the control socket's path would be ${octets} octets long (${path})`;
  problems.refuse(
    socket === undefined ? ['gateway', 'spool'] : ['console', 'socket'],
    `${found}; allowed: ${LONGEST_SOCKET_PATH}, give a shorter one in [console] socket`,
  );
}
