import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../config/index.js';
import { readCallRecord, type StoredCallRecord } from '../observe/index.js';
import { type CallGroup, type CallSum, CallSums } from './call-sums.js';
import { configurationOf } from './control.js';
import {
  CALL_CSV_HEAD,
  callCsv,
  describeCall,
  describeSums,
  describeTotal,
  sumsCsv,
} from './describe-calls.js';
import { DONE, WRONG_USAGE } from './exit-status.js';
import { fileLines } from './file-lines.js';
import { toJson } from './json.js';

export interface CallsOptions {
  readonly config?: string;
  /** Wall time; calls that began then or later, before. */
  readonly since?: number;
  readonly until?: number;
  readonly peer?: readonly string[];
  readonly link?: readonly string[];
  readonly direction?: 'outgoing' | 'incoming';
  /** Sums in place of the list. */
  readonly by?: readonly CallGroup[];
  readonly csv?: true;
  readonly json?: true;
}

export interface CallsOutput {
  readonly write: (text: string) => void;
  readonly complain: (line: string) => void;
}

/**
 * `x25mail calls`: lists call records, or sums them up. Reads line by line, however long the files are.
 *
 * @param files of records; none: the one that the configuration names.
 * @returns the exit status.
 * @throws GatewayError when a file can't be read.
 */
export async function runCalls(
  files: readonly string[],
  options: CallsOptions,
  { write, complain }: CallsOutput,
): Promise<number> {
  const paths = files.length > 0 ? files : fileOf(options.config, complain);
  if (paths === undefined) return WRONG_USAGE;
  if (options.csv === true && (options.by?.length ?? 0) > 1) {
    complain('--csv is one table: give --by once');
    return WRONG_USAGE;
  }
  const report = reportFor(options, write);
  let bad = 0;
  for (const path of paths) bad += await readFile(path, options, report);
  report.end();
  if (bad > 0) complain(`${bad === 1 ? 'one line is' : `${bad} lines are`} no call record, and passed over`);
  return DONE;
}

/** @returns how many lines are no records. */
async function readFile(path: string, options: CallsOptions, report: Report): Promise<number> {
  let bad = 0;
  for await (const line of fileLines(path)) {
    if (line === '') continue;
    const record = line === undefined ? undefined : readCallRecord(line);
    if (record === undefined) bad++;
    else if (isWanted(record, options)) report.add(record);
  }
  return bad;
}

function fileOf(config: string | undefined, complain: (line: string) => void): readonly string[] | undefined {
  if (config === undefined) {
    complain('which records? Give the configuration (-c) or files of records');
    return undefined;
  }
  const configuration = configurationOf(config);
  if (configuration === undefined) return undefined;
  const { callsFile } = configuration.log;
  if (callsFile !== undefined) return [callsFile];
  complain(`${config} keeps no call records: name a file for them, calls in [log]`);
  return undefined;
}

function isWanted(record: StoredCallRecord, { since, until, peer, link, direction }: CallsOptions): boolean {
  const begun = Date.parse(record.begun);
  return (
    (since === undefined || begun >= since) &&
    (until === undefined || begun < until) &&
    (peer === undefined || (record.peer !== undefined && peer.includes(record.peer))) &&
    (link === undefined || link.includes(record.link)) &&
    (direction === undefined || record.direction === direction)
  );
}

/** Where records go, one after the other. */
interface Report {
  add(record: StoredCallRecord): void;
  end(): void;
}

function reportFor(options: CallsOptions, write: (text: string) => void): Report {
  const { by, csv, json } = options;
  if (by !== undefined && by.length > 0) return sumReport(by, options, write);
  if (csv === true) {
    write(CALL_CSV_HEAD);
    return { add: (record) => write(callCsv(record)), end: () => {} };
  }
  return json === true ? jsonList(write) : plainList(write);
}

function plainList(write: (text: string) => void): Report {
  const total = new CallSums();
  return {
    add: (record) => {
      total.add(record);
      write(describeCall(record));
    },
    end: () => {
      const [sum] = total.sums();
      write(sum === undefined ? 'No calls\n' : describeTotal(sum));
    },
  };
}

/** An array, written while it is read. */
function jsonList(write: (text: string) => void): Report {
  let isFirst = true;
  return {
    add: (record) => {
      write(`${isFirst ? '[\n' : ',\n'}${JSON.stringify(record)}`);
      isFirst = false;
    },
    end: () => write(isFirst ? '[]\n' : '\n]\n'),
  };
}

function sumReport(
  by: readonly CallGroup[],
  { csv, json }: Pick<CallsOptions, 'csv' | 'json'>,
  write: (text: string) => void,
): Report {
  const groups = by.map((group) => ({ group, sums: new CallSums(group) }));
  const total = new CallSums();
  return {
    add: (record) => {
      total.add(record);
      for (const { sums } of groups) sums.add(record);
    },
    end: () => {
      const all: readonly (readonly [CallGroup, readonly CallSum[]])[] = groups.map(({ group, sums }) => [
        group,
        sums.sums(),
      ]);
      if (json === true) write(`${toJson(Object.fromEntries(all))}\n`);
      else if (csv === true) write(all.map(([group, sums]) => sumsCsv(group, sums)).join(''));
      else write(all.map(([group, sums]) => describeSums(group, sums, total.sums()[0])).join('\n'));
    },
  };
}

const MOMENT = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)Z?)?$/;
const DAY_MS = 86_400_000;

/**
 * A day or a time of UTC, or how long ago: `2026-11-24`, `2026-11-24 08:00`, `7d`.
 * @param isEnd a day means its end
 */
export function parseMoment(text: string, now: number, isEnd: boolean): number {
  const ago = parseDuration(text);
  if (ago !== undefined) return now - ago;
  const [, day, time] = MOMENT.exec(text) ?? [];
  const moment = day === undefined ? Number.NaN : Date.parse(`${day}T${time ?? '00:00'}Z`);
  if (Number.isNaN(moment))
    throw new InvalidArgumentError('allowed: 2026-11-24, "2026-11-24 08:00" (UTC), or how long ago: 7d.');
  return time === undefined && isEnd ? moment + DAY_MS : moment;
}
