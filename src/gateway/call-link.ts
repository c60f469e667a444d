import type { Circuits } from '../circuit/index.js';
import type { NumberPrefixes } from '../routing/index.js';
import type { Tariff } from '../tariff/index.js';

/** A link as whoever places calls sees it. */
export interface CallLink {
  readonly name: string;
  readonly circuits: Circuits;
  readonly prefixes: NumberPrefixes;
  /** Nobody listens on it. Default false. */
  readonly isPrivate?: boolean;
  /** What calls on it cost; absent: nobody said. */
  readonly tariff?: Tariff | undefined;
  /** Up, or coming up, as far as is known; a link that is not is called on only where there is no other. */
  isAvailable(): boolean;
  /** In words, where it has as many circuits as it may. Absent: as many as are wanted. */
  shortage?(): string | undefined;
}
