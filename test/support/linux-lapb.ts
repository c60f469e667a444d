import { TimerTable } from '../../src/core/index.js';
import {
  decodeLapbFrame,
  encodeLapbFrame,
  type InformationFrame,
  type LapbFrame,
  type SupervisoryFrame,
} from '../../src/lapb/frame.js';
import type { Role } from '../../src/lapb/index.js';
import type { Station, TestUser } from './link-pair.js';

const T1 = 5000;
const T2 = 1000;
const N2 = 20;
const WINDOW = 7;

/**
 * A station with the habits of the Linux kernel's LAPB, as they are seen on the line: whole frames again on T1
 * instead of a poll, acknowledgement a second after the first I frame, DM again and again as a DCE, deaf to I
 * frames until its own SABM is answered. Written from observation, for tests only.
 */
export class LinuxStation implements Station {
  readonly #role: Role;
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

  constructor(role: Role, user: TestUser) {
    this.#role = role;
    this.#user = user;
  }

  get isUp(): boolean {
    return this.#state === 'up';
  }

  start(now: number): void {
    this.#tries = 1;
    this.#state = this.#role === 'dte' ? 'settingUp' : 'down';
    if (this.#role === 'dte') this.#command('SABM');
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
      else this.#command('SABM');
    } else if (this.#role === 'dce' && this.#tries++ < N2) this.#respond('DM', false);
    else {
      this.#tries = 1;
      this.#state = 'settingUp';
      this.#command('SABM');
    }
  }

  #fallSilent(): void {
    this.#state = 'silent';
    this.#timers.stopAll();
  }

  receive(octets: Uint8Array, now: number): void {
    const result = decodeLapbFrame(octets, this.#role);
    if (!result.ok) return;
    const frame = result.value;
    if (frame.type === 'SABM') this.#receiveSabm(frame.pollFinal, now);
    else if (frame.type === 'DISC') this.#receiveDisc(frame.pollFinal, now);
    else if (frame.type === 'UA' && frame.pollFinal && this.#state === 'settingUp') this.#enterUp();
    else if (frame.type === 'DM' && !frame.pollFinal && this.#state === 'down') this.start(now);
    else if ('nr' in frame && this.#state === 'up') this.#receiveNumbered(frame, now);
  }

  #receiveSabm(poll: boolean, now: number): void {
    this.#respond('UA', poll);
    if (this.#state === 'settingUp') return; // deaf until its own is answered
    const lost = this.#unacknowledged;
    const wasUp = this.#state === 'up';
    this.#enterUp();
    // A new link to us, the same old one to its packet layer.
    if (wasUp) this.#queue.unshift(...lost);
    if (this.#queue.length > 0) this.#timers.start('T1', now + T1);
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
  }

  #receiveNumbered(frame: InformationFrame | SupervisoryFrame, now: number): void {
    while (this.#va !== frame.nr && this.#unacknowledged.length > 0) {
      this.#va = (this.#va + 1) % 8;
      this.#unacknowledged.shift();
      this.#tries = 1;
      this.#timers.stop('T1');
    }
    if (this.#unacknowledged.length > 0 && !this.#timers.isRunning('T1')) this.#timers.start('T1', now + T1);
    if (frame.type === 'REJ') this.#sendAgain();
    if (frame.type === 'I') this.#receiveInformation(frame.ns, frame.information, frame.pollFinal, now);
    else if (frame.isCommand && frame.pollFinal) this.#supervisory('RR', true);
  }

  #receiveInformation(ns: number, information: Uint8Array, poll: boolean, now: number): void {
    if (ns === this.#vr) {
      this.#vr = (this.#vr + 1) % 8;
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
    return frame && encodeLapbFrame(frame, this.#role);
  }

  #nextInformation(now: number): LapbFrame | undefined {
    if (this.#state !== 'up' || this.#unacknowledged.length >= WINDOW) return undefined;
    const information = this.#queue.shift() ?? this.#user.nextPacket();
    if (information === undefined) return undefined;
    const ns = this.#vs;
    this.#vs = (this.#vs + 1) % 8;
    this.#unacknowledged.push(information);
    if (!this.#timers.isRunning('T1')) this.#timers.start('T1', now + T1);
    this.#timers.stop('T2');
    return { type: 'I', isCommand: true, ns, nr: this.#vr, pollFinal: false, information };
  }

  #command(type: 'SABM'): void {
    this.#out.push({ type, isCommand: true, pollFinal: true });
  }

  #respond(type: 'UA' | 'DM', pollFinal: boolean): void {
    this.#out.push({ type, isCommand: false, pollFinal });
  }

  #supervisory(type: 'RR' | 'REJ', pollFinal: boolean): void {
    this.#timers.stop('T2');
    this.#out.push({ type, isCommand: false, nr: this.#vr, pollFinal });
  }
}

export function linuxStation(role: Role): { role: Role; make: (user: TestUser) => LinuxStation } {
  return { role, make: (user) => new LinuxStation(role, user) };
}
