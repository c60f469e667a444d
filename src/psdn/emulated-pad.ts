import type { Circuit, CircuitEvent, Circuits, Ending, IncomingCall } from '../circuit/index.js';
import { type Clock, concat } from '../core/index.js';
import type { Line } from '../line/index.js';
import { PadAssembler } from './pad-assembler.js';
import { type PadCommand, readPadCommand, type Setting } from './pad-command.js';
import { isPadProfile, PadParameters, type PadProfile } from './pad-parameters.js';
import { PadPrinter } from './pad-printer.js';

export interface EmulatedPadOptions {
  readonly clock: Clock;
  /** The PAD's side of the network. */
  readonly circuits: Circuits;
  /** The PAD's end of the line to its terminal. */
  readonly line: Line;
  /** What its parameters are after power on, and after a terminal has hung up. Default 90, simple. */
  readonly profile?: PadProfile;
}

const NUL = 0x00;
const LF = 0x0a;
const CR = 0x0d;
const DLE = 0x10;
const DC1 = 0x11; // XON
const DC3 = 0x13; // XOFF
const PLUS = 0x2b;

/** User data of a call that a PAD places, and of those it takes (X.29 §4.2). */
const X29 = Uint8Array.of(0x01, 0x00, 0x00, 0x00);

const LONGEST_COMMAND = 128;

/**
 * Written once more and not taken from those who read them: a PAD and its terminal that share a table would agree on
 * every mistake in it.
 */
const CLEAR_LETTERS: Readonly<Record<number, string>> = {
  1: 'OCC',
  3: 'INV',
  5: 'NC',
  9: 'DER',
  11: 'NA',
  13: 'NP',
  17: 'RPE',
  19: 'ERR',
  21: 'ROO',
  25: 'RNA',
  33: 'ID',
  41: 'FNA',
  57: 'SA',
};
const RESET_LETTERS: Readonly<Record<number, string>> = { 3: 'RPE', 5: 'ERR', 7: 'NC' };

const NUMBER_BUSY = { cause: 0x01, diagnostic: 0x00 };
const INCOMPATIBLE_DESTINATION = { cause: 0x21, diagnostic: 0x00 };
const BY_TERMINAL = { cause: 0x00, diagnostic: 0x00 };

/** X.28 answers a command that was carried out with a line end. */
const ACKNOWLEDGEMENT = '';

/**
 * A PAD (X.3, X.28) of the simulated network: a terminal on one side, X.25 calls on the other. Of X.3 it obeys parameters
 * 1 to 7, 12, 13 and 15 to 17, and keeps the others. Messages of X.29 are dropped.
 */
export class EmulatedPad {
  readonly parameters: PadParameters;
  /** Told when the PAD takes octets from its terminal again (CTS). */
  whenTaking: () => void = () => {};
  readonly #profile: PadProfile;
  readonly #circuits: Circuits;
  readonly #assembler: PadAssembler;
  readonly #printer: PadPrinter;
  #state: 'command' | 'data' = 'command';
  #command = '';
  #circuit: Circuit | undefined;
  #isOpen = false;
  #clearAsked = false;
  #networkTakes = true;
  #xoffSent = false;

