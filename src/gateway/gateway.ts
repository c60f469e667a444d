import { join } from 'node:path';
import { CallerNetwork } from '../bridge/index.js';
import type { TraceEvent } from '../circuit/index.js';
import type { Configuration, LinkConfiguration } from '../config/index.js';
import type {
  GatewayStatus,
  OperatedQueue,
  Routes,
  SettledRecipient,
  Submissions,
  TraceWatcher,
  WatchedGateway,
} from '../console/index.js';
import { type Clock, SystemClock } from '../core/index.js';
import { type LookUp, type LookUpMx, lookUpMx, lookUpName, NameCache } from '../line/index.js';
import type { TracedLink } from '../observe/index.js';
import { destinationKey, type MailPolicy, Router } from '../routing/index.js';
import type { Spool } from '../spool/index.js';
import { type Inspector, type ResolveDns, systemDns } from './authentication/index.js';
import { BridgeListener } from './bridge-listener.js';
import { type SpendingStore, spendingFile, spendingInMemory } from './budget-file.js';
import { CallBudgets } from './call-budgets.js';
import type { CallLink } from './call-link.js';
import { CallPrices } from './call-prices.js';
import { callRecorder } from './call-recorder.js';
import { CallTurns } from './call-turns.js';
import type { CallStarted, CallWatcher } from './call-watcher.js';
import { CircuitReception, type ReceptionTerms } from './circuit-reception.js';
import { Dispatcher } from './dispatcher.js';
import type { GatewayEvent, Observe } from './events.js';
import { FetchDesk } from './fetch-desk.js';
import { FetchRights } from './fetch-rights.js';
import { FetchTimes } from './fetch-times.js';
import type { GatewayLink, LinkReport } from './gateway-link.js';
import { IncomingCalls } from './incoming-calls.js';
import { makeLink, type OpenLine, openConfiguredLine } from './links.js';
import { LocalIntake } from './local-intake.js';
import { mailPolicyOf } from './mail-policy-of.js';
import { makeInspector } from './make-inspector.js';
import { makeSettler } from './make-settler.js';
import { Notices } from './notices.js';
import { OpenCalls } from './open-calls.js';
import { openConfiguredSpool } from './open-configured-spool.js';
import { checkPasswords } from './outgoing-tls.js';
import type { Received } from './reception.js';
import { planReload } from './reload-plan.js';
import { RetryPolicy } from './retry-policy.js';
import { rewriterFor } from './rewritten-mail.js';
import { routesOf } from './routes-of.js';
import { circuitClientOptions, circuitServerOptions } from './session-options.js';
import type { Settler } from './settler.js';
import { SmtpService } from './smtp-service.js';
import { type Connect, connectByTcp } from './smtp-transport.js';
import { TraceWatchers } from './trace-watchers.js';
import { TurnedCalls } from './turned-calls.js';
import { tracedLink, watchedLink } from './watched-link.js';
import { Ways } from './ways.js';

/** What a gateway takes from its surroundings; tests and the demonstration put other things there. */
export interface Environment {
  readonly clock?: Clock;
  /** Default: the serial port or serial device server that the configuration names. */
  readonly openLine?: OpenLine;
  readonly observe?: Observe;
  /** Sees every frame and packet of every link. */
  readonly trace?: (link: string, event: TraceEvent) => void;
  /** Connects to an SMTP host. Default: by TCP. */
  readonly connect?: Connect;
  /** Finds the addresses of routers that are given by name, and of mail servers. Default: the file of hosts, then DNS. */
  readonly lookUp?: LookUp;
  /** Finds the mail servers of a domain. Default: DNS. */
  readonly lookUpMx?: LookUpMx;
  /** Asks DNS for SPF, DKIM and DMARC. Default: the name servers of this machine. */
  readonly resolve?: ResolveDns;
  /** Default: the durable spool in the configured directory. */
  readonly openSpool?: () => Promise<Spool>;
  /** What was spent on calls. Default: a file in the configured directory; beside another spool, nothing is kept. */
  readonly spending?: SpendingStore;
  /** 0 up to, not including, 1. */
  readonly random?: () => number;
}

/** In the directory of the spool. */
const SPENDING_FILE = 'budgets.json';

/** Destinations that a status names: mail may wait for many more. */
const MOST_WAITING = 50;

