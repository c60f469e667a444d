import type { Counters, TimerTable } from '../core/index.js';
import { Checkpoint } from './checkpoint.js';
import type { InformationFrame, SupervisoryFrame, SupervisoryType } from './frame.js';
import type { LinkTimer } from './machine.js';
import type { LapbParameters } from './parameters.js';
import type { LapbCounter, LapbUser } from './user.js';
import { Window } from './window.js';

const SENT = { RR: 'rrSent', RNR: 'rnrSent', REJ: 'rejSent' } as const satisfies Record<
  SupervisoryType,
  LapbCounter
>;
const RECEIVED = { RR: 'rrReceived', RNR: 'rnrReceived', REJ: 'rejReceived' } as const satisfies Record<
  SupervisoryType,
  LapbCounter
>;

/**
 * The information transfer phase of one end (X.25 §2.4.5): I and S frames both ways, acknowledgement, busy conditions,
 * REJ and timer recovery. `LapbLink` owns it, and says when the phase begins and ends.
 */
export class Transfer {
  readonly #parameters: LapbParameters;
  readonly #user: LapbUser;
  readonly #timers: TimerTable<LinkTimer>;
  readonly #counters: Counters<LapbCounter>;
  readonly #window: Window;
  /** Acknowledge at once when so many I frames were received since our last N(R). */
  readonly #acknowledgeAfter: number;

  // What goes out next. Each is set by what happens, and cleared by sending it.
  #finalDue = false;
  #rejectDue = false;
  #pollDue = false;
  #acknowledgeDue = false;
  /** The peer is to be told whether we are busy; an I frame can't. */
  #busyNewsDue = false;

  // The conditions of the phase.
  /** L5: a poll is unanswered. */
  #isRecovering = false;
  #peerBusy = false;
  /** Own receiver busy: it belongs to our user, and outlasts the phase. */
  #isBusy = false;
  /** Frames in sequence were dropped since we are busy. */
  #hasDropped = false;
  /** A REJ was sent, and the frame that it asks for has not come (X.25 §2.4.5.4). */
  #rejectCondition = false;
  readonly #checkpoint = new Checkpoint();
  readonly #isOutstanding = (ns: number): boolean => this.#window.isOutstanding(ns);
  /** I frames received since our last N(R). */
  #unacknowledged = 0;

  constructor(
    parameters: LapbParameters,
    user: LapbUser,
    timers: TimerTable<LinkTimer>,
    counters: Counters<LapbCounter>,
  ) {
    this.#parameters = parameters;
    this.#user = user;
    this.#timers = timers;
    this.#counters = counters;
    this.#window = new Window(parameters.modulo, parameters.window);
    this.#acknowledgeAfter = parameters.t2Ms === 0 ? 1 : Math.ceil(parameters.window / 2);
  }

  get isRecovering(): boolean {
    return this.#isRecovering;
  }

  /** V(S) and V(R), for a FRMR, and whether an I frame was accepted. */
  get window(): Pick<Window, 'vs' | 'vr' | 'hasReceived'> {
    return this.#window;
  }

  /** All variables to 0, all conditions off. */
  reset(): void {
    this.#window.reset();
    this.#finalDue = false;
    this.#pollDue = false;
    this.#isRecovering = false;
    this.#peerBusy = false;
    this.#checkpoint.reset();
    this.#hasDropped = false;
    this.#busyNewsDue = this.#isBusy;
    this.#timers.stop('T1');
    this.receiveAnew();
  }

  /** V(R) to 0, and nothing left to say about what was received. */
  receiveAnew(): void {
    this.#window.receiveAnew();
    this.#rejectDue = false;
    this.#rejectCondition = false;
    this.#acknowledgementSent();
  }

  /** Asks the peer where it stands, and sends no I frame until it has said so (X.25 §2.4.5.9). */
  poll(): void {
    this.#isRecovering = true;
    this.#pollDue = true;
  }

  /** X.25 §2.4.5.7, §2.4.5.8: RNR from now on; or RR again, REJ where frames are missing or were dropped meanwhile. */
  setBusy(isBusy: boolean): void {
    this.#isBusy = isBusy;
    this.#busyNewsDue = true;
    this.#rejectCondition ||= this.#hasDropped;
    this.#rejectDue = this.#rejectCondition && !isBusy;
    this.#hasDropped = false;
  }

  /** T2 is over. */
  acknowledge(): void {
    this.#acknowledgeDue = this.#unacknowledged > 0; // T1 may have ended the link in the same moment
  }

