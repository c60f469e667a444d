import type { Retry } from '../rfc1090/index.js';
import type { MailSource } from './mail-source.js';
import type { Demand, NotNow } from './not-now.js';

/** One way to a destination. */
export interface Transport {
  /** Opens the way, runs one session over it, resolves when all of it is over. Never rejects. */
  run(mail: MailSource): Promise<TransportEnd>;
  /** How many sessions at once. */
  readonly concurrency: number;
  /** Its sessions are calls of ours: they share the circuits that there are for these. Absent: false. */
  readonly usesCircuit?: boolean;
  /** Names of the links that its next call may be on, the best first. Absent: any. */
  readonly links?: readonly string[];
  /** Why no session may begin for this yet; undefined: it may. Absent: it always may. */
  notYet?(demand: Demand): NotNow | undefined;
}

export interface TransportEnd {
  /** The session ended because no mail was left: nothing speaks against coming again. */
  readonly inOrder: boolean;
  /** In words, for the queue list and a delivery report. */
  readonly reason: string;
  /** How a call ended decides when it is worth another. */
  readonly retry?: Retry;
  /** Nothing was tried: it counts as if no session had begun. */
  readonly notNow?: NotNow;
}
