import { Counters, TimerTable } from '../core/index.js';
import {
  decodeLapbFrame,
  encodeLapbFrame,
  encodeRejection,
  isCommandTo,
  isPollFinal,
  type LapbFrame,
  rejectedControl,
  type UnnumberedFrame,
  type UnnumberedResponse,
} from './frame.js';
import { type LinkEvent, type LinkState, type LinkTimer, type Step, step } from './machine.js';
import { checkLapbParameters, type LapbParameters } from './parameters.js';
import { Transfer } from './transfer.js';
import type { LapbCounter, LapbUser } from './user.js';

/** Events that may end a link, as people read them. */
const WHY_DOWN: Partial<Record<LinkEvent, string>> = {
  stop: 'disconnected by us',
  physicalDown: 'line lost',
  DISC: 'disconnected by the peer (DISC)',
  'DM F=0': 'the peer has no link (DM)',
  'DM F=1': 'the peer has no link (DM)',
  N2: 'the peer does not answer',
};

const RESPONSES_SENT = { UA: 'uaSent', DM: 'dmSent', FRMR: 'frmrSent' } as const satisfies Record<
  UnnumberedResponse,
  LapbCounter
>;

/**
 * One end of a link (ISO 7776, X.25 §2.4), modulo 8 or 128.
 *
 * Octets received are pushed in by `receive`; what to send is pulled by `transmit`, one frame whenever the line
 * takes one, so that acknowledgements are fresh and ride on data. After any other call the owner pulls until there
 * is nothing left, and asks for `nextDeadline` again.
 */
export class LapbLink {
  readonly counters = new Counters<LapbCounter>();
  readonly #parameters: LapbParameters;
  readonly #user: LapbUser;
  readonly #timers = new TimerTable<LinkTimer>();
  readonly #transfer: Transfer;

  /** L3 stands for L5 too: the transfer knows whether it is recovering. */
  #state: Exclude<LinkState, 'L5'> = 'off';
  /** How often that was sent which T1 waits for. */
  #tries = 0;
  /** After N2 tries without an answer, in a row since the link was up last. */
  #pauses = 0;
  #isBusy = false;
  #userKnowsUp = false;
  /** When the peer was last heard; T3 looks here when it runs out, rather than start again with every frame. */
  #heardAt = 0;

  // What goes out next; cleared by sending it.
  #response: UnnumberedResponse | undefined;
  #responseFinal = false;
  #command: 'SABM' | 'DISC' | undefined;
  /** Information field of the FRMR sent in L4. */
  #rejection: Uint8Array = new Uint8Array(0);

  /** @throws RangeError when the parameters are not fit for use. */
  constructor(parameters: LapbParameters, user: LapbUser) {
    const problems = checkLapbParameters(parameters);
    if (problems.length > 0) throw new RangeError(`LAPB: ${problems.join('; ')}`);
    this.#parameters = parameters;
    this.#user = user;
    this.#transfer = new Transfer(parameters, user, this.#timers, this.counters);
  }

  /** Whether packets can flow now. */
  get isUp(): boolean {
    return this.#state === 'L3';
  }

  get state(): LinkState {
    return this.#state === 'L3' && this.#transfer.isRecovering ? 'L5' : this.#state;
  }

  /** The line is there and a link is wanted. No effect when it was started before. */
  start(now: number): void {
    this.#handle(this.#parameters.active ? 'start' : 'startPassive', now);
  }

  /** Disconnects; `state` is `off` when the peer has answered or N2 tries were made. */
  stop(now: number): void {
    this.#handle('stop', now);
  }

  /** The line is lost: nothing is sent any more before the next `start`. */
  physicalDown(now: number): void {
    this.#response = undefined;
    this.#handle('physicalDown', now);
  }

