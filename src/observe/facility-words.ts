/** Facilities in words (X.25 §6, Annex G). What is nobody's business in a log is named, but not told. */
import { toHex } from '../core/index.js';
import {
  type EndToEndDelay,
  type Facilities,
  type PerDirection,
  type Redirection,
  splitFacilities,
} from '../x25/index.js';
import { count } from './words.js';

type Words = {
  readonly [Key in keyof Facilities]-?: (value: NonNullable<Facilities[Key]>) => string | readonly string[];
};

/** In the order in which they are told; where a value differs per direction, the caller's stands first. */
const WORDS: Words = {
  packetSize: (size) => `packet size ${both(size)}`,
  windowSize: (size) => `window ${both(size)}`,
  throughput: (speed) => `throughput ${both(speed)} bit/s`,
  fastSelect: (how) => (how === 'restricted' ? 'fast select with restricted response' : 'fast select'),
  reverseCharging: (isReversed) => (isReversed ? 'reverse charging' : 'no fast select, no reverse charging'),
  redirectionControl: (how) => `redirection ${how}`,
  closedUserGroup: (group) => `closed user group ${group}`,
  closedUserGroupOutgoing: (group) => `closed user group ${group} with outgoing access`,
  bilateralClosedUserGroup: (group) => `bilateral closed user group ${group}`,
  userIdentification: () => 'network user identification',
  transitNetworks: (networks) =>
    typeof networks === 'string' ? `transit network ${networks}` : `transit networks ${networks.join(', ')}`,
  chargingRequested: (isRequested) => `charging information ${isRequested ? 'requested' : 'not requested'}`,
  charge: (octets) => `charged ${toHex(octets)} (monetary units)`,
  chargedSegments: (periods) =>
    `charged ${periods.map(({ toDte, fromDte }) => `${count(toDte, 'segment')} in, ${fromDte} out`).join('; ')}`,
  chargedSeconds: (periods) => `charged ${periods.map((seconds) => `${seconds} s`).join('; ')}`,
  deflectTo: (to) => `deflected to ${redirectionWords(to)}`,
  redirectedFrom: (from) => `redirected from ${redirectionWords(from)}`,
  calledAddressModified: (reason) => `called address modified (${reasonWords(reason)})`,
  transitDelay: (milliseconds) => `transit delay ${milliseconds} ms`,
  other: (octets) => keptWords(octets),
  callingAddressExtension: () => 'calling address extension',
  calledAddressExtension: () => 'called address extension',
  minimumThroughput: (speed) => `minimum throughput ${both(speed)} bit/s`,
  endToEndDelay: (delay) => `end-to-end delay ${delayWords(delay)}`,
  priority: (octets) => `priority ${octets.join('/')}`,
  protection: () => 'protection',
  expedited: (isWanted) => `${isWanted ? '' : 'no '}expedited data`,
  otherDte: (octets) => keptWords(octets).map((words) => `${words} of the DTEs`),
};

/** Each facility in words. */
export function facilityWords(facilities: Facilities): string[] {
  return (Object.keys(WORDS) as (keyof Facilities)[]).flatMap((key) => wordsOf(facilities, key));
}

function wordsOf<Key extends keyof Facilities>(facilities: Facilities, key: Key): readonly string[] {
  const value = facilities[key];
  if (value === undefined) return [];
  const words = (WORDS[key] as (value: Facilities[Key]) => string | readonly string[])(value);
  return typeof words === 'string' ? [words] : words;
}

function both({ fromCalling, fromCalled }: PerDirection): string {
  return `${fromCalling}/${fromCalled}`;
}

/** X.25 §7.2.2.11 and §7.2.2.12; from C0 on the reason is that of a DTE. */
const REASONS: Readonly<Record<number, string>> = {
  1: 'busy',
  7: 'hunt group',
  9: 'out of order',
  15: 'all calls',
};
const BY_DTE = 0xc0;

function reasonWords(reason: number): string {
  const known = REASONS[reason] ?? `reason ${toHex(Uint8Array.of(reason))}`;
  return reason >= BY_DTE ? 'by the called DTE' : known;
}

function redirectionWords({ reason, address }: Redirection): string {
  return `${address || 'no number'} (${reasonWords(reason)})`;
}

const UNKNOWN_DELAY = 0xffff;

function delayWords({ cumulative, wanted, acceptable }: EndToEndDelay): string {
  const text = (milliseconds: number): string =>
    milliseconds === UNKNOWN_DELAY ? 'unknown' : `${milliseconds} ms`;
  return [
    text(cumulative),
    ...(wanted === undefined ? [] : [`wanted ${text(wanted)}`]),
    ...(acceptable === undefined ? [] : [`at most ${text(acceptable)}`]),
  ].join(', ');
}

const MARKER = 0x00;
/** Whose facilities follow a marker (X.25 §7.1). */
const OWNERS: Readonly<Record<number, string>> = {
  0: ' of the network',
  15: ' of the DTEs',
  255: ' of the remote network',
};

/** Those we do not know: by code, never with their parameters. */
function keptWords(octets: Uint8Array): string[] {
  let owner = '';
  return (splitFacilities(octets) ?? []).flatMap(([code = 0, whose = 0]) => {
    if (code === MARKER) owner = OWNERS[whose] ?? ' of an unknown section';
    return code === MARKER ? [] : [`facility ${toHex(Uint8Array.of(code))}${owner}`];
  });
}
