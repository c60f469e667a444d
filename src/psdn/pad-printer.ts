import { fromAscii } from '../core/index.js';
import type { PadParameters } from './pad-parameters.js';

const LF = 0x0a;
const CR = 0x0d;

/** Something on its way to the terminal; `consumes` octets of the call's data are used up with it. */
interface Output {
  readonly octets: Uint8Array;
  readonly consumes: number;
}

export interface PadPrinterHost {
  readonly write: (octets: Uint8Array) => boolean;
  /** Data of the call has gone out. */
  readonly consumed: (octets: number) => void;
}

/** What a PAD sends to its terminal: service signals and the data of the call (X.3 parameters 2, 6, 12, 13). */
export class PadPrinter {
  readonly #parameters: PadParameters;
  readonly #host: PadPrinterHost;
  /** Answers to commands overtake data. */
  #answers: Output[] = [];
  #fromNetwork: Output[] = [];
  #lineTakes = true;
  #terminalReady = true;
  #stoppedByXoff = false;
  #dataWaits = false;

  constructor(parameters: PadParameters, host: PadPrinterHost) {
    this.#parameters = parameters;
    this.#host = host;
  }

  /** An answer to a command; an empty one is the acknowledgement. */
  answer(text: string): void {
    if (this.#hasSignals) this.#answers.push(serviceSignal(text));
  }

  /** What the network does, behind the data that came before it. */
  indicate(text: string): void {
    if (this.#hasSignals) this.#fromNetwork.push(serviceSignal(text));
  }

  /** The PAD waits for a command, and says so behind what it said last. */
  prompt(after: 'answer' | 'indication'): void {
    if ((this.#parameters.get(6) & 4) === 0) return;
    const queue = after === 'answer' ? this.#answers : this.#fromNetwork;
    queue.push(plain(fromAscii('\r\n*')));
  }

  echo(octet: number): void {
    if (this.#parameters.get(2) === 0) return;
    const addsLf = octet === CR && (this.#parameters.get(13) & 4) !== 0;
    this.control(...(addsLf ? [CR, LF] : [octet]));
  }

  control(...octets: number[]): void {
    this.#answers.push(plain(Uint8Array.from(octets)));
  }

  data(octets: Uint8Array): void {
    const addsLf = (this.#parameters.get(13) & 1) !== 0;
    const output = addsLf ? [...octets].flatMap((octet) => (octet === CR ? [CR, LF] : [octet])) : octets;
    this.#fromNetwork.push({ octets: Uint8Array.from(output), consumes: octets.length });
  }

  /** The call is cleared by its terminal: what it has not read yet is of no use. */
  dropData(): void {
    this.#fromNetwork = [];
  }

  reset(): void {
    this.#answers = [];
    this.#fromNetwork = [];
    this.#stoppedByXoff = false;
  }

  /** @param dataWaits while the terminal gives commands in the middle of a call. */
  pump(dataWaits: boolean): void {
    this.#dataWaits = dataWaits;
    while (this.#lineTakes && this.#terminalReady && !this.#stoppedByXoff) {
      const output = this.#answers.shift() ?? (this.#dataWaits ? undefined : this.#fromNetwork.shift());
      if (output === undefined) return;
      this.#lineTakes = false; // before the write: the line may call `writable` from within
      if (this.#host.write(output.octets)) this.#lineTakes = true;
      if (output.consumes > 0) this.#host.consumed(output.consumes);
    }
  }

  writable(): void {
    this.#lineTakes = true;
    this.pump(this.#dataWaits);
  }

  /** RTS */
  setTerminalReady(ready: boolean): void {
    this.#terminalReady = ready;
    this.pump(this.#dataWaits);
  }

  /** XOFF and XON from the terminal. */
  stop(stopped: boolean): void {
    this.#stoppedByXoff = stopped;
  }

  get #hasSignals(): boolean {
    return (this.#parameters.get(6) & 1) !== 0;
  }
}

/** X.28 §3.5: a format effector before it and one behind. */
function serviceSignal(text: string): Output {
  return plain(fromAscii(text === '' ? '\r\n' : `\r\n${text}\r\n`));
}

function plain(octets: Uint8Array): Output {
  return { octets, consumes: 0 };
}
