import type { Facilities } from './facilities.js';
import {
  addressExtension,
  anyOctets,
  basicThroughput,
  delays,
  digits,
  durations,
  extendedThroughput,
  type Form,
  listOfNetworks,
  milliseconds,
  oneNetwork,
  oneOctet,
  packetSizes,
  priorities,
  redirection,
  segmentCounts,
  windowSizes,
  yesOrNo,
} from './facility-form.js';
import type { FieldFault } from './fault.js';
import type { Modulo } from './header.js';

/** Everything that one entry of the facility field says. */
export interface FacilityEntry {
  readonly codes: readonly number[];
  /** @throws RangeError for a value that can't be written. @returns undefined when there is nothing to say. */
  write(facilities: Facilities, modulo: Modulo): Written | undefined;
  /** @param parameters without code and length. */
  read(code: number, parameters: Uint8Array, modulo: Modulo): Partial<Facilities> | FieldFault;
}

export interface Written {
  readonly code: number;
  /** Without the length of class D. */
  readonly parameters: ArrayLike<number>;
}

type Known = Required<Omit<Facilities, 'other' | 'otherDte'>>;

/**
 * A facility with a field of its own.
 * @param forms by code; a value is written in the first one that can say it.
 */
function entry<Key extends keyof Known>(
  key: Key,
  ...forms: ReadonlyArray<readonly [code: number, form: Form<Known[Key]>]>
): FacilityEntry {
  return {
    codes: forms.map(([code]) => code),
    write(facilities, modulo) {
      const value = facilities[key] as Known[Key] | undefined;
      if (value === undefined) return undefined;
      for (const [code, form] of forms) {
        const parameters = form.write(value, modulo);
        if (parameters !== undefined) return { code, parameters };
      }
      throw new RangeError(`facility ${key} can't say ${JSON.stringify(value)} in modulo ${modulo}`);
    },
    read(code, parameters, modulo) {
      const form = forms.find((each) => each[0] === code)?.[1];
      if (form?.fits(parameters.length) !== true) return 'facilityLength';
      const value = form.read(parameters, modulo);
      return value === undefined ? 'facilityParameter' : { [key]: value };
    },
  };
}

const FAST_SELECT = { none: 0, unrestricted: 0b10, restricted: 0b11 } as const;
const REDIRECTION = { notStated: 0, prevented: 0b01, allowed: 0b10 } as const;

/**
 * Fast select, ICRD and reverse charging share a code and an octet (X.25 §7.2.2.6):
 *  8   7   6   5   4   3   2   1
 *  fast    ICRD    0   0   0   reverse
 * Bits 8 and 7: 00 or 01 none, 10 unrestricted, 11 restricted.
 */
const callOptions: FacilityEntry = {
  codes: [0x01],
  write({ fastSelect, redirectionControl, reverseCharging }) {
    if (fastSelect === undefined && redirectionControl === undefined && reverseCharging === undefined)
      return undefined;
    const octet =
      (FAST_SELECT[fastSelect ?? 'none'] << 6) |
      (REDIRECTION[redirectionControl ?? 'notStated'] << 4) |
      Number(reverseCharging ?? false);
    return { code: 0x01, parameters: [octet] };
  },
  read(_code, [octet = 0]) {
    const redirection = (octet >> 4) & 0b11;
    if ((octet & 0b1110) !== 0 || redirection === 0b11) return 'facilityParameter';
    const fastSelect = octet >> 6;
    const says = {
      ...(fastSelect === FAST_SELECT.unrestricted && { fastSelect: 'unrestricted' as const }),
      ...(fastSelect === FAST_SELECT.restricted && { fastSelect: 'restricted' as const }),
      ...(redirection === REDIRECTION.prevented && { redirectionControl: 'prevented' as const }),
      ...(redirection === REDIRECTION.allowed && { redirectionControl: 'allowed' as const }),
      ...((octet & 1) === 1 && { reverseCharging: true }),
    };
    return Object.keys(says).length > 0 ? says : { reverseCharging: false };
  },
};

/**
 * The facilities of X.25 itself, in the order in which they are sent (X.25 §7.2).
 * DEVIATION X.25 §7.2.1: one that comes in a packet where it has no place, such as fast select in an answer, is read
 * and not refused with diagnostic 65: common peers repeat in their answer what the call said.
 */
export const X25_FACILITIES: readonly FacilityEntry[] = [
  entry('packetSize', [0x42, packetSizes]),
  entry('windowSize', [0x43, windowSizes]),
  entry('throughput', [0x02, basicThroughput], [0x4c, extendedThroughput]),
  callOptions,
  entry('closedUserGroup', [0x03, digits(2)], [0x47, digits(4)]),
  entry('closedUserGroupOutgoing', [0x09, digits(2)], [0x48, digits(4)]),
  entry('bilateralClosedUserGroup', [0x41, digits(4)]),
  entry('userIdentification', [0xc6, anyOctets()]),
  entry('transitNetworks', [0x44, oneNetwork], [0xc4, listOfNetworks]),
  entry('chargingRequested', [0x04, yesOrNo]),
  entry('charge', [0xc5, anyOctets()]),
  entry('chargedSegments', [0xc2, segmentCounts]),
  entry('chargedSeconds', [0xc1, durations]),
  entry('deflectTo', [0xd1, redirection]),
  entry('redirectedFrom', [0xc3, redirection]),
  entry('calledAddressModified', [0x08, oneOctet]),
  entry('transitDelay', [0x49, milliseconds]),
];

/**
 * Those between DTEs, behind the marker 00 0F (X.25 §G.3).
 * UNCLEAR X.25 §G.3.3.1: the code of the extended minimum throughput class is of an edition that was not at hand.
 */
export const DTE_FACILITIES: readonly FacilityEntry[] = [
  entry('callingAddressExtension', [0xcb, addressExtension]),
  entry('calledAddressExtension', [0xc9, addressExtension]),
  entry('minimumThroughput', [0x0a, basicThroughput], [0x4d, extendedThroughput]),
  entry('endToEndDelay', [0xca, delays]),
  entry('priority', [0xd2, priorities]),
  entry('protection', [0xd3, anyOctets({ least: 1 })]),
  entry('expedited', [0x0b, yesOrNo]),
];
