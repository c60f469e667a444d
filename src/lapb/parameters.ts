export type Role = 'dte' | 'dce';

/** Numbering of I frames: basic (SABM) or extended (SABME). */
export type Modulo = 8 | 128;

/** System parameters of one end of a link (X.25 §2.4.8). Durations in milliseconds. */
export interface LapbParameters {
  readonly role: Role;
  readonly modulo: Modulo;
  /** k, less than the modulus */
  readonly window: number;
  readonly t1Ms: number;
  readonly t2Ms: number;
  readonly t3Ms: number;
  readonly n2: number;
  /** N1 without address, control and FCS, in octets. */
  readonly maxInformationOctets: number;
  /** Sends SABM as soon as it is started; else waits for the peer's, but not longer than N2 times T1. */
  readonly active: boolean;
}

export interface LapbParameterRow {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly unit: 'frames' | 'ms' | 'tries' | 'octets';
  readonly meaning: string;
}

/** The longest CLEAR packet, and 256 octets of data behind a header of 3: what a network takes at least (X.25 §2.4.8.5). */
const LEAST_INFORMATION_OCTETS = 259;

export const LAPB_PARAMETERS = {
  window: {
    default: 7,
    min: 1,
    max: 127,
    unit: 'frames',
    meaning: 'k: I frames under way unacknowledged; less than the modulus',
  },
  t1Ms: {
    default: 3000,
    min: 1,
    max: 3_600_000,
    unit: 'ms',
    meaning: 'T1: how long an answer may take before it is asked for again',
  },
  t2Ms: {
    default: 200,
    min: 0,
    max: 60_000,
    unit: 'ms',
    meaning: 'T2: the longest an acknowledgement waits for an I frame to carry it; less than T1',
  },
  t3Ms: {
    default: 0,
    min: 0,
    max: 86_400_000,
    unit: 'ms',
    meaning: 'T3: the peer is polled when nothing was heard for so long; more than T1, or 0: never',
  },
  n2: {
    default: 20,
    min: 1,
    max: 255,
    unit: 'tries',
    meaning: 'N2: how often a frame is sent without an answer before the link is set up anew',
  },
  maxInformationOctets: {
    default: LEAST_INFORMATION_OCTETS,
    min: 131,
    max: 4100,
    unit: 'octets',
    meaning: 'N1: the longest information field; a longer one is a frame reject condition',
  },
} as const satisfies Record<string, LapbParameterRow>;

/** @returns what is wrong with the parameters, one sentence each; none when they are fit for use. */
export function checkLapbParameters(parameters: LapbParameters): string[] {
  const problems: string[] = [];
  for (const [name, { min, max, unit }] of Object.entries(LAPB_PARAMETERS)) {
    const value = parameters[name as keyof typeof LAPB_PARAMETERS];
    const most = name === 'window' ? parameters.modulo - 1 : max;
    if (!(value >= min && value <= most)) problems.push(`${name} is ${value}, not ${min} to ${most} ${unit}`);
  }
  const { t1Ms, t2Ms, t3Ms } = parameters;
  if (t2Ms >= t1Ms) problems.push(`t2Ms (${t2Ms}) is not less than t1Ms (${t1Ms})`);
  if (t3Ms !== 0 && t3Ms <= t1Ms) problems.push(`t3Ms (${t3Ms}) is neither 0 nor more than t1Ms (${t1Ms})`);
  return problems;
}

/** What the timers of a link follow from. */
export interface LineDescription {
  readonly role: Role;
  readonly active: boolean;
  /** 8 unless said. */
  readonly modulo?: Modulo;
  readonly bitsPerSecond: number;
  /** 10 on a start/stop line of 8 data bits without parity. */
  readonly bitsPerOctet: number;
  /** User data octets of the largest DATA packet. */
  readonly packetSize: number;
  readonly window: number;
  /** How long the peer holds back an acknowledgement; 1 s as Linux does, unless it is known. */
  readonly peerT2Ms?: number;
  /** There and back through modems or a tunnel, without the time that octets take; 200 unless it is known. */
  readonly roundTripMs?: number;
}

const DATA_HEADER_OCTETS = 3;
/** Two flags, address, control, FCS. */
const FRAME_OVERHEAD_OCTETS = 6;
/** Transparency (7E and 7D take two octets each) adds 1/128 on average. */
const ESCAPES = 1.02;
/** More I frames than these are acknowledged in parts: no peer keeps so many waiting for longer than its T2. */
const LONGEST_BURST = 7;
/** Our acknowledgement must be well within the T1 of a peer with the usual 3 s. */
const LONGEST_T2_MS = 500;

/**
 * Parameters that fit a line.
 *
 * T1 runs from the moment the first of k frames is handed to the line. Until its acknowledgement is here, the k
 * frames go out (where k is large: so many as a peer leaves unacknowledged), the peer waits its T2, and the
 * acknowledgement waits for one frame of the peer's and travels in another.
 */
export function deriveParameters(line: LineDescription): LapbParameters {
  const octets = (line.packetSize + DATA_HEADER_OCTETS + FRAME_OVERHEAD_OCTETS) * ESCAPES;
  const frameMs = (1000 * octets * line.bitsPerOctet) / line.bitsPerSecond;
  const burst = Math.min(line.window, LONGEST_BURST);
  const answerMs = (line.peerT2Ms ?? 1000) + (line.roundTripMs ?? 200) + 2 * frameMs;
  const t1Ms = Math.ceil(Math.max(LAPB_PARAMETERS.t1Ms.default, burst * frameMs + answerMs));
  return {
    role: line.role,
    modulo: line.modulo ?? 8,
    window: line.window,
    t1Ms,
    // One frame of ours: then the packet layer's answer, if there is one, can carry the acknowledgement.
    t2Ms: Math.ceil(Math.min(LONGEST_T2_MS, frameMs)),
    t3Ms: LAPB_PARAMETERS.t3Ms.default,
    n2: LAPB_PARAMETERS.n2.default,
    // N1: X.25 §2.4.8.5. One octet more than a modulo 8 header, for a peer that counts as in modulo 128.
    maxInformationOctets: Math.max(LEAST_INFORMATION_OCTETS, line.packetSize + DATA_HEADER_OCTETS + 1),
    active: line.active,
  };
}
