import { parseConfiguration } from '../../src/config/index.js';
import { VirtualClock } from '../../src/core/index.js';
import { type Environment, Gateway, type GatewayEvent } from '../../src/gateway/index.js';
import type { Line } from '../../src/line/index.js';
import type { CallRecord } from '../../src/observe/index.js';
import { type SubscriptionOptions, simulatedNetwork } from '../../src/psdn/index.js';
import type { Envelope, RecipientAttributes } from '../../src/spool/index.js';
import { MemorySpool } from './memory-spool.js';
import { ScriptedDns } from './scripted-dns.js';

export interface SimulatedSite {
  readonly gateway: Gateway;
  readonly spool: MemorySpool;
  readonly events: GatewayEvent[];
  /** Records of the calls that are over. */
  readonly calls: () => CallRecord[];
  /** Puts a message into the queue, as if it had come in. @returns its id. */
  readonly enqueue: (message: {
    sender?: string;
    to: string;
    destination?: string;
    body?: string;
    /** What is asked for this recipient. */
    asked?: RecipientAttributes;
    /** What else is said of the message. */
    envelope?: Partial<Envelope>;
  }) => Promise<string>;
}

export const NUMBERS = { a: '23421000001', b: '26245300040' } as const;
export type SiteName = keyof typeof NUMBERS;

/** Gateways on one simulated network, in virtual time: no sockets, no disk, the same course every time. */
export class SimulatedSites {
  readonly clock = new VirtualClock(Date.UTC(1990, 0, 1));
  readonly network = simulatedNetwork({ clock: this.clock });
  readonly #lines = new Map<SiteName, Line>();

  /** @param toml replaces or follows what a site usually has. */
  async start(
    name: SiteName,
    options: {
      toml?: string;
      subscription?: Partial<SubscriptionOptions>;
      openLine?: () => Line;
      connect?: Environment['connect'];
      lookUp?: Environment['lookUp'];
      lookUpMx?: Environment['lookUpMx'];
      fetchPolicy?: Environment['fetchPolicy'];
      /** Default: no name is known. */
      resolve?: Environment['resolve'];
      /** Of a gateway that was stopped: this one has its line as well. */
      spool?: MemorySpool;
    } = {},
  ): Promise<SimulatedSite> {
    const text = options.toml ?? siteToml(name);
    const result = parseConfiguration(text, `/simulated/${name}.toml`);
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    const spool = new MemorySpool(this.clock, {}, options.spool);
    const events: GatewayEvent[] = [];
    const gateway = await Gateway.start(result.configuration, {
      clock: this.clock,
      random: () => 0,
      openSpool: async () => spool,
      ...(options.lookUp !== undefined && { lookUp: options.lookUp }),
      ...(options.lookUpMx !== undefined && { lookUpMx: options.lookUpMx }),
      ...(options.fetchPolicy !== undefined && { fetchPolicy: options.fetchPolicy }),
      resolve: options.resolve ?? new ScriptedDns({}).resolve,
      connect: options.connect ?? (async () => 'no mailboxes in this simulation'),
      openLine: options.openLine ?? (() => this.#lineOf(name, options.subscription)),
      observe: (event) => events.push(event),
    });
    return {
      gateway,
      spool,
      events,
      calls: () => events.flatMap((event) => (event.type === 'call' ? [event.record] : [])),
      enqueue: async ({
        sender = `from@site-${name}.example`,
        to,
        destination = 'peer:other',
        body = 'Subject: x\r\n\r\nhello\r\n',
        asked = {},
        envelope = {},
      }) => {
        const writer = await spool.receive();
        await writer.write(Buffer.from(body, 'latin1'));
        await writer.commit({
          sender,
          recipients: [{ address: to, destination, ...asked }],
          body: '8BITMIME',
          source: 'test',
          received: this.clock.wallTime(),
          ...envelope,
        });
        gateway.poke();
        return writer.id;
      },
    };
  }

  /** A gateway that starts again finds the line that it had. */
  #lineOf(name: SiteName, subscription: Partial<SubscriptionOptions> = {}): Line {
    const line = this.#lines.get(name) ?? this.network.attach({ nua: NUMBERS[name], ...subscription });
    this.#lines.set(name, line);
    return line;
  }

  /** Lets time pass until `done()`; what is promised is done before time goes on. @throws Error when it never is. */
  async runUntil(done: () => boolean, limitMs = 24 * 3_600_000): Promise<void> {
    const end = this.clock.now() + limitMs;
    for (;;) {
      const next = await this.#next();
      if (done()) return;
      if (next === undefined || next > end) throw new Error(`not done by ${this.clock.now()} ms`);
      this.clock.step();
    }
  }

  /** When the next thing happens, after all that has to happen before. */
  async #next(): Promise<number | undefined> {
    await turn();
    const isSoon = (): boolean =>
      (this.clock.next() ?? Number.POSITIVE_INFINITY) - this.clock.now() < LONG_STEP_MS;
    for (let turns = 0; turns < TURNS_BEFORE_LONG_STEP && !isSoon(); turns++) await turn();
    return this.clock.next();
  }

  async runFor(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    for (;;) {
      const next = await this.#next();
      if (next === undefined || next > end) break;
      this.clock.step();
    }
    this.clock.runUntil(end);
  }
}

/** What is promised and waits for nothing but other promises has happened after this. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** How far time may go on before work in the background (a library building fifty reports) surely has had its turns. */
const LONG_STEP_MS = 1000;
const TURNS_BEFORE_LONG_STEP = 1000;

export function siteToml(name: SiteName, more = ''): string {
  const other = name === 'a' ? 'b' : 'a';
  return `
[gateway]
hostname = "gw-${name}.example"
nua = "${NUMBERS[name]}"
spool = "spool"
postmaster = "root@site-${name}.example"
[relay]
domains = ["site-${name}.example"]
[[link]]
name = "psdn0"
type = "serial"
path = "simulated"
baud = 64000
[[peer]]
name = "other"
nua = "${NUMBERS[other]}"
link = "psdn0"
[[route]]
domain = "site-${other}.example"
peer = "other"
[[route]]
domain = "nowhere.example"
error = "5.1.2 no such place"
[[route]]
domain = "site-${name}.example"
smtp = "mailbox.example:25"
${more}`;
}
