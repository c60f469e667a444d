import { type Clock, describeError } from '../core/index.js';
import type { Rewriter } from '../routing/index.js';
import type { OutgoingMessage, RecipientOutcome } from '../smtp/index.js';
import type { Delivery, Spool } from '../spool/index.js';
import type { DkimSigner } from './authentication/index.js';
import { type Checkpoints, SpooledCheckpoints } from './checkpoints.js';
import { type RewrittenMail, rewrite } from './rewritten-mail.js';
import type { Settler } from './settler.js';

/** How long a claim holds; it is renewed while the session lasts, and a crash gives everything back at once. */
const CLAIM_MS = 15 * 60_000;

/** What is claimed at a time: enough that a session never waits for the spool, little enough to share. */
const BATCH = { messages: 16, octets: 4 * 1024 * 1024 };
const PROBE = { messages: 1, octets: 4 * 1024 * 1024 };

export interface MailSourceOptions {
  readonly hostname: string;
  readonly spool: Spool;
  readonly settler: Settler;
  /** Signs again what must be changed on its way. */
  readonly signer?: DkimSigner | undefined;
  readonly clock: Clock;
  readonly destination: string;
  readonly owner: string;
  /** One message first: the destination was down, and all others wait for its outcome. */
  readonly probing: boolean;
  /** Only for these recipients; the others are left as they are. Default: all. */
  readonly isWanted?: (recipient: string) => boolean;
  readonly rewriter?: Rewriter;
}

interface Given {
  readonly delivery: Delivery;
  readonly since: number;
  rewritten?: RewrittenMail | undefined;
}

/**
 * The mail for one destination, as one session takes it: message by message, until nothing is due any more, what
 * arrives meanwhile included.
 */
export class MailSource {
  /** Messages that were cut off go on where they stopped (RFC 1845). */
  readonly checkpoints: Checkpoints;
  readonly signer: DkimSigner | undefined;
  readonly destination: string;
  readonly #spool: Spool;
  readonly #settler: Settler;
  readonly #clock: Clock;
  readonly #owner: string;
  readonly #claimed: Delivery[] = [];
  readonly #given = new Map<string, Given>();
  readonly #rewriter: Rewriter | undefined;
  readonly #isWanted: ((recipient: string) => boolean) | undefined;
  #probing: boolean;
  #delivered = 0;
  #finishing = false;
  #isBehind = false;
  #wakeUp: (() => void) | undefined;
  #stopRenewing: () => void = () => {};

  constructor(options: MailSourceOptions) {
    const { spool, clock, hostname, destination } = options;
    this.#spool = spool;
    this.#settler = options.settler;
    this.signer = options.signer;
    this.#clock = clock;
    this.destination = destination;
    this.#owner = options.owner;
    this.#probing = options.probing;
    this.#isWanted = options.isWanted;
    this.#rewriter = options.rewriter;
    this.checkpoints = new SpooledCheckpoints({
      spool,
      clock,
      hostname,
      destination,
      transactionOf: (message) => this.#given.get(message)?.delivery.transaction,
      onProblem: (problem) => this.#settler.problem(problem),
    });
    this.#renewLater();
  }

  /** Messages that reached at least one recipient. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Claims the first messages. @returns false when nothing is due after all. */
  async begin(): Promise<boolean> {
    await this.#claim();
    return this.#claimed.length > 0;
  }

  /** What became of earlier mail could not be written down: nothing is given out before that. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** Gives out nothing more: the session ends after the message that is on its way. */
  finish(): void {
    this.#finishing = true;
    this.wake();
  }

  get isFinishing(): boolean {
    return this.#finishing;
  }

  /** Its session is open, and nothing is due. */
  get isIdle(): boolean {
    return this.#wakeUp !== undefined;
  }

  /** There may be something for a session that is idle. */
  wake(): void {
    this.#wakeUp?.();
  }

