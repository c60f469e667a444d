import { isDialString, isModemCommand, MODEM_TIMES } from '../../modem/index.js';
import { choice, duration, list, matching, parsed, whole, yesOrNo } from './fields.js';
import { ACCESS_KEYS, linkKeys } from './link.js';
import { timesTable } from './times.js';

const SECOND = 1_000;
const HOUR = 3_600_000;

/** Keys of a `[[link]]` of type `modem`. */
export const MODEM_KEYS = {
  ...linkKeys('modem'),
  ...ACCESS_KEYS,
  profile: matching(/^[^\0]+$/, 'the name of a modem profile, or a file').default('hayes'),
  dial: parsed('a number as a modem dials it, "," for a pause, such as "0,0123456"', (text) =>
    isDialString(text) ? text : undefined,
  ).optional(),
  dialling: choice(['tone', 'pulse']).default('tone'),
  init: list(initCommand(), 'a list of commands, such as ["ATM0"]').default([]),
  answer: whole(0, 255).default(0),
  answer_role: choice(['dte', 'dce']).default('dce'),
  calls_on_answered: yesOrNo().default(false),
  // Without DTR (a serial device server) there is only the escape sequence.
  hang_up: choice(['dtr', 'escape']).optional(),
  hang_up_after: duration(SECOND, HOUR).default(10 * SECOND),
  answered_hang_up_after: duration(SECOND, 24 * HOUR).default(120 * SECOND),
  modem: timesTable('link.modem', MODEM_TIMES).prefault({}),
};

/** Keys that mean something only to a modem that dials, or only to one that answers. */
export const KEYS_OF_DIRECTION = {
  dial: ['role', 'dialling', 'hang_up_after'],
  answer: ['answer_role', 'calls_on_answered', 'answered_hang_up_after'],
} as const;

function initCommand() {
  const allowed = 'a command line that begins with AT, up to 80 characters, that neither dials nor answers';
  return parsed(allowed, (text) => (isModemCommand(text) && !takesTheLine(text) ? text : undefined));
}

/** Whether D or A is among the commands of a line; letters with a prefix (`&D2`) and extended commands (`+DS=3`) are others. */
function takesTheLine(line: string): boolean {
  const basic = line
    .slice('AT'.length)
    .replace(/[+#][^;]*/g, '')
    .replace(/[^A-Z0-9\s;=?,.]\s*[A-Z]/gi, '');
  return /[AD]/i.test(basic);
}
