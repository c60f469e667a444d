import type { Configuration, LinkConfiguration } from '../config/index.js';
import type {
  GatewayStatus,
  OperatedQueue,
  Submissions,
  TraceWatcher,
  WatchedGateway,
} from '../console/index.js';
import type { Clock } from '../core/index.js';
import { NameCache } from '../line/index.js';
import type { TracedLink } from '../observe/index.js';
import type { Spool } from '../spool/index.js';
import { BridgeListener } from './bridge-listener.js';
import { CallBudgets } from './call-budgets.js';
import { CallPrices } from './call-prices.js';
import { callRecorder } from './call-recorder.js';
import { CallTurns } from './call-turns.js';
import type { CallStarted, CallWatcher } from './call-watcher.js';
import { type Environment, type Surroundings, surroundingsOf } from './environment.js';
import type { GatewayEvent, Observe } from './events.js';
import type { GatewayLink, LinkReport } from './gateway-link.js';
import { GatewayLinks } from './gateway-links.js';
import { makeLink } from './links.js';
import { MailIn } from './mail-in.js';
import { MailOut } from './mail-out.js';
import { OpenCalls } from './open-calls.js';
import type { Received } from './reception.js';
import { planReload } from './reload-plan.js';
import { type Rules, rulesOf } from './rules.js';
import { TraceWatchers } from './trace-watchers.js';

/** Destinations that a status names: mail may wait for many more. */
const MOST_WAITING = 50;

/** How long sessions may take to end when the gateway stops. */
const STOP_MS = 30_000;

/** Parts that are made before a gateway, because they may fail or take time. */
interface Made {
  readonly rules: Rules;
  readonly spool: Spool;
  readonly prices: CallPrices;
  readonly budgets: CallBudgets;
}

/** A gateway, put together from its configuration. */
export class Gateway implements WatchedGateway {
  readonly #surroundings: Surroundings;
  readonly #clock: Clock;
  readonly #observe: Observe;
  readonly #spool: Spool;
  readonly #since: number;
  readonly #prices: CallPrices;
  readonly #budgets: CallBudgets;
  readonly #turns = new CallTurns((link) => this.#links.roomOn(link));
  readonly #calls: OpenCalls;
  readonly #traces: TraceWatchers;
  readonly #links: GatewayLinks;
  readonly #in: MailIn;
  readonly #out: MailOut;
  readonly #bridges: readonly BridgeListener[];
  #rules: Rules;

  /**
   * Opens spool, listeners and links. A link whose line can't be opened does not keep the gateway from starting.
   * @throws GatewayError when the spool or a file can't be opened, or an address can't be listened on.
   */
  static async start(configuration: Configuration, environment: Environment = {}): Promise<Gateway> {
    const surroundings = surroundingsOf(environment, configuration);
    const { clock, spending: store, observe } = surroundings;
    const rules = rulesOf(configuration, surroundings);
    const spool = await surroundings.openSpool();
    const prices = new CallPrices(configuration.links);
    // What is told while it opens is told before there is a gateway.
    let tell = observe;
    const budgets = await CallBudgets.open({ clock, store, prices, observe: (event) => tell(event) });
    const gateway = new Gateway(surroundings, { rules, spool, prices, budgets });
    tell = (event) => gateway.#tell(event);
    budgets.configure(configuration.peers);
    try {
      await gateway.#open();
    } catch (error) {
      await gateway.stop();
      throw error;
    }
    return gateway;
  }

