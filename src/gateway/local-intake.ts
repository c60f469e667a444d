import type { Configuration } from '../config/index.js';
import { RequestError, type Submission, type SubmittedMessage } from '../console/index.js';
import type { Clock } from '../core/index.js';
import type { MailPolicy } from '../routing/index.js';
import type { Envelope, EnvelopeRecipient, MessageWriter, Spool } from '../spool/index.js';
import { HopCounter } from './hop-counter.js';
import { type ExpandedRecipient, type Received, withoutSuccess } from './reception.js';
import { internetDate } from './report-facts.js';

export interface LocalIntakeOptions {
  /** As they are now. */
  readonly configuration: () => Configuration;
  readonly policy: () => MailPolicy;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly onReceived: (message: Received) => void | Promise<void>;
}

/** As for clients by SMTP. */
const MOST_HOPS = 100;

/** Rules and rates see this machine as a client. */
const THIS_MACHINE = '127.0.0.1';

/** Takes messages of users of this machine, who may send anywhere: that they reached us is proof of who they are. */
export class LocalIntake {
  readonly #options: LocalIntakeOptions;

  constructor(options: LocalIntakeOptions) {
    this.#options = options;
  }

  async begin(submission: Submission): Promise<SubmittedMessage> {
    const { spool, clock } = this.#options;
    const { envelope, expanded } = this.#envelope(submission);
    const { maxMessageOctets } = this.#options.configuration().queue;
    if (submission.size > maxMessageOctets) throw tooLong(maxMessageOctets);
    if (!(await spool.hasRoom(submission.size)))
      throw new RequestError('spoolFull', '452 4.3.1 insufficient storage, try again later');
    const writer = await spool.receive();
    try {
      await writer.write(this.#receivedField(writer.id, submission.user, clock.wallTime()));
    } catch (error) {
      await writer.abort();
      throw error;
    }
    return this.#message(writer, envelope, expanded, maxMessageOctets);
  }

  #message(
    writer: MessageWriter,
    envelope: Envelope,
    expanded: readonly ExpandedRecipient[],
    maxOctets: number,
  ): SubmittedMessage {
    const hops = new HopCounter();
    let size = 0;
    return {
      id: writer.id,
      write: async (octets) => {
        size += octets.length;
        if (size > maxOctets) throw tooLong(maxOctets);
        hops.pass(octets);
        await writer.write(octets);
      },
      commit: async () => {
        if (hops.hops > MOST_HOPS) {
          await writer.abort();
          throw new RequestError('refused', '554 5.4.6 the message goes round in circles');
        }
        await writer.commit(envelope);
        await this.#options.onReceived({
          id: writer.id,
          ...envelope,
          size,
          ...(expanded.length > 0 && { expanded }),
        });
      },
      abort: () => writer.abort(),
    };
  }

  #envelope(submission: Submission): { envelope: Envelope; expanded: ExpandedRecipient[] } {
    const { clock } = this.#options;
    const { smtpUtf8, notify, ret, envelopeId, user } = submission;
    const sender = this.#qualified(submission.sender);
    const asked = notify === undefined ? {} : { notify };
    const recipients: EnvelopeRecipient[] = [];
    const expanded: ExpandedRecipient[] = [];
    let hold: string | undefined;
    for (const address of submission.recipients) {
      const verdict = this.#options
        .policy()
        .judgeRecipient(
          this.#qualified(address),
          { hello: 'localhost', sender, address: THIS_MACHINE, peerRelay: true },
          clock.now(),
        );
      if (!verdict.accept) {
        const { code, status = '', text } = verdict.reply;
        throw new RequestError('refused', `${code} ${status} <${address}> ${text}`.replaceAll(/ +/g, ' '));
      }
      hold ??= verdict.hold;
      const isExpanded = verdict.recipients.length > 1;
      if (isExpanded && notify?.includes('SUCCESS') === true) expanded.push({ address, ...asked });
      const kept = isExpanded ? withoutSuccess(asked) : asked;
      recipients.push(...verdict.recipients.map((recipient) => ({ ...recipient, ...kept })));
    }
    const envelope: Envelope = {
      sender,
      recipients,
      body: '8BITMIME',
      source: `local ${user}`,
      origin: 'local',
      received: clock.wallTime(),
      ...(smtpUtf8 && { smtpUtf8 }),
      ...(ret !== undefined && { ret }),
      ...(envelopeId !== undefined && { envelopeId }),
      ...(hold !== undefined && { hold }),
    };
    return { envelope, expanded };
  }

  /** Names alone are of this host; postmaster is known without. */
  #qualified(address: string): string {
    if (address === '' || address.includes('@') || /^postmaster$/i.test(address)) return address;
    return `${address}@${this.#options.configuration().gateway.hostname}`;
  }

  #receivedField(id: string, user: string, wallTime: number): Uint8Array {
    const name = user.replaceAll(/[^\w.-]/g, '?');
    const { hostname } = this.#options.configuration().gateway;
    return Buffer.from(
      `Received: by ${hostname} (from user ${name}) id ${id};\r\n\t${internetDate(wallTime)}\r\n`,
    );
  }
}

function tooLong(most: number): RequestError {
  return new RequestError('tooLong', `552 5.3.4 the message is too long: at most ${most} octets`);
}
