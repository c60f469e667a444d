import type { Fcs } from '../hdlc/index.js';
import type { LapbParameters } from '../lapb/index.js';
import type { ModemSettings } from '../modem/index.js';
import type { Clearing, PadTimers, Parameters } from '../pad/index.js';
import type { CallTimers } from '../rfc1090/index.js';
import type {
  AccessRule,
  Aliases,
  CallingPeer,
  IncomingRule,
  Network,
  NumberPrefixes,
  Pattern,
  RateLimit,
  RewriteRule,
  RouteRule,
  Template,
} from '../routing/index.js';
import type { BudgetPeriod, TariffPrices, TimeWindows, Zone } from '../tariff/index.js';
import type { Facilities, PacketLayerParameters } from '../x25/index.js';
import type { XotParameters } from '../xot/index.js';
import type { HostAndPort } from './schema/fields.js';

/** What a configuration file comes to: checked, complete, paths absolute, times in milliseconds, sizes in octets. */
export interface Configuration {
  /** The file it was read from. */
  readonly file: string;
  readonly gateway: GatewayConfiguration;
  readonly listen: ListenConfiguration;
  readonly relay: RelayConfiguration;
  readonly links: readonly LinkConfiguration[];
  readonly peers: readonly PeerConfiguration[];
  /** In order: the first that fits decides. */
  readonly incoming: readonly IncomingRule[];
  /** TCP to circuit. */
  readonly bridges: readonly BridgeConfiguration[];
  /** In order: the first that fits decides. */
  readonly routes: readonly RouteRule[];
  /** In order: the first that knows a domain decides. */
  readonly rewrites: readonly RewriteRule[];
  readonly queue: QueueConfiguration;
  readonly console: ConsoleConfiguration;
  readonly log: LogConfiguration;
  /** In order: the first that fits decides on mail before it is accepted. */
  readonly access: readonly AccessRule[];
  /** For the domains that all may send to. */
  readonly aliases?: Aliases;
  /** A file that `x25mail passwd` has made. */
  readonly usersFile?: string;
  readonly limits: LimitsConfiguration;
  readonly checks: ChecksConfiguration;
  /** Keys for the mail of those who may send anywhere, by the domain of its author. */
  readonly dkim: readonly DkimConfiguration[];
}

/** SPF, DKIM and DMARC of mail by TCP from strangers. */
export interface ChecksConfiguration {
  /** off: no message is checked; note: and what was found is noted in it; enforce: and DMARC policies are followed. */
  readonly mode: 'off' | 'note' | 'enforce';
  /** So long DNS may take: while a message comes in, and again at its end. */
  readonly dnsMs: number;
}

export interface DkimConfiguration {
  /** In small letters. */
  readonly domain: string;
  readonly selector: string;
  /** A private key in PEM. */
  readonly keyFile: string;
}

export interface LimitsConfiguration {
  /** By TCP, on one address. */
  readonly sessions: number;
  readonly sessionsPerClient: number;
  /** Calls of ours at the same time, to all peers together; absent: as many as the links have circuits. */
  readonly calls?: number;
  /** How often one peer can have calls begun, by ETRN. */
  readonly etrnEveryMs: number;
  /** The highest priority that a peer or a user can ask for (RFC 6710). */
  readonly maxPriority: number;
  /** Whether a client that speaks before it is greeted is served, or cut off. */
  readonly earlyTalkers: 'serve' | 'refuse';
  /** Of one message. */
  readonly messageRecipients: number;
  readonly hops: number;
  readonly headerOctets: number;
  /** Octets of a line of text with its end; absent: any. */
  readonly textLine?: number;
  /** Of one session: what it may do wrong, and without bringing a message forward, before it is ended. */
  readonly errors: number;
  readonly idleCommands: number;
  readonly unknownCommands: number;
  readonly refusedRecipients: number;
  readonly failedLogins: number;
  /** Octets of a command with its parameters, without its end. */
  readonly commandLine: number;
  /** Absent: any number. */
  readonly messagesPerSession?: number;
  /** Of a session by TCP. */
  readonly idleMs: number;
  /** Of what a circuit can carry: who sends more slowly than this is cut off. 0: nobody is. */
  readonly slowestShare: number;
  /** What bare CR and LF in a message become. Absent: refused by TCP, made CR LF on circuits. */
  readonly bareLineEnd?: 'refuse' | 'crlf';
  /** Of one client by TCP, begun. */
  readonly connections?: RateLimit;
  /** Of one caller. */
  readonly messages?: RateLimit;
  readonly recipients?: RateLimit;
}

