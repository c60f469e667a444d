import { toHex } from '../../src/core/index.js';
import {
  type Channel,
  type ChannelCall,
  type ChannelEnding,
  type ChannelUser,
  type Connection,
  type DataPiece,
  DEFAULT_PACKET_TIMERS,
  type DiagnosticPacket,
  encodePacket,
  type IncomingCallPacket,
  PacketLayer,
  type PacketLayerParameters,
  type PacketLayerUser,
  type PacketTimers,
  type ResetInfo,
  type RestartInfo,
} from '../../src/x25/index.js';
import { hexOctet, packetText } from './packet-text.js';

export type LayerChanges = Partial<Omit<PacketLayerParameters, 'timers'>> & {
  readonly timers?: Partial<PacketTimers>;
};

export function layerParameters(
  role: PacketLayerParameters['role'],
  { timers, ...changes }: LayerChanges = {},
): PacketLayerParameters {
  return {
    role,
    modulo: 8,
    channels: { twoWay: [1, 16] },
    assign: 'auto',
    defaultPacketSize: 128,
    defaultWindow: 2,
    maxPacketSize: 1024,
    maxWindow: 7,
    negotiation: true,
    reject: false,
    timers: { ...DEFAULT_PACKET_TIMERS, ...timers },
    ...changes,
  };
}

export const PRID = Uint8Array.of(0xc0, 0xf7, 0, 0);

/** A packet layer with users that note all they are told and answer as the test says. */
export class LayerEnd implements PacketLayerUser {
  readonly layer: PacketLayer;
  readonly role: PacketLayerParameters['role'];
  /** What its users were told, and with `take`, what it sent. */
  readonly events: string[] = [];
  /** Calls that came and are not answered. */
  readonly offered: { readonly channel: Channel; readonly call: IncomingCallPacket }[] = [];
  /** The call that was placed or came last. */
  channel: Channel | undefined;
  /** Answers calls at once. */
  accepts = false;
  /** Reports data as used up at once. */
  consumes = true;
  readonly #note: (event: string, now: number) => void;

  constructor(
    role: PacketLayerParameters['role'],
    changes: LayerChanges = {},
    note: (event: string, now: number) => void = (event) => this.events.push(event),
    random?: () => number,
  ) {
    this.role = role;
    this.layer = new PacketLayer(layerParameters(role, changes), this, random);
    this.#note = note;
  }

  /** A layer in r1, nothing on the way. */
  static ready(role: PacketLayerParameters['role'], changes: LayerChanges = {}): LayerEnd {
    const end = new LayerEnd(role, changes);
    end.layer.linkUp(0);
    end.sent(0);
    end.layer.receive(encodePacket({ type: 'restartConfirmation', channel: 0 }, changes.modulo ?? 8), 0);
    end.events.length = 0;
    return end;
  }

  /** All that goes out now. */
  sent(now = 0): string[] {
    return this.sentOctets(now).map(packetText);
  }

  sentOctets(now = 0): Uint8Array[] {
    const packets: Uint8Array[] = [];
    for (let packet = this.layer.nextPacket(now); packet !== undefined; packet = this.layer.nextPacket(now))
      packets.push(packet);
    return packets;
  }

  /** @returns what is sent in answer. */
  receive(packet: Uint8Array, now = 0): string[] {
    this.layer.receive(packet, now);
    return this.sent(now);
  }

  call(request: Partial<ChannelCall> = {}, now = 0): Channel | undefined {
    let channel: Channel | undefined;
    const user = this.user(() => channel);
    channel = this.layer.call({ called: '700001', userData: PRID, ...request }, user, now);
    this.channel = channel;
    return channel;
  }

  /** A user that notes what it is told: `16 data 128 M`. */
  user(channel: () => Channel | undefined): ChannelUser {
    let number = channel()?.number;
    const note = (event: string, now: number): void => {
      number = channel()?.number ?? number;
      this.#note(`${number ?? ''} ${event}`.trim(), now);
    };
    return {
      connected: (connection, now) => note(connectedText(connection), now),
      data: (piece, now) => {
        note(dataText(piece), now);
        if (this.consumes) channel()?.consumed(piece.octets.length, now);
        this.onData(piece, now);
      },
      ready: (now) => note('ready', now),
      delivered: (octets, now) => note(`delivered ${octets}`, now),
      interrupt: (octets, now) => note(`interrupt ${toHex(octets)}`, now),
      interruptConfirmed: (now) => note('interrupt confirmed', now),
      reset: (info, now) => note(`reset by ${whyText(info)}`, now),
      cleared: (ending, now) => note(clearedText(ending), now),
    };
  }

  onData: (piece: Required<DataPiece>, now: number) => void = () => {};

  accept(index = 0, now = 0): Channel {
    const offer = this.offered.splice(index, 1)[0];
    if (offer === undefined) throw new Error('no call waits');
    const { channel } = offer;
    channel.accept(
      {},
      this.user(() => channel),
      now,
    );
    return channel;
  }

  incomingCall(channel: Channel, call: IncomingCallPacket, now: number): void {
    this.#note(`${channel.number} call to ${call.called}`, now);
    channel.setUser(this.user(() => channel));
    this.channel = channel;
    this.offered.push({ channel, call });
    if (this.accepts) this.accept(this.offered.length - 1, now);
  }

  restarted(now: number, info: RestartInfo): void {
    this.#note(`restarted by ${whyText(info)}`, now);
  }

  ready(now: number): void {
    this.#note('ready', now);
  }

  diagnostic(packet: DiagnosticPacket, now: number): void {
    this.#note(`diagnostic ${packet.diagnostic}`, now);
  }
}

const whyText = ({ by, cause, diagnostic }: ResetInfo | RestartInfo): string =>
  `${by} ${hexOctet(cause)}/${diagnostic}`;

const clearedText = (ending: ChannelEnding): string => `cleared by ${whyText(ending)}`;

const dataText = ({ octets, more, qualified, confirm }: Required<DataPiece>): string =>
  `data ${[octets.length, ...(qualified ? ['Q'] : []), ...(confirm ? ['D'] : []), ...(more ? ['M'] : [])].join(' ')}`;

function connectedText({ facilities: { packetSize, windowSize } }: Connection): string {
  return `connected ${packetSize?.fromCalling}:${packetSize?.fromCalled}/${windowSize?.fromCalling}:${windowSize?.fromCalled}`;
}
