import type { Facilities, Modulo, PacketLayerParameters } from '../x25/index.js';

/** What can be set of the packet layers that XOT connections have; the rest follows from RFC 1613. */
export interface XotParameters
  extends Pick<
    PacketLayerParameters,
    'defaultPacketSize' | 'defaultWindow' | 'maxPacketSize' | 'maxWindow' | 'timers'
  > {
  /** Of our calls; a call that comes is answered in its own. */
  readonly modulo: Modulo;
}

/**
 * How long a CLEAR waits for its CONFIRM. RFC 1613 §6.1 would let us close the connection at once; but there are peers
 * whose circuits hang when the connection goes before they have confirmed.
 */
const CLEAR_WAIT_MS = 10_000;

/** P(S) and P(R) of modulo 8 tell no more apart. */
const LARGEST_WINDOW: Readonly<Record<Modulo, number>> = { 8: 7, 128: 127 };

/**
 * The packet layer of one connection. XOT knows no roles (RFC 1613 §5): both ends are DTEs as far as the state tables
 * go. But behind either may stand a network: any cause is passed on and believed.
 */
export function packetLayerParameters(
  parameters: XotParameters,
  modulo: Modulo,
  channel: number,
): PacketLayerParameters {
  const { t23 } = parameters.timers;
  return {
    ...parameters,
    role: 'dte',
    modulo,
    defaultWindow: Math.min(parameters.defaultWindow, LARGEST_WINDOW[modulo]),
    maxWindow: Math.min(parameters.maxWindow, LARGEST_WINDOW[modulo]),
    channels: { twoWay: [channel, channel] },
    assign: 'lowest',
    negotiation: true,
    reject: false,
    anyCause: true,
    timers: {
      ...parameters.timers,
      t23: t23 === 0 ? CLEAR_WAIT_MS : Math.min(t23, CLEAR_WAIT_MS),
      r23: 0,
    },
  };
}

/** The sizes in force where a call says nothing of them; on XOT that must be said (RFC 1613 §6.1). */
export function defaultSizes({ defaultPacketSize, defaultWindow }: PacketLayerParameters): Facilities {
  return {
    packetSize: { fromCalled: defaultPacketSize, fromCalling: defaultPacketSize },
    windowSize: { fromCalled: defaultWindow, fromCalling: defaultWindow },
  };
}
