import type { Circuit, CircuitEvent } from '../circuit/index.js';
import type { CallPrice } from '../observe/index.js';
import type { CallOutcome } from '../rfc1090/index.js';

/** A call begins; what is told of it goes into its record. */
export interface CallStarted {
  readonly circuit: Pick<
    Circuit,
    'id' | 'direction' | 'called' | 'calling' | 'channel' | 'traffic' | 'clear'
  >;
  readonly link: string;
  readonly peer?: string;
  readonly userData: Uint8Array;
  /** Who is called pays. */
  readonly reverseCharged: boolean;
}

/** A call, and what it costs us; without a price where nobody said what calls on its link cost. */
export interface PricedCall extends CallStarted {
  readonly price?: CallPrice | undefined;
}

export interface CallWatcher {
  readonly event: (event: CircuitEvent) => void;
  readonly messageSent: () => void;
  readonly messageReceived: () => void;
  readonly ended: (outcome: CallOutcome) => void;
}