export interface ListenConfiguration {
  readonly smtp: readonly ListenerConfiguration[];
  /** Mail of users who have logged in (RFC 6409). */
  readonly submission: readonly ListenerConfiguration[];
  /** Files in PEM. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export interface ListenerConfiguration extends HostAndPort {
  readonly service: 'smtp' | 'submission';
  /** starttls: offered; implicit: TLS comes first of all (RFC 8314). */
  readonly tls: 'starttls' | 'implicit' | 'none';
  /** Clients that may say for whom they speak, by XCLIENT and XFORWARD. */
  readonly xclient: readonly Network[];
  /** Connections from here begin with a PROXY header that says who connects; nobody else's is believed. */
  readonly proxy: readonly Network[];
}

export interface GatewayConfiguration {
  readonly hostname: string;
  /** Stands behind the host name in the greeting. */
  readonly greeting: string;
  readonly nua?: string;
  /** A network that `CallerNetwork.parse` takes: in it each calling number has an address. */
  readonly callerNetwork?: string;
  /** Directory of the queue. */
  readonly spool: string;
  /** Who reads what is sent to postmaster here. */
  readonly postmaster: string;
}

/** How a running gateway is watched and told what to do. */
export interface ConsoleConfiguration {
  /** Path of the control socket, short enough for one. */
  readonly socket: string;
  /** Where metrics and status can be read by HTTP. */
  readonly http?: HostAndPort;
}

export interface RelayConfiguration {
  /** Clients that may send anywhere. */
  readonly networks: readonly Network[];
  /** Domains that everyone may send to. */
  readonly domains: readonly Pattern[];
  /** Whether only who may send anywhere may say that mail comes from one of these domains. */
  readonly protectSenders: boolean;
}

/** A way to the network. */
export type LinkConfiguration =
  | SerialLinkConfiguration
  | ModemLinkConfiguration
  | PadLinkConfiguration
  | XotLinkConfiguration;

/** What links of all kinds have in common. */
export interface LinkBase {
  readonly name: string;
  /** Our number on this link; absent when neither the link nor the gateway has one. */
  readonly nua?: string;
  /**
   * The calling address of our calls: our number, or a subaddress of it alone. Absent: they have none, or (PAD) the
   * network puts it in.
   */
  readonly calling?: string;
  readonly prefixes: NumberPrefixes;
  /** Nobody listens on it: passwords may pass in the clear. */
  readonly isPrivate: boolean;
  /**
   * The network vouches for the calling number of a call, so that rights may hang on it. A PSDN writes it itself on its
   * access lines and its PADs. On XOT anyone can write any number: only where it is verified, and there is one. A modem:
   * only on connections that we have dialled
   * (`ModemCircuits.connectedBy`), since whoever knows our telephone number can give any; false where it never dials.
   */
  readonly vouched: boolean;
  /** What calls on it cost; absent: nobody said. */
  readonly tariff?: TariffPrices | undefined;
  /** Circuits at once, both ways together. Absent: as many as it has channels. */
  readonly maxCircuits?: number | undefined;
}

/** A line with LAPB and the packet layer on it. */
export interface AccessLineConfiguration extends LinkBase {
  readonly line: SerialDevice | SerialServer;
  /** Of the link layer, and of the packet layer unless that has its own; on a modem that dials: where we have dialled. */
  readonly role: 'dte' | 'dce';
  /** The line takes octets 11 and 13 as XON and XOFF: framing avoids them. */
  readonly escapeXonXoff: boolean;
  readonly lapb: LapbParameters;
  /** What of `lapb` was written in the file; the rest follows from the line. */
  readonly lapbAsWritten: readonly LapbTimer[];
  readonly packet: PacketLayerParameters;
}

export interface SerialLinkConfiguration extends AccessLineConfiguration {
  readonly type: 'serial';
  readonly fcs: Fcs;
  /** The link is up only while the line has carrier (DCD); never on a serial device server. */
  readonly watchesCarrier: boolean;
}

/** Names as in `ModemCircuitsOptions`. At least one of `dial` and `modem.answerAfterRings` is there. */
export interface ModemLinkConfiguration extends AccessLineConfiguration {
  readonly type: 'modem';
  /** What the profile calls itself. */
  readonly profile: string;
  readonly modem: ModemSettings;
  /** Absent: never dials. */
  readonly dial?: string;
  readonly answerRole: 'dte' | 'dce';
  readonly callsOnAnswered: boolean;
  readonly idleHangUpMs: number;
  readonly answeredIdleHangUpMs: number;
  readonly adaptsT1: boolean;
}