/** How long sessions may take to end when the gateway stops. */
const STOP_MS = 30_000;

/** Parts that are made before a gateway, because they may fail or take time. */
interface Made {
  readonly prices: CallPrices;
  readonly budgets: CallBudgets;
  readonly inspector: Inspector;
}

/** A gateway, put together from its configuration. */
export class Gateway implements WatchedGateway {
  #configuration: Configuration;
  readonly #clock: Clock;
  readonly #observe: Observe;
  readonly #spool: Spool;
  readonly #resolve: ResolveDns;
  readonly #links: readonly GatewayLink[];
  readonly #calls: OpenCalls;
  readonly #prices: CallPrices;
  readonly #budgets: CallBudgets;
  readonly #turns = new CallTurns();
  readonly #traces: TraceWatchers;
  readonly #since: number;
  readonly #notices: Notices;
  readonly #smtp: SmtpService;
  readonly #bridges: readonly BridgeListener[];
  readonly #incoming: IncomingCalls;
  readonly #dispatcher: Dispatcher;
  readonly #retries: RetryPolicy;
  readonly #ways: Ways;
  readonly #reception: CircuitReception;
  readonly #turned: TurnedCalls;
  readonly #fetchDesk: FetchDesk;
  readonly #fetchTimes: FetchTimes;
  #fetchRights: FetchRights;
  #settler: Settler;
  #policy: MailPolicy;
  #routes: Routes;
  #inspector: Inspector;
  readonly #localIntake: LocalIntake;
  readonly #settledWatchers = new Set<(step: SettledRecipient) => void>();

  /**
   * Opens spool, listeners and links. A link whose line can't be opened does not keep the gateway from starting.
   * @throws GatewayError when the spool can't be opened, a key can't be used or an address can't be listened on.
   */
  static async start(configuration: Configuration, environment: Environment = {}): Promise<Gateway> {
    const clock = environment.clock ?? new SystemClock();
    const observe = environment.observe ?? (() => {});
    const { openSpool: open = () => openConfiguredSpool(configuration, clock, observe) } = environment;
    const { resolve = systemDns } = environment;
    const inspector = makeInspector({ configuration, resolve, clock });
    const spool = await open();
    const prices = new CallPrices(configuration.links);
    const store =
      environment.spending ??
      (environment.openSpool === undefined
        ? spendingFile(join(configuration.gateway.spool, SPENDING_FILE))
        : spendingInMemory());
    // What is told while it opens is told before there is a gateway.
    let tell = observe;
    const budgets = await CallBudgets.open({ clock, store, prices, observe: (event) => tell(event) });
    const parts = { prices, budgets, inspector };
    const gateway = new Gateway(configuration, { ...environment, clock, observe, resolve }, spool, parts);
    tell = (event) => gateway.#tell(event);
    try {
      await gateway.#open();
    } catch (error) {
      await gateway.stop();
      throw error;
    }
    return gateway;
  }