  /** @param idleUntil how long something that comes is worth waiting for, when nothing is due; not at all by default. */
  async next(idleUntil: () => number | undefined = () => undefined): Promise<OutgoingMessage | undefined> {
    for (;;) {
      const message = await this.#nextDue();
      if (message !== undefined || this.#finishing) return message;
      const until = idleUntil();
      if (until === undefined || until <= this.#clock.now()) return undefined;
      await this.#idle(until);
    }
  }

  async #idle(until: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.wake(until, resolve);
      this.#wakeUp = () => {
        cancel();
        resolve();
      };
    });
    this.#wakeUp = undefined;
  }

  async #nextDue(): Promise<OutgoingMessage | undefined> {
    if (this.#finishing) return undefined;
    try {
      if (this.#claimed.length === 0) await this.#claim();
    } catch (error) {
      // The session ends in good order; what is due will be found again.
      this.#settler.problem(`claiming mail for ${this.destination}: ${describeError(error)}`);
    }
    const delivery = this.#claimed.shift();
    if (delivery === undefined) return undefined;
    if (await this.#settler.returnLate(delivery)) return this.#nextDue();
    const given: Given = { delivery, since: this.#clock.now() };
    this.#given.set(delivery.message, given);
    const message = outgoing(delivery, this.#clock.wallTime());
    given.rewritten = await this.#rewrite(message, delivery);
    return given.rewritten?.message ?? message;
  }

  readBody(message: string): AsyncIterable<Uint8Array> {
    return this.#given.get(message)?.rewritten?.read() ?? this.#spool.readBody(message);
  }

  /** Where the body can't be read, that is found out once more when it is to be sent, and told then. */
  async #rewrite(message: OutgoingMessage, { received, ours }: Delivery): Promise<RewrittenMail | undefined> {
    const rewriter = this.#rewriter;
    if (rewriter === undefined) return undefined;
    try {
      const read = (): AsyncIterable<Uint8Array> => this.#spool.readBody(message.id);
      return await rewrite(message, read, {
        rewriter,
        signer: ours === true ? this.signer : undefined,
        received,
      });
    } catch (error) {
      this.#settler.problem(`rewriting ${message.id}: ${describeError(error)}`);
      return undefined;
    }
  }

  /** @param relay what it went over (see `Attempt`); absent where it went nowhere. */
  async settle(
    { id }: OutgoingMessage,
    outcomes: readonly RecipientOutcome[],
    relay?: string,
  ): Promise<void> {
    const given = this.#given.get(id);
    if (given === undefined) return;
    this.#given.delete(id);
    if (outcomes.some(({ outcome }) => outcome === 'delivered')) {
      this.#delivered++;
      this.#probing = false;
    }
    const tookMs = this.#clock.now() - given.since;
    const attempt = relay === undefined ? undefined : { relay, tookMs };
    const told = given.rewritten?.outcomes(outcomes) ?? outcomes;
    // What can't be written down of one message can't be of the next: it is not sent.
    if (!(await this.#settler.settle(given.delivery, told, attempt))) this.finish();
  }

  /** The destination can't be reached: what was claimed waits until then. The rest of its mail need not be touched. */
  async postpone(reason: string, until: number): Promise<void> {
    const waiting = [
      ...Array.from(this.#given.values(), ({ delivery }) => delivery),
      ...this.#claimed.splice(0),
    ];
    this.#given.clear();
    await this.#settler.postpone(waiting, reason, until);
  }

  /** Gives back what was claimed and not settled. */
  async end(): Promise<void> {
    this.#stopRenewing();
    // Nobody claims any more, not even who waits still.
    this.finish();
    this.#claimed.length = 0;
    await this.#spool.release(this.#owner).catch((error: unknown) => {
      this.#settler.problem(`giving back mail for ${this.destination}: ${describeError(error)}`);
    });
  }

  async #claim(): Promise<void> {
    this.#isBehind = !(await this.#settler.catchUp(this.destination));
    if (this.#isBehind) return;
    const until = this.#clock.wallTime() + CLAIM_MS;
    const limit = this.#probing ? PROBE : BATCH;
    let found: readonly Delivery[];
    do {
      found = await this.#spool.claim(this.destination, this.#owner, limit, until);
      this.#claimed.push(...found.flatMap((delivery) => this.#wantedOf(delivery)));
      // What is not wanted stays claimed until the end, so that what lies behind it is seen.
    } while (found.length > 0 && this.#claimed.length === 0);
  }

  #wantedOf(delivery: Delivery): Delivery[] {
    const isWanted = this.#isWanted;
    if (isWanted === undefined) return [delivery];
    const recipients = delivery.recipients.filter(({ address }) => isWanted(address));
    return recipients.length === 0 ? [] : [{ ...delivery, recipients }];
  }

  #renewLater(): void {
    this.#stopRenewing = this.#clock.wake(this.#clock.now() + CLAIM_MS / 3, () => {
      this.#renewLater();
      this.#spool.renew(this.#owner, this.#clock.wallTime() + CLAIM_MS).catch((error: unknown) => {
        this.#settler.problem(`holding mail for ${this.destination}: ${describeError(error)}`);
      });
    });
  }
}

function outgoing(delivery: Delivery, now: number): OutgoingMessage {
  const { body, smtpUtf8, ret, envelopeId, deliverBy, priority, submitter } = delivery;
  return {
    id: delivery.message,
    sender: delivery.sender,
    recipients: delivery.recipients.map(({ address, notify, originalRecipient }) => ({
      address,
      parameters: {
        ...(notify !== undefined && { notify }),
        ...(originalRecipient !== undefined && { originalRecipient }),
      },
    })),
    size: delivery.size,
    parameters: {
      body,
      ...(smtpUtf8 !== undefined && { smtpUtf8 }),
      ...(ret !== undefined && { ret }),
      ...(envelopeId !== undefined && { envelopeId }),
      ...(priority !== undefined && { priority }),
      ...(submitter !== undefined && { submitter }),
      ...(deliverBy !== undefined && {
        // RFC 2852 §4.1: what is left of the time.
        deliverBy: {
          seconds: Math.floor((deliverBy.at - now) / 1000),
          mode: deliverBy.mode,
          trace: deliverBy.trace,
        },
      }),
    },
  };
}