  constructor({ clock, circuits, line, profile = '90' }: EmulatedPadOptions) {
    this.parameters = new PadParameters(profile);
    this.#profile = profile;
    this.#circuits = circuits;
    this.#assembler = new PadAssembler(clock, this.parameters, (octets) => this.#send(octets));
    this.#printer = new PadPrinter(this.parameters, {
      write: (octets) => line.write(octets),
      consumed: (octets) => this.#circuit?.consumed(octets),
    });
    circuits.onIncoming((call) => this.#ring(call));
    void line.open({
      received: (octets) => this.#fromTerminal(octets),
      writable: () => this.#printer.writable(),
      lost: () => this.hangUp(),
    });
  }

  /** CTS: whether the terminal may send. */
  get takes(): boolean {
    return this.#networkTakes;
  }

  /** RTS: whether the terminal takes octets. */
  setTerminalReady(ready: boolean): void {
    this.#printer.setTerminalReady(ready);
  }

  /** A break from the terminal (X.3 parameter 7). */
  breakReceived(): void {
    this.#command = '';
    if (this.#state !== 'data') return;
    const action = this.parameters.get(7);
    if ((action & 1) !== 0) this.#circuit?.interrupt(Uint8Array.of(0));
    if ((action & 2) !== 0) this.#circuit?.reset(0, 0);
    if ((action & 8) !== 0) this.#recall();
    this.#pump();
  }

  /** The terminal has dropped DTR: its call is cleared, its parameters are forgotten. */
  hangUp(): void {
    this.#circuit?.clear(BY_TERMINAL);
    this.#forgetCall();
    this.#printer.reset();
    this.parameters.load(this.#profile);
  }

  // ---- from the terminal

  #fromTerminal(octets: Uint8Array): void {
    for (const octet of octets)
      if (this.#state === 'data') this.#takeData(octet);
      else this.#takeCommand(octet);
    this.#pump();
  }

  #takeData(octet: number): void {
    if (octet === this.#recallOctet()) {
      this.#recall();
    } else if (this.parameters.get(12) === 1 && (octet === DC1 || octet === DC3)) {
      this.#printer.stop(octet === DC3);
    } else {
      this.#printer.echo(octet);
      this.#assembler.push(octet);
    }
  }

  #send(octets: Uint8Array): void {
    if (this.#circuit === undefined || !this.#isOpen) return;
    this.#setNetworkTakes(this.#circuit.send({ octets, more: false }));
  }

  #setNetworkTakes(takes: boolean): void {
    if (takes === this.#networkTakes) return;
    this.#networkTakes = takes;
    if (this.parameters.get(5) > 0 && this.#state === 'data') this.#sendXoff(!takes);
    if (takes) this.whenTaking();
  }

  #sendXoff(off: boolean): void {
    if (off === this.#xoffSent) return;
    this.#xoffSent = off;
    this.#printer.control(off ? DC3 : DC1);
  }

  #recallOctet(): number | undefined {
    const recall = this.parameters.get(1);
    if (recall === 0) return undefined;
    return recall === 1 ? DLE : recall;
  }

  #recall(): void {
    this.#assembler.forward();
    this.#state = 'command';
    this.#command = '';
    this.#printer.prompt('answer');
  }

  #takeCommand(octet: number): void {
    if (this.#isOpen && this.#command === '' && octet === this.#recallOctet()) {
      this.#state = 'data'; // twice: it was meant as data
      this.#assembler.push(octet);
      return;
    }
    const char = octet & 0x7f;
    if (char === NUL || char === LF) return;
    this.#printer.echo(octet);
    if (char === CR || char === PLUS) this.#endCommand();
    else if (char === this.parameters.get(16)) this.#command = this.#command.slice(0, -1);
    else if (char === this.parameters.get(17)) this.#command = '';
    else if (char >= 0x20 && this.#command.length <= LONGEST_COMMAND)
      this.#command += String.fromCharCode(char);
  }

  #endCommand(): void {
    const line = this.#command;
    this.#command = '';
    const answer = line.length > LONGEST_COMMAND ? 'ERR' : this.#carryOut(line);
    if (answer !== undefined) this.#printer.answer(answer);
    if (this.#isOpen && !this.#clearAsked)
      this.#state = 'data'; // one command only
    else if (this.#circuit === undefined) this.#printer.prompt('answer');
  }

  /** @returns the answer, or undefined where it comes later. */
  #carryOut(line: string): string | undefined {
    if (line.trim() === '') return ACKNOWLEDGEMENT;
    const command = readPadCommand(line);
    switch (command.type) {
      case 'status':
        return this.#circuit === undefined ? 'FREE' : 'ENGAGED';
      case 'clear':
        return this.#clear();
      case 'interrupt':
        return this.#isOpen && this.#circuit?.interrupt(Uint8Array.of(0)) ? ACKNOWLEDGEMENT : 'ERR';
      case 'reset':
        if (this.#isOpen) this.#circuit?.reset(0, 0);
        return this.#isOpen ? ACKNOWLEDGEMENT : 'ERR';
      case 'read':
        return `PAR ${this.parameters.report(command.references)}`;
      case 'set':
        return this.#set(command.values, command.read);
      case 'profile':
        if (!isPadProfile(command.id)) return 'ERR';
        this.parameters.load(command.id);
        return ACKNOWLEDGEMENT;
      case 'selection':
        return this.#select(command);
      case 'error':
        return 'ERR';
    }
  }

  #set(values: readonly Setting[], read: boolean): string {
    const bad = values.filter(({ reference, value }) => !this.parameters.set(reference, value));
    if (read) return `PAR ${this.parameters.report(values.map(({ reference }) => reference))}`;
    return bad.length === 0
      ? ACKNOWLEDGEMENT
      : `PAR ${bad.map(({ reference }) => `${reference}:INV`).join(',')}`;
  }

  #clear(): string | undefined {
    if (this.#circuit === undefined) return 'CLR ERR';
    this.#clearAsked = true;
    this.#printer.dropData();
    this.#circuit.clear(BY_TERMINAL);
    return undefined;
  }

  #select({ called, facilities, userData }: PadCommand & { type: 'selection' }): string | undefined {
    if (this.#circuit !== undefined) return 'ERR';
    const circuit = this.#circuits.place({
      called,
      facilities,
      userData: concat([X29, userData]),
    });
    this.#attach(circuit);
    return undefined;
  }

  // ---- from the network

  #ring(call: IncomingCall): void {
    const isForPads = call.userData[0] === X29[0];
    if (this.#circuit !== undefined || !isForPads) {
      call.refuse(isForPads ? NUMBER_BUSY : INCOMPATIBLE_DESTINATION);
      return;
    }
    const circuit = call.accept();
    if (circuit !== undefined) this.#attach(circuit);
  }

  #attach(circuit: Circuit): void {
    this.#circuit = circuit;
    circuit.setListener((event) => {
      if (this.#circuit === circuit) this.#fromNetwork(circuit, event);
    });
  }

  #fromNetwork(circuit: Circuit, event: CircuitEvent): void {
    switch (event.type) {
      case 'connected':
        this.#connected(circuit);
        break;
      case 'piece':
        if (event.piece.qualified === true) circuit.consumed(event.piece.octets.length);
        else this.#printer.data(event.piece.octets);
        break;
      case 'ready':
        this.#setNetworkTakes(true);
        break;
      case 'reset':
        this.#assembler.clear();
        if (event.by === 'peer') this.#printer.indicate(`RESET ${RESET_LETTERS[event.cause] ?? 'DTE'}`);
        break;
      case 'cleared':
        this.#cleared(event.ending);
        break;
      case 'requested':
      case 'delivered':
      case 'interrupt':
      case 'interruptConfirmed':
        break;
    }
    this.#pump();
  }

  #connected(circuit: Circuit): void {
    if (this.#clearAsked) return;
    this.#isOpen = true;
    this.#state = 'data';
    this.#printer.indicate(circuit.direction === 'incoming' ? `${circuit.calling} COM`.trim() : 'COM');
  }

  #cleared({ cause, diagnostic }: Ending): void {
    const wasAsked = this.#clearAsked;
    this.#forgetCall();
    if (wasAsked) this.#printer.answer('CLR CONF');
    else this.#printer.indicate(`CLR ${CLEAR_LETTERS[cause] ?? 'DTE'} C:${cause} D:${diagnostic}`);
    this.#printer.prompt(wasAsked ? 'answer' : 'indication');
  }

  #forgetCall(): void {
    this.#circuit = undefined;
    this.#isOpen = false;
    this.#clearAsked = false;
    this.#command = '';
    this.#assembler.clear();
    this.#setNetworkTakes(true);
    this.#xoffSent = false;
    this.#state = 'command';
  }

  #pump(): void {
    this.#printer.pump(this.#isOpen && this.#state === 'command');
  }
}
