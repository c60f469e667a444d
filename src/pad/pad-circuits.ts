import {
  type CallRequest,
  type Capabilities,
  type Circuit,
  type Circuits,
  CLEAR_CAUSE,
  type ClearReason,
  type IncomingCall,
  type LinkState,
  OUR_DIAGNOSTIC,
} from '../circuit/index.js';
import { type Clock, Counters, concat, earliest, isDue, Since, Turns } from '../core/index.js';
import { DIAGNOSTIC } from '../x25/index.js';
import { ClearWatch } from './clear-watch.js';
import { PadCircuit, type PadCircuitHost } from './pad-circuit.js';
import { PadIncomingCall } from './pad-incoming-call.js';
import type { PadCircuitsOptions, PadCount, PadStatus } from './pad-options.js';
import { PadOutput, type PadRequest } from './pad-output.js';
import { ProbeRecord } from './probe-record.js';
import { writeSelection } from './selection.js';
import { SignalReader } from './signal-reader.js';
import { DEFAULT_PAD_TIMERS, type PadTimers } from './timers.js';
import { ESCAPE, transparentParameters } from './x3.js';
import { type PadEvent, type PadInput, type PadSettings, type PadState, step, timerOf } from './x28.js';

/** How long a call may take to be cleared when we stop. */
const STOP_MS = 15_000;

/** Pauses before and between what is sent to a PAD come to less, unless the line is held. */
const LONGEST_SENDING_MS = 10_000;

/**
 * Octets given to the line at once: few, since they can't be taken back when the call is cleared, and then the PAD
 * reads them as a command.
 */
const WRITE_SIZE = 64;

const SHUTTING_DOWN = { cause: CLEAR_CAUSE.dteOriginated, diagnostic: OUR_DIAGNOSTIC.shuttingDown };
const NO_RESOURCES = { cause: CLEAR_CAUSE.dteOriginated, diagnostic: OUR_DIAGNOSTIC.noResources };
const OUT_OF_ORDER = { cause: CLEAR_CAUSE.outOfOrder, diagnostic: DIAGNOSTIC.noInformation };
const INVALID_FACILITY = {
  cause: CLEAR_CAUSE.invalidFacilityRequest,
  diagnostic: DIAGNOSTIC.facilityCode,
};

/**
 * Circuits through a PAD: a start/stop line on whose other end a PAD places and takes X.25 calls for us, one at a time.
 * It does no I/O: its owner feeds what the line delivers and passes on what it writes.
 */
export class PadCircuits implements Circuits {
  /** The end clears and acknowledges as the PAD does: see `PadCircuit`. */
  readonly can: Capabilities = {
    sequences: false,
    qualified: false,
    confirm: false,
    interrupt: false,
    reset: false,
    facilities: false,
    userData: 'x29',
    circuits: 1,
  };
  readonly #options: PadCircuitsOptions;
  readonly #clock: Clock;
  readonly #timers: PadTimers;
  readonly #settings: PadSettings;
  readonly #turns: Turns;
  readonly #since: Since<LinkState>;
  readonly #output: PadOutput;
  readonly #reader = new SignalReader();
  readonly #watch: ClearWatch;
  readonly #probe = new ProbeRecord();
  readonly #host: PadCircuitHost;
  readonly #counters = new Counters<PadCount>();
  #handler: ((call: IncomingCall) => void) | undefined;
  #state: PadState = { name: 'down' };
  /** Until when the state may last. */
  #deadline: number | undefined;
  #circuit: PadCircuit | undefined;
  #phase: 'stopped' | 'running' | 'stopping' = 'stopped';
  #stopBy: number | undefined;
  #whenStopped: () => void = () => {};
  #lineTakes = false;
  /** Octets of data that the line holds. */
  #inLine = 0;
  #paused = false;
  /** Whether the PAD was as it must be when it was asked last. */
  #isReady = false;
  #lastFailure: string | undefined;

