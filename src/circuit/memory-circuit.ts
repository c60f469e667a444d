import type { Clock } from '../core/index.js';
import type {
  CallAnswer,
  CallRequest,
  Circuit,
  CircuitEvent,
  CircuitTraffic,
  ClearReason,
  Ending,
  Originator,
  Piece,
} from './circuit.js';
import { nextCircuitId } from './circuit-id.js';
import { EventQueue } from './event-queue.js';
import { ReceiveWindow, SendWindow, TrafficMeter } from './memory-window.js';

/** What X.25 has in force when nothing is negotiated (§4.3.2, §4.4.1.1). */
const STANDARD_PACKET_SIZE = { fromCalled: 128, fromCalling: 128 } as const;
const STANDARD_WINDOW = { fromCalled: 2, fromCalling: 2 } as const;

/** X.25 §5.4.2 */
const LONGEST_INTERRUPT = 32;

export interface MemoryCircuitParts {
  readonly name: string;
  readonly clock: Clock;
  readonly direction: Circuit['direction'];
  readonly request: CallRequest;
  /** Everything for the other end goes through here, in order. */
  readonly toOther: EventQueue;
}

/** One end of a circuit in memory; the other end of it is told what a network would tell it. */
export class MemoryCircuit implements Circuit {
  readonly id: string;
  readonly direction: Circuit['direction'];
  readonly called: string;
  readonly calling: string;
  /** Told once, when the circuit needs no channel any longer. */
  whenEnded: () => void = () => {};
  /** Told once, when the caller goes before the call is answered. */
  whenWithdrawn: (ending: Ending) => void = () => {};
  readonly #request: CallRequest;
  readonly #events: EventQueue;
  readonly #toOther: EventQueue;
  readonly #receiving = new ReceiveWindow();
  readonly #meter = new TrafficMeter();
  #other: MemoryCircuit | undefined;
  #listener: (event: CircuitEvent) => void = () => {};
  /** `waiting`: for the called side's answer; `clearing`: for the confirmation of our clear. */
  #state: 'waiting' | 'open' | 'clearing' | 'ended' = 'waiting';
  #connectedTold = false;
  #sending: SendWindow | undefined;
  #ourClear: ClearReason = { cause: 0, diagnostic: 0 };
  #ourReset: { readonly cause: number; readonly diagnostic: number } | undefined;
  #interruptOutstanding = false;

  constructor({ name, clock, direction, request, toOther }: MemoryCircuitParts) {
    this.id = nextCircuitId(name);
    this.direction = direction;
    this.called = request.called;
    this.calling = request.calling ?? '';
    this.#request = request;
    this.#events = new EventQueue(clock);
    this.#toOther = toOther;
  }

  get traffic(): CircuitTraffic {
    return this.#meter.traffic;
  }

  setListener(listener: (event: CircuitEvent) => void): void {
    this.#listener = listener;
  }

