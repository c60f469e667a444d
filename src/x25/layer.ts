import { Counters } from '../core/index.js';
import { LogicalChannel } from './channel.js';
import type { ChannelCounter, ChannelHost } from './channel-host.js';
import { ChannelTable } from './channel-table.js';
import { DeadlineQueue } from './deadline-queue.js';
import { CLEAR_CAUSE, clearCauseOfRestart } from './packet/cause.js';
import { decodeDiagnostic, encodeDiagnostic } from './packet/diagnostic.js';
import { DIAGNOSTIC } from './packet/diagnostic-code.js';
import { channelOf, hasFormat, startPacket } from './packet/header.js';
import { kindOf, type PacketKind } from './packet/kind.js';
import { isDataType, PACKET_TYPE } from './packet/type.js';
import type { PacketLayerParameters } from './parameters.js';
import { rowOnChannel, rowOnChannelZero } from './restart.js';
import { type RestartCounter, RestartProcedure } from './restart-procedure.js';
import { ownCause, type Role, type RoleTraits } from './role.js';
import { ServiceOrder } from './service-order.js';
import type {
  Channel,
  ChannelCall,
  ChannelEnding,
  ChannelUser,
  PacketLayerUser,
  RestartInfo,
} from './user.js';

export type PacketLayerCounter =
  | ChannelCounter
  | RestartCounter
  | 'packetsSent'
  | 'packetsReceived'
  | 'dataSent'
  | 'dataReceived'
  | 'diagnosticsSent'
  | 'diagnosticsReceived'
  /** Packets that no channel can be blamed for: too short, wrong format, channel not in use. */
  | 'strayPackets';

/** A DCE sends no more DIAGNOSTIC packets than one in this time, whatever comes in. */
const DIAGNOSTIC_EVERY_MS = 1_000;

const NOTHING = new Uint8Array(0);

const LINK_LOST: RestartInfo = { by: 'link', cause: 0, diagnostic: DIAGNOSTIC.noInformation };

/**
 * The packet layer of one link (X.25 §3 to §6, ISO 8208), as DTE or DCE: all its logical channels, and the restart
 * procedure. It sends nothing by itself: whoever owns the link asks for the next packet, so that P(R) is always the
 * newest and what waits can still be taken back.
 */
export class PacketLayer {
  readonly #parameters: PacketLayerParameters;
  readonly #user: PacketLayerUser;
  readonly #channels: ChannelTable;
  readonly #order = new ServiceOrder();
  readonly #host: ChannelHost;
  readonly #restart: RestartProcedure;
  #isUp = false;

  /** Channels that a DTE does not have, where a clear is confirmed all the same. */
  readonly #strayClears = new Set<number>();
  #diagnostic: Uint8Array | undefined;
  #nextDiagnosticAt = Number.NEGATIVE_INFINITY;

  readonly #deadlines = new DeadlineQueue<LogicalChannel>();
  /** Channels whose timers moved since the queue was last asked. */
  readonly #moved: LogicalChannel[] = [];

  readonly #counters = new Counters<PacketLayerCounter>();
  /** Counted for every packet, and added to the counters when somebody looks. */
  readonly #totals = { packetsSent: 0, packetsReceived: 0, dataSent: 0, dataReceived: 0 };

