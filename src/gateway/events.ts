import type { BridgeEnd } from '../bridge/index.js';
import type { ModemEvent } from '../modem/index.js';
import type { CallRecord } from '../observe/index.js';
import type { Misdeed } from '../smtp/index.js';
import type { RefusedCaller } from '../xot/index.js';
import type { Received } from './reception.js';
import type { RefusedMail } from './refused-mail.js';
import type { SettledEvent } from './settler.js';

export type LineState =
  | { readonly state: 'opened' }
  /** Only where it is watched. */
  | { readonly state: 'carrier' | 'noCarrier' }
  /** It is to be watched, but the port has no such wire: taken as there. */
  | { readonly state: 'carrierUnknown' }
  /** `tries`: how often it was tried in a row. */
  | { readonly state: 'closed'; readonly why: string; readonly tries: number; readonly retryInMs: number };

/** What a gateway tells whoever watches it: log, call records, metrics, the demonstration. */
export type GatewayEvent =
  /** `peer`: what is said there goes to that peer. */
  | { readonly type: 'listening'; readonly address: string; readonly peer?: string }
  | { readonly type: 'line'; readonly link: string; readonly line: LineState }
  /** A message is on stable storage. */
  | { readonly type: 'received'; readonly message: Received }
  /** The policy said no to a client, for now or for good. */
  | { readonly type: 'refused'; readonly refused: RefusedMail }
  /** A step of one recipient: delivered, put off, given up. */
  | { readonly type: 'settled'; readonly recipient: SettledEvent }
  /** A call is over. */
  | {
      readonly type: 'call';
      readonly record: CallRecord;
      /** In words, of a call that we would not take: no rule, no room, shutting down. */
      readonly refusedBecause?: string;
    }
  /** Somebody has to look: a setting is wrong somewhere. Once until it went well again. */
  | { readonly type: 'attention'; readonly destination: string; readonly reason: string }
  /** So much of what may be spent on calls to a peer is spent, once in a period; used up: none is placed before it is over. */
  | {
      readonly type: 'budget';
      readonly peer: string;
      readonly level: 'warned' | 'usedUp';
      /** In words. */
      readonly spent: string;
      /** When the period is over, wall time. */
      readonly until: number;
    }
  /** A session between a circuit and a mail server is over. */
  | { readonly type: 'bridged'; readonly circuit: string; readonly end: BridgeEnd }
  /** A connection was closed at once. */
  | {
      readonly type: 'connectionRefused';
      /** A link, or a listener: `bridge 127.0.0.1:2601`. */
      readonly where: string;
      readonly address: string;
      readonly why: 'notAllowed' | 'tooMany';
    }
  /** Somebody called by XOT with a number that does not lead to where the call came from, or nobody could tell. */
  | { readonly type: 'callerRefused'; readonly link: string; readonly caller: RefusedCaller }
  /** What a modem did: dialled, connected, hung up, failed. */
  | { readonly type: 'modem'; readonly link: string; readonly event: ModemEvent }
  | { readonly type: 'turnedAway'; readonly where: string }
  /** A client by SMTP did what attackers do, or what is badly broken. */
  | { readonly type: 'misdeed'; readonly where: string; readonly what: Misdeed }
  /** The gateway can't go on: nothing is lost, but it must be started anew. */
  | { readonly type: 'fatal'; readonly reason: string }
  /** Something went wrong that is not the fault of a message or a peer. */
  | { readonly type: 'problem'; readonly problem: string };

export type Observe = (event: GatewayEvent) => void;
