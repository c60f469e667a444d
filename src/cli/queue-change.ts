import { createInterface } from 'node:readline/promises';
import type { ChangeResult, QueueChange, QueueFilter } from '../console/index.js';
import { count } from '../observe/index.js';
import type { ControlOptions } from './control.js';
import { DONE, FAILED, WRONG_USAGE } from './exit-status.js';
import { toJson } from './json.js';
import { type Queue, withQueue } from './queue-access.js';
import { type FilterOptions, filterOf } from './queue-filter.js';

export interface ChangeOptions extends ControlOptions, FilterOptions {
  readonly reason?: string;
  readonly yes?: true;
  /** The destination itself, and with it what comes later. */
  readonly future?: true;
  readonly json?: true;
}

export interface Operator {
  readonly write: (text: string) => void;
  readonly complain: (line: string) => void;
  /** Asks for a yes; undefined where nobody sits there. */
  readonly confirm?: (question: string) => Promise<boolean>;
}

const DONE_WORDS: Readonly<Record<QueueChange, string>> = {
  retry: 'to be tried now',
  hold: 'on hold',
  release: 'released',
  bounce: 'returned to the sender',
  delete: 'deleted',
};

/** What can't be taken back is asked for first, unless single messages are named. */
const FINAL: ReadonlySet<QueueChange> = new Set(['bounce', 'delete']);

/** `x25mail queue retry | hold | release | bounce | delete`. @returns the exit status. */
export function runQueueChange(
  change: QueueChange,
  ids: readonly string[],
  options: ChangeOptions,
  operator: Operator,
): Promise<number> {
  const filter = filterOf(options, ids, Date.now());
  if (options.future === true) return changeDestination(change, filter, options, operator);
  if (!isMeant(change, filter, options, operator)) return Promise.resolve(WRONG_USAGE);
  return withQueue(options, async (queue) => {
    if (FINAL.has(change) && !isNamed(filter) && options.yes !== true) {
      const refusal = await askFirst(queue, change, filter, operator);
      if (refusal !== undefined) return refusal;
    }
    const { reason } = options;
    const result = (await queue.ask('queue.change', {
      filter,
      change,
      ...(reason !== undefined && { reason }),
    })) as ChangeResult;
    return report(change, result, filter, options, operator);
  });
}

/** All are meant only where that is said. Complains if nothing is, or both. */
export function isMeant(
  command: string,
  filter: QueueFilter,
  { all }: FilterOptions,
  { complain }: Pick<Operator, 'complain'>,
): boolean {
  const isNothing = Object.keys(filter).length === 0;
  if (isNothing === (all === true)) return true;
  complain(
    isNothing
      ? `which messages? Give ids or a filter, or --all for everything (x25mail queue ${command} --help)`
      : '--all means everything: leave it out, or the filter',
  );
  return false;
}

/** Nothing else than messages by their ids. */
function isNamed(filter: QueueFilter): boolean {
  return filter.messages !== undefined && Object.keys(filter).length === 1;
}

/** @returns undefined when it may be done. */
async function askFirst(
  queue: Queue,
  change: QueueChange,
  filter: QueueFilter,
  { confirm, complain, write }: Operator,
): Promise<number | undefined> {
  if (confirm === undefined) {
    complain(`this can't be taken back: say --yes to ${change} without being asked`);
    return WRONG_USAGE;
  }
  const { deliveries } = (await queue.ask('queue.count', { filter })) as { readonly deliveries: number };
  if (deliveries === 0) {
    write('Nothing matches\n');
    return DONE;
  }
  if (await confirm(`${change} ${deliveries === 1 ? 'one delivery' : `${deliveries} deliveries`}?`))
    return undefined;
  complain('nothing was done');
  return FAILED;
}

function report(
  change: QueueChange,
  result: ChangeResult,
  filter: QueueFilter,
  { json }: ChangeOptions,
  { write, complain }: Operator,
): number {
  const { changed, busy } = result;
  if (json === true) write(`${toJson(result)}\n`);
  else if (changed > 0) write(`${deliveries(changed)} ${DONE_WORDS[change]}\n`);
  if (busy > 0) complain(`${deliveries(busy)} being sent at this moment: try again when that is over`);
  if (changed + busy > 0) return busy > 0 ? FAILED : DONE;
  if (isNamed(filter)) {
    complain(change === 'release' ? 'no such message is on hold' : 'no such message waits');
    return FAILED;
  }
  if (json !== true) write('Nothing matches\n');
  return DONE;
}

export function deliveries(amount: number): string {
  return amount === 1 ? '1 delivery' : `${amount} deliveries`;
}

/** Holds and releases a destination, whether or not something waits for it. */
function changeDestination(
  change: QueueChange,
  { peers = [], destinations = [], ...rest }: QueueFilter,
  options: ChangeOptions,
  { write, complain }: Operator,
): Promise<number> {
  const names = [...peers.map((peer) => `peer:${peer}`), ...destinations];
  if (names.length === 0 || Object.keys(rest).length > 0 || names.some((name) => name.includes('*'))) {
    complain('--future is for destinations as a whole: give their names, with --peer or --destination alone');
    return Promise.resolve(WRONG_USAGE);
  }
  return withQueue(options, async (queue) => {
    const { reason } = options;
    for (const destination of names) {
      if (change === 'hold')
        await queue.ask('queue.holdDestination', { destination, ...(reason !== undefined && { reason }) });
      else await queue.ask('queue.releaseDestination', { destination });
    }
    if (options.json === true) write(`${toJson({ destinations: names })}\n`);
    else write(`${count(names.length, 'destination')} ${DONE_WORDS[change]}, with all that comes\n`);
    return DONE;
  });
}

/** Asks on the terminal; anything but y or yes is a no. */
export async function confirmOnTerminal(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