  /**
   * Own receiver busy condition (X.25 §2.4.5.7): packets are refused, for as long as the user above has no room for
   * them, and the peer sends them again afterwards. It outlasts the link.
   */
  setBusy(isBusy: boolean, now: number): void {
    if (isBusy === this.#isBusy) return;
    this.#isBusy = isBusy;
    this.#transfer.setBusy(isBusy);
    if (!isBusy) this.#handle('ready', now);
  }

  /** When `handleTimeout` wants to be called, or undefined. */
  nextDeadline(): number | undefined {
    return this.#timers.next();
  }

  handleTimeout(now: number): void {
    for (const timer of this.#timers.takeExpired(now)) this.#expired(timer, now);
  }

  /** Takes a frame from the line, without FCS. It is ours to keep. */
  receive(octets: Uint8Array, now: number): void {
    this.counters.add('framesReceived');
    this.counters.add('octetsReceived', octets.length);
    const result = decodeLapbFrame(octets, this.#parameters.role, this.#parameters.modulo);
    if (!result.ok) {
      if (result.fault === 'undefinedControl') this.#reject('W', octets, now);
      else if (result.fault === 'informationNotPermitted') this.#reject('WX', octets, now);
      else this.counters.add('notForUs');
      return;
    }
    this.#heardAt = now;
    const frame = result.value;
    if (!('nr' in frame)) this.#receiveUnnumbered(frame, now);
    else if (this.isUp) {
      const condition = this.#transfer.receive(frame, now);
      if (condition !== undefined) this.#reject(condition, octets, now);
    } else if (frame.isCommand && frame.pollFinal) this.#handle('polled', now, true);
  }

  #receiveUnnumbered({ type, pollFinal }: UnnumberedFrame, now: number): void {
    switch (type) {
      case 'SABM':
      case 'SABME': {
        const isOurs = type === this.#setMode;
        this.counters.add(isOurs ? 'sabmReceived' : 'otherModuloReceived');
        this.#handle(isOurs ? 'SABM' : 'otherSABM', now, pollFinal);
        return;
      }
      case 'DISC':
        this.counters.add('discReceived');
        this.#handle('DISC', now, pollFinal);
        return;
      case 'FRMR':
        this.counters.add('frmrReceived');
        this.#handle('FRMR', now);
        return;
      case 'DM':
        this.counters.add('dmReceived');
        this.#handle(pollFinal ? 'DM F=1' : 'DM F=0', now);
        return;
      case 'UA':
        this.counters.add('uaReceived');
        this.#handle(this.#kindOfUa(pollFinal), now);
        return;
    }
  }

  /** The command that sets up a link of our modulus. */
  get #setMode(): 'SABM' | 'SABME' {
    return this.#parameters.modulo === 8 ? 'SABM' : 'SABME';
  }

  #kindOfUa(final: boolean): 'UA F=0' | 'UA F=1' | 'UA late' {
    if (this.isUp) this.counters.add('unsolicited');
    if (!final) return 'UA F=0';
    return this.isUp && this.#transfer.window.hasReceived ? 'UA late' : 'UA F=1';
  }

