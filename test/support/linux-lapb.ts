import { TimerTable } from '../../src/core/index.js';
import {
  decodeLapbFrame,
  encodeLapbFrame,
  type InformationFrame,
  type LapbFrame,
  type SupervisoryFrame,
} from '../../src/lapb/frame.js';
import type { Modulo, Role } from '../../src/lapb/index.js';
import type { Station, TestUser } from './link-pair.js';

const T1 = 5000;
const T2 = 1000;
const N2 = 20;
/** Also of modulo 128, unless a program sets it. */
const WINDOW = 7;

/**
 * A station with the habits of the Linux kernel's LAPB, as they are seen on the line: whole frames again on T1
 * instead of a poll, acknowledgement a second after the first I frame, DM again and again as a DCE, deaf to I
 * frames until its own SABM is answered; RNR is obeyed, never sent, and not asked about. Written from observation, for tests only.
 */
export class LinuxStation implements Station {
  readonly #role: Role;
  readonly #modulo: Modulo;
  readonly #user: TestUser;
  readonly #out: LapbFrame[] = [];
  readonly #timers = new TimerTable<'T1' | 'T2'>();
  #state: 'down' | 'settingUp' | 'up' | 'silent' = 'silent';
  #tries = 0;
  #vs = 0;
  #va = 0;
  #vr = 0;
  /** Sent and not acknowledged, oldest first. */
  #unacknowledged: Uint8Array[] = [];
  #queue: Uint8Array[] = [];
  #rejected = false;
  #peerBusy = false;

  constructor(role: Role, user: TestUser, modulo: Modulo) {
    this.#role = role;
    this.#user = user;
    this.#modulo = modulo;
  }

  get isUp(): boolean {
    return this.#state === 'up';
  }