  /** @throws Error when the line can't do what `clearing` needs. */
  constructor(options: PadCircuitsOptions) {
    const { clock, clearing, control = {}, serviceRequest = '\r' } = options;
    if (clearing === 'break' && control.sendBreak === undefined)
      throw new Error(`link ${options.name}: calls can't be cleared by break, the line sends none`);
    if (clearing === 'dtr' && control.hangUp === undefined)
      throw new Error(`link ${options.name}: calls can't be cleared by DTR, the line has none`);
    this.#options = options;
    this.#clock = clock;
    this.#since = new Since(clock, 'stopped');
    this.#timers = { ...DEFAULT_PAD_TIMERS, ...options.timers };
    this.#settings = {
      clearing,
      canHangUp: control.hangUp !== undefined,
      parameters: transparentParameters(clearing, options.parameters),
    };
    this.#turns = new Turns({
      clock,
      handleTimeouts: (now) => this.#handleTimeouts(now),
      transmit: () => {
        this.#transmit();
        this.#steerReading();
        this.#since.note(this.#linkState());
      },
      nextDeadline: () => this.#nextDeadline(),
    });
    this.#host = {
      name: options.name,
      escape: clearing === 'escape' ? ESCAPE : undefined,
      post: (tell) => {
        this.#turns.post(tell);
        this.#turns.want();
      },
      wake: () => this.#turns.want(),
      clear: () => this.#input({ type: 'clear' }),
      count: (what) => this.#counters.add(what),
    };
    this.#watch = new ClearWatch(this.#timers.gapMs, this.#timers.clearPauseMs);
    this.#output = new PadOutput({
      clearing,
      serviceRequest,
      timers: this.#timers,
      control,
      write: (octets) => this.#write(octets),
    });
  }

  // ---- the owner's side

  /** The line is open: makes the PAD ready. */
  start(): void {
    this.#phase = 'running';
    this.lineUp();
  }

  /** Clears the call. @param done told when that is done, or took too long. */
  stop(done: () => void = () => {}): void {
    if (this.#phase !== 'running') return;
    this.#phase = 'stopping';
    this.#stopBy = this.#clock.now() + STOP_MS;
    this.#whenStopped = done;
    this.#circuit?.clear(SHUTTING_DOWN);
    this.#turns.want();
  }

  /** Octets from the line. */
  received(octets: Uint8Array): void {
    this.#output.heard(this.#clock.now());
    let rest = octets;
    while (rest.length > 0)
      rest = this.#state.name === 'open' ? this.#receiveData(rest) : this.#receiveSignals(rest);
    this.#turns.run();
  }

  /** The line takes more again. */
  writable(): void {
    this.#lineTakes = true;
    this.#taken();
    this.#turns.run();
  }

  /** The line is there again after `lineDown`. */
  lineUp(): void {
    if (this.#state.name !== 'down') return;
    this.#reader.reset();
    this.#lineTakes = true;
    this.#inLine = 0;
    this.#input({ type: 'lineUp' });
    this.#turns.run();
  }

  /** Nothing moves any longer: the call ends. */
  lineDown(): void {
    this.#lineTakes = false;
    this.#isReady = false;
    this.#input({ type: 'lineDown' });
    this.#turns.run();
  }

  status(): PadStatus {
    return {
      name: this.#options.name,
      state: this.#linkState(),
      since: this.#since.wallTime,
      lastFailure: this.#lastFailure,
      circuits: this.#circuit === undefined ? 0 : 1,
      counters: { pad: this.#counters.snapshot() },
    };
  }

  // ---- Circuits

  onIncoming(handler: (call: IncomingCall) => void): void {
    this.#handler = handler;
  }

  /**
   * Of the user data the PAD writes the first four octets itself, always 01 00 00 00 (X.29 §4.2).
   * @throws RangeError when the call can't be written: wrong digits, user data that is long or not printable.
   */
  place(call: CallRequest): Circuit {
    const selection = writeSelection(call, this.#options.userDataMark ?? 'D');
    const calling = call.calling ?? this.#options.nua ?? '';
    const circuit = new PadCircuit(this.#host, 'outgoing', { called: call.called, calling });
    if (this.#phase === 'stopping') return this.#refuse(circuit, SHUTTING_DOWN);
    if (this.#state.name === 'down') return this.#fail(circuit);
    if (this.#circuit !== undefined) return this.#refuse(circuit, NO_RESOURCES);
    if (!selection.ok) return this.#refuse(circuit, INVALID_FACILITY);
    this.#circuit = circuit;
    this.#counters.add('callsPlaced');
    this.#input({ type: 'call', selection: selection.value });
    return circuit;
  }

  #refuse(circuit: PadCircuit, { cause, diagnostic }: ClearReason): PadCircuit {
    circuit.end('us', cause, diagnostic);
    return circuit;
  }

  #fail(circuit: PadCircuit): PadCircuit {
    circuit.end('link', OUT_OF_ORDER.cause, OUT_OF_ORDER.diagnostic);
    return circuit;
  }

  // ---- turns

  #handleTimeouts(now: number): void {
    if (isDue(this.#deadline, now)) this.#expired();
    const { data, suspected } = this.#watch.handleTimeout(now);
    this.#circuit?.received(data);
    if (suspected !== undefined && this.#state.name === 'open') {
      this.#counters.add('clearsSuspected');
      this.#input({ type: 'suspected', signal: suspected });
    }
    if (this.#phase !== 'stopping') return;
    if (this.#circuit === undefined || isDue(this.#stopBy, now)) this.#stopped();
  }

  #expired(): void {
    this.#deadline = undefined;
    if (timerOf(this.#state) === 'answerMs') this.#counters.add('answersMissing');
    this.#input({ type: 'expired' });
  }

  #stopped(): void {
    this.#phase = 'stopped';
    this.#stopBy = undefined;
    this.#lineTakes = false;
    this.#input({ type: 'lineDown' });
    this.#turns.post(this.#whenStopped);
  }

  #nextDeadline(): number | undefined {
    const output = this.#lineTakes ? this.#output.nextDeadline() : undefined;
    return earliest(this.#deadline, this.#watch.nextDeadline(), output, this.#stopBy);
  }

  // ---- the machine

  #input(input: PadInput): void {
    const before = this.#state;
    const { state, actions } = step(before, input, this.#settings);
    this.#state = state;
    const requests = actions.filter((action): action is PadRequest => action.do !== 'tell');
    if (state.name !== before.name || requests.length > 0) {
      this.#output.replace(requests, this.#clock.now());
      this.#startTimer(requests.length > 0 ? LONGEST_SENDING_MS : 0);
    }
    if (before.name === 'open' && state.name !== 'open') this.#leaveData(state);
    for (const action of actions) if (action.do === 'tell') this.#told(action.event);
    this.#turns.want();
  }

  /** The limit of a state runs from when all that it asks for has been sent; and that may not take for ever. */
  #startTimer(sendingMs = 0): void {
    const timer = timerOf(this.#state);
    this.#deadline = timer === undefined ? undefined : this.#clock.now() + sendingMs + this.#timers[timer];
  }

  #leaveData({ name }: PadState): void {
    this.#reader.reset();
    this.#inLine = 0;
    if (name === 'probing') this.#probe.begin();
    else this.#watch.reset();
  }

  #told(event: PadEvent): void {
    switch (event.type) {
      case 'requested':
        this.#nowReady();
        this.#circuit?.emit({ type: 'requested' });
        return;
      case 'connected':
        this.#counters.add('callsConnected');
        this.#watch.reset();
        this.#circuit?.connected();
        return;
      case 'incoming':
        this.#counters.add('callsReceived');
        this.#watch.reset();
        this.#offer(event.calling);
        return;
      case 'resumed':
        this.#counters.add('clearsMistaken');
        this.#circuit?.received(concat([this.#watch.release(), this.#probe.dataBeforeAnswer()]));
        return;
      case 'cleared':
        this.#end((circuit) => circuit.end('peer', event.cause, event.diagnostic));
        return;
      case 'clearedByUs':
        this.#end((circuit) => circuit.end('us', CLEAR_CAUSE.dteOriginated, DIAGNOSTIC.noInformation));
        return;
      case 'lost':
        this.#end((circuit) => circuit.end('link', OUT_OF_ORDER.cause, OUT_OF_ORDER.diagnostic));
        return;
      case 'ready':
        this.#nowReady();
        return;
      case 'failed':
        this.#counters.add('preparationsFailed');
        this.#isReady = false;
        this.#lastFailure = `the PAD ${event.why}`;
        return;
      case 'incomingNotTaken':
        this.#counters.add('callsNotTaken');
    }
  }

  #nowReady(): void {
    this.#isReady = true;
    this.#lastFailure = undefined;
  }

  #end(how: (circuit: PadCircuit) => void): void {
    const circuit = this.#circuit;
    this.#circuit = undefined;
    this.#watch.reset();
    if (circuit !== undefined) how(circuit);
  }

  #offer(calling: string): void {
    const addresses = { called: this.#options.nua ?? '', calling };
    const circuit = new PadCircuit(this.#host, 'incoming', addresses);
    this.#circuit = circuit;
    this.#turns.post(() => {
      if (!circuit.isOffered) return;
      if (this.#phase !== 'running') circuit.clear(SHUTTING_DOWN);
      else if (this.#handler === undefined) circuit.clear(NO_RESOURCES);
      else this.#handler(new PadIncomingCall(circuit));
    });
  }

  // ---- octets

  #receiveSignals(octets: Uint8Array): Uint8Array {
    for (const [at, octet] of octets.entries()) {
      if (this.#state.name === 'probing') this.#probe.note(octet);
      const signal = this.#reader.push(octet);
      if (signal === undefined) continue;
      this.#counters.add(signal.type === 'unknown' ? 'signalsUnknown' : 'signals');
      this.#input({ type: 'signal', signal });
      if (this.#state.name === 'open') return octets.subarray(at + 1);
    }
    return new Uint8Array();
  }

  #receiveData(octets: Uint8Array): Uint8Array {
    const data = this.#reader.takeLineFeed(octets[0] ?? 0) ? octets.subarray(1) : octets;
    this.#circuit?.received(this.#watch.push(data, this.#clock.now()));
    return new Uint8Array();
  }

  #transmit(): void {
    while (this.#lineTakes && this.#output.send(this.#clock.now()))
      if (this.#output.isEmpty) this.#startTimer();
    while (this.#lineTakes && this.#state.name === 'open' && !this.#watch.isSuspicious) {
      const octets = this.#circuit?.take(WRITE_SIZE);
      if (octets === undefined) return;
      this.#inLine += octets.length;
      this.#write(octets);
      if (this.#lineTakes) this.#taken();
    }
  }

  #write(octets: Uint8Array): void {
    this.#lineTakes = false; // before the write: the line may call `writable` from within
    if (this.#options.write(octets)) this.#lineTakes = true;
  }

  #taken(): void {
    const octets = this.#inLine;
    this.#inLine = 0;
    if (octets > 0) this.#circuit?.taken(octets);
  }

  #steerReading(): void {
    // Only in the middle of data: what the PAD itself says is always read.
    const shallPause = this.#state.name === 'open' && this.#circuit?.holdsBack === true;
    if (shallPause === this.#paused) return;
    this.#paused = shallPause;
    this.#options.pause?.(shallPause);
  }

  #linkState(): LinkState {
    if (this.#phase === 'stopped') return 'stopped';
    if (this.#state.name === 'down') return 'lineDown';
    if (this.#phase === 'stopping') return 'stopping';
    return this.#isReady ? 'ready' : 'comingUp';
  }
}
