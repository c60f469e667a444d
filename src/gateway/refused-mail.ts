import type { Refusal } from '../routing/index.js';

/** Mail that was not taken, or not now: all that is known of it then. */
export interface RefusedMail extends Refusal {
  /** As a `Caller` has it. */
  readonly source: string;
  readonly hello?: string;
  readonly sender?: string;
  readonly recipient?: string;
  /** What was to become of the message: it had come in whole. */
  readonly message?: string;
}
