import { type Clock, describeError, GatewayError } from '../core/index.js';
import type { MailPolicy, PolicyFacts, Refusal } from '../routing/index.js';
import type {
  Ask,
  ClientFacts,
  EnhancedReply,
  MailCommand,
  RecipientParameters,
  RestartPoint,
  Verdict,
} from '../smtp/index.js';
import type { Envelope, Spool } from '../spool/index.js';
import type { Inspected, Inspection, Inspector } from './authentication/index.js';
import type { Caller } from './caller.js';
import { EnvelopeRecipients, type ExpandedRecipient } from './envelope-recipients.js';
import { HeaderCheck } from './header-check.js';
import { HeaderPriority } from './header-priority.js';
import { checkpointIntake, type Intake, plainIntake } from './intake.js';
import { receivedField } from './received-field.js';
import type { RefusedMail } from './refused-mail.js';

export interface Received extends Envelope {
  readonly id: string;
  readonly size: number;
  /** Addresses that stood for several others, and of which the sender wants to hear that (RFC 3461 §5.2.7). */
  readonly expanded?: readonly ExpandedRecipient[];
}

/** How urgent a message may be. */
export interface PriorityTerms {
  /** The highest that those whom we know can ask for; for others it is 0. */
  readonly most: number;
  /** What the header says counts, where the client says nothing. */
  readonly isInHeader: boolean;
}

export interface ReceptionOptions {
  readonly caller: Caller;
  readonly hostname: string;
  readonly policy: MailPolicy;
  /** Absent: messages are stored as they are. */
  readonly inspector?: Inspector;
  readonly spool: Spool;
  readonly clock: Clock;
  /** Default: nobody's is believed. */
  readonly priorities?: PriorityTerms;
  /** A message is on stable storage; its client is told once this is done. Never rejects. */
  readonly onReceived: (message: Received) => void | Promise<void>;
  /** The policy said no. */
  readonly onRefused?: (refused: RefusedMail) => void;
  readonly onProblem: (problem: string) => void;
}

const OK: Verdict = { accept: true };
const NO_ROOM: EnhancedReply = { code: 452, status: '4.3.1', text: 'insufficient storage, try again later' };
const SPOOL_FAILED: EnhancedReply = {
  code: 451,
  status: '4.3.0',
  text: 'cannot store the message now, try again later',
};
const HELD: EnhancedReply = {
  code: 451,
  status: '4.3.0',
  text: 'another session goes on with this message, try again later',
};

/** How long a message that goes on after an interruption is kept from other sessions after its last sign of life. */
const LEASE_MS = 15 * 60_000;

type MailAsk = Extract<Ask, { type: 'sender' | 'recipient' | 'begin' | 'commit' }>;

/** Receives the messages of one session into the spool: says who may send what to whom, and stores it. */
export class Reception {
  readonly #options: ReceptionOptions;
  #intake: Intake | undefined;
  #header: HeaderCheck | undefined;
  #inspection: Inspection | undefined;
  #priority: HeaderPriority | undefined;
  #recipients = new EnvelopeRecipients();
  /** What an interrupted message began with; its recipients are not named again. */
  #kept: Envelope | undefined;
  #messages = 0;
  #isOver = false;
  /** Why what has come of the message is not kept. */
  #failure: EnhancedReply = SPOOL_FAILED;

  constructor(options: ReceptionOptions) {
    this.#options = options;
  }

  /** Messages that are in the spool. */
  get messages(): number {
    return this.#messages;
  }

  /** Never rejects. */
  async answer(ask: MailAsk, client: ClientFacts): Promise<Verdict> {
    try {
      return await this.#decide(ask, client);
    } catch (error) {
      this.#options.onProblem(`${ask.type}: ${describeError(error)}`);
      return refuse(failureOf(error));
    }
  }

  /** Resolves when more may come. What can't be stored is dropped, and its commit refused. Never rejects. */
  async store(octets: Uint8Array): Promise<void> {
    this.#priority?.pass(octets);
    this.#header?.pass(octets);
    try {
      const passed = this.#inspection === undefined ? octets : await this.#inspection.pass(octets);
      if (passed.length > 0) await this.#intake?.write(passed);
    } catch (error) {
      this.#options.onProblem(`storing: ${describeError(error)}`);
      this.#failure = failureOf(error);
      this.drop('cutOff');
    }
  }

  drop(why: 'refused' | 'cutOff'): void {
    const intake = this.#intake;
    this.#intake = undefined;
    this.#inspection?.abandon();
    this.#inspection = undefined;
    intake
      ?.drop(why)
      .catch((error: unknown) => this.#options.onProblem(`discarding: ${describeError(error)}`));
  }

  /** The session is over: nothing more is stored. */
  end(): void {
    this.#isOver = true;
    this.drop('cutOff');
  }

  async #decide(ask: MailAsk, client: ClientFacts): Promise<Verdict> {
    switch (ask.type) {
      case 'sender':
        return this.#sender(ask.mail, client);
      case 'recipient':
        return this.#recipient(ask.address, ask.parameters, ask.mail, client);
      case 'begin':
        return this.#begin(ask.mail, ask.offset, client);
      case 'commit':
        return this.#commit(ask.size, ask.mail, client);
    }
  }

