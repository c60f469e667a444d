import { resolve } from 'node:path';
import type { SerialDevice, SerialServer } from '../configuration.js';
import type { KeyPath } from '../locate.js';
import type { ProblemList } from '../problem.js';
import { describeValue } from '../read.js';
import { parseHostAndPort } from '../schema/fields.js';

interface LineSettings {
  readonly path: string;
  readonly baud: number;
  readonly flow: 'none' | 'rtscts' | 'xonxoff';
}

const SCHEME = 'tcp://';

/** A port of this machine has wires beside the data, a serial device server shows none. */
export function isServer({ path }: Pick<LineSettings, 'path'>): boolean {
  return path.startsWith(SCHEME);
}

/** @param folder where relative paths start. */
export function lineOf(
  settings: LineSettings,
  folder: string,
  path: KeyPath,
  problems: ProblemList,
): SerialDevice | SerialServer | undefined {
  const { path: device, baud, flow } = settings;
  if (!isServer(settings))
    return { type: 'device', path: resolve(folder, device), baud, hardwareFlowControl: flow === 'rtscts' };
  const server = parseHostAndPort(device.slice(SCHEME.length));
  if (server !== undefined && server.port !== 0) return { type: 'tcp', ...server, baud };
  problems.refuse(
    [...path, 'path'],
    `found ${describeValue(device)}; allowed: a host and a port, such as "tcp://terminal-server:7001"`,
  );
  return undefined;
}

/** For lines on which `flow` says nothing else than what the port does. */
export function refuseHardwareFlowOfServer(
  settings: LineSettings,
  others: string,
  path: KeyPath,
  problems: ProblemList,
): void {
  if (isServer(settings) && settings.flow === 'rtscts')
    problems.refuse(
      [...path, 'flow'],
      `found "rtscts"; allowed with tcp://: ${others}; RTS/CTS is set on the device server`,
    );
}
