import type { Decoded } from '../core/index.js';
import type { DataFault, DataRead } from './data.js';
import type { LineFault } from './line.js';
import type { EnhancedReply } from './reply.js';
import type { Ask, CloseReason, Misdeed, Verdict } from './server-interface.js';

/**
 * What a command brings about. Commands only look at the state of the session and change it; that something is said,
 * asked, or read in another way from now on is for the session to carry out.
 */
export type Answer =
  | { readonly say: EnhancedReply; readonly next?: Next }
  /** It counts as an error of protocol. */
  | { readonly error: EnhancedReply; readonly next?: Next }
  | { readonly ask: Ask; readonly decided: (verdict: Verdict) => Answer }
  | { readonly next: Next };

export interface Next {
  /** What comes next is not a command but content. */
  readonly receive?: Content;
  /** The next line is not a command but an answer to what was said. */
  readonly exchange?: Exchange;
  /** TLS begins. */
  readonly upgrade?: true;
  /** The roles change, to send what waits for these domains. */
  readonly turn?: readonly string[];
  readonly count?: Misdeed;
  readonly end?: CloseReason;
}

/** Octets that are no commands, up to an end that they tell themselves or that was told. */
export interface Content {
  /** Whether `read` has something to do without more octets. */
  readonly exhausted: boolean;
  read(octets: Uint8Array): DataRead;
  /** Why nothing of it is passed on. */
  readonly fault: DataFault | undefined;
  /** It was read to its end, and passed on. */
  ended(): Answer;
}

export interface Exchange {
  line(line: Decoded<string, LineFault>): Answer;
}