/** Names as in `PadCircuitsOptions`; what is absent there has its default there. */
export interface PadLinkConfiguration extends LinkBase {
  readonly type: 'pad';
  readonly line: SerialDevice | SerialServer;
  readonly clearing: Clearing;
  readonly serviceRequest?: string;
  /** By reference (X.3); never 1, 6 and 7. */
  readonly parameters: Parameters;
  readonly userDataMark?: string;
  readonly timers: PadTimers;
}

export interface XotLinkConfiguration extends LinkBase {
  readonly type: 'xot';
  /** Absent: nobody can call us here. */
  readonly listen?: HostAndPort;
  /**
   * Who may connect. As written; where nothing is written, the routers that are given by their addresses, or anybody
   * where callers are verified by names: what a name means is not known before it is looked up.
   */
  readonly allow: readonly Network[];
  /** The number of a caller has to lead, by `routers`, to the address that the connection came from. */
  readonly verifiesCallers: boolean;
  /** In order: the first whose pattern fits the number, without the link's prefix, is connected to. */
  readonly routers: readonly XotRouter[];
  /** Both ways together. */
  readonly maxCircuits: number;
  /** How long an address of a router may take to answer. */
  readonly connectMs: number;
  /** How long TCP may be silent before it asks whether the other end is there; 0: never asks. */
  readonly keepAliveMs: number;
  /** How long a call may be silent; 0: for ever. */
  readonly idleMs: number;
  readonly packet: XotParameters;
}

export interface XotRouter {
  readonly nua: Pattern;
  /** Made of what `nua` captures. */
  readonly host: Template;
  readonly port: number;
}

/** `[[bridge]]`: an address of ours that leads to a peer. */
export interface BridgeConfiguration {
  readonly listen: HostAndPort;
  /** Who may connect: who reaches it spends our money. */
  readonly allow: readonly Network[];
  /** Name of the peer that is called; its links, timers and `maxCircuits` count. */
  readonly peer: string;
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

/** When a peer is called, and how much may be spent on it. */
export interface CallRules {
  /** Absent: at any time. */
  readonly windows?: TimeWindows;
  /** Of windows and of the budget's periods. */
  readonly zone: Zone;
  /** So many messages are worth a call, or one that has waited for so long. */
  readonly minMessages: number;
  readonly maxWaitMs: number;
  readonly budget?: CallBudget | undefined;
}

/** What is too long for the usual hours. */
export interface LargeMailRules {
  /** The longest message that is not. */
  readonly octets: number;
  /** When it goes. Absent: only when the peer asks for it. */
  readonly windows?: TimeWindows;
  readonly zone: Zone;
  /** Whether its recipients are told that it waits. */
  readonly notice: boolean;
}

/** The most that is spent in a period on our calls to a peer, in time that is charged or in money. */
export interface CallBudget {
  readonly minutes?: number;
  /** Only where all its links have a tariff, in one currency. */
  readonly cost?: number;
  /** The operator is told at this share of it. */
  readonly warn: number;
  readonly period: BudgetPeriod;
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
  /** Absent: it is called at any time, for any message. */
  readonly callRules?: CallRules;
  /** Absent: messages of any length go alike. */
  readonly large?: LargeMailRules;
  /** Who logs in as one of these is this peer, when it comes to fetching mail. */
  readonly users: readonly string[];
  /** How our mail that waits there is asked for, when a call of ours has nothing more to send. */
  readonly fetch?: FetchConfiguration;
  /** How we speak to it, and it to us. Absent: in the clear, and without a login. */
  readonly terms?: PeerTerms;
}

export interface PeerTerms {
  /** Of calls both ways; `must` and `verify`: no mail without it. `verify` asks the side that is called for a proof. */
  readonly tls: 'none' | 'may' | 'must' | 'verify';
  /** The name in its certificate. */
  readonly tlsName?: string;
  /** File (PEM) of the signers whose certificates count, in place of those that the system knows. */
  readonly trusted?: string;
  /** Who we are there; the password is the first line of the file. */
  readonly login?: { readonly user: string; readonly passwordFile: string };
}

export interface FetchConfiguration {
  /** etrn: it is to be brought; atrn: it comes over the same call. */
  readonly how: 'etrn' | 'atrn';
  /** None, by ATRN: all that are ours. */
  readonly domains: readonly string[];
  /** A call for this alone, so long after the last one. Absent: only calls that have something to send. */
  readonly everyMs?: number;
}

export interface QueueConfiguration {
  /** Waits between attempts; the last one repeats. */
  readonly retryMs: readonly number[];
  readonly maxAgeMs: number;
  /** How long mail waits until its sender is told; 0: he is not. */
  readonly delayWarningMs: number;
  readonly maxMessageOctets: number;
}

export interface LogConfiguration {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Call records, one JSON object a line. */
  readonly callsFile?: string;
}
