/** The flags that programs give to sendmail(1), and what becomes of them. */

/** Where the configuration is when neither -C nor X25MAIL_CONFIG says. */
export const USUAL_CONFIGURATION = '/etc/x25mail/gateway.toml';

export interface SendmailFlags {
  readonly recipients: readonly string[];
  /** -t: those named in To, Cc and Bcc as well. */
  readonly fromHeader: boolean;
  /** -f, -r; without brackets. Empty: nobody. Absent: whoever runs this. */
  readonly sender?: string;
  /** -F. */
  readonly fullName?: string;
  /** Without -i, -oi: a line with a dot alone ends the message. */
  readonly dotEnds: boolean;
  /** -N. Empty: never. */
  readonly notify?: readonly ('SUCCESS' | 'FAILURE' | 'DELAY')[];
  /** -R. */
  readonly ret?: 'FULL' | 'HDRS';
  /** -V. */
  readonly envelopeId?: string;
  /** -C. */
  readonly config?: string;
  /** deliver: a message; list: -bp, the queue. */
  readonly mode: 'deliver' | 'list';
}

type Flags = { -readonly [Key in keyof SendmailFlags]: SendmailFlags[Key] };

/** With a value, in the same word or in the next. */
const TAKES_VALUE = /^[BCFLNORVXdfhopr]$/;
/** Said by programs, of no meaning here: delivery is always in the background, errors always go by mail or status. */
const IGNORED = /^[ABEGLOUXdehlmnopqsvx]$/;

/** @returns what is wrong, in words. */
export function parseSendmailFlags(words: readonly string[]): SendmailFlags | string {
  const flags: Flags = { recipients: [], fromHeader: false, dotEnds: true, mode: 'deliver' };
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--') {
      flags.recipients = [...flags.recipients, ...words.slice(at + 1)];
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      flags.recipients = [...flags.recipients, word];
      continue;
    }
    const letter = word.charAt(1);
    const joined = word.slice(2);
    // -q, -v and the like stand alone; -o and -d have their value in the same word by custom.
    const takesNext = TAKES_VALUE.test(letter) && joined === '' && !/^[dop]$/.test(letter);
    const value = takesNext ? words[++at] : joined;
    if (value === undefined) return `-${letter} needs a value`;
    const wrong = takeFlag(flags, letter, value);
    if (wrong !== undefined) return wrong;
  }
  return flags;
}

/** @returns what is wrong, in words. */
function takeFlag(flags: Flags, letter: string, value: string): string | undefined {
  switch (letter) {
    case 't':
      flags.fromHeader = true;
      // Letters without a value may share a word: -ti.
      return value === '' ? undefined : takeFlag(flags, value.charAt(0), value.slice(1));
    case 'i':
      flags.dotEnds = false;
      return value === '' ? undefined : takeFlag(flags, value.charAt(0), value.slice(1));
    case 'o':
      if (value === 'i') flags.dotEnds = false;
      return undefined;
    case 'f':
    case 'r':
      flags.sender = value.replace(/^<(.*)>$/, '$1');
      return undefined;
    case 'F':
      flags.fullName = value;
      return undefined;
    case 'C':
      flags.config = value;
      return undefined;
    case 'V':
      flags.envelopeId = value;
      return undefined;
    case 'N':
      return takeNotify(flags, value);
    case 'R':
      if (!/^(full|hdrs)$/i.test(value)) return `-R ${value}: allowed: full, hdrs`;
      flags.ret = value.toUpperCase() as 'FULL' | 'HDRS';
      return undefined;
    case 'b':
      return takeMode(flags, value);
    default:
      return IGNORED.test(letter) ? undefined : `-${letter} is not known`;
  }
}

function takeNotify(flags: Flags, value: string): string | undefined {
  const events = value.toUpperCase().split(',');
  if (events.length === 1 && events[0] === 'NEVER') {
    flags.notify = [];
    return undefined;
  }
  if (!events.every((event) => /^(SUCCESS|FAILURE|DELAY)$/.test(event)))
    return `-N ${value}: allowed: never, or success, failure and delay with commas between them`;
  flags.notify = events as ('SUCCESS' | 'FAILURE' | 'DELAY')[];
  return undefined;
}

function takeMode(flags: Flags, value: string): string | undefined {
  if (value === 'm') return undefined;
  if (value !== 'p') return `-b${value} is not done here: allowed: -bm (a message), -bp (the queue)`;
  flags.mode = 'list';
  return undefined;
}
