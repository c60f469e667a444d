import { type Decoded, decoded, fault } from '../core/index.js';
import type { Facilities, PerDirection, ThroughputClass } from './packet/facilities.js';
import type { PacketLayerParameters } from './parameters.js';

/** Packet and window sizes of one call (X.25 §6.12). */
export interface FlowParameters {
  readonly packetSize: PerDirection;
  readonly windowSize: PerDirection;
}

/** Every value may move towards these, never away from them. */
const STANDARD_PACKET_SIZE = 128;
const STANDARD_WINDOW = 2;

/** What a call asks for; what it does not state is the default of the link. */
export function askedFor(facilities: Facilities, parameters: PacketLayerParameters): FlowParameters {
  return {
    packetSize: facilities.packetSize ?? both(parameters.defaultPacketSize),
    windowSize: facilities.windowSize ?? both(parameters.defaultWindow),
  };
}

/**
 * What the called side may say whatever the call said (X.25 §7.2). What it may only say in
 * reply is below; all else, such as a closed user group, has no place in an answer.
 */
const FREE_TO_ANSWER = [
  'userIdentification',
  'chargingRequested',
  'calledAddressModified',
  'calledAddressExtension',
  'other',
  'otherDte',
] as const satisfies readonly (keyof Facilities)[];

/** What the called side may take up when the call named it. */
const ONLY_IN_REPLY = [
  'transitDelay',
  'endToEndDelay',
  'priority',
  'protection',
] as const satisfies readonly (keyof Facilities)[];

/**
 * All that the answer to a call states, given what our side would like. What is not stated is as the call has it, but
 * for packet and window size: peers on XOT want those stated (RFC 1613 §6.1).
 */
export function answerTo(call: Facilities, wish: Facilities, parameters: PacketLayerParameters): Facilities {
  const throughput = call.throughput && wish.throughput && lower(call.throughput, wish.throughput);
  const wantsExpedited = call.expedited !== undefined && wish.expedited !== undefined;
  return {
    ...pick(wish, [...FREE_TO_ANSWER, ...ONLY_IN_REPLY.filter((key) => call[key] !== undefined)]),
    ...(throughput && { throughput }),
    ...(wantsExpedited && { expedited: call.expedited && wish.expedited }),
    ...(parameters.negotiation && flowAnswerTo(call, wish, parameters)),
  };
}

function pick<Key extends keyof Facilities>(from: Facilities, keys: readonly Key[]): Pick<Facilities, Key> {
  return Object.fromEntries(
    keys.flatMap((key) => (from[key] === undefined ? [] : [[key, from[key]]])),
  ) as Pick<Facilities, Key>;
}

/** X.25 §6.13: a class is negotiated towards the lower, each way by itself, in the form in which it was asked for. */
function lower(asked: ThroughputClass, other: PerDirection): ThroughputClass {
  return {
    ...asked,
    fromCalled: Math.min(asked.fromCalled, other.fromCalled),
    fromCalling: Math.min(asked.fromCalling, other.fromCalling),
  };
}

/**
 * The throughput class that a call has after its answer: as answered, but no higher than asked; as asked when the
 * answer says nothing. Nothing hangs on it in the packet layer, so an answer that is too high breaks no call.
 */
export function agreedThroughput(call: Facilities, answer: Facilities): Pick<Facilities, 'throughput'> {
  const answered = answer.throughput ?? call.throughput;
  if (answered === undefined) return {};
  return { throughput: lower(answered, call.throughput ?? answered) };
}

/** For a link without negotiation of them: 42 and 43 are never sent there. */
export function withoutFlow({ packetSize, windowSize, ...others }: Facilities): Facilities {
  return others;
}

/**
 * Only what the call stated, each value between what was asked and the standard, and as near to our wish as that
 * allows. Without a wish as asked, up to the most that we grant.
 */
function flowAnswerTo(call: Facilities, wish: Facilities, parameters: PacketLayerParameters): Facilities {
  const { packetSize, windowSize } = call;
  return {
    ...(packetSize && {
      packetSize: approach(
        packetSize,
        atMost(wish.packetSize ?? packetSize, parameters.maxPacketSize),
        STANDARD_PACKET_SIZE,
      ),
    }),
    ...(windowSize && {
      windowSize: approach(
        windowSize,
        atMost(wish.windowSize ?? windowSize, parameters.maxWindow),
        STANDARD_WINDOW,
      ),
    }),
  };
}

/**
 * What is agreed after the answer to our call. A value that the answer leaves out is as we asked: common peers do
 * so, where a network would state the value.
 */
export function agreed(
  asked: FlowParameters,
  answer: Facilities,
): Decoded<FlowParameters, 'facilityParameter'> {
  const flow: FlowParameters = {
    packetSize: answer.packetSize ?? asked.packetSize,
    windowSize: answer.windowSize ?? asked.windowSize,
  };
  const isAllowed =
    isOnTheWay(asked.packetSize, flow.packetSize, STANDARD_PACKET_SIZE) &&
    isOnTheWay(asked.windowSize, flow.windowSize, STANDARD_WINDOW);
  return isAllowed ? decoded(flow) : fault('facilityParameter');
}

/**
 * Whether facilities that came ask for something else than the link's fixed values. Where negotiation is not
 * subscribed to, there is no answer that could say no to them.
 */
export function departsFromDefaults(facilities: Facilities, parameters: PacketLayerParameters): boolean {
  const { packetSize, windowSize } = askedFor(facilities, parameters);
  return (
    !isEqual(packetSize, both(parameters.defaultPacketSize)) ||
    !isEqual(windowSize, both(parameters.defaultWindow))
  );
}

const both = (value: number): PerDirection => ({ fromCalled: value, fromCalling: value });

const isEqual = (a: PerDirection, b: PerDirection): boolean =>
  a.fromCalled === b.fromCalled && a.fromCalling === b.fromCalling;

const atMost = (value: PerDirection, most: number): PerDirection => ({
  fromCalled: Math.min(value.fromCalled, most),
  fromCalling: Math.min(value.fromCalling, most),
});

/** From what was asked towards the standard, no further than our wish. */
function approach(asked: PerDirection, wish: PerDirection, standard: number): PerDirection {
  const move = (value: number, wished: number): number =>
    Math.min(Math.max(wished, Math.min(value, standard)), Math.max(value, standard));
  return {
    fromCalled: move(asked.fromCalled, wish.fromCalled),
    fromCalling: move(asked.fromCalling, wish.fromCalling),
  };
}

function isOnTheWay(asked: PerDirection, answer: PerDirection, standard: number): boolean {
  const isBetween = (a: number, value: number): boolean =>
    value >= Math.min(a, standard) && value <= Math.max(a, standard);
  return isBetween(asked.fromCalled, answer.fromCalled) && isBetween(asked.fromCalling, answer.fromCalling);
}
