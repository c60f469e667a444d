import { type Command, InvalidArgumentError } from 'commander';
import { parseDuration } from '../config/index.js';
import type { QueueFilter } from '../console/index.js';
import { isMessageId } from '../spool/index.js';

/** What is meant, as it is given on the command line. */
export interface FilterOptions {
  readonly id?: readonly string[];
  readonly peer?: readonly string[];
  readonly destination?: readonly string[];
  readonly domain?: string;
  readonly sender?: string;
  readonly recipient?: string;
  /** Milliseconds. */
  readonly older?: number;
  readonly younger?: number;
  readonly held?: true;
  readonly all?: true;
}

/** The options that choose what is meant. */
export function withFilter(command: Command): Command {
  return command
    .option('--id <id...>', 'these messages', messageIds)
    .option('--peer <name...>', 'for these peers')
    .option('--destination <name...>', 'for these destinations, as the summary names them; * for anything')
    .option('--domain <name>', 'with a recipient in this domain; * for anything')
    .option('--sender <address>', 'from there; * for anything, <> for reports')
    .option('--recipient <address>', 'to there; * for anything')
    .option('--older <time>', 'received longer ago, such as 90m, 4h or 3d', age)
    .option('--younger <time>', 'received within that time', age)
    .option('--held', 'only what is on hold');
}

/** @param ids that were given without an option. */
export function filterOf(options: FilterOptions, ids: readonly string[], now: number): QueueFilter {
  const { peer, destination, domain, sender, recipient, older, younger, held } = options;
  const messages = [...ids, ...(options.id ?? [])];
  return {
    ...(messages.length > 0 && { messages }),
    ...(peer !== undefined && { peers: [...peer] }),
    ...(destination !== undefined && { destinations: [...destination] }),
    ...(domain !== undefined && { domain }),
    ...(sender !== undefined && { sender }),
    ...(recipient !== undefined && { recipient }),
    ...(older !== undefined && { receivedBefore: now - older }),
    ...(younger !== undefined && { receivedAfter: now - younger }),
    ...(held === true && { held }),
  };
}

export function messageId(text: string): string {
  if (!isMessageId(text)) throw new InvalidArgumentError('allowed: an id as x25mail queue list shows it.');
  return text;
}

/** One after the other, as commander gives them. */
export function messageIds(text: string, before: readonly string[] = []): string[] {
  return [...before, messageId(text)];
}

function age(text: string): number {
  const time = parseDuration(text);
  if (time === undefined)
    throw new InvalidArgumentError('allowed: a number and its unit, such as 90m, 4h or 3d.');
  return time;
}
