/** Hands a message to the gateway: over its socket, by SMTP, or into its spool while it does not run. */
import { userInfo } from 'node:os';
import { Readable } from 'node:stream';
import { createTransport } from 'nodemailer';
import { type Configuration, formatHostAndPort } from '../config/index.js';
import { type ControlClient, type SettledRecipient, SUBMISSION_PIECE } from '../console/index.js';
import { describeError, GatewayError } from '../core/index.js';
import { submissionsAtRest } from '../gateway/index.js';
import { openAtRest } from './queue-access.js';

export interface Outgoing {
  readonly sender: string;
  readonly recipients: readonly string[];
  /** Lines ended by CR LF. */
  readonly content: AsyncIterable<Uint8Array>;
  readonly notify?: readonly ('SUCCESS' | 'FAILURE' | 'DELAY')[];
  readonly ret?: 'FULL' | 'HDRS';
  readonly envelopeId?: string;
}

export interface HandedIn {
  /** Absent where a server by SMTP does not say. */
  readonly id?: string;
  readonly way: 'socket' | 'smtp' | 'spool';
}

/** Octets handed over so far. */
export type Progress = (octets: number) => void;

/** By the control socket. @param wait told of each step of each recipient; then it takes until nothing waits. */
export async function handInBySocket(
  client: ControlClient,
  message: Outgoing,
  progress: Progress,
  wait?: (step: SettledRecipient) => void,
): Promise<HandedIn> {
  let named: (id: string) => void = () => {};
  const id = new Promise<string>((resolve) => {
    named = resolve;
  });
  const begun = client.ask('submit', submissionOf(message), {
    event: (event) => named((event as { readonly message: string }).message),
  });
  const name = await Promise.race([id, begun.then(() => id)]); // a refusal comes as the answer
  begun.catch(() => {}); // what breaks off is told by what is asked next
  let octets = 0;
  for await (const piece of piecesOf(message.content)) {
    await client.ask('submit.data', { message: name, octets: Buffer.from(piece).toString('base64') });
    octets += piece.length;
    progress(octets);
  }
  const settled =
    wait === undefined
      ? undefined
      : client.ask('settled', { message: name }, { event: (step) => wait(step as SettledRecipient) });
  await client.ask('submit.end', { message: name });
  await settled;
  return { id: name, way: 'socket' };
}

/** Into the spool of a gateway that does not run. @throws GatewayError when it can't be had. */
export async function handInAtRest(
  configuration: Configuration,
  message: Outgoing,
  progress: Progress,
): Promise<HandedIn> {
  const spool = await openAtRest(configuration);
  try {
    const submissions = submissionsAtRest(
      configuration,
      spool,
      (problem) => void process.stderr.write(`x25mail: ${problem}\n`),
    );
    const { sender, recipients, ...rest } = submissionOf(message);
    const writer = await submissions.begin({ ...rest, sender, recipients, size: 0 });
    let octets = 0;
    for await (const piece of message.content) {
      await writer.write(piece);
      octets += piece.length;
      progress(octets);
    }
    await writer.commit();
    return { id: writer.id, way: 'spool' };
  } finally {
    await spool.close(); // what was not committed is dropped
  }
}

/** To the first address that the gateway listens on. @throws GatewayError `smtpRefused` with its reply, or `smtpFailed`. */
export async function handInBySmtp(
  configuration: Configuration,
  message: Outgoing,
  progress: Progress,
): Promise<HandedIn> {
  const [listener] = configuration.listen.smtp;
  if (listener === undefined)
    throw new GatewayError('smtpFailed', `${configuration.file} listens nowhere for SMTP`, {
      temporary: true,
    });
  const host = /^(0\.0\.0\.0|::)$/.test(listener.host)
    ? listener.host === '::'
      ? '::1'
      : '127.0.0.1'
    : listener.host;
  const where = formatHostAndPort({ host, port: listener.port });
  const transport = createTransport({
    host,
    port: listener.port,
    secure: listener.tls === 'implicit',
    ignoreTLS: true, // it does not leave this machine
    tls: { rejectUnauthorized: false },
    name: 'localhost',
  });
  const { notify, ret, envelopeId } = message;
  try {
    await transport.sendMail({
      envelope: { from: message.sender, to: [...message.recipients] },
      raw: Readable.from(counted(message.content, progress)),
      ...((notify ?? ret ?? envelopeId) !== undefined && {
        dsn: {
          ...(envelopeId !== undefined && { id: envelopeId }),
          return: ret === 'FULL' ? ('full' as const) : ('headers' as const),
          notify: [...(notify ?? ['FAILURE'])].map(
            (each) => each.toLowerCase() as 'never' | 'success' | 'failure' | 'delay',
          ),
        },
      }),
    });
    return { way: 'smtp' };
  } catch (error) {
    const reply = replyOf(error);
    if (reply === undefined)
      throw new GatewayError('smtpFailed', `${where}: ${describeError(error)}`, {
        temporary: true,
        cause: error,
      });
    throw new GatewayError('smtpRefused', `${where}: ${reply}`, {
      temporary: reply.startsWith('4'),
      cause: error,
    });
  } finally {
    transport.close();
  }
}

function replyOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('response' in error)) return undefined;
  return typeof error.response === 'string' ? error.response : undefined;
}

function submissionOf({ sender, recipients, notify, ret, envelopeId }: Outgoing) {
  const isAscii = [sender, ...recipients].every((address) => /^[\0-\x7f]*$/.test(address));
  return {
    sender,
    recipients: [...recipients],
    smtpUtf8: !isAscii,
    user: userInfo().username,
    ...(notify !== undefined && { notify: [...notify] }),
    ...(ret !== undefined && { ret }),
    ...(envelopeId !== undefined && { envelopeId }),
  };
}

/** Pieces that fit a request. */
async function* piecesOf(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  for await (const octets of content)
    for (let at = 0; at < octets.length; at += SUBMISSION_PIECE)
      yield octets.subarray(at, at + SUBMISSION_PIECE);
}

async function* counted(
  content: AsyncIterable<Uint8Array>,
  progress: Progress,
): AsyncGenerator<Uint8Array, void, void> {
  let octets = 0;
  for await (const piece of content) {
    octets += piece.length;
    yield piece;
    progress(octets);
  }
}
