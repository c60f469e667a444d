import { connect, type Socket } from 'node:net';
import { describeError } from '../core/index.js';
import type { NameAnswer, NameCache } from './name-cache.js';

export interface DialOptions {
  /** A name or an IP address. */
  readonly host: string;
  readonly port: number;
  readonly names: NameCache;
  /** How long one address may take to answer, milliseconds. */
  readonly limitMs: number;
  readonly opened: (socket: Socket) => void;
  /** No address answered, or there is none; why, in words. */
  readonly failed: (why: string) => void;
}

/** A name may have more; whoever waits for a call has not that much time. */
const MOST_ADDRESSES = 4;

/**
 * Connects to the first address of a host that answers. One after the other, each with its full time: Node's own way
 * of doing this gives up each after a quarter of a second, which is less than the way to some routers takes.
 * @returns takes the wish back: nothing more is told.
 */
export function dial(options: DialOptions): () => void {
  let isWanted = true;
  let socket: Socket | undefined;
  const reasons: string[] = [];

  const tryNext = ([address, ...others]: readonly string[]): void => {
    if (address === undefined) {
      options.failed(reasons.join('; '));
      return;
    }
    const attempt = connect({ host: address, port: options.port });
    socket = attempt;
    let why = `no answer from ${address}`;
    const fail = (error: Error): void => {
      why = describeError(error);
    };
    const next = (): void => {
      reasons.push(why);
      if (isWanted) tryNext(others);
    };
    attempt.on('error', fail);
    attempt.on('close', next);
    attempt.setTimeout(options.limitMs, () => attempt.destroy());
    attempt.once('connect', () => {
      attempt.setTimeout(0);
      attempt.off('error', fail).off('close', next);
      options.opened(attempt);
    });
  };

  options.names.find(options.host, ({ addresses, failure }: NameAnswer) => {
    if (!isWanted) return;
    if (addresses.length > 0) tryNext(addresses.slice(0, MOST_ADDRESSES));
    else options.failed(failure ?? `no such name: ${options.host}`);
  });
  return () => {
    isWanted = false;
    socket?.destroy();
  };
}
