export type { CallState } from './call.js';
export { PacketLayer, type PacketLayerCounter } from './layer.js';
export type { Addresses, AddressType, AddressTypes } from './packet/address.js';
export type { CallAcceptedPacket, CallRequestPacket, IncomingCallPacket } from './packet/call.js';
export { type CallFields, MOST_USER_DATA } from './packet/call-fields.js';
export * from './packet/cause.js';
export type { ClearConfirmationPacket, ClearRequestPacket } from './packet/clear.js';
export type { DataBits, DataPacket } from './packet/data.js';
export type { DiagnosticPacket } from './packet/diagnostic.js';
export { DIAGNOSTIC, diagnosticText } from './packet/diagnostic-code.js';
export * from './packet/facilities.js';
export {
  decodeFacilities,
  encodeFacilities,
  facilityFieldLength,
  MOST_FACILITY_OCTETS,
  splitFacilities,
} from './packet/facility-field.js';
export { THROUGHPUT_CLASSES } from './packet/facility-form.js';
export { FAULT_DIAGNOSTIC, type PacketFault } from './packet/fault.js';
export type { FlowPacket } from './packet/flow.js';
export { type Modulo, moduloOf } from './packet/header.js';
export type { InterruptConfirmationPacket, InterruptPacket } from './packet/interrupt.js';
export { kindOf, type PacketKind } from './packet/kind.js';
export { decodePacket, encodePacket, type Packet } from './packet/packet.js';
export type { ResetConfirmationPacket, ResetRequestPacket } from './packet/reset.js';
export type { RestartConfirmationPacket, RestartRequestPacket } from './packet/restart.js';
export * from './parameters.js';
export type { Role } from './role.js';
export type * from './user.js';
