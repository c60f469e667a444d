import MimeNode from 'nodemailer/lib/mime-node';
import type { LargeMailRules } from '../config/index.js';
import { type Clock, describeError } from '../core/index.js';
import { count, utc } from '../observe/index.js';
import { destinationKey, parseDestination } from '../routing/index.js';
import type { Spool } from '../spool/index.js';
import type { GatewayEvent } from './events.js';
import { putOwnMail } from './own-mail.js';
import type { Received } from './reception.js';
import { internetDate, oneLine } from './report-facts.js';
import type { Rules } from './rules.js';

export interface NoticesOptions {
  readonly spool: Spool;
  readonly clock: Clock;
  /** Those in force. */
  readonly rules: () => Pick<Rules, 'configuration' | 'router' | 'inspector'>;
  /** A notice waits in the spool. */
  readonly onSent: () => void;
  readonly onProblem: (problem: string) => void;
}

interface Notice {
  readonly to: string;
  readonly destination: string;
  readonly subject: string;
  readonly text: string;
}

/** What the gateway writes to people by itself, beside delivery reports. Nobody reports on it. */
export class Notices {
  readonly #options: NoticesOptions;

  constructor(options: NoticesOptions) {
    this.#options = options;
  }

  /** To the postmaster, where mail goes there from here. Never rejects. */
  async budget(event: GatewayEvent & { readonly type: 'budget' }): Promise<void> {
    const { configuration, router } = this.#options.rules();
    const to = configuration.gateway.postmaster;
    const destination = router.keyFor(to);
    if (destination !== undefined) await this.#send({ to, destination, ...aboutBudget(event) });
  }

  /** To each recipient for whom a message is too large to go at once. Never rejects. */
  async large(message: Received): Promise<void> {
    // Nobody waits for a report, and its sender could not be asked for less.
    if (message.sender === '') return;
    const { peers, gateway } = this.#options.rules().configuration;
    for (const { address, destination } of message.recipients) {
      const parsed = parseDestination(destination);
      if (parsed?.type !== 'peers' || parsed.large !== true) continue;
      const rules = peers.find(({ name }) => name === parsed.peers[0])?.large;
      if (rules?.notice !== true) continue;
      const atOnce = destinationKey({ type: 'peers', peers: parsed.peers });
      await this.#send({
        to: address,
        destination: atOnce,
        ...aboutLarge(message, rules, gateway.hostname),
      });
    }
  }

  async #send(notice: Notice): Promise<void> {
    try {
      await this.#write(notice);
      this.#options.onSent();
    } catch (error) {
      this.#options.onProblem(`a notice to ${notice.to}: ${describeError(error)}`);
    }
  }

  async #write({ to, destination, subject, text }: Notice): Promise<void> {
    const { spool, clock, rules, onProblem } = this.#options;
    const { configuration, inspector } = rules();
    const { hostname } = configuration.gateway;
    const now = clock.wallTime();
    const writer = await spool.receive();
    const root = new MimeNode('text/plain; charset=utf-8', { hostname });
    root.setHeader({
      from: `x25mail <MAILER-DAEMON@${hostname}>`,
      to,
      subject,
      date: internetDate(now),
      'message-id': `<${writer.id}@${hostname}>`,
      'auto-submitted': 'auto-generated',
    });
    root.setContent(text);
    const octets: Uint8Array = await root.build();
    await putOwnMail({
      writer,
      octets,
      to: { address: to, destination },
      origin: 'notice',
      source: 'notice of this gateway',
      now,
      signer: inspector.signer,
      onUnsigned: (problem) => onProblem(`a notice to ${to} is not signed: ${problem}`),
    });
  }
}

function aboutBudget({ peer, level, spent, until }: GatewayEvent & { readonly type: 'budget' }) {
  const rest =
    level === 'usedUp'
      ? `No call to it is placed before ${utc(until)}; mail for it waits until then.`
      : 'When it is used up, no more calls are placed until the period is over, and mail waits.';
  const state = level === 'usedUp' ? 'is used up' : 'is nearly used up';
  return {
    subject: `Budget for calls to ${peer} ${state}`,
    text: `The budget for calls to ${peer} ${state}: ${spent}.\n${rest}\n\nA larger budget in the configuration counts from the next reload on.\n`,
  };
}

function aboutLarge({ id, sender, size, received }: Received, rules: LargeMailRules, hostname: string) {
  const { windows, zone } = rules;
  const times = windows?.windows.map(({ text }) => text).join(', ');
  const asked = 'when your system asks for its mail (ETRN, ATRN)';
  return {
    subject: `A message of ${count(size, 'octet')} waits for you`,
    text: `A message for you waits at ${hostname}:

  from  ${oneLine(sender)}
  came  ${utc(received)}
  size  ${count(size, 'octet')}
  id    ${id}

It is too large to be sent at once. It goes to you ${times === undefined ? '' : `at ${times} (${zone.name}), or `}${asked}.
`,
  };
}
