/**
 * What is kept of a call when it is over: who, when, how long, how much, and why it ended. A record is plain
 * JSON with what an invoice can be checked against; it holds nothing of what was said during the call.
 */
import { type CircuitEvent, type CircuitTraffic, describeEnding, type Ending } from '../circuit/index.js';
import { type Clock, toHex } from '../core/index.js';
import type { ChargedSegments, Facilities } from '../x25/index.js';
import { facilityWords } from './facility-words.js';
import { count, duration, money, utc } from './words.js';

export interface CallRecord {
  /** Absent for an incoming call that never became a circuit. */
  readonly circuit?: string;
  readonly link: string;
  readonly direction: 'outgoing' | 'incoming';
  readonly called: string;
  /** Empty when the network gave none. */
  readonly calling: string;
  /** The configured peer, if the call was matched to one. */
  readonly peer?: string;
  /** Call user data, hexadecimal. */
  readonly callUserData: string;
  /** Times are ISO 8601, UTC. When the call was asked for, or came. */
  readonly begun: string;
  /** When our call request could go out: after dialling, or when a channel was free. */
  readonly requested?: string;
  readonly connected?: string;
  readonly ended: string;
  /** From request (or arrival) until connected, milliseconds. */
  readonly setUpMs?: number;
  /** From connected until the end: what networks charge for. 0 when it was never connected. */
  readonly connectedMs: number;
  /** What was agreed when it was connected. */
  readonly facilities?: RecordedFacilities;
  /** What the network says that it charges, if it was asked for that. */
  readonly charged?: Charged;
  /** What it cost by the tariff of its link: 0 where the other end pays, or nothing was connected. Absent: no tariff. */
  readonly cost?: number;
  /** Absent: nobody said which. */
  readonly currency?: string;
  readonly sent: Traffic;
  readonly received: Traffic;
  readonly messagesSent: number;
  readonly messagesReceived: number;
  readonly resets: number;
  readonly verdict: CallVerdict;
  readonly ending: {
    readonly by: Ending['by'];
    readonly cause: number;
    readonly diagnostic: number;
    /** In words. */
    readonly text: string;
  };
}

export interface Traffic {
  readonly packets: number;
  readonly octets: number;
  /** Of 64 octets. */
  readonly segments: number;
}

/** All of them but the network user identification, which is a secret; octets are hexadecimal. */
export type RecordedFacilities = {
  readonly [Key in Exclude<keyof Facilities, 'userIdentification'>]: NonNullable<
    Facilities[Key]
  > extends Uint8Array
    ? string
    : Facilities[Key];
};

/** X.25 §6.22; lists have an entry per tariff period. */
export interface Charged {
  /** Hexadecimal: networks code it as they like. */
  readonly monetaryUnits?: string;
  readonly segments?: readonly ChargedSegments[];
  readonly seconds?: readonly number[];
}

export type CallVerdict =
  /** The session came to its farewell. */
  | 'completed'
  /** Connected, but over before the session was. */
  | 'interrupted'
  /** Ours, never connected: the other end, the network or the link ended it. */
  | 'failed'
  /** Ours, never connected: we gave up. */
  | 'abandoned'
  /** Incoming, and we would not have it. */
  | 'refused'
  /** Incoming, and gone before we answered. */
  | 'withdrawn';

/** What a call costs us. */
export interface CallPrice {
  /** @param usage segments of both directions together; times in milliseconds, the connection's since 1970. */
  costOf(usage: {
    readonly connectedAt: number;
    readonly connectedMs: number;
    readonly segments: number;
  }): number;
  readonly currency?: string | undefined;
}

/** What is known of a call when it begins. */
export interface CallStart
  extends Pick<CallRecord, 'circuit' | 'link' | 'direction' | 'called' | 'calling' | 'peer'> {
  readonly userData: Uint8Array;
  /** Absent: its link has no tariff. */
  readonly price?: CallPrice | undefined;
}

const NO_TRAFFIC: CircuitTraffic = {
  packetsSent: 0,
  packetsReceived: 0,
  octetsSent: 0,
  octetsReceived: 0,
  segmentsSent: 0,
  segmentsReceived: 0,
};

/** Follows one call from its beginning; durations are measured on the clock that never jumps. */
export class CallRecordBuilder {
  readonly #clock: Clock;
  readonly #start: CallStart;
  readonly #begun: Moment;
  #requested: Moment | undefined;
  #connected: Moment | undefined;
  #facilities: Facilities | undefined;
  #messagesSent = 0;
  #messagesReceived = 0;
  #resets = 0;
  #completed = false;

  constructor(clock: Clock, start: CallStart) {
    this.#clock = clock;
    this.#start = start;
    this.#begun = momentOf(clock);
  }

  /** To be given every event of the circuit. */
  handle(event: CircuitEvent): void {
    if (event.type === 'requested') this.#requested = momentOf(this.#clock);
    else if (event.type === 'reset') this.#resets++;
    else if (event.type === 'connected') {
      this.#connected = momentOf(this.#clock);
      this.#facilities = event.facilities;
    }
  }

  messageSent(): void {
    this.#messagesSent++;
  }

  messageReceived(): void {
    this.#messagesReceived++;
  }

  /** The session on this call came to its farewell (221 or 421). */
  sessionCompleted(): void {
    this.#completed = true;
  }

