/** What a modem says to the terminal (V.250 §5.7.1 and what makers added). */
export type Result =
  | {
      readonly code: 'connect';
      /** As the modem writes it: `CONNECT 9600/ARQ`. */
      readonly message: string;
      /** The line's speed, or the port's: which of them a modem means is a matter of its settings. */
      readonly bitsPerSecond?: number;
    }
  | { readonly code: 'ok' | 'ring' | 'error' | CallFailureCode };

/** Why there is no connection, in the modem's words. */
export type CallFailureCode =
  | 'noCarrier'
  | 'noDialtone'
  | 'busy'
  | 'noAnswer'
  /** The modem keeps to rules on redialling: not before some time has passed. */
  | 'delayed'
  /** The same, until somebody resets it. */
  | 'blacklisted'
  /** A person has answered. */
  | 'voice';

/** Codes or texts that a kind of modem uses beyond the common ones, and what they stand for: `{ "13": "CONNECT 9600" }`. */
export type ResultAliases = Readonly<Record<string, string>>;

const VERBOSE: Readonly<Record<string, Exclude<Result['code'], 'connect'>>> = {
  OK: 'ok',
  RING: 'ring',
  'NO CARRIER': 'noCarrier',
  ERROR: 'error',
  'NO DIALTONE': 'noDialtone',
  'NO DIAL TONE': 'noDialtone',
  BUSY: 'busy',
  'NO ANSWER': 'noAnswer',
  DELAYED: 'delayed',
  BLACKLISTED: 'blacklisted',
  VOICE: 'voice',
};

/** On these all makers agree; what is above differs, and stands in the profile. */
const NUMERIC: ResultAliases = {
  '0': 'OK',
  '1': 'CONNECT',
  '2': 'RING',
  '3': 'NO CARRIER',
  '4': 'ERROR',
  '5': 'CONNECT 1200',
  '6': 'NO DIALTONE',
  '7': 'BUSY',
  '8': 'NO ANSWER',
  '10': 'CONNECT 2400',
};

/** Slower than any modem is: a number in a CONNECT text that is no speed. */
const SLOWEST = 300;

/**
 * @param line of text without its end; white space, case and a few odd characters in front do not matter.
 * @returns undefined when it is no result: an echo, a progress report, noise.
 */
export function parseResult(line: string, aliases: ResultAliases = {}): Result | undefined {
  const text = line
    .toUpperCase()
    .replace(/^[^A-Z0-9]+/, '')
    .replace(/\s+/g, ' ')
    .trim();
  const message = aliases[text] ?? NUMERIC[text] ?? text;
  if (/^CONNECT(?![A-Z0-9])/.test(message)) return connect(message);
  if (/^RING [A-Z0-9]$/.test(message)) return { code: 'ring' }; // distinctive ringing
  const code = Object.hasOwn(VERBOSE, message) ? VERBOSE[message] : undefined;
  return code && { code };
}

function connect(message: string): Result {
  const speed = Number(/\d+/.exec(message)?.[0]);
  return { code: 'connect', message, ...(speed >= SLOWEST && { bitsPerSecond: speed }) };
}

/** Whether it is a result by itself: what a profile's alias must stand for. */
export function isResultText(text: string): boolean {
  return parseResult(text) !== undefined;
}
