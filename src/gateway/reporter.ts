import { type Clock, concat, describeError } from '../core/index.js';
import type { MessageAttributes, Settlement, Spool } from '../spool/index.js';
import type { DkimSigner } from './authentication/index.js';
import { putOwnMail } from './own-mail.js';
import { buildReport } from './report.js';
import { isAscii, type ReportAction, type ReportedRecipient, type ReturnedContent } from './report-facts.js';

export interface ReporterOptions {
  readonly spool: Spool;
  readonly clock: Clock;
  readonly hostname: string;
  /** Gets what can't be reported to anybody else. */
  readonly postmaster: string | undefined;
  /** Where a report goes; undefined when we don't carry mail there. */
  readonly destinationOf: (address: string) => string | undefined;
  /** What a report calls the other end of a destination, as `Remote-MTA` has it; undefined where it is not one alone. */
  readonly remoteMtaOf: (destination: string) => string | undefined;
  /** Absent: reports go unsigned. */
  readonly signer?: DkimSigner;
  readonly onProblem: (problem: string) => void;
}

/** What there is to report of one message, the same for all recipients. */
export interface Occasion {
  readonly action: ReportAction;
  readonly recipients: readonly ReportedRecipient[];
  /** Of what is delayed. */
  readonly retryUntil?: number;
}

export interface ReportedMessage extends MessageAttributes {
  readonly message: string;
  readonly size: number;
  /** Absent where it is not about one. */
  readonly destination?: string;
  readonly recipients: readonly { readonly address: string }[];
}

interface Addressee {
  readonly address: string;
  readonly destination: string;
  /** Why it is not the sender. */
  readonly insteadOf?: string;
}

/** The header section is returned up to here. */
const HEADER_LIMIT = 64 * 1024;

/** DEVIATION RFC 3461 §4.3: longer messages come back as their header, whatever RET says: paid lines carry reports too. */
const FULL_LIMIT = 64 * 1024;

/** Writes delivery reports into the spool. */
export class Reporter {
  readonly #options: ReporterOptions;

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  /**
   * Puts a report on stable storage, and `settlements` in the same transaction: what happened is written down exactly
   * when its report is. Rejects with a GatewayError of the spool.
   *
   * @returns false when nobody can be told; then nothing was written.
   */
  async report(
    message: ReportedMessage,
    { action, recipients, retryUntil }: Occasion,
    settlements: readonly Settlement[],
  ): Promise<boolean> {
    const { spool, clock, hostname, remoteMtaOf, signer, onProblem } = this.#options;
    const addressee = this.#addresseeOf(message, action);
    if (addressee === undefined) return false;
    const { envelopeId, deliverBy, received, smtpUtf8 = false } = message;
    const now = clock.wallTime();
    const content = await this.#contentOf(message, action, addressee);
    const { destination } = message;
    const remoteMta = destination === undefined ? undefined : remoteMtaOf(destination);
    const writer = await spool.receive();
    const octets = await buildReport({
      action,
      hostname,
      id: writer.id,
      to: addressee.address,
      message: message.message,
      received,
      now,
      recipients,
      // Of a header that was cut off in the middle of a character, or was never declared, nothing better is known.
      smtpUtf8: smtpUtf8 || (content?.what === 'message' && !isAscii(headerIn(content.octets))),
      ...(addressee.insteadOf !== undefined && { insteadOf: addressee.insteadOf }),
      ...(envelopeId !== undefined && { envelopeId }),
      ...(deliverBy !== undefined && { deliverBy: deliverBy.at }),
      ...(retryUntil !== undefined && { retryUntil }),
      ...(remoteMta !== undefined && { remoteMta }),
      ...(content !== undefined && { content }),
    });
    await putOwnMail(
      {
        writer,
        octets,
        to: addressee,
        origin: 'report',
        source: `report on ${message.message}`,
        now,
        signer,
        onUnsigned: (problem) => onProblem(`the report on ${message.message} is not signed: ${problem}`),
      },
      settlements,
    );
    return true;
  }

  /**
   * The sender. A failure that he can't be told of, or that of a report itself, is the postmaster's; if it was he who was
   * not reached, nobody's.
   */
  #addresseeOf(
    { sender, message, recipients }: ReportedMessage,
    action: ReportAction,
  ): Addressee | undefined {
    const { postmaster, destinationOf, onProblem } = this.#options;
    const own = sender === '' ? undefined : destinationOf(sender);
    if (own !== undefined) return { address: sender, destination: own };
    if (action !== 'failed') return undefined;
    const isOurs = recipients.some(({ address }) => address.toLowerCase() === postmaster?.toLowerCase());
    const destination = postmaster === undefined || isOurs ? undefined : destinationOf(postmaster);
    if (postmaster !== undefined && destination !== undefined) {
      const insteadOf =
        sender === '' ? 'it has no sender who could be told' : `its sender <${sender}> can not be reached`;
      return { address: postmaster, destination, insteadOf };
    }
    onProblem(`${message} failed, and nobody can be told: sender <${sender}>`);
    return undefined;
  }

  /** RFC 3461 §4.3: all of it only with a failure, where that was asked for, and only to who had it before. */
  async #contentOf(
    { message, ret, size, body }: ReportedMessage,
    action: ReportAction,
    { insteadOf }: Addressee,
  ): Promise<ReturnedContent | undefined> {
    const isWhole =
      action === 'failed' &&
      ret === 'FULL' &&
      size <= FULL_LIMIT &&
      body !== 'BINARYMIME' &&
      insteadOf === undefined;
    try {
      const start = await this.#startOf(message, isWhole ? FULL_LIMIT : HEADER_LIMIT);
      if (isWhole) return { what: 'message', octets: start };
      const header = headerIn(start);
      return { what: 'header', octets: body === 'BINARYMIME' ? withLines(header) : header };
    } catch (error) {
      // What can't be read can't be delivered either: that it is so must be told all the same.
      this.#options.onProblem(`reading ${message} for a report: ${describeError(error)}`);
      return undefined;
    }
  }

  async #startOf(message: string, limit: number): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    let length = 0;
    for await (const piece of this.#options.spool.readBody(message)) {
      pieces.push(piece);
      length += piece.length;
      if (length >= limit) break;
    }
    return concat(pieces).subarray(0, limit);
  }
}

/** A binary message can hold CR and LF alone; a report has lines. */
function withLines(octets: Uint8Array): Uint8Array {
  const text = Buffer.from(octets).toString('latin1');
  return Buffer.from(text.replace(/\r(?!\n)|(?<!\r)\n/g, '\r\n'), 'latin1');
}

function headerIn(octets: Uint8Array): Uint8Array {
  const end = Buffer.from(octets.buffer, octets.byteOffset, octets.length).indexOf('\r\n\r\n');
  return end === -1 ? octets : octets.subarray(0, end + 2);
}
