import type { Configuration } from '../config/index.js';
import { RequestError, type Submission, type SubmittedMessage } from '../console/index.js';
import type { Clock } from '../core/index.js';
import type { MailPolicy } from '../routing/index.js';
import { describeReply } from '../smtp/index.js';
import type { Envelope, MessageWriter, Spool } from '../spool/index.js';
import type { Inspector } from './authentication/index.js';
import { EnvelopeRecipients } from './envelope-recipients.js';
import { HeaderCheck } from './header-check.js';
import { HeaderPriority } from './header-priority.js';
import { type Received, withFindings } from './reception.js';
import { internetDate } from './report-facts.js';

export interface LocalIntakeOptions {
  /** As they are now. */
  readonly configuration: () => Configuration;
  readonly policy: () => MailPolicy;
  readonly inspector: () => Inspector;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly onReceived: (message: Received) => void | Promise<void>;
  readonly onProblem: (problem: string) => void;
}

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
    const { envelope, recipients } = this.#envelope(submission);
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
    return this.#message(writer, envelope, recipients, maxMessageOctets);
  }

  #message(
    writer: MessageWriter,
    envelope: Envelope,
    recipients: EnvelopeRecipients,
    maxOctets: number,
  ): SubmittedMessage {
    const header = new HeaderCheck(this.#options.policy().headerLimits);
    const inspection = this.#options
      .inspector()
      .begin({ standing: 'trusted', hello: 'localhost', sender: envelope.sender });
    const priorities = new HeaderPriority();
    let size = 0;
    return {
      id: writer.id,
      write: async (octets) => {
        size += octets.length;
        if (size > maxOctets) throw tooLong(maxOctets);
        priorities.pass(octets);
        header.pass(octets);
        await writer.write(inspection === undefined ? octets : await inspection.pass(octets));
      },
      commit: async () => {
        const { refusal } = header;
        if (refusal !== undefined) {
          await writer.abort();
          throw new RequestError('refused', describeReply(refusal.reply));
        }
        const inspected = await inspection?.end();
        if (inspected?.problem !== undefined) this.#options.onProblem(`${writer.id}: ${inspected.problem}`);
        const sorted = this.#options.policy().bySize(this.#withPriority(envelope, priorities), size);
        const whole = withFindings(sorted, inspected);
        await writer.commit(whole);
        await this.#options.onReceived({ id: writer.id, ...whole, size, ...recipients.forReport });
      },
      abort: () => writer.abort(),
    };
  }

  #withPriority(envelope: Envelope, { value }: HeaderPriority): Envelope {
    const { maxPriority } = this.#options.configuration().limits;
    return value === undefined ? envelope : { ...envelope, priority: Math.min(value, maxPriority) };
  }

  #envelope(submission: Submission): { envelope: Envelope; recipients: EnvelopeRecipients } {
    const { clock } = this.#options;
    const { smtpUtf8, notify, ret, envelopeId, user } = submission;
    const sender = this.#qualified(submission.sender);
    const asked = notify === undefined ? {} : { notify };
    const recipients = new EnvelopeRecipients();
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
      recipients.add(address, asked, verdict);
    }
    const { hold } = recipients;
    const envelope: Envelope = {
      sender,
      recipients: recipients.all,
      body: '8BITMIME',
      source: `local ${user}`,
      origin: 'local',
      ours: true,
      received: clock.wallTime(),
      ...(smtpUtf8 && { smtpUtf8 }),
      ...(ret !== undefined && { ret }),
      ...(envelopeId !== undefined && { envelopeId }),
      ...(hold !== undefined && { hold }),
    };
    return { envelope, recipients };
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
