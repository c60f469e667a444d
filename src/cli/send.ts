import { stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { basename } from 'node:path';
import { SingleBar } from 'cli-progress';
import MailComposer from 'nodemailer/lib/mail-composer';
import { type Configuration, formatSize } from '../config/index.js';
import { ControlClient, type SettledRecipient } from '../console/index.js';
import { describeError, GatewayError } from '../core/index.js';
import { type ControlOptions, configurationOf, connectIfRunning } from './control.js';
import { DONE, FAILED, WRONG_USAGE } from './exit-status.js';
import {
  type HandedIn,
  handInAtRest,
  handInBySmtp,
  handInBySocket,
  type Outgoing,
  type Progress,
} from './hand-in.js';
import { toJson } from './json.js';
import { messageLines } from './message-lines.js';
import { oneLine } from './printable.js';

export interface SendOptions extends ControlOptions {
  readonly to: readonly string[];
  readonly from?: string;
  readonly subject?: string;
  /** To the first address that the gateway listens on, in place of its socket. */
  readonly smtp?: true;
  /** Until it is delivered or returned. */
  readonly wait?: true;
  readonly json?: true;
}

export interface SendSurroundings {
  readonly input: AsyncIterable<Uint8Array>;
  readonly write: (text: string) => void;
  readonly complain: (line: string) => void;
  /** Somebody looks at standard error. */
  readonly isTerminal: boolean;
}

/** From here on it takes long enough to be looked at. */
const LONG_OCTETS = 1024 * 1024;

/** Text beyond is better attached. */
const LONGEST_TEXT = 16 * 1024 * 1024;

/**
 * `x25mail send FILE...|-`: writes a message and hands it to the gateway. `-` is its text, from standard input; files are
 * attached.
 *
 * @returns the exit status.
 * @throws GatewayError when it can't be handed in.
 */
export async function runSend(
  files: readonly string[],
  options: SendOptions,
  surroundings: SendSurroundings,
): Promise<number> {
  const { complain, write } = surroundings;
  if (options.wait === true && options.smtp === true) {
    complain('--wait asks the gateway over its socket: leave --smtp out');
    return WRONG_USAGE;
  }
  const configuration = options.socket === undefined ? configurationOf(options.config) : undefined;
  if (configuration === undefined && options.socket === undefined) return WRONG_USAGE;
  const attached = files.filter((file) => file !== '-');
  const octets = await sizeOf(attached);
  const text = files.includes('-') ? await readText(surroundings.input) : '';
  const sender = options.from ?? `${userInfo().username}@${configuration?.gateway.hostname ?? 'localhost'}`;
  const message: Outgoing = {
    sender,
    recipients: options.to,
    content: messageLines(compose({ ...options, from: sender }, text, attached)),
  };
  const bar = progressBar(octets + text.length, surroundings.isTerminal);
  const steps: SettledRecipient[] = [];
  const wait =
    options.wait === true
      ? (step: SettledRecipient) => void steps.push(tell(step, options, complain))
      : undefined;
  try {
    const handed = await handIn(configuration, options, message, bar.progress, (step) => {
      bar.stop();
      wait?.(step);
    });
    bar.stop();
    return report(handed, options, steps, write);
  } finally {
    bar.stop();
  }
}

async function handIn(
  configuration: Configuration | undefined,
  { socket, smtp, wait }: SendOptions,
  message: Outgoing,
  progress: Progress,
  settled: (step: SettledRecipient) => void,
): Promise<HandedIn> {
  if (smtp === true && configuration !== undefined) return handInBySmtp(configuration, message, progress);
  const client =
    socket !== undefined
      ? await ControlClient.connect(socket)
      : configuration && (await connectIfRunning(configuration.console.socket));
  if (client !== undefined) {
    try {
      return await handInBySocket(client, message, progress, wait === true ? settled : undefined);
    } finally {
      client.close();
    }
  }
  if (wait === true)
    throw new GatewayError(
      'controlSocket',
      'no gateway runs, so nothing can be waited for: start it, or leave --wait out',
      {
        temporary: true,
      },
    );
  if (configuration === undefined) throw new Error('neither socket nor configuration');
  return handInAtRest(configuration, message, progress);
}

/** A step that is not the last is told at once. */
function tell(
  step: SettledRecipient,
  { json }: SendOptions,
  complain: (line: string) => void,
): SettledRecipient {
  if (json !== true && step.outcome === 'deferred')
    complain(`<${step.recipient}> has to wait: ${oneLine(step.reason)}`);
  return step;
}

function report(
  handed: HandedIn,
  { wait, json }: SendOptions,
  steps: readonly SettledRecipient[],
  write: (text: string) => void,
): number {
  const ends = steps.filter(({ outcome }) => outcome !== 'deferred');
  if (json === true) write(`${toJson({ ...handed, ...(wait === true && { recipients: ends }) })}\n`);
  else {
    write(`${WAYS[handed.way]}${handed.id === undefined ? '' : ` as ${handed.id}`}\n`);
    for (const { recipient, outcome, reason } of ends)
      write(`<${oneLine(recipient)}> ${outcome}${reason === '' ? '' : `: ${oneLine(reason)}`}\n`);
  }
  return ends.some(({ outcome }) => outcome === 'failed') ? FAILED : DONE;
}

const WAYS: Readonly<Record<HandedIn['way'], string>> = {
  socket: 'In the queue',
  smtp: 'Handed in by SMTP',
  spool: 'In the queue of a gateway that does not run, it goes when it does',
};

// ---------------------------------------------------------------- the message

function compose(
  { from, to, subject }: { readonly from: string; readonly to: readonly string[]; readonly subject?: string },
  text: string,
  attached: readonly string[],
): AsyncIterable<Uint8Array> {
  const composer = new MailComposer({
    from,
    to: [...to],
    ...(subject !== undefined && { subject }),
    text,
    attachments: attached.map((path) => ({ path, filename: basename(path) })),
  });
  return composer.compile().createReadStream() as AsyncIterable<Uint8Array>;
}

async function readText(input: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of input) {
    pieces.push(piece);
    length += piece.length;
    if (length > LONGEST_TEXT) throw tooMuchText();
  }
  return Buffer.concat(pieces).toString();
}

function tooMuchText(): GatewayError {
  const why = `standard input is longer than ${formatSize(LONGEST_TEXT)}: put it into a file and attach that`;
  return new GatewayError('tooLong', why, { temporary: false });
}

/** Octets of all together. @throws GatewayError that names the file that can't be read. */
async function sizeOf(files: readonly string[]): Promise<number> {
  let sum = 0;
  for (const file of files) {
    try {
      sum += (await stat(file)).size;
    } catch (error) {
      throw new GatewayError('fileRead', `${file} can't be read: ${describeError(error)}`, {
        temporary: false,
        cause: error,
      });
    }
  }
  return sum;
}

// ---------------------------------------------------------------- what is seen meanwhile

/** Base64 in lines of 76. */
const EXPANSION = (4 / 3) * (78 / 76);

function progressBar(octets: number, isTerminal: boolean): { progress: Progress; stop: () => void } {
  if (!isTerminal || octets < LONG_OCTETS) return { progress: () => {}, stop: () => {} };
  const bar = new SingleBar({
    stream: process.stderr,
    format: 'handing in {bar} {percentage} %, {eta_formatted} to go',
    hideCursor: true,
    clearOnComplete: true,
    etaBuffer: 100,
  });
  bar.start(Math.ceil(octets * EXPANSION), 0);
  return {
    progress: (done) => bar.update(Math.min(done, bar.getTotal())),
    stop: () => {
      if (bar.isActive) bar.stop();
    },
  };
}
