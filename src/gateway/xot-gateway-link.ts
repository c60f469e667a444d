import { routerFor, type XotLinkConfiguration } from '../config/index.js';
import { type NameCache, XotListener, XotSocket } from '../line/index.js';
import { isHost, numberOfCaller } from '../routing/index.js';
import { XotCircuits } from '../xot/index.js';
import type { GatewayLink, LinkReport } from './gateway-link.js';
import type { LinkSurroundings } from './links.js';
import { verifyCaller } from './xot-callers.js';

/** Beyond those that carry circuits: some that have not called yet, some that are being closed. */
const SPARE_CONNECTIONS = 16;

/** X.25 over TCP: calls by connecting to the router that serves a number, and is called by those allowed to connect. */
export class XotGatewayLink implements GatewayLink {
  readonly name: string;
  readonly circuits: XotCircuits;
  readonly #listener: XotListener | undefined;

  constructor(link: XotLinkConfiguration, surroundings: LinkSurroundings) {
    const { clock, observe, names, trace, isTraced } = surroundings;
    this.name = link.name;
    this.circuits = new XotCircuits({
      name: link.name,
      clock,
      packet: link.packet,
      maxCircuits: link.maxCircuits,
      idleMs: link.idleMs,
      connect: (called) => connectToRouter(link, names, called),
      onProblem: (problem) => observe({ type: 'problem', problem: `${link.name}: ${problem}` }),
      onCallerRefused: (caller) => observe({ type: 'callerRefused', link: link.name, caller }),
      ...(link.verifiesCallers && {
        verifyCaller: (calling, address, decide) => verifyCaller(link, names, calling, address, decide),
      }),
      ...(link.calling !== undefined && { calling: link.calling }),
      trace: (event) => trace(link.name, event),
      isTraced,
    });
    if (link.listen === undefined) return;
    this.#listener = new XotListener({
      ...link.listen,
      keepAliveMs: link.keepAliveMs,
      maxConnections: 2 * link.maxCircuits + SPARE_CONNECTIONS,
      mayConnect: (address) => link.allow.some((network) => network.includes(address)),
      onConnection: (connection) => this.circuits.accept(connection),
      onRefused: (address, why) => observe({ type: 'connectionRefused', where: link.name, address, why }),
    });
  }

  /** The port that calls are taken on, also where any was asked for (0). */
  get port(): number | undefined {
    return this.#listener?.port;
  }

  isAvailable(): boolean {
    return this.circuits.status().state === 'ready';
  }

  status(): LinkReport {
    return this.circuits.status();
  }

  /** @throws GatewayError when the address can't be listened on: that is a setting, and does not mend itself. */
  async start(): Promise<void> {
    await this.#listener?.listen();
  }

  async stop(): Promise<void> {
    this.#listener?.stopListening();
    await new Promise<void>((resolve) => this.circuits.stop(resolve));
    this.#listener?.close();
  }
}

/** The first router whose pattern fits the number serves it; prefixes are no part of a number. */
function connectToRouter(
  link: XotLinkConfiguration,
  names: NameCache,
  called: string,
): XotSocket | undefined {
  const router = routerFor(link, numberOfCaller(called, link.prefixes));
  if (router === undefined || !isHost(router.host)) return undefined;
  const { connectMs, keepAliveMs } = link;
  return XotSocket.connect({ ...router, names, connectMs, keepAliveMs });
}
