import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { DOMAIN, type Relay } from './relays.js';
import type { Sink } from './sink.js';
import { cpuOfFamily } from './usage.js';

const run = promisify(execFile);

export interface Load {
  readonly sessions: number;
  readonly octets: number;
  readonly messages: number;
}

export interface Measured {
  /** Messages a second, from the first connection to the last arrival. */
  readonly rate: number;
  /** CPU of all processes of the relay. */
  readonly msPerMessage: number;
}

/** A connection for each message, as many at once as there are sessions. */
export async function drive(port: number, { sessions, octets, messages }: Load): Promise<void> {
  await run('smtp-source', [
    ...['-m', `${messages}`, '-s', `${sessions}`, '-l', `${octets}`],
    ...['-f', 'from@site-a.example', '-t', `to@${DOMAIN}`, `127.0.0.1:${port}`],
  ]);
}

/** Through the relay into the sink. */
export async function measure({ port, pid }: Relay, sink: Sink, load: Load): Promise<Measured> {
  const { messages } = load;
  const before = { count: sink.count, cpu: cpuOfFamily(pid), at: performance.now() };
  await Promise.all([drive(port, load), sink.holds(before.count + messages)]);
  const seconds = (performance.now() - before.at) / 1000;
  return { rate: messages / seconds, msPerMessage: (cpuOfFamily(pid) - before.cpu) / messages };
}
