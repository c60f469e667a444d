import {
  type CallAnswer,
  type CallRequest,
  type Circuit,
  type CircuitEvent,
  type Circuits,
  type CircuitTraffic,
  type Ending,
  type Facilities,
  type IncomingCall,
  JoinedStream,
} from '../circuit/index.js';
import {
  Alarm,
  type Clock,
  type CloseReason,
  type OctetStream,
  type StreamReceiver,
  TimerTable,
} from '../core/index.js';
import type { DialogueEvent } from '../smtp/index.js';
import {
  type CallAction,
  type CallInput,
  type CallRole,
  type CallState,
  initialState,
  step,
  type Verdict,
} from './machine.js';
import { reasonOf } from './reason.js';
import { type CallTimerName, type CallTimers, DEFAULT_CALL_TIMERS, durationOf } from './timers.js';

export interface MailCircuitOptions {
  readonly clock: Clock;
  /** Default: those of RFC 1090 §10. */
  readonly timers?: CallTimers;
  /** Sees every event of the circuit, for the call record. */
  readonly watch?: (event: CircuitEvent) => void;
  /** The circuit is open: the session may begin. Never called when the call fails. */
  readonly opened?: (connection: CircuitEvent & { type: 'connected' }) => void;
  /** The last thing to be told, whatever happened before. */
  readonly ended?: (outcome: CallOutcome) => void;
}

/** What became of a call. */
export interface CallOutcome {
  readonly id: string;
  readonly direction: Circuit['direction'];
  readonly called: string;
  readonly calling: string;
  readonly verdict: Verdict;
  readonly ending: Ending;
  /** In one line: `no greeting in time: cleared by us: ...`. */
  readonly reason: string;
  readonly traffic: CircuitTraffic;
  /** What was agreed when it was connected. */
  readonly facilities?: Facilities;
  readonly times: CallTimes;
}

/** Milliseconds since 1970-01-01 UTC. */
export interface CallTimes {
  readonly begun: number;
  readonly requested?: number;
  readonly connected?: number;
  readonly ended: number;
}

/**
 * A call that carries an SMTP session (RFC 1090): an octet stream for whoever drives the session, who also says what
 * of the dialogue has happened. Timers run, and the circuit is cleared, as the machine of this layer says.
 */
export class MailCircuit implements OctetStream {
  readonly circuit: Circuit;
  readonly #clock: Clock;
  readonly #options: MailCircuitOptions;
  readonly #role: CallRole;
  readonly #durations: CallTimers;
  readonly #stream: JoinedStream;
  readonly #timers = new TimerTable<CallTimerName>();
  readonly #alarm: Alarm;
  readonly #times: { readonly begun: number; requested?: number; connected?: number };
  #state: CallState;
  #verdict: Verdict = { how: 'cleared' };
  #facilities: Facilities | undefined;
  #outcome: CallOutcome | undefined;
  #lastReset: (CircuitEvent & { type: 'reset' }) | undefined;

  /** Places a call. However it fails, `ended` tells. @throws RangeError when it can't be written at all. */
  static place(circuits: Circuits, request: CallRequest, options: MailCircuitOptions): MailCircuit {
    return new MailCircuit(circuits.place(request), 'caller', options);
  }

  /** Accepts a call. @returns undefined when the caller has gone meanwhile. */
  static answer(
    call: IncomingCall,
    options: MailCircuitOptions,
    answer?: CallAnswer,
  ): MailCircuit | undefined {
    const circuit = call.accept(answer);
    return circuit && new MailCircuit(circuit, 'called', options);
  }

  private constructor(circuit: Circuit, role: CallRole, options: MailCircuitOptions) {
    this.circuit = circuit;
    this.#clock = options.clock;
    this.#options = options;
    this.#role = role;
    this.#durations = options.timers ?? DEFAULT_CALL_TIMERS;
    this.#state = initialState(role);
    this.#times = { begun: options.clock.wallTime() };
    this.#alarm = new Alarm(options.clock, () => this.#whenDue());
    this.#stream = new JoinedStream(circuit, options.clock, (event, act) => this.#handle(event, act));
  }

