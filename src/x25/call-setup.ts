import type { FlowSizes } from './data-flow.js';
import {
  agreed,
  agreedThroughput,
  answerTo,
  askedFor,
  departsFromDefaults,
  type FlowParameters,
  withoutFlow,
} from './negotiation.js';
import {
  type CallAcceptedPacket,
  type CallRequestPacket,
  decodeCallAccepted,
  decodeCallRequest,
} from './packet/call.js';
import { type CallFields, checkUserData, NO_CALL_FIELDS } from './packet/call-fields.js';
import { CLEAR_CAUSE } from './packet/cause.js';
import { DIAGNOSTIC } from './packet/diagnostic-code.js';
import { isFastSelectRestricted } from './packet/facilities.js';
import { FAULT_DIAGNOSTIC } from './packet/fault.js';
import type { PacketLayerParameters } from './parameters.js';
import type { RoleTraits } from './role.js';
import type { ChannelAnswer, ChannelCall, Connection } from './user.js';

/** Something that came, or the diagnostic to clear the call with. */
export type Judged<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly diagnostic: number };

/** What both ends know when a call is set up. */
export interface Agreement {
  readonly sizes: FlowSizes;
  readonly connection: Connection;
}

/** The CALL REQUEST for what a user asks for. */
export function composeCall(
  channel: number,
  { called, calling = '', facilities = {}, userData }: ChannelCall,
  { negotiation }: PacketLayerParameters,
): CallRequestPacket {
  return {
    type: 'callRequest',
    channel,
    confirmDelivery: false,
    called,
    calling,
    facilities: negotiation ? facilities : withoutFlow(facilities),
    userData,
  };
}

/** A call that came, whether it can be passed to the user. */
export function judgeCall(octets: Uint8Array, parameters: PacketLayerParameters): Judged<CallRequestPacket> {
  const call = decodeCallRequest(octets, parameters.modulo);
  if (!call.ok) return refused(FAULT_DIAGNOSTIC[call.fault]);
  if (!parameters.negotiation && departsFromDefaults(call.value.facilities, parameters))
    return refused(DIAGNOSTIC.facilityCode);
  return call;
}

/** The CALL ACCEPTED for a call that came, and what it makes of the call. */
export function composeAnswer(
  call: CallRequestPacket,
  { facilities = {}, userData = NO_CALL_FIELDS.userData }: ChannelAnswer,
  parameters: PacketLayerParameters,
): Agreement & { readonly packet: CallAcceptedPacket } {
  const stated = answerTo(call.facilities, facilities, parameters);
  const flow = askedFor({ ...call.facilities, ...stated }, parameters);
  const throughput = agreedThroughput(call.facilities, stated);
  return {
    packet: {
      ...NO_CALL_FIELDS,
      type: 'callAccepted',
      channel: call.channel,
      confirmDelivery: call.confirmDelivery,
      facilities: stated,
      userData: userDataWithin(call, userData),
    },
    sizes: sizesOf(flow, 'fromCalled', 'fromCalling'),
    connection: { facilities: { ...call.facilities, ...throughput, ...flow }, userData: call.userData },
  };
}

/**
 * X.25 §6.16: an answer and a clear carry user data only if the call asked for fast select; a switch may have some.
 * @throws RangeError when no packet could carry so much.
 */
export function userDataWithin(call: CallFields | undefined, userData: Uint8Array): Uint8Array {
  checkUserData(userData);
  return call?.facilities.fastSelect === undefined ? NO_CALL_FIELDS.userData : userData;
}

/** The CALL CONNECTED that came for our call. */
export function judgeAnswer(
  octets: Uint8Array,
  call: CallRequestPacket,
  parameters: PacketLayerParameters,
): Judged<Agreement> {
  const answer = decodeCallAccepted(octets, parameters.modulo);
  if (!answer.ok) return refused(FAULT_DIAGNOSTIC[answer.fault]);
  if (isFastSelectRestricted(call.facilities)) return refused(DIAGNOSTIC.notCompatibleWithFacility);
  const { called, facilities, userData } = answer.value;
  if (!parameters.negotiation && departsFromDefaults(facilities, parameters))
    return refused(DIAGNOSTIC.facilityCode);
  const flow = agreed(askedFor(call.facilities, parameters), facilities);
  if (!flow.ok) return refused(DIAGNOSTIC.facilityParameter);
  return {
    ok: true,
    value: {
      sizes: sizesOf(flow.value, 'fromCalling', 'fromCalled'),
      connection: {
        facilities: { ...facilities, ...agreedThroughput(call.facilities, facilities), ...flow.value },
        ...(called !== '' && { called }),
        userData,
      },
    },
  };
}

/** The cause that goes with a diagnostic about a call or its answer. A network tells facilities from packets. */
export function refusalCause(diagnostic: number, { isNetwork, clear }: RoleTraits): number {
  const isFacility = isNetwork && FACILITY_DIAGNOSTICS.has(diagnostic);
  return isFacility ? CLEAR_CAUSE.invalidFacilityRequest : clear.errorCause;
}

const FACILITY_DIAGNOSTICS: ReadonlySet<number> = new Set([
  DIAGNOSTIC.facilityCode,
  DIAGNOSTIC.facilityParameter,
  DIAGNOSTIC.facilityLength,
  DIAGNOSTIC.duplicateFacility,
  DIAGNOSTIC.dteFacility,
]);

function refused(diagnostic: number): { readonly ok: false; readonly diagnostic: number } {
  return { ok: false, diagnostic };
}

type Direction = keyof FlowParameters['packetSize'];

function sizesOf(flow: FlowParameters, sending: Direction, receiving: Direction): FlowSizes {
  return {
    sendSize: flow.packetSize[sending],
    sendWindow: flow.windowSize[sending],
    receiveSize: flow.packetSize[receiving],
    receiveWindow: flow.windowSize[receiving],
  };
}
