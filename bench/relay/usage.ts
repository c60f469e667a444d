import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** Clock ticks of /proc are hundredths of a second on every Linux that Node runs on. */
const TICK_MS = 10;

interface Stat {
  readonly parent: number;
  /** Of the process and of its children that have ended and were waited for. */
  readonly cpuMs: number;
}

/** CPU of a process and its children, those that have ended included, milliseconds (`/proc/PID/stat`). */
export function cpuOfFamily(pid: number): number {
  let sum = statOf(pid)?.cpuMs ?? 0;
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? statOf(Number(name)) : undefined;
    if (stat?.parent === pid) sum += stat.cpuMs;
  }
  return sum;
}

/** Highest resident memory of a process since it began, or was last forgotten, MB (`VmHWM`). */
export function peakMemory(pid: number): number {
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  return (Number(kib) * 1024) / 1e6;
}

export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

function statOf(pid: number): Stat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined; // it has ended
  }
  // The name, in brackets, may hold anything; what follows is the state, field 3 of proc(5).
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  const ticks = field(14) + field(15) + field(16) + field(17);
  return { parent: field(4), cpuMs: ticks * TICK_MS };
}
