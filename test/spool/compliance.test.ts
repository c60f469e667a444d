import { MemorySpool } from '../support/memory-spool.js';
import { aSpool } from './support/compliance.js';
import { openInProcess } from './support/in-process.js';
import { tempDirectory } from './support/places.js';

/** A clock that only goes when told to. */
function stoppedClock() {
  let now = 1000;
  const pass = (ms: number): void => {
    now += ms;
  };
  return { wallTime: () => now, pass };
}

// With its thread: test/interop, where starting one takes its time.
aSpool('a spool on disk', async (checkpoints = {}) => {
  const { wallTime, pass } = stoppedClock();
  return { spool: openInProcess(tempDirectory(), { wallTime, checkpoints }), pass };
});

aSpool('a spool in memory', async (checkpoints = {}) => {
  const clock = stoppedClock();
  return { spool: new MemorySpool(clock, checkpoints), pass: clock.pass };
});
