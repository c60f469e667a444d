import { concat, type Decoded, decoded, fault } from '../../core/index.js';
import {
  type Addresses,
  type AddressTypes,
  decodeAddresses,
  decodeTypedAddresses,
  encodeAddresses,
} from './address.js';
import type { Facilities } from './facilities.js';
import { decodeFacilities, encodeFacilities, hasFacilities } from './facility-field.js';
import type { FieldFault } from './fault.js';
import { type Modulo, TOP_BIT } from './header.js';

/** What call set-up and clearing packets have in common, in this order: addresses, facilities, user data. */
export interface CallFields extends Addresses {
  /** Read where the A bit was set; never written. */
  readonly addressTypes?: AddressTypes;
  readonly facilities: Facilities;
  readonly userData: Uint8Array;
}

/** With fast select; without it 16 octets, which we do not enforce: common peers take more (X.25 §5.2.2). */
export const MOST_USER_DATA = 128;

export const NO_CALL_FIELDS: CallFields = {
  called: '',
  calling: '',
  facilities: {},
  userData: new Uint8Array(0),
};

export function encodeCallFields(fields: CallFields, modulo: Modulo): Uint8Array {
  checkUserData(fields.userData);
  const facilities = encodeFacilities(fields.facilities, modulo);
  return concat([encodeAddresses(fields), Uint8Array.of(facilities.length), facilities, fields.userData]);
}

/** @throws RangeError when there is too much of it. */
export function checkUserData({ length }: Uint8Array): void {
  if (length > MOST_USER_DATA)
    throw new RangeError(`call user data of ${length} octets, at most ${MOST_USER_DATA}`);
}

/** Whether anything in them needs to be sent. */
export function hasCallFields({ called, calling, facilities, userData }: CallFields): boolean {
  return called !== '' || calling !== '' || userData.length > 0 || hasFacilities(facilities);
}

/** Reads the fields from octet `at` to the end of the packet; the A bit of octet 1 tells the form of addresses. */
export function decodeCallFields(
  packet: Uint8Array,
  at: number,
  modulo: Modulo,
): Decoded<CallFields, FieldFault> {
  const isTyped = ((packet[0] ?? 0) & TOP_BIT) !== 0;
  const addresses = isTyped ? decodeTypedAddresses(packet, at) : decodeAddresses(packet, at);
  if (!addresses.ok) return addresses;
  at += addresses.value.length;
  const facilityLength = packet[at];
  if (facilityLength === undefined) return fault('tooShort');
  const userDataAt = at + 1 + facilityLength;
  if (userDataAt > packet.length) return fault('facilityLength');
  const facilities = decodeFacilities(packet.subarray(at + 1, userDataAt), modulo);
  if (!facilities.ok) return facilities;
  const userData = packet.slice(userDataAt);
  if (userData.length > MOST_USER_DATA) return fault('tooLong');
  const { called, calling, types } = addresses.value;
  return decoded({
    called,
    calling,
    ...(types !== undefined && { addressTypes: types }),
    facilities: facilities.value,
    userData,
  });
}