  /** What was agreed; undefined before it is connected. */
  get agreed(): Facilities | undefined {
    return this.#facilities;
  }

  // ---- OctetStream

  setReceiver(receiver: StreamReceiver): void {
    this.#stream.setReceiver({
      octets: (octets) => receiver.octets(octets),
      ready: () => receiver.ready(),
      // Whether it was in order is known from the session, not from the codes of the clear.
      ended: ({ reason }) =>
        receiver.ended({
          inOrder: this.#verdict.how === 'completed',
          reason: this.#outcome?.reason ?? reason,
        }),
    });
  }

  write(octets: Uint8Array, endOfSequence: boolean): boolean {
    const hasRoom = this.#stream.write(octets, endOfSequence);
    if (!hasRoom) this.#step({ type: 'blocked' });
    return hasRoom;
  }

  consumed(octets: number): void {
    this.#stream.consumed(octets);
  }

  /** After a farewell of ours the other end clears (§9); else we do, at once. */
  close(): void {
    this.#step({ type: 'close' });
  }

  abort(why: CloseReason): void {
    this.#step({ type: 'abort', why });
  }

  // ---- the session

  dialogue(event: DialogueEvent): void {
    this.#step({ type: 'dialogue', event });
  }

  // ---- the circuit

  #handle(event: CircuitEvent, act: () => void): void {
    this.#options.watch?.(event);
    switch (event.type) {
      case 'requested':
        this.#times.requested = this.#clock.wallTime();
        break;
      case 'connected':
        this.#times.connected = this.#clock.wallTime();
        this.#facilities = event.facilities;
        break;
      case 'reset':
        this.#lastReset = event;
        act(); // what came whole before it is still read
        break;
    }
    const input = inputOf(event);
    if (input !== undefined) this.#step(input);
    if (event.type === 'cleared') this.#outcome = this.#conclude(event.ending);
    if (event.type !== 'reset') act();
    if (event.type === 'connected') this.#options.opened?.(event);
    if (this.#outcome !== undefined) this.#options.ended?.(this.#outcome);
  }

  #conclude(ending: Ending): CallOutcome {
    const { id, direction, called, calling, traffic } = this.circuit;
    const verdict = this.#verdict;
    return {
      id,
      direction,
      called,
      calling,
      verdict,
      ending,
      reason: reasonOf(verdict.how, ending, this.#lastReset),
      traffic,
      ...(this.#facilities !== undefined && { facilities: this.#facilities }),
      times: { ...this.#times, ended: this.#clock.wallTime() },
    };
  }

  // ---- the machine

  #whenDue(): void {
    for (const timer of this.#timers.takeExpired(this.#clock.now())) this.#step({ type: 'expired', timer });
    this.#alarm.set(this.#timers.next());
  }

  #step(input: CallInput): void {
    const { state, actions } = step(this.#state, input, this.#role);
    this.#state = state;
    for (const action of actions) this.#do(action);
    this.#alarm.set(this.#timers.next());
  }

  #do(action: CallAction): void {
    switch (action.do) {
      case 'start':
        this.#timers.start(action.timer, this.#clock.now() + durationOf(action.timer, this.#durations));
        return;
      case 'stop':
        this.#timers.stop(action.timer);
        return;
      case 'clear':
        this.#stream.clear(action.cause, action.diagnostic);
        return;
      case 'judge':
        this.#verdict = action.verdict;
    }
  }
}

/** What the machine is told of an event of the circuit. */
function inputOf(event: CircuitEvent): CallInput | undefined {
  switch (event.type) {
    case 'requested':
    case 'connected':
    case 'reset':
    case 'cleared':
    case 'delivered':
    case 'ready':
      return event;
    case 'piece': // octets that nobody reads (§5) are no sign of the session
      return event.piece.qualified === true ? undefined : { type: 'received' };
    case 'interrupt':
    case 'interruptConfirmed':
      return undefined;
  }
}
