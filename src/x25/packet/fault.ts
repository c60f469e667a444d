/** What can be wrong with the octets of a packet, whatever the state they come in. */
export type PacketFault =
  | 'tooShort'
  | 'tooLong'
  | 'badFormat'
  | 'unknownType'
  | 'zeroChannel'
  | 'nonZeroChannel'
  | FieldFault;

/** What can be wrong within call set-up and clearing packets. */
export type FieldFault =
  | 'tooShort'
  | 'tooLong'
  | 'calledAddress'
  | 'callingAddress'
  | 'facilityParameter'
  | 'facilityLength'
  | 'duplicateFacility'
  | 'dteFacility';

/** The diagnostic that names each fault to the other end (X.25 Annex E). */
export const FAULT_DIAGNOSTIC: Readonly<Record<PacketFault, number>> = {
  tooShort: 38,
  tooLong: 39,
  badFormat: 40,
  unknownType: 33,
  zeroChannel: 36,
  nonZeroChannel: 41,
  facilityParameter: 66,
  calledAddress: 67,
  callingAddress: 68,
  facilityLength: 69,
  duplicateFacility: 73,
  dteFacility: 77,
};
