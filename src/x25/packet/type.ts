/** Packet type identifiers, octet 3 (X.25 §5.1.3). DATA, RR, RNR and REJ carry numbers in the other bits. */
export const PACKET_TYPE = {
  callRequest: 0x0b,
  callAccepted: 0x0f,
  clearRequest: 0x13,
  clearConfirmation: 0x17,
  resetRequest: 0x1b,
  resetConfirmation: 0x1f,
  interrupt: 0x23,
  interruptConfirmation: 0x27,
  restartRequest: 0xfb,
  restartConfirmation: 0xff,
  diagnostic: 0xf1,
  registrationRequest: 0xf3,
  registrationConfirmation: 0xf7,
} as const;

/** RR, RNR and REJ: in modulo 128 octet 3, in modulo 8 its bits 5 to 1; there bits 8 to 6 are P(R). */
export const FLOW_TYPE = { rr: 0x01, rnr: 0x05, rej: 0x09 } as const;
export const FLOW_TYPE_MASK = 0x1f;

/** Bit 1 of octet 3 is 0 in DATA packets and in no other. */
export function isDataType(type: number): boolean {
  return (type & 1) === 0;
}