  /** A frame reject condition (X.25 §2.3.5.4), which matters only where there is a link. */
  #reject(conditions: 'W' | 'WX' | 'Y' | 'Z', octets: Uint8Array, now: number): void {
    if (!this.isUp) return;
    const { role, modulo } = this.#parameters;
    const isCommand = isCommandTo(role, octets[0] ?? 0);
    const rejection = {
      control: rejectedControl(octets, modulo),
      wasResponse: !isCommand,
      vs: this.#transfer.window.vs,
      vr: this.#transfer.window.vr,
      w: conditions.startsWith('W'),
      x: conditions.endsWith('X'),
      y: conditions === 'Y',
      z: conditions === 'Z',
    };
    this.#rejection = encodeRejection(rejection, modulo);
    this.#handle('rejected', now, isCommand && isPollFinal(octets, modulo));
  }

  #expired(timer: LinkTimer, now: number): void {
    switch (timer) {
      case 'T1':
        this.#t1Expired(now);
        return;
      case 'T2':
        this.#transfer.acknowledge();
        return;
      case 'T3':
        this.#t3Expired(now);
        return;
      case 'retry':
        this.#handle('retry', now);
    }
  }

  #t1Expired(now: number): void {
    this.counters.add('t1Expiries');
    // In L3 nothing was asked yet.
    if (this.state !== 'L3' && this.#tries >= this.#parameters.n2) {
      this.counters.add('n2Expiries');
      this.#handle('N2', now);
    } else {
      this.#tries++;
      this.#handle('T1', now);
    }
  }

  #t3Expired(now: number): void {
    if (!this.isUp) return; // T1 has ended the link in the same moment
    const { t3Ms } = this.#parameters;
    const isSilent = this.#heardAt + t3Ms <= now;
    this.#timers.start('T3', isSilent ? now + t3Ms : this.#heardAt + t3Ms);
    if (!isSilent) return;
    this.counters.add('t3Expiries');
    this.#handle('T3', now);
  }

  /**
   * Does what the table says. L5 and L1c go on with what L3 and L1 have begun; all other states begin anew.
   *
   * @param pollFinal the P bit of a command received, which its answer copies.
   */
  #handle(event: LinkEvent, now: number, pollFinal = false): void {
    const { next, send, tell, pause, receiveAnew }: Step = step(this.state, event);
    if (next === 'L5') this.#tries = 1;
    else if (next === 'L1c') this.#state = next;
    else if (next !== undefined) this.#enter(next, pause, now);
    if (send !== undefined) this.#schedule(send, pollFinal);
    if (receiveAnew) this.#transfer.receiveAnew();
    if (tell !== undefined) this.#tell(tell, event, now);
  }

  #enter(state: Exclude<LinkState, 'L5' | 'L1c'>, pause: Step['pause'], now: number): void {
    this.#state = state;
    this.#tries = 1;
    this.#command = undefined;
    if (this.#response === 'FRMR') this.#response = undefined; // what it rejects is over
    this.#timers.stopAll();
    this.#transfer.reset();
    const { t3Ms } = this.#parameters;
    if (state === 'L0') this.#timers.start('retry', now + this.#pauseMs(pause));
    if (state !== 'L3') return;
    this.#pauses = 0;
    if (t3Ms > 0) this.#timers.start('T3', now + t3Ms);
  }

  #pauseMs(pause: Step['pause']): number {
    const { active, role, t1Ms, n2 } = this.#parameters;
    if (!active) return n2 * t1Ms;
    // The two roles wait unlike times, so that two ends do not chase each other.
    if (pause === 'short') return role === 'dte' ? t1Ms / 2 : t1Ms;
    return t1Ms * Math.min(2 ** this.#pauses++, n2);
  }

  #schedule(send: NonNullable<Step['send']>, pollFinal: boolean): void {
    switch (send) {
      case 'UA':
      case 'DM':
      case 'FRMR':
        this.#response = send;
        this.#responseFinal = pollFinal;
        return;
      case 'SABM':
      case 'DISC':
        this.#command = send;
        return;
      case 'poll':
        this.#transfer.poll();
    }
  }

  /** The user hears of a reset or an end only when it knows the link to be up, and of each once. */
  #tell(what: NonNullable<Step['tell']>, event: LinkEvent, now: number): void {
    if ((what === 'up') === this.#userKnowsUp) return;
    switch (what) {
      case 'up':
        this.#userKnowsUp = true;
        this.counters.add('linkUps');
        this.#user.linkUp(now);
        return;
      case 'reset':
        this.counters.add('linkResets');
        this.#user.linkReset(now);
        return;
      case 'down':
        this.#userKnowsUp = false;
        this.counters.add('linkDowns');
        this.#user.linkDown(now, WHY_DOWN[event] ?? event);
    }
  }

  /** The next frame to send, without FCS, or undefined when there is nothing to send. T1 runs from here. */
  transmit(now: number): Uint8Array | undefined {
    const frame = this.#nextFrame(now);
    if (frame === undefined) return undefined;
    const octets = encodeLapbFrame(frame, this.#parameters.role, this.#parameters.modulo);
    this.counters.add('framesSent');
    this.counters.add('octetsSent', octets.length);
    return octets;
  }

  #nextFrame(now: number): LapbFrame | undefined {
    // A SABM that the line has not taken yet goes before the UA to the peer's: after it, it would reset the link.
    const isOvertaken = this.#command !== undefined && this.#state === 'L1c';
    if (this.#response !== undefined && !isOvertaken) return this.#takeResponse(this.#response, now);
    if (this.#command !== undefined) return this.#takeCommand(this.#command, now);
    return this.isUp ? this.#transfer.nextFrame(now) : undefined;
  }

  #takeResponse(type: UnnumberedResponse, now: number): UnnumberedFrame {
    this.#response = undefined;
    const frame = { type, isCommand: false, pollFinal: this.#responseFinal };
    this.counters.add(RESPONSES_SENT[type]);
    if (type !== 'FRMR') return frame;
    // T1 may run already: a FRMR that answers a poll does not put its end off.
    if (!this.#timers.isRunning('T1')) this.#startT1(now);
    return { ...frame, information: this.#rejection };
  }

  #takeCommand(type: 'SABM' | 'DISC', now: number): UnnumberedFrame {
    this.#command = undefined;
    this.counters.add(type === 'SABM' ? 'sabmSent' : 'discSent');
    this.#startT1(now);
    return { type: type === 'SABM' ? this.#setMode : type, isCommand: true, pollFinal: true };
  }

  #startT1(now: number): void {
    this.#timers.start('T1', now + this.#parameters.t1Ms);
  }
}