  /** @returns the frame reject condition that the frame meets; then it has had no effect. */
  receive(frame: InformationFrame | SupervisoryFrame, now: number): 'Y' | 'Z' | undefined {
    if (frame.type === 'I' && frame.information.length > this.#parameters.maxInformationOctets) return 'Y';
    if (!this.#window.isValid(frame.nr)) return 'Z';
    if (frame.type === 'I') this.#receiveInformation(frame, now);
    else this.#receiveSupervisory(frame, now);
    return undefined;
  }

  /** X.25 §2.4.5.2, §2.4.5.4 */
  #receiveInformation(frame: InformationFrame, now: number): void {
    this.#acknowledged(frame.nr, now);
    if (frame.pollFinal) this.#finalDue = true;
    if (this.#isBusy) {
      this.#counters.add('droppedBusy');
      this.#hasDropped = true;
      this.#busyNewsDue = true; // it has not heard yet, or a RNR was lost
      return;
    }
    if (!this.#window.accept(frame.ns)) {
      this.#counters.add('outOfSequence');
      // One REJ asks for all that follows; a second one would have it sent twice.
      if (!this.#rejectCondition) this.#rejectDue = true;
      this.#rejectCondition = true;
      return;
    }
    this.#rejectDue = false;
    this.#rejectCondition = false;
    this.#counters.add('packetsReceived');
    if (this.#unacknowledged++ === 0 && this.#parameters.t2Ms > 0)
      this.#timers.start('T2', now + this.#parameters.t2Ms);
    // An empty one is acknowledged, but there is no packet in it.
    if (frame.information.length > 0) this.#user.packet(frame.information, now);
  }

  /** X.25 §2.4.5.5 to §2.4.5.7, §2.4.5.9 */
  #receiveSupervisory(frame: SupervisoryFrame, now: number): void {
    const answersPoll = !frame.isCommand && frame.pollFinal;
    if (answersPoll && !this.#isRecovering && !this.#checkpoint.awaitsFinal) {
      this.#counters.add('unsolicited');
      this.#checkpoint.strayed();
      return;
    }
    this.#counters.add(RECEIVED[frame.type]);
    this.#peerBusy = frame.type === 'RNR';
    if (frame.isCommand && frame.pollFinal) this.#finalDue = true;

    const hasRecovered = answersPoll && this.#isRecovering;
    if (hasRecovered) {
      this.#isRecovering = false;
      this.#pollDue = false;
      this.#timers.stop('T1');
    }
    this.#acknowledged(frame.nr, now);
    const hasLost = answersPoll && this.#checkpoint.answered();
    if (this.#isRecovering) return; // X.25 §2.4.5.9: V(S) moves back when the poll is answered
    const goesBack = hasRecovered || hasLost || frame.type === 'REJ';
    if (goesBack && this.#window.goBack()) this.#checkpoint.wentBack();
    this.#watch(now);
  }

  #acknowledged(nr: number, now: number): void {
    if (!this.#window.acknowledge(nr)) return;
    this.#checkpoint.acknowledged(this.#isOutstanding);
    if (this.#window.isAllAcknowledged) this.#checkpoint.settled();
    if (this.#isRecovering) return; // T1 waits for the answer to the poll
    this.#timers.stop('T1');
    this.#watch(now);
  }

  /** T1 runs while an I frame is under way, and while the peer is busy, to ask then whether it still is. */
  #watch(now: number): void {
    if (!this.#window.isUnderWay && !this.#peerBusy) this.#timers.stop('T1');
    else if (!this.#timers.isRunning('T1')) this.#startT1(now);
  }

  #startT1(now: number): void {
    this.#timers.start('T1', now + this.#parameters.t1Ms);
  }

  /** What goes out next, or undefined. An answer to a poll goes before I frames, which cannot carry it. */
  nextFrame(now: number): InformationFrame | SupervisoryFrame | undefined {
    if (this.#finalDue) return this.#takeFinal();
    if (this.#pollDue) return this.#takePoll(now);
    if (this.#rejectDue || this.#busyNewsDue) return this.#takeSupervisory(false, false);
    const carriesData = !this.#isRecovering && !this.#peerBusy;
    return (carriesData ? this.#takeInformation(now) : undefined) ?? this.#takeAcknowledgement();
  }

  #takeFinal(): SupervisoryFrame {
    this.#finalDue = false;
    return this.#takeSupervisory(false, true);
  }

  #takePoll(now: number): SupervisoryFrame {
    this.#pollDue = false;
    this.#startT1(now);
    this.#checkpoint.recovering();
    this.#counters.add('pollsSent');
    return this.#takeSupervisory(true, true);
  }

  /** Whatever S frame goes out, it says how things stand: a frame is missing, or we are busy, or ready. */
  #takeSupervisory(isCommand: boolean, pollFinal: boolean): SupervisoryFrame {
    const type = this.#rejectDue ? 'REJ' : this.#isBusy ? 'RNR' : 'RR';
    this.#counters.add(SENT[type]);
    this.#rejectDue = false;
    this.#busyNewsDue = false;
    return { type, isCommand, nr: this.#takeNr(), pollFinal };
  }

  #takeInformation(now: number): InformationFrame | undefined {
    const ns = this.#window.vs;
    const repeated = this.#window.repeat();
    const information = repeated ?? this.#takePacket(now);
    if (information === undefined) return undefined;
    this.#counters.add(repeated === undefined ? 'packetsSent' : 'retransmitted');
    if (!this.#timers.isRunning('T1')) this.#startT1(now);
    const pollFinal = this.#checkpoint.sending(ns, repeated === undefined && this.#window.isFull);
    if (pollFinal) this.#counters.add('pollsSent');
    return { type: 'I', isCommand: true, ns, nr: this.#takeNr(), pollFinal, information };
  }

  #takePacket(now: number): Uint8Array | undefined {
    if (!this.#window.isOpen) return undefined;
    const packet = this.#user.nextPacket(now);
    if (packet === undefined) return undefined;
    const { maxInformationOctets } = this.#parameters;
    if (packet.length > maxInformationOctets)
      throw new RangeError(`LAPB: a packet has at most ${maxInformationOctets} octets, not ${packet.length}`);
    this.#window.append(packet);
    return packet;
  }

  #takeAcknowledgement(): SupervisoryFrame | undefined {
    if (!this.#acknowledgeDue && this.#unacknowledged < this.#acknowledgeAfter) return undefined;
    return this.#takeSupervisory(false, false);
  }

  /** N(R) for a frame that goes out now: it acknowledges all that was received. */
  #takeNr(): number {
    if (this.#unacknowledged > 0) this.#acknowledgementSent();
    return this.#window.vr;
  }

  #acknowledgementSent(): void {
    this.#unacknowledged = 0;
    this.#acknowledgeDue = false;
    this.#timers.stop('T2');
  }
}
