/**
 * The log: JSON lines for machines, coloured lines on a terminal. Nothing of what a
 * message says is logged, ever: octets that come among the fields are replaced by their number.
 */
import { createRequire } from 'node:module';
import type { Writable } from 'node:stream';
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import { count } from './words.js';

export type { Logger } from 'pino';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogOptions {
  readonly level: LogLevel;
  /** Lines for people instead of JSON. Default: when standard error is a terminal. */
  readonly pretty?: boolean;
  /** Where lines go. Default: standard error, for standard output is for what a command prints. */
  readonly destination?: Writable;
}

const STANDARD_ERROR = 2;

const load = createRequire(import.meta.url);

export function createLog(options: LogOptions): Logger {
  const { level, pretty = process.stderr.isTTY === true } = options;
  return pino(
    {
      level,
      base: null, // who logs is known to whoever starts us
      timestamp: stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => withoutOctets(fields) as Record<string, unknown>,
      },
    },
    destinationOf(options, pretty),
  );
}

function destinationOf(options: LogOptions, pretty: boolean): DestinationStream {
  if (!pretty) return options.destination ?? pino.destination({ fd: STANDARD_ERROR, sync: true });
  const { build: prettyStream } = load('pino-pretty') as typeof import('pino-pretty');
  return prettyStream({
    // Written at once: the last line before a crash is the one that is wanted.
    sync: true,
    destination: options.destination ?? STANDARD_ERROR,
    colorize: options.destination === undefined && process.stderr.isTTY === true,
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
  });
}

/** How deep fields are looked through; what lies deeper is not logged. */
const DEPTH = 4;

function withoutOctets(value: unknown, depth = 0): unknown {
  if (ArrayBuffer.isView(value)) return count(value.byteLength, 'octet');
  if (typeof value !== 'object' || value === null || value instanceof Error || 'toJSON' in value)
    return value;
  if (depth === DEPTH) return '...';
  if (Array.isArray(value)) return value.map((element) => withoutOctets(element, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, withoutOctets(field, depth + 1)]),
  );
}