  start(now: number): void {
    this.#tries = 1;
    this.#state = this.#role === 'dte' ? 'settingUp' : 'down';
    if (this.#role === 'dte') this.#sendSetMode();
    else this.#respond('DM', false);
    this.#timers.start('T1', now + T1);
  }

  stop(): void {}

  nextDeadline(): number | undefined {
    return this.#timers.next();
  }

  handleTimeout(now: number): void {
    for (const timer of this.#timers.takeExpired(now)) {
      if (timer === 'T2') this.#supervisory('RR', false);
      else this.#t1(now);
    }
  }

  #t1(now: number): void {
    this.#timers.start('T1', now + T1);
    if (this.#state === 'up') {
      if (this.#tries++ >= N2) this.#fallSilent();
      else this.#sendAgain();
    } else if (this.#state === 'settingUp') {
      if (this.#tries++ >= N2) this.#fallSilent();
      else this.#sendSetMode();
    } else if (this.#role === 'dce' && this.#tries++ < N2) this.#respond('DM', false);
    else {
      this.#tries = 1;
      this.#state = 'settingUp';
      this.#sendSetMode();
    }
  }

  #fallSilent(): void {
    this.#state = 'silent';
    this.#timers.stopAll();
  }

  receive(octets: Uint8Array, now: number): void {
    const result = decodeLapbFrame(octets, this.#role, this.#modulo);
    if (!result.ok) return;
    const frame = result.value;
    if (frame.type === this.#setMode) this.#receiveSetMode(frame.pollFinal, now);
    else if (frame.type === 'SABM' || frame.type === 'SABME') this.#respond('DM', frame.pollFinal);
    else if (frame.type === 'DISC') this.#receiveDisc(frame.pollFinal, now);
    else if (frame.type === 'UA' && frame.pollFinal && this.#state === 'settingUp') this.#enterUp();
    else if (frame.type === 'DM' && !frame.pollFinal && this.#state === 'down') this.start(now);
    else if (frame.type === 'FRMR' && this.#state === 'up') this.#receiveFrmr(now);
    else if ('nr' in frame && this.#state === 'up') this.#receiveNumbered(frame, now);
  }

  #receiveSetMode(poll: boolean, now: number): void {
    this.#respond('UA', poll);
    if (this.#state === 'settingUp') return; // deaf until its own is answered
    const lost = this.#unacknowledged;
    const wasUp = this.#state === 'up';
    this.#enterUp();
    // A new link to us, the same old one to its packet layer.
    if (wasUp) this.#queue.unshift(...lost);
    if (this.#queue.length > 0) this.#timers.start('T1', now + T1);
  }

  #receiveFrmr(now: number): void {
    this.#sendAgain(); // once its own SABM is answered
    this.#state = 'settingUp';
    this.#tries = 1;
    this.#sendSetMode();
    this.#timers.start('T1', now + T1);
  }

  #receiveDisc(poll: boolean, now: number): void {
    this.#respond(this.#state === 'settingUp' ? 'DM' : 'UA', poll);
    if (this.#state !== 'up') return;
    this.#user.linkDown(now, 'DISC');
    this.#state = 'down';
    this.#tries = N2; // SABM after T1
    this.#timers.start('T1', now + T1);
  }

  #enterUp(): void {
    this.#state = 'up';
    this.#timers.stopAll();
    this.#tries = 1;
    this.#vs = 0;
    this.#va = 0;
    this.#vr = 0;
    this.#unacknowledged = [];
    this.#rejected = false;
    this.#peerBusy = false;
  }

  #receiveNumbered(frame: InformationFrame | SupervisoryFrame, now: number): void {
    while (this.#va !== frame.nr && this.#unacknowledged.length > 0) {
      this.#va = (this.#va + 1) % this.#modulo;
      this.#unacknowledged.shift();
      this.#tries = 1;
      this.#timers.stop('T1');
    }
    if (this.#unacknowledged.length > 0 && !this.#timers.isRunning('T1')) this.#timers.start('T1', now + T1);
    this.#peerBusy = frame.type === 'RNR' || (frame.type === 'I' && this.#peerBusy);
    if (frame.type === 'REJ') this.#sendAgain();
    if (frame.type === 'I') this.#receiveInformation(frame.ns, frame.information, frame.pollFinal, now);
    else if (frame.isCommand && frame.pollFinal) this.#supervisory('RR', true);
  }

  #receiveInformation(ns: number, information: Uint8Array, poll: boolean, now: number): void {
    if (ns === this.#vr) {
      this.#vr = (this.#vr + 1) % this.#modulo;
      this.#rejected = false;
      if (poll) this.#supervisory('RR', true);
      else if (!this.#timers.isRunning('T2')) this.#timers.start('T2', now + T2);
      this.#user.packet(information, now);
    } else if (!this.#rejected) {
      this.#rejected = true;
      this.#supervisory('REJ', poll);
    } else if (poll) this.#supervisory('RR', true);
  }

  #sendAgain(): void {
    this.#vs = this.#va;
    this.#queue.unshift(...this.#unacknowledged);
    this.#unacknowledged = [];
  }

  transmit(now: number): Uint8Array | undefined {
    const frame = this.#out.shift() ?? this.#nextInformation(now);
    return frame && encodeLapbFrame(frame, this.#role, this.#modulo);
  }

  #nextInformation(now: number): LapbFrame | undefined {
    if (this.#state !== 'up' || this.#peerBusy || this.#unacknowledged.length >= WINDOW) return undefined;
    const information = this.#queue.shift() ?? this.#user.nextPacket();
    if (information === undefined) return undefined;
    const ns = this.#vs;
    this.#vs = (this.#vs + 1) % this.#modulo;
    this.#unacknowledged.push(information);
    if (!this.#timers.isRunning('T1')) this.#timers.start('T1', now + T1);
    this.#timers.stop('T2');
    return { type: 'I', isCommand: true, ns, nr: this.#vr, pollFinal: false, information };
  }

  /** The set-mode command of its modulus; it knows the other only to refuse it. */
  get #setMode(): 'SABM' | 'SABME' {
    return this.#modulo === 8 ? 'SABM' : 'SABME';
  }

  #sendSetMode(): void {
    this.#out.push({ type: this.#setMode, isCommand: true, pollFinal: true });
  }

  #respond(type: 'UA' | 'DM', pollFinal: boolean): void {
    this.#out.push({ type, isCommand: false, pollFinal });
  }

  #supervisory(type: 'RR' | 'REJ', pollFinal: boolean): void {
    this.#timers.stop('T2');
    this.#out.push({ type, isCommand: false, nr: this.#vr, pollFinal });
  }
}

export function linuxStation(
  role: Role,
  modulo: Modulo = 8,
): { role: Role; make: (user: TestUser) => LinuxStation } {
  return { role, make: (user) => new LinuxStation(role, user, modulo) };
}
