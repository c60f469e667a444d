import {
  type CallRequest,
  type Capabilities,
  type Circuit,
  type Circuits,
  CLEAR_CAUSE,
  type IncomingCall,
  LinkStack,
  OUR_DIAGNOSTIC,
} from '../circuit/index.js';
import { Alarm, type Clock, isDue, Since, Turns } from '../core/index.js';
import type { Role } from '../lapb/index.js';
import { DIAGNOSTIC, encodePacket } from '../x25/index.js';
import type { DialogueEvent, DialogueState, Direction } from './at-dialogue.js';
import { Connection } from './connection.js';
import { type ConnectionTraits, type StackOptions, stackOptionsFor } from './connection-stack.js';
import { describeCallFailure, describeDisconnect, describeFault } from './failure.js';
import type { ModemLine } from './line.js';
import { Modem } from './modem.js';
import { ModemCircuit } from './modem-circuit.js';
import type { ModemEvent } from './modem-event.js';
import { type ModemStatus, StatusBook } from './modem-status.js';
import { isDialString, type ModemSettings } from './settings.js';

export interface ModemCircuitsOptions {
  readonly clock: Clock;
  readonly line: ModemLine;
  /** The stack of a connection that we dial; `lapb` as it follows from the speed of the port. */
  readonly stack: StackOptions;
  readonly modem: ModemSettings;
  /** The number of the network, or of the other end: `0,0123456`. Absent: never dials. */
  readonly dial?: string;
  /** Our link layer role when we have answered; the packet layer's changes with it. Default `dce` (X.32: the caller is the DTE). */
  readonly answerRole?: Role;
  /**
   * Calls may be placed on a connection that we have answered. Default false: whoever dials in would be given the
   * mail for whomever we wanted to dial. True is for a number that only the network, or the one other end, dials.
   */
  readonly callsOnAnswered?: boolean;
  /** How long a connection that we pay for is kept when no circuit needs it, milliseconds. Default 10 s. */
  readonly idleHangUpMs?: number;
  /** The same for a connection that we answered: who pays hangs up, this is for those who forget. Default 120 s. */
  readonly answeredIdleHangUpMs?: number;
  /** T1 follows the speed that CONNECT tells, where that is slower. Default true; false when somebody has set T1. */
  readonly adaptsT1?: boolean;
  readonly onEvent?: (event: ModemEvent) => void;
}

const DEFAULT_IDLE_MS = 10_000;
const DEFAULT_ANSWERED_IDLE_MS = 120_000;

/** How long clearing, disconnecting and hanging up may take when we stop. */
const STOP_MS = 25_000;

const OUT_OF_ORDER = { cause: CLEAR_CAUSE.outOfOrder, diagnostic: DIAGNOSTIC.noInformation } as const;
const NO_RESOURCES = { cause: CLEAR_CAUSE.dteOriginated, diagnostic: OUR_DIAGNOSTIC.noResources } as const;
const SHUTTING_DOWN = { cause: CLEAR_CAUSE.dteOriginated, diagnostic: OUR_DIAGNOSTIC.shuttingDown } as const;

/** A modem in these states holds the telephone line, or is about to. */
const OFF_HOOK: readonly DialogueState['name'][] = [
  'dialling',
  'answering',
  'aborting',
  'online',
  'hangingUp',
];

let lastCall = 0;

/**
 * Circuits over a modem: the first call dials, and waits for CONNECT and for the link; when the last circuit has been
 * gone for a while, the modem hangs up. It answers where it is told to. Each connection has a stack of its own.
 *
 * It does no I/O: its owner feeds what the line delivers, and passes on what it writes. A call that can't be brought to
 * a connection ends with the link's cause 09; why, `status()` and the events say in words. When it is tried again is
 * for whoever placed it to decide.
 */
