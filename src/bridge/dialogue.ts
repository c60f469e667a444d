/** What the follower of a dialogue is told and what it says. It does no I/O and knows no streams. */
import type { CloseReason } from '../core/index.js';
import type { DialogueEvent } from '../smtp/index.js';
import type { Refused } from './command.js';

/** The two ends of a bridge. */
export type Side = 'circuit' | 'tcp';

/** Whether a side takes more octets now. */
export type Room = Readonly<Record<Side, boolean>>;

/** What a bare CR or LF in the data of a CRLF session becomes. */
export type BareLineEnd = 'refuse' | 'crlf';

export interface FollowerOptions {
  /** Where the SMTP client is. */
  readonly client: Side;
  /** By the side that sends the data. */
  readonly bareLineEnd: Readonly<Record<Side, BareLineEnd>>;
  /** Whether a client may say STARTTLS where it is offered. */
  readonly startTls: 'pass' | 'refuse';
}

export type FollowerAction =
  | { readonly do: 'pass'; readonly to: Side; readonly octets: Uint8Array; readonly endOfSequence: boolean }
  | { readonly do: 'consumed'; readonly from: Side; readonly octets: number }
  /** For the circuit's side of RFC 1090. */
  | { readonly do: 'dialogue'; readonly event: DialogueEvent }
  /** The server has accepted a message. */
  | { readonly do: 'accepted' }
  /** The server's side is to be broken off now: a message that it has in part must not look complete. */
  | { readonly do: 'cut'; readonly why: CloseReason }
  /** The client has its farewell, and nothing more will be said. In order: after QUIT. */
  | { readonly do: 'finish'; readonly inOrder: boolean; readonly reason: string };

export type FollowerCount =
  | 'messagesAccepted'
  | 'messagesRefused'
  /** Not completed at the server because of a CR or LF alone in them. */
  | 'messagesBrokenOff'
  | Refused
  /** Sent in clear behind STARTTLS, before the server had agreed to it. */
  | 'octetsDroppedBeforeTls';

export function otherSide(side: Side): Side {
  return side === 'circuit' ? 'tcp' : 'circuit';
}
