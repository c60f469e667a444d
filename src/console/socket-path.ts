import { LONGEST_SOCKET_PATH } from '../config/index.js';
import { GatewayError } from '../core/index.js';

/** @throws GatewayError when a path is too long for a socket: the system would cut it off, or refuse. */
export function checkSocketPath(path: string): void {
  const octets = Buffer.byteLength(path);
  if (octets <= LONGEST_SOCKET_PATH) return;
  const message = `the control socket's path is ${octets} octets long, the system allows ${LONGEST_SOCKET_PATH}: ${path}`;
  throw new GatewayError('socketPath', message, { temporary: false });
}
