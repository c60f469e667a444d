import { type CircuitEvent, describeEnding, describeReset, type Ending } from '../circuit/index.js';
import type { How } from './machine.js';

/** Why a call came to its end, where the clear alone does not tell. */
const WORDS: Readonly<Record<How, string>> = {
  completed: '',
  dismissed: 'the other end said 421',
  quitTimeout: 'QUIT was not answered in time',
  callFailed: '',
  callTimeout: 'the call was not accepted in time',
  greetingTimeout: 'no greeting in time',
  replyTimeout: 'silence for too long',
  reset: 'circuit reset',
  cleared: '',
  closed: '',
  aborted: '',
};

/** One line for people: `no greeting in time, cleared by us: disconnection, abnormal (00/F2)`. */
export function reasonOf(
  how: How,
  ending: Ending,
  reset: (CircuitEvent & { type: 'reset' }) | undefined,
): string {
  const why = how === 'reset' && reset !== undefined ? describeReset(reset) : WORDS[how];
  const clear = describeEnding(ending);
  return why === '' ? clear : `${why}, ${clear}`;
}
