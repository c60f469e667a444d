import type { TraceEvent } from '../../circuit/index.js';
import type { Clock } from '../../core/index.js';
import { Gateway, type GatewayEvent } from '../../gateway/index.js';
import { type SimulatedNetwork, simulatedNetwork } from '../../psdn/index.js';
import { Mailbox } from './mailbox.js';
import { SITE_A, SITE_B, type Site, siteConfiguration } from './sites.js';

export interface StageOptions {
  readonly clock: Clock;
  /** Where the spools go. */
  readonly folder: string;
  /** Bits per second of the lines; absent: as fast as the machine. */
  readonly lineSpeed: number | undefined;
  readonly onEvent: (site: Site, event: GatewayEvent) => void;
  /** What passes on site A's line. */
  readonly onTrace: (event: TraceEvent) => void;
  /** What arrived in the mailbox at site B. */
  readonly onArrival: (message: Uint8Array) => void;
}

/** What timers of the links follow from where the lines are as fast as the machine. */
const UNPACED_BAUD = 1_000_000;

/** A lost SABM is repeated after seconds; links that are not up by then never will be. */
const LINKS_UP_MS = 20_000;

/** Two gateways, the network between them, and the mailbox behind the second. */
export class Stage {
  readonly #options: StageOptions;
  readonly #network: SimulatedNetwork;
  readonly #mailbox: Mailbox;
  readonly #gateways: Gateway[] = [];

  /** Builds all of it; what was built is taken down again if something fails. */
  static async open(options: StageOptions): Promise<Stage> {
    const stage = new Stage(options);
    try {
      const mailboxPort = await stage.#mailbox.listen();
      await stage.#startSite(SITE_A, SITE_B, mailboxPort);
      await stage.#startSite(SITE_B, SITE_A, mailboxPort);
      await stage.#untilLinksAreUp();
      return stage;
    } catch (error) {
      await stage.close();
      throw error;
    }
  }

  private constructor(options: StageOptions) {
    this.#options = options;
    this.#network = simulatedNetwork({ clock: options.clock });
    this.#mailbox = new Mailbox(SITE_B.domain, options.clock, options.onArrival);
  }

  /** Where site A takes mail by SMTP over TCP. */
  get submissionPort(): number {
    return this.#gateways[0]?.smtpPorts[0] ?? 0;
  }

  async close(): Promise<void> {
    await Promise.all(this.#gateways.map((gateway) => gateway.stop()));
    await Promise.all([this.#network.close(), this.#mailbox.close()]);
  }

  async #untilLinksAreUp(): Promise<void> {
    const { clock } = this.#options;
    const areUp = (): boolean =>
      this.#gateways.every(({ links }) => links.every(({ state }) => state === 'ready'));
    const end = clock.now() + LINKS_UP_MS;
    while (!areUp()) {
      if (clock.now() > end) throw new Error('the links to the network did not come up');
      await new Promise<void>((resolve) => void clock.wake(clock.now() + 20, resolve));
    }
  }

  async #startSite(site: Site, other: Site, mailboxPort: number): Promise<void> {
    const { clock, folder, lineSpeed, onEvent, onTrace } = this.#options;
    const configuration = siteConfiguration({
      site,
      other,
      folder,
      mailboxPort,
      lineSpeed: lineSpeed ?? UNPACED_BAUD,
    });
    const gateway = await Gateway.start(configuration, {
      clock,
      openLine: () =>
        this.#network.attach({
          nua: site.nua,
          ...(lineSpeed !== undefined && { bitsPerSecond: lineSpeed }),
        }),
      observe: (event) => onEvent(site, event),
      ...(site === SITE_A && { trace: (_link: string, event: TraceEvent) => onTrace(event) }),
    });
    this.#gateways.push(gateway);
  }
}
