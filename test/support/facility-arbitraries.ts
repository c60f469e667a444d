import fc from 'fast-check';
import {
  encodeFacilities,
  type Facilities,
  type Modulo,
  type PerDirection,
  THROUGHPUT_CLASSES,
} from '../../src/x25/index.js';

const octet = fc.integer({ min: 0, max: 255 });
const octets = (max: number, min = 0): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: min, maxLength: max });
const digits = (least: number, most = least): fc.Arbitrary<string> =>
  fc.stringMatching(new RegExp(`^[0-9]{${least},${most}}$`));
const group = fc.oneof(digits(2), digits(4));

const perDirection = (value: fc.Arbitrary<number>): fc.Arbitrary<PerDirection> =>
  fc.record({ fromCalled: value, fromCalling: value });

const throughput = perDirection(fc.constantFrom(...THROUGHPUT_CLASSES)).chain((value) => {
  const isBasic = Math.max(value.fromCalled, value.fromCalling) <= 192_000;
  return isBasic ? fc.constantFrom(value, { ...value, extended: true as const }) : fc.constant(value);
});

const milliseconds = fc.integer({ min: 0, max: 0xffff });
const redirection = fc.record({ reason: octet, address: digits(0, 15) });
const extension = fc.record({
  use: fc.constantFrom('nsap' as const, 'partOfNsap' as const, 'other' as const),
  digits: fc.stringMatching(/^[0-9A-F]{0,40}$/),
});
const segments = fc.integer({ min: 0, max: 99_999_999 });

/** A facility that has no field of its own, of every class and the extension among them. */
const unknown = fc.oneof(
  octet.map((value) => [0x05, value]),
  fc.tuple(octet, octet).map(([a, b]) => [0x7f, a, b]),
  fc.tuple(octet, octet, octet).map(([a, b, c]) => [0x81, a, b, c]),
  octets(8).map((value) => [0xf6, value.length, ...value]),
  octets(4).map((value) => [0xff, 0x01, value.length, ...value]),
);

const unknowns = fc.array(unknown, { minLength: 1, maxLength: 2 }).map((all) => all.flat());

/** Those of a network, with their marker; any code is its own. */
const ofNetwork = fc.tuple(
  fc.constantFrom(0x00, 0xff),
  fc.array(fc.oneof(unknown, fc.constant([0x42, 0x01, 0x02])), { maxLength: 2 }),
);

const other = fc
  .tuple(fc.option(unknowns, { nil: [] }), fc.array(ofNetwork, { maxLength: 2 }))
  .map(([local, sections]) => [
    ...local,
    ...sections.flatMap(([marker, facilities]) => [0x00, marker, ...facilities.flat()]),
  ])
  .filter((all) => all.length > 0)
  .map((all) => Uint8Array.from(all));

type Arbitraries = { readonly [Key in keyof Facilities]-?: fc.Arbitrary<NonNullable<Facilities[Key]>> };

/** Values of every facility, as they are read again when written. */
export function facilityArbitraries(modulo: Modulo): Arbitraries {
  return {
    packetSize: perDirection(fc.integer({ min: 4, max: 12 }).map((log2) => 1 << log2)),
    windowSize: perDirection(fc.integer({ min: 1, max: modulo - 1 })),
    throughput,
    fastSelect: fc.constantFrom('unrestricted', 'restricted'),
    reverseCharging: fc.constant(true),
    redirectionControl: fc.constantFrom('prevented', 'allowed'),
    closedUserGroup: group,
    closedUserGroupOutgoing: group,
    bilateralClosedUserGroup: digits(4),
    userIdentification: octets(8),
    transitNetworks: fc.oneof(digits(4), fc.array(digits(4), { minLength: 1, maxLength: 3 })),
    chargingRequested: fc.boolean(),
    charge: octets(4),
    chargedSegments: fc.array(fc.record({ toDte: segments, fromDte: segments }), { maxLength: 2 }),
    chargedSeconds: fc.array(fc.integer({ min: 0, max: 100 * 86_400 - 1 }), { maxLength: 2 }),
    deflectTo: redirection,
    redirectedFrom: redirection,
    calledAddressModified: octet,
    transitDelay: milliseconds,
    other,
    callingAddressExtension: extension,
    calledAddressExtension: extension,
    minimumThroughput: throughput,
    endToEndDelay: fc.oneof(
      fc.record({ cumulative: milliseconds }),
      fc.record({ cumulative: milliseconds, wanted: milliseconds }),
      fc.record({ cumulative: milliseconds, wanted: milliseconds, acceptable: milliseconds }),
    ),
    priority: fc.array(octet, { minLength: 1, maxLength: 6 }),
    protection: octets(6, 1),
    expedited: fc.boolean(),
    otherDte: unknowns.map((all) => Uint8Array.from(all)),
  };
}

const MOST_TAKEN = 109; // octets

/** Any set of facilities that fits into a packet. */
export function facilitySets(modulo: Modulo): fc.Arbitrary<Facilities> {
  const arbitraries = facilityArbitraries(modulo);
  const keys = Object.keys(arbitraries) as (keyof Facilities)[];
  return fc
    .subarray(keys, { maxLength: 5 })
    .chain((chosen) => fc.record(Object.fromEntries(chosen.map((key) => [key, arbitraries[key]]))))
    .map((value) => value as Facilities)
    .filter((value) => encodeFacilities(value, modulo).length <= MOST_TAKEN);
}
