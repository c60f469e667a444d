import { userInfo } from 'node:os';
import { type Configuration, formatProblem, loadConfiguration } from '../config/index.js';
import { RequestError } from '../console/index.js';
import { describeError, GatewayError } from '../core/index.js';
import { connectByTcp } from '../gateway/index.js';
import { connectIfAllowed } from './control.js';
import { handInAtRest, handInBySmtp, handInBySocket, type Outgoing } from './hand-in.js';
import { addressesIn, addressesOf, completeHeader, readHeader } from './message-header.js';
import { messageLines } from './message-lines.js';
import { runQueueList } from './queue-list.js';
import { parseSendmailFlags, type SendmailFlags, USUAL_CONFIGURATION } from './sendmail-flags.js';

/** sysexits.h: what programs that call sendmail know. */
export const EXIT = {
  ok: 0,
  usage: 64,
  dataError: 65,
  noUser: 67,
  unavailable: 69,
  tempFail: 75,
  config: 78,
} as const;

export interface SendmailSurroundings {
  readonly input: AsyncIterable<Uint8Array>;
  readonly write: (text: string) => void;
  readonly complain: (line: string) => void;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const LISTED = 1000;

/** `x25mail sendmail`: takes a message as programs give it to sendmail(1). @returns the exit status. */
export async function runSendmail(
  words: readonly string[],
  surroundings: SendmailSurroundings,
): Promise<number> {
  const { complain, environment } = surroundings;
  const flags = parseSendmailFlags(words);
  if (typeof flags === 'string') {
    complain(flags);
    return EXIT.usage;
  }
  const file = flags.config ?? environment.X25MAIL_CONFIG ?? USUAL_CONFIGURATION;
  const result = loadConfiguration(file);
  if (!result.ok) {
    for (const problem of result.problems) complain(formatProblem(problem));
    return EXIT.config;
  }
  try {
    if (flags.mode === 'list')
      return await runQueueList([], { config: file, limit: LISTED }, surroundings.write);
    return await handIn(result.configuration, flags, surroundings);
  } catch (error) {
    complain(describeError(error));
    return statusOf(error);
  }
}

async function handIn(
  configuration: Configuration,
  flags: SendmailFlags,
  { input, complain, environment }: SendmailSurroundings,
): Promise<number> {
  const message = await readHeader(messageLines(input, { dotEnds: flags.dotEnds }));
  if (message === undefined) {
    complain('the header of the message has no end');
    return EXIT.dataError;
  }
  const { fields, rest } = message;
  const named = flags.fromHeader ? addressesIn(fields, ['to', 'cc', 'bcc']) : [];
  const recipients = [...new Set([...flags.recipients.flatMap(addressesOf), ...named])];
  if (recipients.length === 0) {
    complain(
      flags.fromHeader
        ? 'the message names no recipient in To, Cc or Bcc'
        : 'to whom? Name recipients, or give -t',
    );
    return EXIT.usage;
  }
  const { hostname } = configuration.gateway;
  const sender = flags.sender ?? userInfo().username;
  const fullName = flags.fullName ?? environment.NAME;
  const header = completeHeader(fields, {
    sender,
    hostname,
    now: Date.now(),
    ...(fullName !== undefined && { fullName }),
  });
  const { notify, ret, envelopeId } = flags;
  await byWhateverWay(configuration, {
    sender: sender === '' || sender.includes('@') ? sender : `${sender}@${hostname}`,
    recipients,
    content: withHeader(header, rest),
    ...(notify !== undefined && { notify }),
    ...(ret !== undefined && { ret }),
    ...(envelopeId !== undefined && { envelopeId }),
  });
  return EXIT.ok;
}

/**
 * By the control socket; whoever may not use that, by SMTP as other clients; and where no gateway runs, into its spool, for
 * the user whose it is. All that can fail before the message is read is tried before it is read: it can be read once only.
 */
async function byWhateverWay(configuration: Configuration, message: Outgoing): Promise<void> {
  const client = await connectIfAllowed(configuration.console.socket);
  const noProgress = (): void => {};
  if (client !== undefined) {
    try {
      await handInBySocket(client, message, noProgress);
    } finally {
      client.close();
    }
    return;
  }
  if (await answersBySmtp(configuration)) await handInBySmtp(configuration, message, noProgress);
  else await handInAtRest(configuration, message, noProgress);
}

/** Whether a gateway takes connections where this one listens. */
async function answersBySmtp({ listen }: Configuration): Promise<boolean> {
  const [listener] = listen.smtp;
  if (listener === undefined) return false;
  const connection = await connectByTcp(listener.host, listener.port);
  if (typeof connection === 'string') return false;
  connection.abort('sessionOver');
  return true;
}

async function* withHeader(
  header: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  yield header;
  yield* rest;
}

/** What is refused for good is told as that; whatever else it is, a later try may do better. */
function statusOf(error: unknown): number {
  if (!(error instanceof GatewayError || error instanceof RequestError)) return EXIT.tempFail;
  const reply = /\b([45])\d\d (\d\.\d{1,3}\.\d{1,3})?/.exec(error.message);
  if (!REFUSED.has(error.code) || reply?.[1] === '4') return EXIT.tempFail;
  return reply?.[2]?.startsWith('5.1.') === true ? EXIT.noUser : EXIT.unavailable;
}

/** Codes of errors that have the reply in their words. */
const REFUSED: ReadonlySet<string> = new Set(['refused', 'smtpRefused', 'tooLong']);