  /** @param random 0 up to 1: how long two DTEs wait whose restarts collide. */
  constructor(parameters: PacketLayerParameters, user: PacketLayerUser, random: () => number = Math.random) {
    this.#parameters = parameters;
    this.#user = user;
    this.#restart = new RestartProcedure({
      role: parameters.role,
      modulo: parameters.modulo,
      timing: parameters.timers,
      random,
      clearAll: (info, now) => this.#clearAll(info, now),
      ready: (traits, now) => this.#ready(traits, now),
      diagnose: (diagnostic, packet, now) => this.#diagnose(diagnostic, packet, now),
      count: (what) => this.#counters.add(what),
    });
    this.#channels = new ChannelTable(parameters, this.#restart.traits.role);
    this.#host = this.#channelHost();
  }

  get counters(): Counters<PacketLayerCounter> {
    for (const name of ['packetsSent', 'packetsReceived', 'dataSent', 'dataReceived'] as const) {
      this.#counters.add(name, this.#totals[name]);
      this.#totals[name] = 0;
    }
    return this.#counters;
  }

  /** State r1 on a link that is up: calls may be placed. */
  get isReady(): boolean {
    return this.#isUp && this.#restart.state === 'r1';
  }

  /** What we play on this link; as long as that is to be found out, a DTE. */
  get role(): Role {
    return this.#restart.traits.role;
  }

  /** How many calls we could place now. */
  get freeChannels(): number {
    return this.#channels.freeChannels;
  }

  // What the link and the user tell.

  linkUp(now: number): void {
    const wasUp = this.#isUp;
    this.#isUp = true;
    this.#restart.linkUp(now);
    if (wasUp) this.#clearAll(LINK_LOST, now);
  }

  /** Packets may be lost: nothing that the two ends know of each other's calls is certain any more. */
  linkReset(now: number): void {
    if (this.#isUp) this.linkUp(now);
  }

  linkDown(now: number): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#restart.end();
    this.#clearAll(LINK_LOST, now);
  }

  /** Restarts the link by our own wish; a DTE may give the causes 00 and 80-FF only. */
  restart(cause: number, diagnostic: number, now: number): void {
    if (!this.#isUp) return;
    const given = ownCause(this.#restart.traits, cause);
    this.#restart.begin(given, diagnostic, now);
    this.#clearAll({ by: 'us', cause: given, diagnostic }, now);
  }

  /**
   * Places a call on the next free channel.
   * @returns undefined when no channel is free or the layer is not in r1.
   * @throws RangeError when the request has what can't be written: addresses, sizes, too much user data.
   */
  call(request: ChannelCall, user: ChannelUser, now: number): Channel | undefined {
    const number = this.isReady ? this.#channels.pickFree() : undefined;
    if (number === undefined) return undefined;
    const channel = new LogicalChannel(number, this.#host);
    channel.placeCall(request, user, now);
    this.#channels.put(number, channel);
    return channel;
  }

  // What comes from the line.

  receive(packet: Uint8Array, now: number): void {
    if (!this.#isUp) return;
    this.#totals.packetsReceived++;
    const first = packet[0];
    const second = packet[1];
    const type = packet[2];
    if (first === undefined || second === undefined) {
      this.#stray(DIAGNOSTIC.tooShort, packet, now);
      return;
    }
    if (!hasFormat(first, this.#parameters.modulo)) {
      this.#stray(DIAGNOSTIC.invalidFormat, packet, now);
      return;
    }
    const number = channelOf(first, second);
    if (type !== undefined && isDataType(type) && this.#restart.state === 'r1') {
      const channel = this.#channels.get(number);
      if (channel !== undefined) {
        this.#totals.dataReceived++;
        channel.receiveData(packet, now);
        return;
      }
    }
    const kind = kindOf(type, this.#parameters.modulo);
    if (number === 0) this.#receiveOnChannelZero(kind, packet, now);
    else if (this.#channels.has(number)) this.#receiveOnChannel(number, kind, packet, now);
    else this.#receiveOnUnknownChannel(number, kind, packet, now);
  }

  #receiveOnChannelZero(kind: PacketKind, packet: Uint8Array, now: number): void {
    if (kind === 'diagnostic') {
      this.#diagnosticCame(packet, now);
      return;
    }
    const row = rowOnChannelZero(kind);
    if (row === undefined) this.#stray(DIAGNOSTIC.unassignedChannel, packet, now);
    else this.#restart.receive(row, packet, now);
  }

  /** For the log; nothing else follows from it (X.25 §6.1). */
  #diagnosticCame(packet: Uint8Array, now: number): void {
    this.#counters.add('diagnosticsReceived');
    const diagnostic = decodeDiagnostic(packet);
    if (diagnostic.ok) this.#user.diagnostic?.(diagnostic.value, now);
  }

  #receiveOnUnknownChannel(number: number, kind: PacketKind, packet: Uint8Array, now: number): void {
    // A network that clears a channel which we do not have would wait for us: what harm is there in saying yes?
    if (this.role === 'dte' && kind === 'clearRequest' && this.#restart.state === 'r1')
      this.#strayClears.add(number);
    this.#stray(DIAGNOSTIC.unassignedChannel, packet, now);
  }

  #receiveOnChannel(number: number, kind: PacketKind, packet: Uint8Array, now: number): void {
    const row = rowOnChannel(kind);
    if (this.#restart.cell(row).do !== 'nextLevel') {
      this.#restart.receive(row, packet, now);
      return;
    }
    const known = this.#channels.get(number);
    if (known !== undefined) {
      known.receive(kind, packet, now);
      return;
    }
    if (kind === 'clearConfirmation' && this.#channels.wasUsed(number)) {
      // DEVIATION X.25 table C-3, p1: some peers confirm a clear that crossed ours. It only says that all is over.
      this.#channels.takeBack(number);
      this.#counters.add('discarded');
      return;
    }
    const channel = new LogicalChannel(number, this.#host);
    this.#channels.put(number, channel);
    channel.receive(kind, packet, now);
  }

  #stray(diagnostic: number, packet: Uint8Array, now: number): void {
    this.#counters.add('strayPackets');
    this.#diagnose(diagnostic, packet, now);
  }

  /** Only a DCE sends DIAGNOSTIC: a DTE that has nothing better to answer is silent (X.25 §6.1). */
  #diagnose(diagnostic: number, packet: Uint8Array, now: number): void {
    if (this.role === 'dte' || now < this.#nextDiagnosticAt) return;
    this.#nextDiagnosticAt = now + DIAGNOSTIC_EVERY_MS;
    this.#counters.add('diagnosticsSent');
    this.#diagnostic = encodeDiagnostic(
      { type: 'diagnostic', channel: 0, diagnostic, explanation: packet },
      this.#parameters.modulo,
    );
  }

  // What goes out, when the link asks for it.

  /**
   * The next packet to send: control packets first, then DATA of one channel after the other. RR goes only where
   * no DATA can carry P(R); an acknowledgement that can ride on DATA waits for it one round at most.
   */
  nextPacket(now: number): Uint8Array | undefined {
    if (!this.#isUp) return undefined;
    const packet =
      this.#restart.nextPacket(now) ??
      this.#nextOfLink() ??
      this.#order.nextControl(now) ??
      this.#nextData(now);
    if (packet !== undefined) this.#totals.packetsSent++;
    return packet;
  }

  #nextOfLink(): Uint8Array | undefined {
    const diagnostic = this.#diagnostic;
    this.#diagnostic = undefined;
    if (diagnostic !== undefined || this.#strayClears.size === 0) return diagnostic;
    const [number = 0] = this.#strayClears;
    this.#strayClears.delete(number);
    return startPacket(this.#parameters.modulo, number, PACKET_TYPE.clearConfirmation);
  }

  #nextData(now: number): Uint8Array | undefined {
    const packet = this.#order.nextData(now);
    if (packet !== undefined && isDataType(packet[2] ?? 1)) this.#totals.dataSent++;
    return packet;
  }

  // Time.

  nextDeadline(): number | undefined {
    this.#queueMoved();
    return earlier(this.#deadlines.next, this.#restart.nextDeadline());
  }

  handleTimeout(now: number): void {
    this.#restart.handleTimeout(now);
    this.#queueMoved();
    for (const channel of this.#deadlines.takeDue(now)) {
      this.#timersMoved(channel);
      channel.handleTimeout(now);
    }
  }

  #timersMoved(channel: LogicalChannel): void {
    if (!channel.isListedForTimers) this.#moved.push(channel);
    channel.isListedForTimers = true;
  }

  #queueMoved(): void {
    for (let channel = this.#moved.pop(); channel !== undefined; channel = this.#moved.pop()) {
      channel.isListedForTimers = false;
      this.#deadlines.set(channel, channel.nextDeadline());
    }
  }

  #ready(traits: RoleTraits, now: number): void {
    if (this.#parameters.role === 'auto') this.#channels.setRole(traits.role);
    this.#user.ready(now);
  }

  // Calls.

  #clearAll(info: RestartInfo, now: number): void {
    const { by, diagnostic } = info;
    const cause = by === 'link' ? CLEAR_CAUSE.outOfOrder : clearCauseOfRestart(info.cause);
    const ending: ChannelEnding = { by, cause, diagnostic, facilities: {}, userData: NOTHING };
    this.#diagnostic = undefined;
    this.#strayClears.clear();
    this.#order.clear();
    for (const channel of this.#channels.all()) channel.drop(ending, now);
    this.#channels.forget();
    this.#user.restarted(now, info);
  }

  #channelHost(): ChannelHost {
    const restart = this.#restart;
    return {
      parameters: this.#parameters,
      get traits() {
        return restart.traits;
      },
      wantControl: (channel) => this.#order.wantControl(channel),
      wantData: (channel) => this.#order.wantData(channel),
      timersChanged: (channel) => this.#timersMoved(channel),
      mayBeCalledOn: (number) => this.#channels.mayBeCalledOn(number),
      incomingCall: (channel, call, now) => this.#user.incomingCall(channel, call, now),
      giveWay: (channel, packet, now) => this.#giveWay(channel, packet, now),
      released: (channel, isAside, now) => this.#released(channel, isAside, now),
      count: (what) => this.#counters.add(what),
    };
  }

  /**
   * State p5 of a DCE: the DTE's call takes the channel. Ours goes on elsewhere, as if it had begun there, or fails
   * like a call to a busy number when no channel is left (X.25 §4.1.6).
   */
  #giveWay(channel: LogicalChannel, packet: Uint8Array, now: number): void {
    const { number } = channel;
    const theirs = new LogicalChannel(number, this.#host, 'p5');
    this.#channels.put(number, theirs);
    const free = this.#channels.pickFree();
    if (free !== undefined) {
      this.#channels.put(free, channel);
      channel.moveTo(free);
    } else {
      const cause = CLEAR_CAUSE.numberBusy;
      const diagnostic = DIAGNOSTIC.callCollision;
      channel.drop({ by: 'us', cause, diagnostic, facilities: {}, userData: NOTHING }, now);
    }
    theirs.beginIncoming('p5', packet, now);
  }

  #released(channel: LogicalChannel, isAside: boolean, now: number): void {
    const { number } = channel;
    if (!this.#channels.release(channel) || !isAside) return;
    this.#channels.putAside(number);
    const clear = startPacket(this.#parameters.modulo, number, PACKET_TYPE.clearRequest);
    this.#diagnose(DIAGNOSTIC.timerClear, clear, now);
  }
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || (b !== undefined && b < a) ? b : a;
}
