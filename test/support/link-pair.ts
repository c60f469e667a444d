import { VirtualClock } from '../../src/core/index.js';
import { encodeFrame, FrameDecoder } from '../../src/hdlc/index.js';
import {
  decodeLapbFrame,
  describeLapbFrame,
  LAPB_PARAMETERS,
  LapbLink,
  type LapbParameters,
  type LapbUser,
  type Modulo,
  type Role,
} from '../../src/lapb/index.js';

/** What a `LapbLink` offers to the line; tests put other stations in its place. */
export type Station = Pick<
  LapbLink,
  'start' | 'stop' | 'receive' | 'transmit' | 'nextDeadline' | 'handleTimeout'
>;

export interface LinkPairOptions {
  readonly both?: Partial<LapbParameters>;
  readonly dte?: Partial<LapbParameters>;
  readonly dce?: Partial<LapbParameters>;
  /** One way, milliseconds. */
  readonly delayMs?: number;
  /** How long the line is busy with a frame; 0: it takes all at once. */
  readonly frameMs?: number;
  /** Whether a frame is lost. `nth` counts the frames of this sender that read alike, from 0. */
  readonly isLost?: (from: Role, frame: string, nth: number) => boolean;
  /** How much later a frame arrives, and at the earliest those behind it; milliseconds. */
  readonly extraDelayMs?: () => number;
  /** What arrives of the octets of a frame on the line: all, damaged, twice. */
  readonly disturb?: (octets: Uint8Array, from: Role) => readonly Uint8Array[];
  /** Another station in the place of the DTE's or the DCE's link. */
  readonly station?: { readonly role: Role; readonly make: (user: TestUser) => Station };
}

const FRAMING = { fcs: '16', escapeXonXoff: false, maxFrameOctets: 600 } as const;

export function lapbParameters(role: Role, changes: Partial<LapbParameters> = {}): LapbParameters {
  return {
    role,
    modulo: 8,
    window: LAPB_PARAMETERS.window.default,
    t1Ms: 3000,
    t2Ms: 200,
    t3Ms: 0,
    n2: LAPB_PARAMETERS.n2.default,
    maxInformationOctets: LAPB_PARAMETERS.maxInformationOctets.default,
    active: role === 'dte',
    ...changes,
  };
}

/** Sends the texts it is given, and remembers all that it is told. */
export class TestUser implements LapbUser {
  /** What happened, in order; a packet as its text. */
  readonly events: string[] = [];
  /** The packets that were taken to be sent, between what was told of the link. */
  readonly sent: string[] = [];
  readonly #queue: Uint8Array[] = [];
  readonly #note: (event: string, now: number) => void;

  constructor(note: (event: string, now: number) => void = () => {}) {
    this.#note = note;
  }

  enqueue(...packets: string[]): void {
    this.#queue.push(...packets.map((text) => new TextEncoder().encode(text)));
  }

  /** What happened so far. */
  forget(): void {
    this.events.length = 0;
    this.sent.length = 0;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  nextPacket(): Uint8Array | undefined {
    const packet = this.#queue.shift();
    if (packet !== undefined) this.sent.push(new TextDecoder().decode(packet));
    return packet;
  }

  packet(information: Uint8Array, now: number): void {
    this.#happened(new TextDecoder().decode(information), now);
  }

  linkUp(now: number): void {
    this.sent.push('linkUp');
    this.#happened('linkUp', now);
  }

  linkReset(now: number): void {
    this.sent.push('linkReset');
    this.#happened('linkReset', now);
  }

  linkDown(now: number, why: string): void {
    this.#happened(`linkDown: ${why}`, now);
  }

  #happened(event: string, now: number): void {
    this.events.push(event);
    this.#note(event, now);
  }
}

interface End {
  readonly role: Role;
  readonly station: Station;
  readonly user: TestUser;
  readonly decoder: FrameDecoder;
  /** How often each frame was sent, by its text. */
  readonly counts: Map<string, number>;
  lineFreeAt: number;
  lastArrival: number;
  cancelWake: () => void;
}

/**
 * Two ends of a link, joined by a start/stop line with delay and faults, in simulated time.
 *
 * The trace has a line for each frame (`3000 dte SABM P`, or `... (lost)`) with the time when it is sent, and for
 * each thing that a user is told (`3020 dte -> linkUp`).
 */
export class LinkPair {
  readonly clock = new VirtualClock();
  readonly trace: string[] = [];
  readonly #options: LinkPairOptions;
  readonly #modulo: Modulo;
  readonly #links = new Map<Role, LapbLink>();
  readonly #ends: Record<Role, End>;

  constructor(options: LinkPairOptions = {}) {
    this.#options = options;
    this.#modulo = options.both?.modulo ?? 8;
    this.#ends = { dte: this.#makeEnd('dte'), dce: this.#makeEnd('dce') };
  }

  /** The link of an end. @throws Error when another station is in its place. */
  link(role: Role): LapbLink {
    const link = this.#links.get(role);
    if (link === undefined) throw new Error(`no LapbLink at the ${role}`);
    return link;
  }

  user(role: Role): TestUser {
    return this.#ends[role].user;
  }

