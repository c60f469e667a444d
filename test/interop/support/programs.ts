import { spawnSync } from 'node:child_process';

/** Whether a program of this name can be started. */
export function hasProgram(name: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
}
