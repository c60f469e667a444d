import type { Configuration } from '../config/index.js';
import { type Clock, HandedOverStream } from '../core/index.js';
import { admit } from '../routing/index.js';
import type { CircuitReception } from './circuit-reception.js';
import type { PlacedCall } from './peer-caller.js';
import type { TurnedStream } from './peer-transport.js';
import type { ServerRunner } from './server-runner.js';

export interface TurnedCallsOptions {
  readonly configuration: () => Configuration;
  readonly reception: CircuitReception;
  readonly clock: Clock;
}

/** Calls of ours on which client and server have changed places (ATRN): the mail that we have asked for comes in over them. */
export class TurnedCalls {
  readonly #options: TurnedCallsOptions;
  readonly #sessions = new Set<ServerRunner>();

  constructor(options: TurnedCallsOptions) {
    this.#options = options;
  }

  /** Sessions that are open. */
  get size(): number {
    return this.#sessions.size;
  }

  /** They end with 421 at their next good moment. */
  stop(): void {
    for (const session of [...this.#sessions]) session.stop();
  }

  take(call: PlacedCall, { stream, octets, tls }: TurnedStream): void {
    const { circuit, watcher, link, peer, outcome } = call;
    const handedOver = new HandedOverStream(stream, this.#options.clock);
    stream.setReceiver(handedOver);
    if (octets.length > 0) handedOver.octets(octets);
    const session = this.#options.reception.session(
      {
        circuit,
        watcher,
        link,
        number: peer.nua,
        peer: peer.name,
        mayRelay: this.#mayRelay(call),
        // We have called it: whoever answers there is as true as a caller whom the network vouches for.
        isVouched: true,
      },
      { stream: handedOver, tls },
    );
    this.#sessions.add(session);
    void outcome.then(() => this.#sessions.delete(session));
    call.whenOver(() => session.stop());
    session.start();
  }

  /** It may what it might if it had called. */
  #mayRelay({ peer, link }: PlacedCall): boolean {
    const { incoming, peers } = this.#options.configuration();
    const call = { link, calling: peer.nua, called: '', userData: peer.userData };
    const admission = admit(call, incoming, peers);
    return admission.action === 'take' && admission.how.relay;
  }
}
