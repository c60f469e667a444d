import { Counters, fromAscii, TimerTable } from '../core/index.js';
import {
  type DialogueAction,
  type DialogueEvent,
  type DialogueInput,
  type DialogueState,
  INITIAL_STATE,
  step,
} from './at-dialogue.js';
import { CarrierText } from './carrier-text.js';
import type { CallFailure, ModemFault } from './failure.js';
import { parseResult } from './result-code.js';
import { ResultReader } from './result-reader.js';
import type { ModemSettings } from './settings.js';

export type ModemCounter =
  | 'initialisations'
  | 'dials'
  | 'rings'
  | 'answers'
  | 'connects'
  /** By NO CARRIER or DCD. */
  | 'carrierLosses'
  | 'hangUps'
  | 'escapes'
  /** Neither results nor echoes of commands. */
  | 'unknownLines'
  /** NO CARRIER in data that turned out to be data. */
  | 'falseAlarms'
  | CallFailure
  | ModemFault['fault'];

/** Whoever uses the connection. Callbacks may call the modem. */
export interface ModemUser {
  /** Sends to the modem; all is taken. False: the line has enough to do. */
  write(octets: Uint8Array): boolean;
  setDtr(on: boolean): void;
  event(event: DialogueEvent, now: number): void;
  /** Octets of the other end. */
  data(octets: Uint8Array, now: number): void;
  /** `write` takes more again. */
  writable(now: number): void;
}

/**
 * A modem: carries out what its dialogue says, and passes octets through while it is connected. Does no I/O; time
 * is an argument.
 */
export class Modem {
  readonly counters = new Counters<ModemCounter>();
  readonly #settings: ModemSettings;
  readonly #user: ModemUser;
  readonly #timers = new TimerTable<'limit' | 'silence'>();
  readonly #reader = new ResultReader();
  readonly #carrierText = new CarrierText();
  #state: DialogueState = INITIAL_STATE;
  /** Inputs that come of what a step tells wait until it is done. */
  readonly #inputs: DialogueInput[] = [];
  #inStep = false;
  /** DCD came on with this connection: it will go off with it as well, and the words NO CARRIER mean nothing. */
  #carrierSeen = false;
  /** Octets that may not go out before it is known whether the carrier is there. */
  #held: Uint8Array | undefined;

  constructor(settings: ModemSettings, user: ModemUser) {
    this.#settings = settings;
    this.#user = user;
  }

  get state(): DialogueState {
    return this.#state;
  }

  /** The line is open. */
  start(now: number): void {
    this.#handle({ type: 'start' }, now);
  }

  /** The line is closed, or lost: DTR off, nothing is told any more. */
  close(now: number): void {
    this.#handle({ type: 'close' }, now);
  }

  /** Taken when `ready` was told, or the modem is broken; else no effect, except that a modem is initialised again. */
  dial(number: string, now: number): void {
    this.#handle({ type: 'dial', number }, now);
  }

  /** Ends dialling, answering, or the connection. */
  hangUp(now: number): void {
    this.#handle({ type: 'hangUp' }, now);
  }

  /** DCD has changed. */
  carrier(on: boolean, now: number): void {
    if (on) this.#carrierSeen = true;
    else this.#handle({ type: 'carrierLost' }, now);
  }

  /** Sends to the other end; what comes when there is no connection goes nowhere. @returns false: wait for `writable`. */
  write(octets: Uint8Array): boolean {
    if (this.#state.name !== 'online') return true;
    if (!this.#timers.isRunning('silence')) return this.#user.write(octets);
    this.#held = octets;
    return false;
  }

  /** The line takes more again. */
  writable(now: number): void {
    if (!this.#timers.isRunning('silence')) this.#user.writable(now);
  }

  /** Octets from the line. */
  received(octets: Uint8Array, now: number): void {
    for (let at = 0; at < octets.length; ) {
      if (this.#state.name === 'online') {
        this.#dataReceived(octets.subarray(this.#reader.skipLineFeed(octets, at)), now);
        return;
      }
      const { line, next } = this.#reader.read(octets, at);
      if (line !== undefined) this.#lineReceived(line, now);
      at = next;
    }
  }

  /** When `handleTimeout` wants to be called, or undefined. */
  nextDeadline(): number | undefined {
    return this.#timers.next();
  }

  handleTimeout(now: number): void {
    for (const timer of this.#timers.takeExpired(now))
      this.#handle({ type: timer === 'limit' ? 'timeUp' : 'carrierLost' }, now);
  }

  #lineReceived(line: string, now: number): void {
    if (this.#state.name === 'off') return;
    const result = parseResult(line, this.#settings.aliases);
    if (result !== undefined) {
      if (result.code === 'ring') this.counters.add('rings');
      this.#handle({ type: 'result', result }, now);
    } else if (!line.toUpperCase().startsWith('AT')) this.counters.add('unknownLines');
  }

  #dataReceived(octets: Uint8Array, now: number): void {
    if (octets.length === 0) return;
    const silenceMs = this.#carrierSeen ? undefined : this.#carrierText.push(octets);
    if (silenceMs !== undefined) this.#timers.start('silence', now + silenceMs);
    else if (this.#timers.isRunning('silence')) this.#falseAlarm(now);
    this.#user.data(octets, now);
  }

  #falseAlarm(now: number): void {
    this.counters.add('falseAlarms');
    this.#timers.stop('silence');
    const octets = this.#held;
    this.#held = undefined;
    if (octets === undefined || this.#user.write(octets)) this.#user.writable(now);
  }

  #handle(input: DialogueInput, now: number): void {
    this.#inputs.push(input);
    if (this.#inStep) return;
    this.#inStep = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift())
        this.#step(next, now);
    } finally {
      this.#inStep = false;
    }
  }

  #step(input: DialogueInput, now: number): void {
    const before = this.#state.name;
    const { state, actions, limit } = step(this.#state, input, this.#settings);
    this.#state = state;
    if (limit === 'none') this.#timers.stop('limit');
    else if (limit !== 'same') this.#timers.start('limit', now + limit);
    if (state.name !== before) this.#entered(state, before);
    for (const action of actions) this.#carryOut(action, now);
  }

  #entered({ name }: DialogueState, before: DialogueState['name']): void {
    if (before === 'online') {
      this.#timers.stop('silence');
      this.#held = undefined;
      this.#reader.reset();
    }
    switch (name) {
      case 'initialising':
        this.counters.add('initialisations');
        return;
      case 'dialling':
      case 'answering':
        this.#carrierSeen = false;
        this.counters.add(name === 'dialling' ? 'dials' : 'answers');
        return;
      case 'online':
        this.#carrierText.reset();
        return;
      case 'hangingUp':
        this.counters.add('hangUps');
        return;
      default:
    }
  }

  #carryOut(action: DialogueAction, now: number): void {
    switch (action.do) {
      case 'send':
        this.#user.write(fromAscii(`${action.command}\r`));
        return;
      case 'escape':
        this.counters.add('escapes');
        this.#user.write(fromAscii(this.#settings.escapeSequence));
        return;
      case 'dtr':
        this.#user.setDtr(action.on);
        return;
      case 'tell':
        this.#count(action.event);
        this.#user.event(action.event, now);
    }
  }

  #count(event: DialogueEvent): void {
    if (event.type === 'connected') this.counters.add('connects');
    if (event.type === 'callFailed') this.counters.add(event.failure);
    if (event.type === 'fault') this.counters.add(event.fault.fault);
    if (event.type === 'disconnected' && event.reason === 'carrierLost') this.counters.add('carrierLosses');
  }
}
