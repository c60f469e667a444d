import type { SettledRecipient } from '../console/index.js';
import { destinationKey } from '../routing/index.js';
import type { Delivery, Spool } from '../spool/index.js';
import type { CallBudgets } from './call-budgets.js';
import type { CallLink } from './call-link.js';
import type { CallTurns } from './call-turns.js';
import type { CallStarted, CallWatcher } from './call-watcher.js';
import { Dispatcher } from './dispatcher.js';
import type { Surroundings } from './environment.js';
import type { GatewayEvent } from './events.js';
import { FetchTimes } from './fetch-times.js';
import { makeSettler } from './make-settler.js';
import { StsPolicies } from './mta-sts/index.js';
import { Notices } from './notices.js';
import type { PeerCaller } from './peer-caller.js';
import type { Fetching } from './peer-transport.js';
import type { Received } from './reception.js';
import { RetryPolicy } from './retry-policy.js';
import { rewriterFor } from './rewritten-mail.js';
import type { Rules } from './rules.js';
import type { Settler } from './settler.js';
import { Unwritten } from './unwritten.js';
import { Ways } from './ways.js';

export interface MailOutOptions
  extends Pick<
    Surroundings,
    | 'clock'
    | 'observe'
    | 'connect'
    | 'lookUp'
    | 'lookUpMx'
    | 'resolve'
    | 'fetchPolicy'
    | 'policies'
    | 'random'
  > {
  /** Those in force. */
  readonly rules: () => Rules;
  readonly spool: Spool;
  readonly turns: CallTurns;
  readonly budgets: CallBudgets;
  readonly linkNamed: (name: string) => CallLink | undefined;
  readonly watchCall: (call: CallStarted) => CallWatcher;
  readonly turned: Fetching['turned'];
}

/** All that becomes of mail once it is in the spool: when it is tried, by which way, what is told of it. */
export class MailOut {
  readonly dispatcher: Dispatcher;
  readonly #options: MailOutOptions;
  readonly #ways: Ways;
  readonly #retries: RetryPolicy;
  readonly #fetchTimes: FetchTimes;
  readonly #policies: StsPolicies;
  readonly #notices: Notices;
  readonly #settledWatchers = new Set<(step: SettledRecipient) => void>();
  /** Of all settlers, whatever was configured when. */
  readonly #unwritten = new Unwritten();
  #settler: Settler;

  constructor(options: MailOutOptions) {
    this.#options = options;
    const { rules, clock, spool, observe, random, turns } = options;
    const { configuration } = rules();
    const onProblem = (problem: string): void => observe({ type: 'problem', problem });
    this.#retries = new RetryPolicy(configuration.queue.retryMs, clock, random, observe);
    const { resolve, fetchPolicy: fetch, policies: store } = options;
    this.#policies = new StsPolicies({ clock, resolve, fetch, store, onProblem });
    this.#ways = this.#makeWays(onProblem);
    this.#settler = this.#makeSettler();
    this.dispatcher = new Dispatcher({
      turns,
      hostname: configuration.gateway.hostname,
      spool,
      clock,
      settler: () => this.#settler,
      signer: () => rules().inspector.signer,
      transportFor: (destination) => this.#ways.transportFor(destination),
      rewriterFor: (destination) => rewriterFor(destination, rules().rewriting),
      nextTry: (destination, failures, end) => this.#retries.afterFailure(destination, failures, end),
      onWell: (destination) => this.#retries.wentWell(destination),
      onProblem,
    });
    this.#notices = new Notices({
      spool,
      clock,
      rules,
      onSent: () => this.dispatcher.poke(),
      onProblem,
    });
    this.#fetchTimes = new FetchTimes(clock, (peer) => this.#visit(peer));
    this.#fetchTimes.configure(configuration.peers);
  }

  callerOf(peer: string): PeerCaller | undefined {
    return this.#ways.callerOf(peer);
  }

  /** A message is on stable storage. */
  async received(message: Received): Promise<void> {
    await this.#settler.expanded(message);
    await this.#notices.large(message);
    if (message.deliverBy !== undefined) this.#settler.expectBy(message.deliverBy.at);
    this.dispatcher.arrived(new Set(message.recipients.map(({ destination }) => destination)));
  }

  /** Mail was put into the spool by somebody else: looks for what is due. */
  poke(): void {
    this.#settler.recheckDeadlines();
    this.dispatcher.poke();
  }

  /** @returns false when it could not be written down. */
  bounce(delivery: Delivery, reason: string): Promise<boolean> {
    return this.#settler.bounce(delivery, reason);
  }

  /** Tells every step of every recipient. @returns what ends it. */
  watchSettled(watcher: (step: SettledRecipient) => void): () => void {
    this.#settledWatchers.add(watcher);
    return () => void this.#settledWatchers.delete(watcher);
  }

  /** What the operator has to know of a budget he is told by mail. */
  tellBudget(event: GatewayEvent & { readonly type: 'budget' }): void {
    void this.#notices.budget(event);
  }

  /** Other rules are in force: they count for what begins. */
  configure({ configuration, router }: Rules): void {
    this.#ways.configure(configuration, router);
    this.#fetchTimes.configure(configuration.peers);
    this.#retries.configure(configuration.queue.retryMs);
    this.#settler = this.#makeSettler();
    this.dispatcher.poke();
  }

  /** Begins nothing more, and resolves when the sessions are over. */
  async stop(): Promise<void> {
    this.#fetchTimes.stop();
    await this.dispatcher.stop();
    await this.#policies.stop();
  }

  /** There may be mail of ours there. */
  #visit(peer: string): void {
    this.dispatcher.visit(destinationKey({ type: 'peers', peers: [peer] }));
  }

  #makeWays(onProblem: (problem: string) => void): Ways {
    const { rules, turned, ...others } = this.#options;
    const policyOf = (domain: string) => this.#policies.find(domain);
    const { configuration, router } = rules();
    const fetching: Fetching = {
      turned,
      asked: (peer) => this.#fetchTimes.asked(peer),
      brokenOff: (peer) => this.#visit(peer),
      onProblem,
    };
    return new Ways({ ...others, fetching, policyOf }, configuration, router);
  }

  #makeSettler(): Settler {
    const { rules, spool, clock, observe } = this.#options;
    const { configuration, router, inspector } = rules();
    return makeSettler({
      configuration,
      router,
      signer: inspector.signer,
      spool,
      clock,
      retries: this.#retries,
      unwritten: this.#unwritten,
      observe: (event) => {
        if (event.type === 'settled') for (const watcher of this.#settledWatchers) watcher(event.recipient);
        observe(event);
      },
    });
  }
}
