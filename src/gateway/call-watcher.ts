import type { Circuit, CircuitEvent } from '../circuit/index.js';
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
}

export interface CallWatcher {
  readonly event: (event: CircuitEvent) => void;
  readonly messageSent: () => void;
  readonly messageReceived: () => void;
  readonly ended: (outcome: CallOutcome) => void;
}