  private constructor(surroundings: Surroundings, { rules, spool, prices, budgets }: Made) {
    const { clock, observe, trace } = surroundings;
    const { configuration } = rules;
    this.#surroundings = surroundings;
    this.#clock = clock;
    this.#observe = observe;
    this.#spool = spool;
    this.#rules = rules;
    this.#prices = prices;
    this.#budgets = budgets;
    this.#since = clock.wallTime();
    this.#calls = new OpenCalls(clock, () => this.#out.dispatcher.circuitEnded());
    this.#traces = new TraceWatchers({
      linkNamed: (name) => this.#links.tracedNamed(name),
      circuitOn: (link, channel) => this.#calls.on(link, channel),
    });
    if (trace !== undefined) this.watch(({ name }, event) => trace(name, event));
    this.#turns.configure(configuration.limits.calls);
    const record = callRecorder(clock, observe);
    const common = {
      ...surroundings,
      rules: () => this.#rules,
      spool,
      watchCall: (call: CallStarted): CallWatcher => {
        const priced = { ...call, price: prices.priceOf(call) };
        return this.#calls.watch(priced, budgets.watch(priced, record(priced)));
      },
    };
    const names = new NameCache(clock, surroundings.lookUp);
    const circuitsOn = (link: string): number => this.#calls.countOn(link) + this.#in.preparedOn(link);
    const make = (link: LinkConfiguration): GatewayLink => this.#makeLink(link, names);
    this.#links = new GatewayLinks(configuration.links, make, prices, circuitsOn);
    this.#out = new MailOut({
      ...common,
      turns: this.#turns,
      budgets,
      linkNamed: (name) => this.#links.callLink(name),
      turned: (call, turned) => this.#in.turned(call, turned),
    });
    this.#in = new MailIn({
      ...common,
      dispatcher: () => this.#out.dispatcher,
      isVouchedNow: (name) => this.#links.isVouchedNow(name),
      sharedLink: (name) => this.#links.shared(name),
      isFull: (name) => this.#links.isFull(name),
      onReceived: (message) => this.#received(message),
    });
    this.#bridges = this.#makeBridges(configuration);
  }

  /** The ports that SMTP is taken on, in the order of the configuration. */
  get smtpPorts(): readonly number[] {
    return this.#in.smtpPorts;
  }

  /** Mail was put into the spool by somebody else: looks for what is due. */
  poke(): void {
    this.#out.poke();
  }

  /** What people do with the queue is carried on with here. */
  get queue(): OperatedQueue {
    const { dispatcher } = this.#out;
    return {
      spool: this.#spool,
      wallTime: () => this.#clock.wallTime(),
      tryNow: (destinations) => dispatcher.tryNow(destinations),
      waitingFor: (destination) => dispatcher.waitingFor(destination),
      bounce: (delivery, reason) => this.#out.bounce(delivery, reason),
      routes: {
        destinationOf: (...message) => this.#rules.routes.destinationOf(...message),
        has: (destination) => this.#rules.routes.has(destination),
      },
    };
  }

  /** Where messages of this machine are handed in. */
  get submissions(): Submissions {
    return {
      begin: (submission) => this.#in.begin(submission),
      watchSettled: (watcher) => this.#out.watchSettled(watcher),
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
    const { configuration, needsRestart } = planReload(this.#rules.configuration, wanted);
    const rules = rulesOf(configuration, this.#surroundings);
    const files = this.#in.prepare(configuration);
    this.#rules = rules;
    this.#links.configure(configuration.links);
    this.#prices.configure(configuration.links);
    this.#budgets.configure(configuration.peers);
    this.#turns.configure(configuration.limits.calls);
    this.#in.configure(rules, files);
    this.#out.configure(rules);
    for (const bridge of configuration.bridges) {
      const caller = this.#out.callerOf(bridge.peer);
      const listener = this.#bridges.find((each) => each.isOn(bridge.listen));
      if (caller !== undefined) listener?.configure(bridge, caller);
    }
    return needsRestart;
  }

  /** What the links are doing. */
  get links(): readonly LinkReport[] {
    return this.#links.reports;
  }

  status(): GatewayStatus {
    return {
      hostname: this.#rules.configuration.gateway.hostname,
      since: new Date(this.#since).toISOString(),
      links: this.#links.watched,
      circuits: this.#calls.list(),
      waiting: this.#out.dispatcher.waiting
        .slice(0, MOST_WAITING)
        .map(({ until, ...rest }) => ({ ...rest, until: new Date(until).toISOString() })),
      budgets: this.#budgets.list(),
    };
  }

  clearCircuit(id: string): boolean {
    return this.#calls.clear(id);
  }

  get tracedLinks(): readonly TracedLink[] {
    return this.#links.traced;
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
    this.#in.stop();
    const deliveries = this.#out.stop();
    await this.#within(STOP_MS, async () => {
      await deliveries;
      await this.#untilNoSession();
    });
    for (const listener of [this.#in, ...this.#bridges]) listener.close();
    await this.#links.stop();
    await this.#within(STOP_MS, () => deliveries);
    await this.#budgets.close();
    await this.#spool.close();
  }

  async #open(): Promise<void> {
    for (const listener of [this.#in, ...this.#bridges]) await listener.listen();
    await this.#links.start();
    this.#out.dispatcher.poke();
  }

  #tell(event: GatewayEvent): void {
    this.#observe(event);
    if (event.type === 'budget') this.#out.tellBudget(event);
  }

  async #received(message: Received): Promise<void> {
    this.#observe({ type: 'received', message });
    await this.#out.received(message);
  }

  #makeLink(link: LinkConfiguration, names: NameCache): GatewayLink {
    const made = makeLink(link, {
      clock: this.#clock,
      observe: this.#observe,
      openLine: this.#surroundings.openLine,
      names,
      trace: (name, event) => this.#traces.note(name, event),
      isTraced: () => this.#traces.isWanted,
    });
    made.circuits.onIncoming((call) => this.#in.called(call, link));
    return made;
  }

  #makeBridges({ bridges, gateway: { hostname } }: Configuration): BridgeListener[] {
    const common = { turns: this.#turns, hostname, clock: this.#clock, observe: this.#observe };
    return bridges.flatMap((bridge) => {
      const caller = this.#out.callerOf(bridge.peer);
      return caller === undefined ? [] : [new BridgeListener({ bridge, caller, ...common })];
    });
  }

  async #untilNoSession(): Promise<void> {
    const bridged = (): number => this.#bridges.reduce((sum, { size }) => sum + size, 0);
    while (this.#in.size + bridged() > 0)
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
