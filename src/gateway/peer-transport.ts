import type { Clock } from '../core/index.js';
import type { ClientOptions } from '../smtp/index.js';
import { ClientRunner } from './client-runner.js';
import type { Transport, TransportEnd } from './dispatcher.js';
import type { MailSource } from './mail-source.js';
import type { PeerCaller, PlacedCall } from './peer-caller.js';

export interface PeerTransportOptions {
  readonly caller: PeerCaller;
  readonly session: ClientOptions;
  readonly clock: Clock;
}

/** Brings mail to a peer: places a call, runs a session over it, clears. */
export class PeerTransport implements Transport {
  readonly concurrency: number;
  readonly #options: PeerTransportOptions;

  constructor(options: PeerTransportOptions) {
    this.#options = options;
    this.concurrency = options.caller.peer.maxCircuits;
  }

  /** Resolves when the circuit is gone and what became of every message is written down. */
  async run(mail: MailSource): Promise<TransportEnd> {
    const { caller } = this.#options;
    let runner: ClientRunner | undefined;
    const call = caller.place(() => {
      if (typeof call === 'string') return;
      runner = this.#runner(call, mail);
      runner.start();
    });
    if (typeof call === 'string') return { inOrder: false, reason: call };
    const outcome = await call.outcome;
    const inOrder = (await runner?.done)?.inOrder ?? false;
    const retry = caller.learn(outcome, inOrder);
    return {
      inOrder,
      reason: `${call.title}: ${outcome.reason}`,
      ...(retry !== undefined && { retry }),
    };
  }

  #runner({ circuit, watcher }: PlacedCall, mail: MailSource): ClientRunner {
    const { session, clock } = this.#options;
    return new ClientRunner({
      stream: circuit,
      session,
      clock,
      next: () => mail.next(),
      readBody: ({ id }, from) => mail.readBody(id, from),
      settle: (message, outcomes) => {
        if (outcomes.some((recipient) => recipient.outcome === 'delivered')) watcher.messageSent();
        return mail.settle(message, outcomes);
      },
      onDialogue: (event) => circuit.dialogue(event),
    });
  }
}
