import type { Facilities, PacketLayerParameters } from '../x25/index.js';

/** What can be set of the packet layers that XOT connections have; the rest follows from RFC 1613. */
export type XotParameters = Pick<
  PacketLayerParameters,
  'defaultPacketSize' | 'defaultWindow' | 'maxPacketSize' | 'maxWindow' | 'timers'
>;

/**
 * How long a CLEAR waits for its CONFIRM. RFC 1613 §6.1 would let us close the connection at once; but there are peers
 * whose circuits hang when the connection goes before they have confirmed.
 */
const CLEAR_WAIT_MS = 10_000;

/**
 * The packet layer of one connection. XOT knows no roles (RFC 1613 §5): both ends are DTEs as far as the state tables
 * go. But behind either may stand a network: any cause is passed on and believed.
 */
export function packetLayerParameters(parameters: XotParameters, channel: number): PacketLayerParameters {
  const { t23 } = parameters.timers;
  return {
    ...parameters,
    role: 'dte',
    modulo: 8,
    channels: { twoWay: [channel, channel] },
    assign: 'lowest',
    negotiation: true,
    anyCause: true,
    timers: {
      ...parameters.timers,
      t23: t23 === 0 ? CLEAR_WAIT_MS : Math.min(t23, CLEAR_WAIT_MS),
      r23: 0,
    },
  };
}

/** The sizes in force where a call says nothing of them; on XOT that must be said (RFC 1613 §6.1). */
export function defaultSizes({ defaultPacketSize, defaultWindow }: XotParameters): Facilities {
  return {
    packetSize: { fromCalled: defaultPacketSize, fromCalling: defaultPacketSize },
    windowSize: { fromCalled: defaultWindow, fromCalling: defaultWindow },
  };
}