export class ModemCircuits implements Circuits {
  readonly can: Capabilities;
  readonly #options: ModemCircuitsOptions;
  readonly #clock: Clock;
  readonly #modem: Modem;
  readonly #turns: Turns;
  readonly #since: Since<string>;
  readonly #stopAlarm: Alarm;
  readonly #book = new StatusBook();
  /** Calls for which there is no connection yet, oldest first. */
  readonly #waiting = new Map<ModemCircuit, CallRequest>();
  #connection: Connection | undefined;
  #handler: ((call: IncomingCall) => void) | undefined;
  #phase: 'stopped' | 'running' | 'stopping' = 'stopped';
  #whenStopped: () => void = () => {};
  /** The fault told last: the same one is not told with every attempt. */
  #fault: string | undefined;

  /** @throws RangeError when the number can't be dialled, or the parameters of the stack are not fit for use. */
  constructor(options: ModemCircuitsOptions) {
    const { clock, line, modem, dial, stack } = options;
    if (dial !== undefined && !isDialString(dial))
      throw new RangeError(`not a number that a modem dials: ${JSON.stringify(dial)}`);
    this.#options = options;
    this.#clock = clock;
    // Never started: it tells what the stack of a connection can, and whether its parameters are fit.
    this.can = new LinkStack({ ...stack, clock, write: () => true }).can;
    this.#modem = new Modem(line.control === undefined ? { ...modem, hangUpBy: 'escape' } : modem, {
      write: (octets) => line.write(octets),
      setDtr: (on) => line.control?.setDtr(on),
      event: (event) => this.#heard(event),
      data: (octets) => this.#connection?.stack.received(octets),
      writable: () => this.#connection?.stack.writable(),
    });
    this.#turns = new Turns({
      clock,
      handleTimeouts: (now) => {
        if (isDue(this.#modem.nextDeadline(), now)) this.#modem.handleTimeout(now);
      },
      transmit: () => this.#since.note(this.#modem.state.name),
      nextDeadline: () => this.#modem.nextDeadline(),
    });
    this.#since = new Since(clock, this.#modem.state.name);
    this.#stopAlarm = new Alarm(clock, () => this.#stopped());
    line.control?.onCarrier((on) => this.#drive((now) => this.#modem.carrier(on, now)));
  }

  // ---- the owner's side

  /** The line is open. */
  start(): void {
    this.#phase = 'running';
    this.lineUp();
  }

  /** Clears all circuits, disconnects the link, hangs up. @param done told when that is done, or took too long. */
  stop(done: () => void = () => {}): void {
    if (this.#phase === 'stopped') this.#post(done);
    if (this.#phase !== 'running') return;
    this.#phase = 'stopping';
    this.#whenStopped = done;
    this.#failWaiting('us', SHUTTING_DOWN);
    this.#stopAlarm.set(this.#clock.now() + STOP_MS);
    if (this.#connection !== undefined) this.#close(this.#connection);
    else this.#drive((now) => this.#modem.hangUp(now));
    this.#goOnStopping();
  }

  /** Octets from the line. */
  received(octets: Uint8Array): void {
    this.#modem.received(octets, this.#clock.now());
    this.#turns.run();
  }

  /** The line takes more again. */
  writable(): void {
    this.#modem.writable(this.#clock.now());
    this.#turns.run();
  }

  /** The line is there again after `lineDown`. */
  lineUp(): void {
    this.#drive((now) => this.#modem.start(now));
  }

  /** The line to the modem is lost. */
  lineDown(): void {
    this.#drive((now) => this.#modem.close(now));
    this.#endConnection(LINE_LOST);
    this.#book.failed(LINE_LOST);
    this.#failWaiting('link', OUT_OF_ORDER);
    this.#goOnStopping();
  }

  /**
   * Who has dialled the connection there is now. Nobody vouches for the calling addresses of calls on an answered one:
   * whoever knows the telephone number can give any.
   */
  get connectedBy(): Direction | undefined {
    return this.#connection?.direction;
  }

  /** Whether a call placed now has a chance: there is a connection for it, or one can be dialled. */
  isAvailable(): boolean {
    const { name } = this.#modem.state;
    if (this.#phase !== 'running' || name === 'off' || name === 'broken') return false;
    const open = this.#openConnection;
    return open === undefined ? this.#canDial : this.#mayPlaceOn(open);
  }

  status(): ModemStatus {
    return this.#book.status({
      name: this.#options.stack.name,
      now: this.#clock.now(),
      isStopped: this.#phase === 'stopped',
      circuits: this.can.circuits,
      waiting: this.#waiting.size,
      since: this.#since.wallTime,
      modem: this.#modem,
      connection: this.#connection,
    });
  }

  // ---- Circuits

  onIncoming(handler: (call: IncomingCall) => void): void {
    this.#handler = handler;
    this.#connection?.onIncoming(handler);
  }

  /** @throws RangeError when the call can't be written: wrong digits, too much user data. */
  place(call: CallRequest): Circuit {
    const { stack } = this.#options;
    const request = { calling: stack.calling ?? '', ...call };
    checkCall(request);
    const circuit = new ModemCircuit(
      { id: `${stack.name}-call-${++lastCall}`, direction: 'outgoing', ...addresses(request) },
      (tell) => this.#post(tell),
    );
    const open = this.#openConnection;
    if (this.#phase === 'stopping') circuit.fail('us', SHUTTING_DOWN);
    else if (this.#modem.state.name === 'off') circuit.fail('link', OUT_OF_ORDER);
    else if (open !== undefined && this.#mayPlaceOn(open)) open.place(circuit, request);
    else if (open !== undefined) this.#refuse(circuit, TAKEN);
    else if (!this.#canDial) this.#refuse(circuit, 'there is no number to dial');
    else if (this.#waiting.size >= this.can.circuits) circuit.fail('us', NO_RESOURCES);
    else this.#wait(circuit, request);
    return circuit;
  }

  get #canDial(): boolean {
    return this.#options.dial !== undefined;
  }

  get #openConnection(): Connection | undefined {
    return this.#connection?.isOpen === true ? this.#connection : undefined;
  }

  #mayPlaceOn(connection: Connection): boolean {
    return connection.direction !== 'answered' || this.#options.callsOnAnswered === true;
  }

  #refuse(circuit: ModemCircuit, why: string): void {
    this.#book.failed(why);
    circuit.fail('link', OUT_OF_ORDER);
  }

  #wait(circuit: ModemCircuit, request: CallRequest): void {
    this.#waiting.set(circuit, request);
    circuit.whenEnded = () => {
      this.#waiting.delete(circuit);
      // Whoever wanted the connection has changed his mind.
      if (this.#waiting.size === 0 && this.#modem.state.name === 'dialling')
        this.#drive((now) => this.#modem.hangUp(now));
    };
    this.#dial();
  }

  /** Where the modem is busy with something else, it tells when it is ready. */
  #dial(): void {
    const { dial } = this.#options;
    if (dial !== undefined) this.#drive((now) => this.#modem.dial(dial, now));
  }

  #failWaiting(by: 'us' | 'link', why: { readonly cause: number; readonly diagnostic: number }): void {
    for (const circuit of this.#waiting.keys()) circuit.fail(by, why);
  }

  // ---- what the modem tells

  #heard(event: DialogueEvent): void {
    switch (event.type) {
      case 'ready':
        this.#fault = undefined;
        if (this.#waiting.size > 0) this.#dial();
        break;
      case 'dialling':
        this.#tell({ type: 'dialling', number: this.#options.dial ?? '' });
        break;
      case 'connected':
        this.#connected(event);
        break;
      case 'callFailed':
        this.#callFailed(event);
        break;
      case 'disconnected':
        this.#disconnected(event);
        break;
      case 'fault':
        this.#broke(describeFault(event.fault));
        break;
    }
    this.#goOnStopping();
  }

  #connected(event: DialogueEvent & { readonly type: 'connected' }): void {
    const { type, ...told } = event;
    this.#tell({ type, ...told });
    const connection = this.#connect(told);
    this.#connection = connection;
    this.#book.connected(told);
    if (this.#handler !== undefined) connection.onIncoming(this.#handler);
    connection.start();
    if (this.#phase !== 'running') this.#close(connection);
    else if (this.#mayPlaceOn(connection)) this.#placeWaiting(connection);
    else if (this.#waiting.size > 0) {
      this.#book.failed(TAKEN);
      this.#failWaiting('link', OUT_OF_ORDER);
    }
  }

  #connect(traits: ConnectionTraits): Connection {
    const { clock, stack, answerRole = 'dce', adaptsT1 = true } = this.#options;
    const { idleHangUpMs = DEFAULT_IDLE_MS, answeredIdleHangUpMs = DEFAULT_ANSWERED_IDLE_MS } = this.#options;
    const connection: Connection = new Connection({
      clock,
      direction: traits.direction,
      stack: {
        ...stackOptionsFor(stack, traits, { answerRole, adaptsT1 }),
        write: (octets) => (this.#connection === connection ? this.#modem.write(octets) : true),
      },
      idleMs: traits.direction === 'dialled' ? idleHangUpMs : answeredIdleHangUpMs,
      onIdle: () => this.#close(connection),
      post: (tell) => this.#post(tell),
    });
    return connection;
  }

  #placeWaiting(connection: Connection): void {
    for (const [circuit, request] of this.#waiting) {
      this.#waiting.delete(circuit);
      connection.place(circuit, request);
    }
  }

  #close(connection: Connection): void {
    connection.close(() => {
      if (this.#connection === connection) this.#drive((now) => this.#modem.hangUp(now));
    });
  }

  #callFailed({ direction, failure }: DialogueEvent & { readonly type: 'callFailed' }): void {
    const { dial: number = '' } = this.#options;
    const reason = describeCallFailure(failure);
    if (direction === 'answered') {
      this.#tell({ type: 'answerFailed', failure, reason });
      return;
    }
    if (failure !== 'cancelled') this.#book.failed(`dialling ${number}: ${reason}`);
    this.#tell({ type: 'dialFailed', number, failure, reason });
    this.#failWaiting('link', OUT_OF_ORDER);
  }

  #disconnected({ reason }: DialogueEvent & { readonly type: 'disconnected' }): void {
    const text = describeDisconnect(reason);
    if (reason === 'carrierLost' && this.#openConnection !== undefined) this.#book.failed(text);
    this.#endConnection(text);
  }

  #endConnection(reason: string): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#connection = undefined;
    connection.lost();
    this.#book.disconnected(connection);
    const { direction, since } = connection;
    this.#tell({ type: 'disconnected', direction, reason, connectedMs: this.#clock.now() - since });
  }

  #broke(reason: string): void {
    this.#book.failed(reason);
    if (this.#fault !== reason) this.#tell({ type: 'fault', reason });
    this.#fault = reason;
    this.#failWaiting('link', OUT_OF_ORDER);
  }

  // ---- the end

  #goOnStopping(): void {
    if (this.#phase === 'stopping' && !OFF_HOOK.includes(this.#modem.state.name)) this.#stopped();
  }

  #stopped(): void {
    if (this.#phase !== 'stopping') return;
    this.#phase = 'stopped';
    this.#stopAlarm.set(undefined);
    this.#endConnection('given up: the modem could not be hung up in time');
    this.#drive((now) => this.#modem.close(now));
    this.#post(this.#whenStopped);
  }

  // ---- turns

  #drive(act: (now: number) => void): void {
    act(this.#clock.now());
    this.#turns.want();
  }

  #post(tell: () => void): void {
    this.#turns.post(tell);
    this.#turns.want();
  }

  #tell(event: ModemEvent): void {
    this.#options.onEvent?.(event);
  }
}

const LINE_LOST = 'the line to the modem is lost';
const TAKEN = 'the telephone line is taken by a connection that was answered';

function addresses({ called, calling }: CallRequest & { readonly calling: string }) {
  return { called, calling };
}

/** Now, while whoever asked is there to hear it, although the call has to wait. */
function checkCall({ facilities = {}, ...call }: CallRequest & { readonly calling: string }): void {
  encodePacket({ type: 'callRequest', channel: 1, confirmDelivery: false, facilities, ...call }, 8);
}
