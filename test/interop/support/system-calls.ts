import { readFileSync } from 'node:fs';

/** A system call that was carried out, in the order in which they ended. */
export interface SystemCall {
  readonly name: string;
  /** Of the first argument, or for `openat` and `mkdir` the path it is about. */
  readonly path: string;
  readonly text: string;
  readonly succeeded: boolean;
}

const LINE = /^(\d+) +(.*)$/;
const UNFINISHED = / <unfinished \.\.\.>$/;
const RESUMED = /^<\.\.\. \w+ resumed>/;

/** Reads what `strace -f -y -o FILE` wrote. */
export function readTrace(file: string): SystemCall[] {
  const begun = new Map<string, string>();
  const calls: SystemCall[] = [];
  for (const line of readFileSync(file, 'latin1').split('\n')) {
    const [, process = '', rest = ''] = LINE.exec(line) ?? [];
    if (UNFINISHED.test(rest)) {
      begun.set(process, rest.replace(UNFINISHED, ''));
      continue;
    }
    const text = RESUMED.test(rest) ? (begun.get(process) ?? '') + rest.replace(RESUMED, '') : rest;
    const name = /^(\w+)\(/.exec(text)?.[1];
    if (name === undefined) continue;
    const path = /"([^"]*)"/.exec(text)?.[1];
    const descriptor = /^\w+\(\d+<([^>]*)>/.exec(text)?.[1];
    const isAboutPath = name.startsWith('open') || name.startsWith('mkdir');
    calls.push({
      name,
      path: (isAboutPath ? path : descriptor) ?? '',
      text,
      succeeded: !/= -1 E|= \?/.test(text),
    });
  }
  return calls;
}
