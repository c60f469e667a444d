import { type AccessFacts, type AccessRule, findAccess } from './access.js';
import type { Aliases } from './aliases.js';
import type { LargeMail } from './large-mail.js';
import { siteOf } from './network.js';
import { type RateLimit, RateLimiter } from './rate-limiter.js';
import type { Recipients, RecipientVerdict, RelayClient, RelayPolicy } from './recipients.js';
import type { Refusal } from './refusal.js';
import { domainOf } from './router.js';

export interface MailPolicyOptions {
  readonly recipients: Recipients;
  readonly relay: RelayPolicy;
  readonly access: readonly AccessRule[];
  /** What stands in its file is expanded for addresses in the domains that all may send to. */
  readonly aliases?: Aliases;
  /** Whether only who may relay may say that mail comes from one of our domains. */
  readonly protectSenders: boolean;
  /** Default: nothing is too long for its peer's hours. */
  readonly large?: LargeMail;
  /** Of one caller. */
  readonly limits: HeaderLimits & { readonly messages?: RateLimit; readonly recipients?: RateLimit };
}

/** Of the header of one message. */
export interface HeaderLimits {
  /** Systems that it may have passed: Received fields. */
  readonly hops: number;
  readonly headerOctets: number;
}

/** Who hands in a message, and what is known of it before it is accepted. */
export interface PolicyFacts extends Omit<AccessFacts, 'recipient'> {
  /** An X.25 caller whose incoming rule says `relay = true`, on a link that vouches for its number. */
  readonly peerRelay?: boolean;
}

/**
 * trusted   one of our networks, or a peer that may send anywhere: perhaps another server of ours
 * user      has logged in
 * stranger  anybody else
 */
export type Standing = 'trusted' | 'user' | 'stranger';

export type PolicyVerdict =
  | {
      readonly accept: true;
      /** More than one where an alias stands for several; none twice. */
      readonly recipients: readonly { readonly address: string; readonly destination: string }[];
      /** Why the message is to be kept until somebody releases it. */
      readonly hold?: string;
    }
  | ({ readonly accept: false } & Refusal);

/**
 * Decides on mail before it is accepted: rates first, then access rules, then who may relay where, then aliases and
 * routes. Rules and relaying are asked at each recipient, when all is known; so the log of a refusal has all of it.
 */
export class MailPolicy {
  readonly #options: MailPolicyOptions;
  readonly #messages: RateLimiter | undefined;
  readonly #recipients: RateLimiter | undefined;

  constructor(options: MailPolicyOptions) {
    const { messages, recipients } = options.limits;
    this.#options = options;
    this.#messages = messages && new RateLimiter(messages);
    this.#recipients = recipients && new RateLimiter(recipients);
  }

  /** What the header of each message is held to. */
  get headerLimits(): HeaderLimits {
    return this.#options.limits;
  }

  /** @param now milliseconds of any clock. @returns why no message of this sender is taken now. */
  judgeSender(facts: PolicyFacts, now: number): Refusal | undefined {
    if (this.#isProtected(facts))
      return {
        by: 'protectedSender',
        reply: {
          code: 553,
          status: '5.7.1',
          text: `${domainOf(facts.sender)} is served here: log in to send in its name`,
        },
      };
    return this.#messages?.take(callerOf(facts), now) === false ? tooMuch('messages') : undefined;
  }

  standingOf(facts: PolicyFacts): Standing {
    const { relay } = this.#options;
    const { login, ...host } = facts;
    if (relay.isTrusted(clientOf(host))) return 'trusted';
    return login === undefined ? 'stranger' : 'user';
  }

  judgeRecipient(recipient: string, facts: PolicyFacts, now: number): PolicyVerdict {
    if (this.#recipients?.take(callerOf(facts), now) === false)
      return { accept: false, ...tooMuch('recipients') };
    const rule = findAccess(this.#options.access, { ...facts, recipient });
    const { action } = rule ?? {};
    if (action?.type === 'refuse' || action?.type === 'defer')
      return { accept: false, by: 'access', ...(rule && { rule: rule.name }), reply: action.reply };
    const verdict = this.#expanded(recipient, facts);
    return verdict.accept && action?.type === 'hold' ? { ...verdict, hold: action.reason } : verdict;
  }

  /** The same envelope, once it is known how long its message is. */
  bySize<Envelope extends { readonly recipients: readonly { readonly destination: string }[] }>(
    envelope: Envelope,
    octets: number,
  ): Envelope {
    const { large } = this.#options;
    if (large === undefined) return envelope;
    const recipients = envelope.recipients.map((recipient) => ({
      ...recipient,
      destination: large.destinationOf(recipient.destination, octets),
    }));
    return { ...envelope, recipients };
  }

  #expanded(recipient: string, facts: PolicyFacts): PolicyVerdict {
    const client = clientOf(facts);
    const targets = this.#aliasOf(recipient);
    if (targets === undefined) return asPolicy([this.#options.recipients.judge(recipient, client)]);
    // Whoever may send to the alias may send to whom it stands for.
    const verdicts = targets.map((target) =>
      this.#options.recipients.judge(target, { ...client, peerRelay: true }),
    );
    return asPolicy(verdicts);
  }

  #aliasOf(recipient: string): readonly string[] | undefined {
    const { aliases, relay } = this.#options;
    const domain = domainOf(recipient);
    if (aliases === undefined || domain === undefined || !relay.isOurs(domain)) return undefined;
    return aliases.expand(recipient.slice(0, recipient.length - domain.length - 1), domain);
  }

  #isProtected(facts: PolicyFacts): boolean {
    const { protectSenders, relay } = this.#options;
    const domain = domainOf(facts.sender);
    return (
      protectSenders && domain !== undefined && relay.isOurs(domain) && !relay.isTrusted(clientOf(facts))
    );
  }
}

/** All recipients that an alias stands for are taken, or none: else the sender could not be told of the others. */
function asPolicy(verdicts: readonly RecipientVerdict[]): PolicyVerdict {
  const recipients: { address: string; destination: string }[] = [];
  for (const verdict of verdicts) {
    if (!verdict.accept) return verdict;
    const { address, destination } = verdict;
    if (!recipients.some((other) => other.address === address)) recipients.push({ address, destination });
  }
  return { accept: true, recipients };
}

function clientOf({ address, peerRelay, login }: PolicyFacts): RelayClient {
  return {
    ...(address !== undefined && { address }),
    peerRelay: peerRelay === true || login !== undefined,
  };
}

function callerOf({ address, calling, login }: PolicyFacts): string {
  if (login !== undefined) return `login ${login}`;
  if (address === undefined) return `x25 ${calling ?? ''}`;
  return siteOf(address);
}

function tooMuch(of: 'messages' | 'recipients'): Refusal {
  const text = `too many ${of} from you in a short time, try again later`;
  return { by: 'rate', reply: { code: 450, status: '4.7.1', text } };
}