  start(...roles: Role[]): void {
    for (const role of roles) this.#with(role, (station, now) => station.start(now));
  }

  stop(role: Role): void {
    this.#with(role, (station, now) => station.stop(now));
  }

  send(role: Role, ...packets: string[]): void {
    this.user(role).enqueue(...packets);
    this.#with(role, () => {});
  }

  /** @throws Error when another station is in its place. */
  setBusy(role: Role, isBusy: boolean): void {
    this.#with(role, (_station, now) => this.link(role).setBusy(isBusy, now));
  }

  /** Octets on the line that the end itself has not sent: address, control and information. */
  inject(from: Role, octets: Uint8Array): void {
    this.trace.push(
      `${this.clock.now()} ${from} ${readFrame(octets, peerOf(from), this.#modulo)} (injected)`,
    );
    this.#ends[peerOf(from)].decoder.push(encodeFrame(octets, FRAMING, true));
  }

  run(milliseconds: number): void {
    this.clock.runFor(milliseconds);
  }

  /** Brings both ends up and forgets how. */
  connect(): this {
    this.start('dce', 'dte');
    this.run(1000);
    if (!this.link('dte').isUp || !this.link('dce').isUp) throw new Error('not up');
    this.trace.length = 0;
    for (const role of ['dte', 'dce'] as const) this.user(role).events.length = 0;
    return this;
  }

  #makeEnd(role: Role): End {
    const user = new TestUser((event, now) => this.trace.push(`${now} ${role} -> ${event}`));
    let station: Station;
    if (this.#options.station?.role === role) station = this.#options.station.make(user);
    else {
      const link = new LapbLink(
        lapbParameters(role, { ...this.#options.both, ...this.#options[role] }),
        user,
      );
      this.#links.set(role, link);
      station = link;
    }
    const decoder = new FrameDecoder(FRAMING, (frame) => this.#with(role, (s, now) => s.receive(frame, now)));
    return {
      role,
      station,
      user,
      decoder,
      counts: new Map(),
      lineFreeAt: 0,
      lastArrival: 0,
      cancelWake: () => {},
    };
  }

  #with(role: Role, act: (station: Station, now: number) => void): void {
    act(this.#ends[role].station, this.clock.now());
    this.#pump(this.#ends[role]);
  }

  /** Sends while the line takes frames, then sleeps until it does, or until a timer runs out. */
  #pump(end: End): void {
    const { delayMs = 10, frameMs = 0, extraDelayMs = () => 0 } = this.#options;
    const now = this.clock.now();
    while (end.lineFreeAt <= now) {
      const frame = end.station.transmit(now);
      if (frame === undefined) break;
      if (frameMs > 0) end.lineFreeAt = now + frameMs;
      end.lastArrival = Math.max(end.lastArrival, now + frameMs + delayMs + extraDelayMs());
      for (const octets of this.#onTheLine(end, frame, now))
        this.clock.wake(end.lastArrival, () => this.#ends[peerOf(end.role)].decoder.push(octets));
    }
    end.cancelWake();
    const deadline = end.station.nextDeadline() ?? Number.POSITIVE_INFINITY;
    const at = end.lineFreeAt > now ? Math.min(end.lineFreeAt, deadline) : deadline;
    if (at === Number.POSITIVE_INFINITY) return;
    end.cancelWake = this.clock.wake(at, () => this.#with(end.role, (s, then) => s.handleTimeout(then)));
  }

  #onTheLine(end: End, frame: Uint8Array, now: number): readonly Uint8Array[] {
    const text = readFrame(frame, peerOf(end.role), this.#modulo);
    const nth = end.counts.get(text) ?? 0;
    end.counts.set(text, nth + 1);
    const isLost = this.#options.isLost?.(end.role, text, nth) ?? false;
    this.trace.push(`${now} ${end.role} ${text}${isLost ? ' (lost)' : ''}`);
    if (isLost) return [];
    const octets = encodeFrame(frame, FRAMING, true);
    return this.#options.disturb?.(octets, end.role) ?? [octets];
  }
}

/** A peer that answers by rote: what it sends for each frame that it receives, as octets. */
export class ScriptedStation implements Station {
  readonly #role: Role;
  readonly #answer: (frame: string, now: number) => readonly Uint8Array[];
  readonly #out: Uint8Array[] = [];

  constructor(role: Role, answer: (frame: string, now: number) => readonly Uint8Array[]) {
    this.#role = role;
    this.#answer = answer;
  }

  start(): void {}
  stop(): void {}
  handleTimeout(): void {}

  nextDeadline(): undefined {}

  receive(octets: Uint8Array, now: number): void {
    this.#out.push(...this.#answer(readFrame(octets, this.#role), now));
  }

  transmit(): Uint8Array | undefined {
    return this.#out.shift();
  }
}

export function peerOf(role: Role): Role {
  return role === 'dte' ? 'dce' : 'dte';
}

/** A frame as people read it, or the word for what is wrong with it. */
export function readFrame(octets: Uint8Array, receiver: Role, modulo: Modulo = 8): string {
  const result = decodeLapbFrame(octets, receiver, modulo);
  return result.ok ? describeLapbFrame(result.value, modulo) : result.fault;
}