  private constructor(
    configuration: Configuration,
    environment: Environment & Required<Pick<Environment, 'clock' | 'observe' | 'resolve'>>,
    spool: Spool,
    { prices, budgets, inspector }: Made,
  ) {
    const { clock, observe } = environment;
    const { hostname } = configuration.gateway;
    this.#configuration = configuration;
    this.#clock = clock;
    this.#observe = observe;
    this.#spool = spool;
    const router = new Router(configuration.routes);
    const policy = mailPolicyOf(configuration, router);
    this.#policy = policy;
    this.#resolve = environment.resolve;
    this.#inspector = inspector;
    this.#fetchRights = new FetchRights(configuration, router);
    this.#routes = routesOf(configuration, router);
    this.#fetchDesk = new FetchDesk({
      rights: () => this.#fetchRights,
      dispatcher: () => this.#dispatcher,
      spool,
      clock,
      etrnEveryMs: () => this.#configuration.limits.etrnEveryMs,
      onProblem: (problem) => observe({ type: 'problem', problem }),
    });
    this.#since = clock.wallTime();
    this.#notices = new Notices({
      spool,
      clock,
      configuration: () => this.#configuration,
      onSent: () => this.#dispatcher.poke(),
      onProblem: (problem) => observe({ type: 'problem', problem }),
    });
    this.#calls = new OpenCalls(clock);
    this.#traces = new TraceWatchers({
      linkNamed: (name) => this.#tracedLink(name),
      circuitOn: (link, channel) => this.#calls.on(link, channel),
    });
    const { trace } = environment;
    if (trace !== undefined) this.watch(({ name }, event) => trace(name, event));
    const record = callRecorder(clock, observe);
    this.#prices = prices;
    this.#budgets = budgets;
    budgets.configure(configuration.peers);
    const turns = this.#turns;
    turns.configure(configuration.limits.calls);
    const watchCall = (call: CallStarted): CallWatcher => {
      const priced = { ...call, price: this.#prices.priceOf(call) };
      return this.#calls.watch(priced, budgets.watch(priced, record(priced)));
    };
    this.#smtp = new SmtpService({
      configuration,
      policy,
      inspector,
      spool,
      clock,
      fetchDesk: this.#fetchDesk,
      onReceived: (message) => this.#received(message),
      observe,
    });
    this.#reception = new CircuitReception({
      ...receptionTerms({ configuration, policy, inspector }),
      spool,
      clock,
      fetchDesk: this.#fetchDesk,
      security: this.#smtp.security,
      onReceived: (message) => this.#received(message),
      observe,
    });
    this.#turned = new TurnedCalls({
      configuration: () => this.#configuration,
      reception: this.#reception,
      clock,
    });
    this.#incoming = new IncomingCalls({
      ...incomingOptions(configuration),
      spool,
      clock,
      reception: this.#reception,
      connect: environment.connect ?? connectByTcp,
      isVouchedNow: (name) => this.#links.find((link) => link.name === name)?.isVouchedNow?.() ?? true,
      watchCall,
      observe,
    });
    const { lookUp = lookUpName, random = Math.random } = environment;
    const names = new NameCache(clock, lookUp);
    this.#links = configuration.links.map((link) => this.#makeLink(link, { ...environment, names }));
    this.#retries = new RetryPolicy(configuration.queue.retryMs, clock, random, observe);
    this.#ways = new Ways(
      {
        clock,
        linkNamed: (name) => this.#callLink(name),
        watchCall,
        connect: environment.connect ?? connectByTcp,
        lookUp,
        lookUpMx: environment.lookUpMx ?? lookUpMx,
        random,
        budgets,
        fetching: {
          turned: (call, turned) => this.#turned.take(call, turned),
          asked: (peer) => this.#fetchTimes.asked(peer),
          onProblem: (problem) => observe({ type: 'problem', problem }),
        },
      },
      configuration,
      router,
    );
    this.#bridges = configuration.bridges.flatMap((bridge) => {
      const caller = this.#ways.callerOf(bridge.peer);
      return caller === undefined
        ? []
        : [new BridgeListener({ bridge, caller, turns, hostname, clock, observe })];
    });
    this.#settler = this.#makeSettler(router);
    this.#localIntake = new LocalIntake({
      configuration: () => this.#configuration,
      policy: () => this.#policy,
      inspector: () => this.#inspector,
      spool,
      clock,
      onReceived: (message) => this.#received(message),
      onProblem: (problem) => observe({ type: 'problem', problem }),
    });
    this.#dispatcher = new Dispatcher({
      turns,
      hostname,
      spool,
      clock,
      settler: () => this.#settler,
      signer: () => this.#inspector.signer,
      transportFor: (destination) => this.#ways.transportFor(destination),
      rewriterFor: (destination) => rewriterFor(destination, this.#configuration),
      nextTry: (destination, failures, end) => this.#retries.afterFailure(destination, failures, end),
      onWell: (destination) => this.#retries.wentWell(destination),
      onProblem: (problem) => observe({ type: 'problem', problem }),
    });
    this.#fetchTimes = new FetchTimes(clock, (peer) =>
      this.#dispatcher.visit(destinationKey({ type: 'peers', peers: [peer] })),
    );
    this.#fetchTimes.configure(configuration.peers);
  }

  /** The ports that SMTP is taken on, in the order of the configuration. */
  get smtpPorts(): readonly number[] {
    return this.#smtp.ports;
  }

  /** Mail was put into the spool by somebody else: looks for what is due. */
  poke(): void {
    this.#settler.recheckDeadlines();
    this.#dispatcher.poke();
  }

  /** What people do with the queue is carried on with here. */
  get queue(): OperatedQueue {
    return {
      spool: this.#spool,
      wallTime: () => this.#clock.wallTime(),
      tryNow: (destinations) => this.#dispatcher.tryNow(destinations),
      waitingFor: (destination) => this.#dispatcher.waitingFor(destination),
      bounce: (delivery, reason) => this.#settler.bounce(delivery, reason),
      routes: {
        destinationOf: (address) => this.#routes.destinationOf(address),
        has: (destination) => this.#routes.has(destination),
      },
    };
  }

  /** Where messages of this machine are handed in. */
  get submissions(): Submissions {
    return {
      begin: (submission) => this.#localIntake.begin(submission),
      watchSettled: (watcher) => {
        this.#settledWatchers.add(watcher);
        return () => void this.#settledWatchers.delete(watcher);
      },
      isWaiting: async (message) => (await this.#spool.find(message)).length > 0,
    };
  }

  /**
   * Takes a new configuration, without ending a session or a circuit: they go on as they began, what begins from now on
   * follows it.
   * @returns what differs and counts only after a restart, in words.
   * @throws GatewayError when a file that it names can't be used; then nothing has changed.
   */
  reload(wanted: Configuration): readonly string[] {
    const { configuration, needsRestart } = planReload(this.#configuration, wanted);
    checkPasswords(configuration);
    const files = this.#smtp.security.prepare(configuration);
    const inspector = makeInspector({ configuration, resolve: this.#resolve, clock: this.#clock });
    this.#configuration = configuration;
    const router = new Router(configuration.routes);
    const policy = mailPolicyOf(configuration, router);
    this.#policy = policy;
    this.#inspector = inspector;
    this.#fetchRights = new FetchRights(configuration, router);
    this.#routes = routesOf(configuration, router);
    this.#smtp.configure({ configuration, policy, inspector }, files);
    this.#reception.configure(receptionTerms({ configuration, policy, inspector }));
    this.#incoming.configure(incomingOptions(configuration));
    this.#prices.configure(configuration.links);
    this.#budgets.configure(configuration.peers);
    this.#turns.configure(configuration.limits.calls);
    this.#ways.configure(configuration, router);
    this.#fetchTimes.configure(configuration.peers);
    for (const bridge of configuration.bridges) {
      const caller = this.#ways.callerOf(bridge.peer);
      const listener = this.#bridges.find((each) => each.isOn(bridge.listen));
      if (caller !== undefined) listener?.configure(bridge, caller);
    }
    this.#retries.configure(configuration.queue.retryMs);
    this.#settler = this.#makeSettler(router);
    this.#dispatcher.poke();
    return needsRestart;
  }

  /** What the links are doing. */
  get links(): readonly LinkReport[] {
    return this.#links.map((link) => link.status());
  }

  status(): GatewayStatus {
    return {
      hostname: this.#configuration.gateway.hostname,
      since: new Date(this.#since).toISOString(),
      links: this.#configured().map(([link, configuration]) => watchedLink(link, configuration)),
      circuits: this.#calls.list(),
      waiting: this.#dispatcher.waiting
        .slice(0, MOST_WAITING)
        .map(({ until, ...rest }) => ({ ...rest, until: new Date(until).toISOString() })),
      budgets: this.#budgets.list(),
    };
  }

  clearCircuit(id: string): boolean {
    return this.#calls.clear(id);
  }

  get tracedLinks(): readonly TracedLink[] {
    return this.#configured().flatMap(([link, configuration]) => tracedLink(link, configuration) ?? []);
  }

  watch(watcher: TraceWatcher): () => void {
    return this.#traces.add(watcher);
  }

  /**
   * Takes no further sessions and calls, lets what is going on come to its end within 30 s, clears circuits,
   * disconnects links, closes the spool. What is queued stays queued.
   */
  async stop(): Promise<void> {
    for (const bridge of this.#bridges) bridge.stop();
    this.#smtp.stop();
    this.#incoming.stop();
    this.#turned.stop();
    this.#fetchTimes.stop();
    const deliveries = this.#dispatcher.stop();
    await this.#within(STOP_MS, async () => {
      await deliveries;
      await this.#untilNoSession();
    });
    for (const listener of [this.#smtp, ...this.#bridges]) listener.close();
    await Promise.all(this.#links.map((link) => link.stop()));
    await this.#within(STOP_MS, () => deliveries);
    await this.#budgets.close();
    await this.#spool.close();
  }

  async #open(): Promise<void> {
    checkPasswords(this.#configuration);
    for (const listener of [this.#smtp, ...this.#bridges]) await listener.listen();
    await Promise.all(this.#links.map((link) => link.start()));
    this.#dispatcher.poke();
  }

  /** What the operator has to know of a budget he is told by mail as well. */
  #tell(event: GatewayEvent): void {
    this.#observe(event);
    if (event.type === 'budget') void this.#notices.budget(event);
  }

  #makeLink(link: LinkConfiguration, environment: Environment & { readonly names: NameCache }): GatewayLink {
    const made = makeLink(link, {
      clock: this.#clock,
      observe: this.#observe,
      openLine: environment.openLine ?? openConfiguredLine,
      names: environment.names,
      trace: (name, event) => this.#traces.note(name, event),
      isTraced: () => this.#traces.isWanted,
    });
    made.circuits.onIncoming((call) => void this.#incoming.handle(call, link));
    return made;
  }

  #configured(): (readonly [GatewayLink, LinkConfiguration])[] {
    const { links } = this.#configuration;
    return this.#links.flatMap((link) => {
      const configuration = links.find(({ name }) => name === link.name);
      return configuration === undefined ? [] : [[link, configuration] as const];
    });
  }

  #tracedLink(name: string): TracedLink | undefined {
    const link = this.#links.find((candidate) => candidate.name === name);
    const configuration = this.#configuration.links.find((candidate) => candidate.name === name);
    return link && configuration && tracedLink(link, configuration);
  }

  #makeSettler(router: Router): Settler {
    return makeSettler({
      configuration: this.#configuration,
      router,
      signer: this.#inspector.signer,
      spool: this.#spool,
      clock: this.#clock,
      retries: this.#retries,
      observe: (event) => {
        if (event.type === 'settled') for (const watcher of this.#settledWatchers) watcher(event.recipient);
        this.#observe(event);
      },
    });
  }

  async #received(message: Received): Promise<void> {
    this.#observe({ type: 'received', message });
    await this.#settler.expanded(message);
    await this.#notices.large(message);
    if (message.deliverBy !== undefined) this.#settler.expectBy(message.deliverBy.at);
    this.#dispatcher.arrived(new Set(message.recipients.map(({ destination }) => destination)));
  }

  #callLink(name: string): CallLink | undefined {
    const link = this.#links.find((candidate) => candidate.name === name);
    const known = this.#configuration.links.find((candidate) => candidate.name === name);
    if (link === undefined || known === undefined) return undefined;
    const { prefixes, isPrivate } = known;
    return {
      name,
      prefixes,
      isPrivate,
      circuits: link.circuits,
      tariff: this.#prices.tariffOf(name),
      isAvailable: () => link.isAvailable(),
    };
  }

  async #untilNoSession(): Promise<void> {
    const bridged = (): number => this.#bridges.reduce((sum, { size }) => sum + size, 0);
    while (this.#smtp.size + this.#incoming.size + this.#turned.size + bridged() > 0)
      await new Promise<void>((resolve) => void this.#clock.wake(this.#clock.now() + 50, resolve));
  }

  async #within(ms: number, work: () => Promise<void>): Promise<void> {
    let cancel = (): void => {};
    const timeIsUp = new Promise<void>((resolve) => {
      cancel = this.#clock.wake(this.#clock.now() + ms, resolve);
    });
    await Promise.race([work(), timeIsUp]);
    cancel();
  }
}

/** What of a configuration counts for incoming calls. */
function incomingOptions(configuration: Configuration) {
  const { callerNetwork } = configuration.gateway;
  return {
    configuration,
    callerNetwork: callerNetwork === undefined ? undefined : CallerNetwork.parse(callerNetwork),
  };
}

function receptionTerms({
  configuration,
  policy,
  inspector,
}: {
  readonly configuration: Configuration;
  readonly policy: MailPolicy;
  readonly inspector: Inspector;
}): ReceptionTerms {
  return {
    configuration,
    policy,
    inspector,
    priorities: { most: configuration.limits.maxPriority, isInHeader: false },
    session: circuitServerOptions(configuration),
    turnedSession: circuitClientOptions(configuration),
  };
}
