import { describeError } from '../core/index.js';
import { fieldName, splitHeader } from '../mime/index.js';
import { NO_CAPABILITIES, type OutgoingMessage, type RecipientOutcome } from '../smtp/index.js';
import type { MailSource } from './mail-source.js';
import type { Maildir } from './maildir.js';
import { fitBody } from './outgoing-body.js';
import type { Transport, TransportEnd } from './transport.js';

/** As if it were a server: what is not 7-bit may be 8-bit, but has lines. */
const CAPABILITIES = { ...NO_CAPABILITIES, name: 'the mailbox', eightBitMime: true, smtpUtf8: true };

const FULL: readonly unknown[] = ['ENOSPC', 'EDQUOT'];

/** Puts mail into a mailbox of this machine, a copy for each recipient. It has arrived then: nobody after us reports on it. */
export class MaildirTransport implements Transport {
  /** Sessions would only wait for the disk. */
  readonly concurrency = 1;
  readonly #maildir: Maildir;

  constructor(maildir: Maildir) {
    this.#maildir = maildir;
  }

  /** What goes wrong here is the mailbox's fault, not the message's: the others wait as well. */
  async run(mail: MailSource): Promise<TransportEnd> {
    for (let message = await mail.next(); message !== undefined; message = await mail.next()) {
      const outcomes = await this.#deliver(message, mail);
      await mail.settle(message, outcomes, 'maildir');
      const failed = outcomes.find(({ outcome }) => outcome === 'temporary');
      if (failed !== undefined) return { inOrder: false, reason: failed.reason };
    }
    return { inOrder: true, reason: 'all is delivered' };
  }

  async #deliver(original: OutgoingMessage, mail: MailSource): Promise<RecipientOutcome[]> {
    const outcomes: RecipientOutcome[] = [];
    for (const { address } of original.recipients) outcomes.push(await this.#copy(original, address, mail));
    return outcomes;
  }

  async #copy(original: OutgoingMessage, address: string, mail: MailSource): Promise<RecipientOutcome> {
    try {
      const body = await fitBody(original, () => mail.readBody(original.id), CAPABILITIES);
      if (typeof body === 'string') return { address, outcome: 'permanent', reason: body };
      const text = inMailbox(body.read(), { sender: original.sender, recipient: address });
      const name = await this.#maildir.deliver(text);
      return { address, outcome: 'delivered', reason: `250 2.0.0 delivered as ${name}`, final: true };
    } catch (error) {
      return { address, outcome: 'temporary', reason: reasonOf(error) };
    }
  }
}

/** The sender may be told of it: files have no place there. */
function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (FULL.includes(code)) return '452 4.2.2 the mailbox is full';
  return `451 4.3.0 the mailbox can't be written: ${typeof code === 'string' ? code : describeError(error)}`;
}

/**
 * A message as it lies in a mailbox: lines ended by LF, and on top whom it came from and whom it was for. RFC 5321 §4.4: only the
 * last system writes a Return-Path, and there is but one.
 */
async function* inMailbox(
  body: AsyncIterable<Uint8Array>,
  { sender, recipient }: { readonly sender: string; readonly recipient: string },
): AsyncGenerator<Uint8Array, void, void> {
  const { fields, rest } = await splitHeader(body);
  const kept = fields.filter((field) => fieldName(field) !== 'return-path').join('');
  yield Buffer.from(`Return-Path: <${sender}>\nDelivered-To: ${recipient}\n`);
  yield Buffer.from(kept.replaceAll('\r\n', '\n'), 'latin1');
  yield* withLineFeeds(rest);
}

async function* withLineFeeds(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  let held = ''; // a CR whose LF may come next
  for await (const octets of body) {
    const text = held + Buffer.from(octets).toString('latin1');
    held = text.endsWith('\r') ? '\r' : '';
    const converted = text.slice(0, text.length - held.length).replaceAll('\r\n', '\n');
    if (converted !== '') yield Buffer.from(converted, 'latin1');
  }
  if (held !== '') yield Buffer.from(held);
}
