import { fromAscii, toHex } from '../core/index.js';
import {
  decodeFacilities,
  encodeFacilities,
  type Facilities,
  facilityFieldLength,
  MOST_FACILITY_OCTETS,
  type PacketFault,
  type PerDirection,
} from '../x25/index.js';
import type { KeyPath } from './locate.js';
import type { ProblemList } from './problem.js';
import type { EachWay, FacilitySetSettings } from './schema/facilities.js';

type Key = keyof FacilitySetSettings;

/** Whatever the keys of the file say, as the packet layer wants it; each key gives one facility. */
const FACILITY_OF: {
  readonly [Name in Exclude<Key, 'raw'>]-?: (
    value: NonNullable<FacilitySetSettings[Name]>,
    all: FacilitySetSettings,
  ) => Facilities;
} = {
  packet_size: (size) => ({ packetSize: directions(size) }),
  window: (window) => ({ windowSize: directions(window) }),
  throughput: (speed) => ({ throughput: directions(speed) }),
  fast_select: (fastSelect) => ({ fastSelect }),
  reverse_charging: (isWanted) => (isWanted ? { reverseCharging: true } : {}),
  redirection: (redirectionControl) => ({ redirectionControl }),
  closed_user_group: (closedUserGroup) => ({ closedUserGroup }),
  closed_user_group_outgoing: (closedUserGroupOutgoing) => ({ closedUserGroupOutgoing }),
  bilateral_closed_user_group: (bilateralClosedUserGroup) => ({ bilateralClosedUserGroup }),
  nui: (text) => ({ userIdentification: fromAscii(text) }),
  // Every network with RPOA selection knows the basic form, which can say one.
  rpoa: ([first = '', ...more]) => ({ transitNetworks: more.length === 0 ? first : [first, ...more] }),
  charging_information: (isWanted) => (isWanted ? { chargingRequested: true } : {}),
  transit_delay: (transitDelay) => ({ transitDelay }),
  called_address_extension: (calledAddressExtension) => ({ calledAddressExtension }),
  calling_address_extension: (callingAddressExtension) => ({ callingAddressExtension }),
  minimum_throughput: (speed) => ({ minimumThroughput: directions(speed) }),
  end_to_end_delay: (wanted, { end_to_end_delay_most: acceptable }) => ({
    endToEndDelay: { cumulative: 0, wanted, ...(acceptable !== undefined && { acceptable }) },
  }),
  end_to_end_delay_most: () => ({}),
  priority: (priority) => ({ priority }),
  protection: (protection) => (protection.length === 0 ? {} : { protection }),
  expedited: (expedited) => ({ expedited }),
};

/** We call: what we send comes from the calling side. */
function directions({ send, receive }: EachWay): PerDirection {
  return { fromCalled: receive, fromCalling: send };
}

/** One set of a peer. What its keys can't be together is put on the list. */
export function readFacilitySet(
  settings: FacilitySetSettings,
  path: KeyPath,
  problems: ProblemList,
): Facilities {
  const named = Object.assign({}, ...namedFacilities(settings)) as Facilities;
  checkTogether(settings, path, problems);
  const raw = settings.raw === undefined ? {} : readRaw(settings.raw, path, problems);
  if (clash(named, raw))
    problems.refuse(
      [...path, 'raw'],
      'holds a facility that another key of this set asks for as well; allowed: each once',
    );
  const facilities = { ...named, ...raw };
  checkLength(facilities, path, problems);
  return facilities;
}

/** A facility has one code or two; fast select, reverse charging and redirection share one. */
function clash(one: Facilities, other: Facilities): boolean {
  const codes = codesOf(other);
  return Object.keys(one).some((key) => key in other) || codesOf(one).some((code) => codes.includes(code));
}

/** Of those facilities that have a field of their own. */
function codesOf({ other, otherDte, ...facilities }: Facilities): string[] {
  const alone = Object.entries(facilities).map(([key, value]) => encodeFacilities({ [key]: value }, MODULO));
  // Behind the marker the code stands third.
  return alone.map((octets) => toHex(octets[0] === 0 ? octets.subarray(2, 3) : octets.subarray(0, 1)));
}

function namedFacilities(settings: FacilitySetSettings): Facilities[] {
  const makers = Object.entries(FACILITY_OF) as [
    Exclude<Key, 'raw'>,
    (value: unknown, all: FacilitySetSettings) => Facilities,
  ][];
  return makers.flatMap(([key, make]) =>
    settings[key] === undefined ? [] : [make(settings[key], settings)],
  );
}

function checkTogether(settings: FacilitySetSettings, path: KeyPath, problems: ProblemList): void {
  // X.25 §6.14.7: a call belongs to one group, with outgoing access or without.
  const groups = (
    ['closed_user_group', 'closed_user_group_outgoing', 'bilateral_closed_user_group'] as const
  ).filter((key) => settings[key] !== undefined);
  const [first, second] = groups;
  if (first !== undefined && second !== undefined)
    problems.refuse([...path, second], `allowed only without ${first}: a call belongs to one group`);
  if (settings.end_to_end_delay_most !== undefined && settings.end_to_end_delay === undefined)
    problems.refuse([...path, 'end_to_end_delay_most'], 'allowed only with end_to_end_delay');
}

/** Only so far as we can judge it: windows up to those of modulo 128 are for the link to allow. */
const MODULO = 128;

const FAULTS: Partial<Record<PacketFault, string>> = {
  facilityLength: 'has a facility of a wrong length',
  facilityParameter: 'has a facility with a parameter that is not allowed',
  duplicateFacility: 'has a facility twice',
  dteFacility: 'has a wrong DTE facility behind 00 0F',
};

function readRaw(raw: Uint8Array, path: KeyPath, problems: ProblemList): Facilities {
  const read = decodeFacilities(raw, MODULO);
  if (read.ok) return read.value;
  problems.refuse(
    [...path, 'raw'],
    `${FAULTS[read.fault] ?? read.fault}; allowed: a facility field of X.25, without its length octet`,
  );
  return {};
}

function checkLength(facilities: Facilities, path: KeyPath, problems: ProblemList): void {
  const length = facilityFieldLength(facilities, MODULO);
  if (length > MOST_FACILITY_OCTETS)
    problems.refuse(path, `makes a field of ${length} octets; allowed: up to ${MOST_FACILITY_OCTETS}`);
}
