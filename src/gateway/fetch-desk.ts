import { type Clock, describeError } from '../core/index.js';
import { domainOf } from '../routing/index.js';
import type { Ask, EnhancedReply, Verdict } from '../smtp/index.js';
import type { DestinationSummary, Spool } from '../spool/index.js';
import type { Dispatcher, HandedOut } from './dispatcher.js';
import type { Fetcher, FetchRights, Owner } from './fetch-rights.js';
import { FetchedMail } from './fetched-mail.js';

export type EtrnAsk = Ask & { readonly type: 'etrn' };

export interface FetchDeskOptions {
  readonly rights: () => FetchRights;
  readonly dispatcher: () => Pick<Dispatcher, 'tryNow' | 'handOut'>;
  readonly spool: Pick<Spool, 'destinations' | 'operator'>;
  readonly clock: Clock;
  /** How often one peer can have calls begun (ETRN). */
  readonly etrnEveryMs: () => number;
  readonly onProblem: (problem: string) => void;
}

/** Serves those who come for their mail: by ETRN it is brought to them, by ATRN they are given it where they are. */
export class FetchDesk {
  readonly #options: FetchDeskOptions;
  /** Per peer, when it has had calls begun last. */
  readonly #begun = new Map<string, number>();

  constructor(options: FetchDeskOptions) {
    this.#options = options;
  }

  /** RFC 1985 §5. Never rejects. */
  async etrn({ kind, name }: EtrnAsk, fetcher: Fetcher): Promise<Verdict> {
    const rights = this.#options.rights();
    const owner = rights.ownerFor(fetcher);
    if (owner === undefined) return refuse(NOT_KNOWN);
    const isTheirs = kind === 'queue' ? owner.peers.includes(name) : rights.ownDomain(owner, name);
    if (!isTheirs) return refuse({ code: 459, status: '5.7.1', text: `Node ${name} not allowed: not yours` });
    try {
      return await this.#start(name, owner);
    } catch (error) {
      this.#options.onProblem(`ETRN ${name}: ${describeError(error)}`);
      return refuse({ code: 458, status: '4.3.0', text: `Unable to queue messages for node ${name}` });
    }
  }

  /**
   * RFC 2645 §5.2.
   * @param domains none: all that are the client's
   * @returns what to refuse with, or the mail; it must be ended. Never rejects.
   */
  async atrn(domains: readonly string[], fetcher: Fetcher): Promise<FetchedMail | EnhancedReply> {
    const rights = this.#options.rights();
    const owner = rights.ownerFor(fetcher);
    if (owner === undefined) return NOT_KNOWN;
    const foreign = domains.find((domain) => !rights.ownDomain(owner, domain));
    if (foreign !== undefined)
      return { code: 450, status: '4.7.1', text: `ATRN request refused: ${foreign} is not yours` };
    try {
      return await this.#claim(domains, owner);
    } catch (error) {
      this.#options.onProblem(`ATRN ${domains.join(',')}: ${describeError(error)}`);
      return { code: 451, status: '4.3.0', text: 'Unable to process ATRN request now' };
    }
  }

  async #start(name: string, owner: Owner): Promise<Verdict> {
    const waiting = await this.#waitingFor(owner);
    const count = waiting.reduce((sum, { waiting }) => sum + waiting, 0);
    if (count === 0)
      return accept({ code: 251, status: '2.0.0', text: `OK, no messages waiting for node ${name}` });
    if (waiting.every(({ destination }) => destination.startsWith('user:')))
      return refuse({
        code: 458,
        status: '4.3.0',
        text: `Unable to queue messages for node ${name}: nobody is called for it; say ATRN`,
      });
    if (!this.#isTime(owner))
      return refuse({
        code: 458,
        status: '4.7.0',
        text: `Unable to queue messages for node ${name}: you have asked for it a moment ago`,
      });
    await this.#makeDue(waiting);
    this.#options.dispatcher().tryNow(waiting.map(({ destination }) => destination));
    return accept({
      code: 253,
      status: '2.0.0',
      text: `OK, ${count} pending messages for node ${name} started`,
    });
  }

  /** Each call may cost money. */
  #isTime({ peers }: Owner): boolean {
    const now = this.#options.clock.now();
    const since = now - this.#options.etrnEveryMs();
    for (const [peer, at] of this.#begun) if (at <= since) this.#begun.delete(peer);
    if (peers.some((peer) => this.#begun.has(peer))) return false;
    for (const peer of peers) this.#begun.set(peer, now);
    return true;
  }

  async #claim(domains: readonly string[], owner: Owner): Promise<FetchedMail | EnhancedReply> {
    const waiting = await this.#waitingFor(owner);
    await this.#makeDue(waiting, domains);
    const wanted = domains.map((domain) => domain.toLowerCase());
    const isWanted = (recipient: string): boolean =>
      wanted.includes(domainOf(recipient)?.toLowerCase() ?? '');
    const sources: HandedOut[] = [];
    let isBusy = false;
    try {
      for (const { destination } of waiting) {
        const out = await this.#options
          .dispatcher()
          .handOut(destination, wanted.length === 0 ? undefined : isWanted);
        if (out === 'busy') isBusy = true;
        else if (out !== undefined) sources.push(out);
      }
    } catch (error) {
      await new FetchedMail(sources).end();
      throw error;
    }
    if (sources.length > 0) return new FetchedMail(sources);
    return isBusy ? UNDER_WAY : NO_MAIL;
  }

  async #waitingFor(owner: Owner): Promise<DestinationSummary[]> {
    const { rights, spool, clock } = this.#options;
    const all = await spool.destinations(clock.wallTime());
    return all.filter(({ destination }) => rights().ownDestination(owner, destination));
  }

  /** What was put off, because they could not be reached or had no room, need not wait any longer. */
  async #makeDue(waiting: readonly DestinationSummary[], domains: readonly string[] = []): Promise<void> {
    const { operator } = this.#options.spool;
    for (const { destination } of waiting) {
      if (domains.length === 0) await operator.change({ destination }, { type: 'retry' });
      for (const domain of domains) await operator.change({ destination, domain }, { type: 'retry' });
    }
  }
}

const NOT_KNOWN: EnhancedReply = {
  code: 530,
  status: '5.7.0',
  text: 'Authentication required: neither your number nor a login tells who you are',
};
const NO_MAIL: EnhancedReply = { code: 453, status: '4.0.0', text: 'You have no mail' };
const UNDER_WAY: EnhancedReply = {
  code: 451,
  status: '4.3.0',
  text: 'Unable to process ATRN request now: your mail is on its way to you',
};

function accept(reply: EnhancedReply): Verdict {
  return { accept: true, reply };
}

function refuse(reply: EnhancedReply): Verdict {
  return { accept: false, reply };
}
