import type { LapbParameters } from '../lapb/index.js';
import type { CallTimers } from '../rfc1090/index.js';
import type {
  CallingPeer,
  IncomingRule,
  Network,
  NumberPrefixes,
  Pattern,
  RouteRule,
} from '../routing/index.js';
import type { Facilities, PacketLayerParameters } from '../x25/index.js';
import type { HostAndPort } from './schema/fields.js';

/** What a configuration file comes to: checked, complete, paths absolute, times in milliseconds, sizes in octets. */
export interface Configuration {
  /** The file it was read from. */
  readonly file: string;
  readonly gateway: GatewayConfiguration;
  readonly listen: { readonly smtp: readonly HostAndPort[] };
  readonly relay: RelayConfiguration;
  readonly links: readonly LinkConfiguration[];
  readonly peers: readonly PeerConfiguration[];
  /** In order: the first that fits decides. */
  readonly incoming: readonly IncomingRule[];
  /** In order: the first that fits decides. */
  readonly routes: readonly RouteRule[];
  readonly queue: QueueConfiguration;
  readonly log: LogConfiguration;
}

export interface GatewayConfiguration {
  readonly hostname: string;
  /** Stands behind the host name in the greeting. */
  readonly greeting: string;
  readonly nua?: string;
  /** Directory of the queue. */
  readonly spool: string;
  /** Who reads what is sent to postmaster here. */
  readonly postmaster: string;
}

export interface RelayConfiguration {
  /** Clients that may send anywhere. */
  readonly networks: readonly Network[];
  /** Domains that everyone may send to. */
  readonly domains: readonly Pattern[];
}

export interface LinkConfiguration {
  readonly name: string;
  readonly type: 'serial';
  readonly line: SerialDevice | SerialServer;
  readonly role: 'dte' | 'dce';
  /** Our number on this line; absent when neither the link nor the gateway has one. */
  readonly nua?: string;
  /** The calling address of our calls; absent: they have none. */
  readonly calling?: string;
  readonly prefixes: NumberPrefixes;
  /** The line takes octets 11 and 13 as XON and XOFF: framing avoids them. */
  readonly escapeXonXoff: boolean;
  readonly lapb: LapbParameters;
  /** What of `lapb` was written in the file; the rest follows from the line. */
  readonly lapbAsWritten: readonly LapbTimer[];
  readonly packet: PacketLayerParameters;
}

export type LapbTimer = 't1Ms' | 't2Ms' | 't3Ms' | 'n2';

export interface SerialDevice {
  readonly type: 'device';
  readonly path: string;
  readonly baud: number;
  readonly hardwareFlowControl: boolean;
}

export interface SerialServer {
  readonly type: 'tcp';
  readonly host: string;
  readonly port: number;
  /** Of the line behind the server; only timers are made of it. */
  readonly baud: number;
}

export interface PeerConfiguration extends CallingPeer {
  readonly name: string;
  readonly nua: string;
  /** Who may call as this peer. */
  readonly calling: readonly Pattern[];
  /** Names of links, tried in order. */
  readonly links: readonly string[];
  /** Of our calls; what an incoming call from there must begin with. */
  readonly userData: Uint8Array;
  /** At least one set, tried in order. */
  readonly facilities: readonly Facilities[];
  readonly timers: CallTimers;
  /** Of our calls, at the same time. */
  readonly maxCircuits: number;
}

export interface QueueConfiguration {
  /** Waits between attempts; the last one repeats. */
  readonly retryMs: readonly number[];
  readonly maxAgeMs: number;
  readonly maxMessageOctets: number;
}

export interface LogConfiguration {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Call records, one JSON object a line. */
  readonly callsFile?: string;
}
