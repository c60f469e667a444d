import { Bridge } from '../bridge/index.js';
import { type BridgeConfiguration, formatHostAndPort, type HostAndPort } from '../config/index.js';
import { type Clock, fromAscii, type OctetStream } from '../core/index.js';
import { utc } from '../observe/index.js';
import type { CallTurns } from './call-turns.js';
import type { Observe } from './events.js';
import type { NoCall, PeerCaller, PlacedCall } from './peer-caller.js';
import { SmtpListener } from './smtp-listener.js';

export interface BridgeListenerOptions {
  readonly bridge: BridgeConfiguration;
  /** Of the peer that the bridge leads to. */
  readonly caller: PeerCaller;
  readonly turns: CallTurns;
  readonly hostname: string;
  readonly clock: Clock;
  readonly observe: Observe;
}

/** Waiting for a circuit is the caller's business: only so many may be told that there is none. */
const MAX_CLIENTS = 100;

/** An address of ours where a mail server finds a peer: every connection becomes a call. */
export class BridgeListener {
  #options: BridgeListenerOptions;
  readonly #listener: SmtpListener;
  readonly #bridges = new Set<Bridge>();

  constructor(options: BridgeListenerOptions) {
    const { bridge, hostname, observe } = options;
    this.#options = options;
    this.#listener = new SmtpListener({
      ...bridge.listen,
      maxSessions: MAX_CLIENTS,
      hostname,
      mayConnect: (address) => this.#options.bridge.allow.some((network) => network.includes(address)),
      onClient: (stream) => this.serve(stream),
      onTurnedAway: (address, why) => observe({ type: 'connectionRefused', where: this.#name, address, why }),
    });
  }

  /** Counts for further connections. @param bridge with the address that it has. */
  configure(bridge: BridgeConfiguration, caller: PeerCaller): void {
    this.#options = { ...this.#options, bridge, caller };
  }

  /** Whether this address is the one that it listens on, as configured. */
  isOn({ host, port }: HostAndPort): boolean {
    const { listen } = this.#options.bridge;
    return listen.host === host && listen.port === port;
  }

  /** The port it listens on, also where any was asked for (0). */
  get port(): number {
    return this.#listener.port;
  }

  /** Sessions that are open. */
  get size(): number {
    return this.#bridges.size;
  }

  /** @throws GatewayError when the address can't be listened on. */
  async listen(): Promise<void> {
    const { bridge, observe } = this.#options;
    await this.#listener.listen();
    const address = formatHostAndPort({ ...bridge.listen, port: this.port });
    observe({ type: 'listening', address, peer: bridge.peer });
  }

  /** Takes no further connections; sessions end with 421 at their next good moment. */
  stop(): void {
    this.#listener.stopListening();
    for (const bridge of this.#bridges) bridge.stop();
  }

  /** Drops whoever is still connected: the calls end with them. */
  close(): void {
    this.#listener.close();
  }

  /** The client gets the peer's greeting, or a 421 that says what became of the call. */
  serve(client: OctetStream): void {
    const { caller, clock, observe, hostname } = this.#options;
    const call = this.#place();
    if (!('circuit' in call)) {
      turnAway(
        client,
        `421 4.3.2 ${hostname} ${call.reason}, try again ${call.notNow === undefined ? 'later' : `after ${utc(call.notNow.until)}`}`,
      );
      observe({ type: 'turnedAway', where: `${this.#name}: ${call.reason}` });
      return;
    }
    const bridge = new Bridge({
      circuit: call.circuit,
      tcp: client,
      clock,
      client: 'tcp',
      startTls: 'pass',
      onAccepted: () => call.watcher.messageSent(),
    });
    this.#bridges.add(bridge);
    bridge.start();
    call.whenOver(() => bridge.stop());
    void this.#follow(bridge, call.circuit.circuit.id, async (inOrder) => {
      caller.learn(await call.outcome, inOrder);
    });
  }

  #place(): PlacedCall | NoCall {
    const { caller, turns } = this.#options;
    const shortage = turns.shortage();
    if (shortage !== undefined) return { reason: shortage };
    const call = caller.place();
    if ('circuit' in call && turns.take() !== undefined) void call.outcome.then(() => turns.give());
    return call;
  }

  async #follow(bridge: Bridge, circuit: string, learn: (inOrder: boolean) => Promise<void>): Promise<void> {
    const end = await bridge.done;
    this.#bridges.delete(bridge);
    this.#options.observe({ type: 'bridged', circuit, end });
    await learn(end.inOrder);
  }

  get #name(): string {
    return `bridge ${formatHostAndPort(this.#options.bridge.listen)}`;
  }
}

function turnAway(client: OctetStream, line: string): void {
  client.setReceiver({ octets: ({ length }) => client.consumed(length), ready: () => {}, ended: () => {} });
  client.write(fromAscii(`${line}\r\n`), true);
  client.close();
}