  send(piece: Piece): boolean {
    if (this.#isOver()) return true;
    if (!this.#connectedTold || this.#sending === undefined)
      throw new Error(`circuit ${this.id}: octets sent before it was connected`);
    return this.#sending.push(piece);
  }

  consumed(octets: number): void {
    if (this.#isFlowing()) this.#acknowledge(octets);
  }

  interrupt(octets: Uint8Array): boolean {
    if (octets.length < 1 || octets.length > LONGEST_INTERRUPT)
      throw new RangeError(`an interrupt carries 1 to ${LONGEST_INTERRUPT} octets, not ${octets.length}`);
    if (!this.#isFlowing() || this.#interruptOutstanding) return false;
    this.#interruptOutstanding = true;
    this.#tell((other) => other.#interruptArrived(octets));
    return true;
  }

  reset(cause: number, diagnostic: number): void {
    if (!this.#isFlowing()) return;
    this.#ourReset = { cause, diagnostic };
    this.#dropData();
    this.#tell((other) => other.#resetArrived(cause, diagnostic));
  }

  clear(why: ClearReason): void {
    if (this.#isOver()) return;
    this.#state = 'clearing';
    this.#ourClear = why;
    this.#tell((other) => other.#clearArrived(why));
  }

  // ---- for the two ends of the link

  join(other: MemoryCircuit): void {
    this.#other = other;
  }

  /** The call goes out. */
  request(ring: () => void): void {
    this.#emit({ type: 'requested' });
    this.#toOther.post(ring);
  }

  /** The call can't even go out. */
  fail(why: ClearReason): void {
    this.#state = 'clearing';
    this.#ourClear = why;
    this.#events.post(() => this.#end(why, 'us'));
  }

  /** @returns false when the caller has gone, or the call was answered already. */
  accept(answer: CallAnswer): boolean {
    if (this.#state !== 'waiting') return false;
    this.#open(answer);
    this.#tell((other) => other.#answerArrived(answer));
    return true;
  }

  refuse(why: ClearReason): void {
    if (this.#state === 'waiting') this.clear(why);
  }

  // ---- what the other end tells

  #answerArrived(answer: CallAnswer): void {
    if (this.#state === 'waiting') this.#open(answer);
  }

  #dataArrived(packet: Piece): void {
    if (!this.#isFlowing()) return;
    this.#meter.received(packet);
    this.#receiving.arrived(packet);
    this.#emit({ type: 'piece', piece: packet });
    if (packet.octets.length === 0) this.#acknowledge(0);
  }

  #acknowledgementArrived(packets: number, octets: number): void {
    if (!this.#isFlowing()) return;
    if (octets > 0) this.#emit({ type: 'delivered', octets });
    if (this.#sending?.acknowledge(packets) === true) this.#emit({ type: 'ready' });
  }

  #interruptArrived(octets: Uint8Array): void {
    if (!this.#isFlowing()) return;
    this.#emit({ type: 'interrupt', octets });
    this.#tell((other) => other.#interruptConfirmationArrived());
  }

  #interruptConfirmationArrived(): void {
    if (!this.#isFlowing() || !this.#interruptOutstanding) return;
    this.#interruptOutstanding = false;
    this.#emit({ type: 'interruptConfirmed' });
  }

  #resetArrived(cause: number, diagnostic: number): void {
    if (this.#state !== 'open') return;
    if (this.#ourReset !== undefined) {
      this.#resetConfirmationArrived(); // a collision confirms ours
      return;
    }
    this.#dropData();
    this.#tell((other) => other.#resetConfirmationArrived());
    this.#resume({ type: 'reset', by: 'peer', cause, diagnostic });
  }

  #resetConfirmationArrived(): void {
    const reset = this.#ourReset;
    if (this.#state !== 'open' || reset === undefined) return;
    this.#ourReset = undefined;
    this.#resume({ type: 'reset', by: 'us', ...reset });
  }

  #clearArrived(why: ClearReason): void {
    if (this.#isOver()) {
      this.#clearConfirmationArrived(); // a collision confirms ours
      return;
    }
    this.#tell((other) => other.#clearConfirmationArrived());
    this.#end(why, 'peer');
  }

  #clearConfirmationArrived(): void {
    if (this.#state === 'clearing') this.#end(this.#ourClear, 'us');
  }

  // ---- what follows from it

  #open(answer: CallAnswer): void {
    this.#state = 'open';
    const asked = { ...this.#request.facilities, ...answer.facilities };
    const packetSize = asked.packetSize ?? STANDARD_PACKET_SIZE;
    const windowSize = asked.windowSize ?? STANDARD_WINDOW;
    const ours = this.direction === 'outgoing' ? 'fromCalling' : 'fromCalled';
    this.#sending = new SendWindow(packetSize[ours], windowSize[ours], (packet) => {
      this.#meter.sent(packet);
      this.#tell((other) => other.#dataArrived(packet));
    });
    const others = this.direction === 'outgoing' ? answer.facilities : this.#request.facilities;
    const facilities = { ...others, packetSize, windowSize };
    const userData = (this.direction === 'outgoing' ? answer.userData : undefined) ?? new Uint8Array();
    this.#events.post(() => {
      this.#connectedTold = true;
      this.#listener({ type: 'connected', facilities, userData });
    });
  }

  #acknowledge(consumed: number): void {
    const { packets, octets } = this.#receiving.consumed(consumed);
    if (packets > 0) this.#tell((other) => other.#acknowledgementArrived(packets, octets));
  }

  #dropData(): void {
    this.#sending?.stop();
    this.#receiving.reset();
    this.#interruptOutstanding = false;
  }

  #resume(reset: CircuitEvent & { type: 'reset' }): void {
    this.#emit(reset);
    if (this.#sending?.restart() === true) this.#emit({ type: 'ready' });
  }

  #end(why: ClearReason, by: Originator): void {
    const { cause, diagnostic, facilities = {}, userData = new Uint8Array() } = why;
    const ending: Ending = { by, cause, diagnostic, facilities, userData };
    const wasUnanswered = this.direction === 'incoming' && this.#sending === undefined;
    this.#state = 'ended';
    this.whenEnded();
    if (!wasUnanswered) this.#emit({ type: 'cleared', ending });
    else if (by === 'peer') this.#events.post(() => this.whenWithdrawn(ending));
  }

  #isOver(): boolean {
    return this.#state === 'clearing' || this.#state === 'ended';
  }

  /** Whether data, interrupts and acknowledgements mean something now. */
  #isFlowing(): boolean {
    return this.#state === 'open' && this.#ourReset === undefined;
  }

  #tell(what: (other: MemoryCircuit) => void): void {
    this.#toOther.post(() => {
      if (this.#other !== undefined) what(this.#other);
    });
  }

  #emit(event: CircuitEvent): void {
    this.#events.post(() => this.#listener(event));
  }
}