  /** @param traffic of the circuit; absent when there never was one. */
  finish(ending: Ending, traffic: CircuitTraffic = NO_TRAFFIC): CallRecord {
    const { userData, price, ...start } = this.#start;
    const ended = momentOf(this.#clock);
    const requested = this.#requested;
    const connected = this.#connected;
    const charged = chargedFor(ending.facilities);
    const connectedMs = connected === undefined ? 0 : Math.round(ended.now - connected.now);
    return {
      ...start,
      callUserData: toHex(userData),
      begun: iso(this.#begun),
      ...(requested !== undefined && { requested: iso(requested) }),
      ...(connected !== undefined && {
        connected: iso(connected),
        setUpMs: Math.round(connected.now - (requested ?? this.#begun).now),
      }),
      ended: iso(ended),
      connectedMs,
      ...(this.#facilities !== undefined && { facilities: recorded(this.#facilities) }),
      ...(charged !== undefined && { charged }),
      ...(price !== undefined && this.#costOf(price, connectedMs, traffic)),
      sent: { packets: traffic.packetsSent, octets: traffic.octetsSent, segments: traffic.segmentsSent },
      received: {
        packets: traffic.packetsReceived,
        octets: traffic.octetsReceived,
        segments: traffic.segmentsReceived,
      },
      messagesSent: this.#messagesSent,
      messagesReceived: this.#messagesReceived,
      resets: this.#resets,
      verdict: this.#verdict(ending),
      ending: {
        by: ending.by,
        cause: ending.cause,
        diagnostic: ending.diagnostic,
        text: describeEnding(ending),
      },
    };
  }

  #costOf(
    price: CallPrice,
    connectedMs: number,
    { segmentsSent, segmentsReceived }: CircuitTraffic,
  ): Pick<CallRecord, 'cost' | 'currency'> {
    const segments = segmentsSent + segmentsReceived;
    const cost =
      this.#connected === undefined
        ? 0
        : price.costOf({ connectedAt: this.#connected.wallTime, connectedMs, segments });
    return { cost, ...(price.currency !== undefined && { currency: price.currency }) };
  }

  #verdict(ending: Ending): CallVerdict {
    if (this.#connected !== undefined) return this.#completed ? 'completed' : 'interrupted';
    const byUs = ending.by === 'us';
    if (this.#start.direction === 'outgoing') return byUs ? 'abandoned' : 'failed';
    return byUs ? 'refused' : 'withdrawn';
  }
}

/** One line for people. */
export function callRecordLine(record: CallRecord): string {
  const peer = record.peer === undefined ? '' : ` (${record.peer})`;
  const who = `${record.calling || 'unknown'} > ${record.called}${peer}`;
  const facts: string[] = [];
  if (record.setUpMs !== undefined)
    facts.push(`set up in ${duration(record.setUpMs)}`, `connected ${duration(record.connectedMs)}`);
  if (record.messagesSent > 0) facts.push(`${count(record.messagesSent, 'message')} sent`);
  if (record.messagesReceived > 0) facts.push(`${count(record.messagesReceived, 'message')} received`);
  if (record.setUpMs !== undefined)
    facts.push(`out ${trafficText(record.sent)}`, `in ${trafficText(record.received)}`);
  if (record.facilities !== undefined) facts.push(...noteworthy(record.facilities));
  if (record.charged !== undefined) facts.push(chargedText(record.charged));
  if (record.cost !== undefined && record.setUpMs !== undefined)
    facts.push(`cost ${money(record.cost, record.currency)}`);
  if (record.resets > 0) facts.push(count(record.resets, 'reset'));
  facts.push(record.ending.text);
  const when = utc(Date.parse(record.begun));
  return `${when} ${record.link} ${record.direction} ${who} ${record.verdict}: ${facts.join(', ')}`;
}

function trafficText({ packets, octets, segments }: Traffic): string {
  return `${count(packets, 'packet')} ${count(octets, 'octet')} ${count(segments, 'segment')}`;
}

interface Moment {
  readonly now: number;
  readonly wallTime: number;
}

function momentOf(clock: Clock): Moment {
  return { now: clock.now(), wallTime: clock.wallTime() };
}

function iso({ wallTime }: Moment): string {
  return new Date(wallTime).toISOString();
}

function recorded({ userIdentification, ...facilities }: Facilities): RecordedFacilities {
  const plain = Object.entries(facilities).map(([key, value]) => [
    key,
    value instanceof Uint8Array ? toHex(value) : value,
  ]);
  return Object.fromEntries(plain) as RecordedFacilities;
}

/** Who paid, and why the call is not between those who it seems to be. */
function noteworthy({
  reverseCharging,
  redirectedFrom,
  calledAddressModified,
}: RecordedFacilities): readonly string[] {
  return facilityWords({
    ...(reverseCharging === true && { reverseCharging }),
    ...(redirectedFrom !== undefined && { redirectedFrom }),
    ...(calledAddressModified !== undefined && { calledAddressModified }),
  });
}

function chargedFor({ charge, chargedSegments, chargedSeconds }: Facilities): Charged | undefined {
  const charged: Charged = {
    ...(charge !== undefined && { monetaryUnits: toHex(charge) }),
    ...(chargedSegments !== undefined && { segments: chargedSegments }),
    ...(chargedSeconds !== undefined && { seconds: chargedSeconds }),
  };
  return Object.keys(charged).length > 0 ? charged : undefined;
}

/** All tariff periods together. */
function chargedText({ monetaryUnits, segments = [], seconds = [] }: Charged): string {
  const facts: string[] = [];
  if (monetaryUnits !== undefined) facts.push(`${monetaryUnits} monetary units`);
  if (segments.length > 0) {
    const sum = segments.reduce((total, { toDte, fromDte }) => total + toDte + fromDte, 0);
    facts.push(count(sum, 'segment'));
  }
  if (seconds.length > 0) facts.push(duration(1000 * seconds.reduce((total, each) => total + each, 0)));
  return `charged ${facts.join(' ') || 'nothing'}`;
}