  async #sender(mail: MailCommand, client: ClientFacts): Promise<Verdict> {
    const { policy, spool, clock } = this.#options;
    // A message in the pipeline before this one is committed by now: the engine asks in order. One given up by RSET is
    // not; if it was to go on where another session was cut off, that can still be done.
    this.drop('cutOff');
    this.#recipients = new EnvelopeRecipients();
    this.#kept = undefined;
    const facts = this.#facts(mail, client);
    const refusal = policy.judgeSender(facts, clock.now());
    if (refusal !== undefined) return this.#refuse(refusal, facts);
    if (!(await spool.hasRoom(mail.size ?? 0))) return refuse(NO_ROOM);
    const peer = this.#identityOf(client);
    return mail.transactionId === undefined || peer === undefined || client.hello === undefined
      ? this.#welcome(mail, client)
      : this.#goOn({ peer, hello: client.hello.name.toLowerCase(), id: mail.transactionId });
  }

  /** RFC 6710: a client is told where it gets less than it asked for. */
  #welcome({ priority }: MailCommand, client: ClientFacts): Verdict {
    const granted = this.#grant(priority, client);
    if (granted === priority) return OK;
    return {
      accept: true,
      reply: { code: 250, status: '2.3.6', text: `requested priority was changed to ${granted}` },
    };
  }

  #grant(priority: number | undefined, client: ClientFacts): number | undefined {
    const most = this.#identityOf(client) === undefined ? 0 : (this.#options.priorities?.most ?? 0);
    return priority === undefined ? undefined : Math.min(priority, most);
  }

  /** RFC 1845: where an earlier session was cut off. */
  async #goOn(key: { peer: string; hello: string; id: string }): Promise<Verdict> {
    const transaction = await this.#options.spool.partial(key, LEASE_MS);
    switch (transaction.state) {
      case 'held':
        return refuse(HELD);
      case 'finished':
        return { accept: true, checkpoint: finished(transaction) };
      case 'new':
        this.#take(checkpointIntake(transaction.writer, true));
        return OK;
      case 'interrupted':
        this.#take(checkpointIntake(transaction.writer, false));
        this.#kept = transaction.envelope;
        return { accept: true, checkpoint: { offset: transaction.writer.offset } };
    }
  }

  #take(intake: Intake): void {
    this.#intake = intake;
    if (this.#isOver) this.drop('cutOff');
  }

  #recipient(
    address: string,
    parameters: RecipientParameters,
    mail: MailCommand,
    client: ClientFacts,
  ): Verdict {
    const { policy, clock } = this.#options;
    const facts = this.#facts(mail, client);
    const verdict = policy.judgeRecipient(address, facts, clock.now());
    if (!verdict.accept) return this.#refuse(verdict, { ...facts, recipient: address });
    this.#inspect(mail, client);
    this.#recipients.add(address, parameters, verdict);
    return OK;
  }

  async #begin(mail: MailCommand, offset: number, client: ClientFacts): Promise<Verdict> {
    if (this.#intake === undefined) this.#take(plainIntake(await this.#options.spool.receive()));
    const intake = this.#intake;
    if (intake === undefined) return OK; // the session is over
    // What an earlier session has stored begins with the header.
    const { caller, hostname, policy, clock } = this.#options;
    this.#header = offset === 0 ? new HeaderCheck(policy.headerLimits) : undefined;
    const isInHeader = this.#options.priorities?.isInHeader === true && mail.priority === undefined;
    this.#priority = isInHeader && offset === 0 ? new HeaderPriority() : undefined;
    const prefix = receivedField({
      caller,
      client,
      smtpUtf8: mail.smtpUtf8 === true,
      hostname,
      id: intake.id,
      wallTime: clock.wallTime(),
    });
    await intake.begin(this.#envelope(mail, client), prefix);
    this.#inspect(mail, client);
    if (this.#inspection !== undefined && offset > 0)
      for await (const octets of intake.stored()) this.#inspection?.passedBefore(octets);
    return OK;
  }

  /** From the first recipient on, so that SPF is asked while the session goes on. */
  #inspect(mail: MailCommand, client: ClientFacts): void {
    const { policy, inspector, caller } = this.#options;
    if (inspector === undefined || this.#inspection !== undefined || this.#isOver) return;
    const facts = this.#facts(mail, client);
    const { hello, sender, address } = facts;
    const standing = policy.standingOf(facts);
    const isByTcp = caller.protocol === 'TCP' && address !== undefined;
    this.#inspection = inspector.begin({ standing, hello, sender, ...(isByTcp && { address }) });
  }

  async #commit(size: number, mail: MailCommand, client: ClientFacts): Promise<Verdict> {
    const refusal = this.#header?.refusal;
    if (refusal !== undefined) return this.#refuseMessage(refusal, mail, client);
    const intake = this.#intake;
    if (intake === undefined) return refuse(this.#failure);
    const inspected = await this.#inspection?.end();
    if (this.#intake !== intake) return refuse(SPOOL_FAILED); // the session was lost meanwhile
    if (inspected?.problem !== undefined) this.#options.onProblem(`${intake.id}: ${inspected.problem}`);
    if (inspected?.refusal !== undefined)
      return this.#refuseMessage({ by: 'authentication', reply: inspected.refusal }, mail, client);
    if (inspected !== undefined && inspected.rest.length > 0) await intake.write(inspected.rest);
    this.#intake = undefined;
    const sorted = this.#options.policy.bySize(this.#envelope(mail, client), size);
    const envelope = withFindings(sorted, inspected);
    const reply = queued(intake.id, size);
    await intake.commit(envelope, `${reply.code} ${reply.status} ${reply.text}`);
    this.#messages++;
    await this.#options.onReceived({ id: intake.id, ...envelope, size, ...this.#recipients.forReport });
    return { accept: true, reply };
  }

  #refuseMessage(refusal: Refusal, mail: MailCommand, client: ClientFacts): Verdict {
    const message = this.#intake?.id;
    this.drop('refused');
    return this.#refuse(refusal, {
      ...this.#facts(mail, client),
      ...(message !== undefined && { message }),
    });
  }

  #refuse(
    { by, rule, reply }: Refusal,
    { hello, sender, recipient, message }: Pick<RefusedMail, 'hello' | 'sender' | 'recipient' | 'message'>,
  ): Verdict {
    this.#options.onRefused?.({
      by,
      ...(rule !== undefined && { rule }),
      reply,
      source: this.#options.caller.source,
      ...(hello !== undefined && { hello }),
      ...(sender !== undefined && { sender }),
      ...(recipient !== undefined && { recipient }),
      ...(message !== undefined && { message }),
    });
    return refuse(reply);
  }

  #envelope(mail: MailCommand, client: ClientFacts): Envelope {
    if (this.#kept !== undefined) return this.#kept;
    const { caller, clock, policy } = this.#options;
    const { smtpUtf8, ret, envelopeId, deliverBy } = mail;
    const priority = this.#grant(mail.priority ?? this.#priority?.value, client);
    const submitter = mail.submitter ?? client.identity;
    const { hold } = this.#recipients;
    const ours = policy.standingOf(this.#facts(mail, client)) !== 'stranger';
    const wallTime = clock.wallTime();
    return {
      sender: mail.address,
      recipients: this.#recipients.all,
      body: mail.body,
      source: caller.source,
      origin: caller.protocol === 'X25' ? 'x25' : 'smtp',
      received: wallTime,
      ...(smtpUtf8 !== undefined && { smtpUtf8 }),
      ...(ret !== undefined && { ret }),
      ...(envelopeId !== undefined && { envelopeId }),
      ...(priority !== undefined && { priority }),
      ...(submitter !== undefined && { submitter }),
      ...(deliverBy !== undefined && {
        deliverBy: {
          at: wallTime + deliverBy.seconds * 1000,
          mode: deliverBy.mode,
          trace: deliverBy.trace,
        },
      }),
      ...(ours && { ours }),
      ...(hold !== undefined && { hold }),
    };
  }

  #facts(mail: MailCommand, client: ClientFacts): PolicyFacts {
    const { caller } = this.#options;
    const address = client.xclient?.addr?.replace(/^IPV6:/i, '') ?? caller.address;
    return {
      hello: client.hello?.name ?? '',
      sender: mail.address,
      ...(address !== undefined && { address }),
      ...(caller.calling !== undefined && { calling: caller.calling }),
      ...(caller.mayRelay === true && { peerRelay: true }),
      ...(client.identity !== undefined && { login: client.identity }),
    };
  }

  /** To whom what is kept beyond a session belongs; undefined for who proves nothing. */
  #identityOf({ identity }: ClientFacts): string | undefined {
    const { calling, isVouched } = this.#options.caller;
    if (identity !== undefined) return `login ${identity}`;
    return isVouched === true && calling !== undefined && calling !== '' ? `x25 ${calling}` : undefined;
  }
}

/** What an inspection puts above a message, and whether it keeps it back. */
export function withFindings(envelope: Envelope, inspected: Inspected | undefined): Envelope {
  const hold = envelope.hold ?? inspected?.hold;
  const top = inspected?.top ?? '';
  return { ...envelope, ...(hold !== undefined && { hold }), ...(top !== '' && { top }) };
}

function queued(id: string, size: number): EnhancedReply & { readonly status: string } {
  return { code: 250, status: '2.0.0', text: `ok, ${size} octets queued as ${id}` };
}

/** All of it is here. */
function finished({ message, size }: { readonly message: string; readonly size: number }): RestartPoint {
  return { offset: size, finished: queued(message, size) };
}

function refuse(reply: EnhancedReply): Verdict {
  return { accept: false, reply };
}

/** What the client is told of something that could not be stored. */
function failureOf(error: unknown): EnhancedReply {
  return error instanceof GatewayError && error.code === 'spoolFull' ? NO_ROOM : SPOOL_FAILED;
}
