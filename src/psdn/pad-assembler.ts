import { Alarm, type Clock } from '../core/index.js';
import type { PadParameters } from './pad-parameters.js';

const LF = 0x0a;
const CR = 0x0d;

const PACKET_SIZE = 128;
const IDLE_UNIT_MS = 50;

/** Characters of the forwarding groups that are picked out of the control characters. */
const GROUP_4 = [0x1b, 0x07, 0x05, 0x06]; // ESC BEL ENQ ACK
const GROUP_8 = [0x7f, 0x18, 0x12]; // DEL CAN DC2
const GROUP_16 = [0x03, 0x04]; // ETX EOT
const GROUP_32 = [0x09, LF, 0x0b, 0x0c]; // HT LF VT FF
const PICKED_OUT = [CR, ...GROUP_4, ...GROUP_8, ...GROUP_16, ...GROUP_32];

/** X.3 parameter 3: which characters send on what came so far, by bit of the value. */
const FORWARDING: ReadonlyArray<readonly [bit: number, has: (octet: number) => boolean]> = [
  [1, (octet) => /[0-9A-Za-z]/.test(String.fromCharCode(octet))],
  [2, (octet) => octet === CR],
  [4, (octet) => GROUP_4.includes(octet)],
  [8, (octet) => GROUP_8.includes(octet)],
  [16, (octet) => GROUP_16.includes(octet)],
  [32, (octet) => GROUP_32.includes(octet)],
  [64, (octet) => octet < 0x20 && !PICKED_OUT.includes(octet)],
];

/** Makes packets of what a terminal sends (X.3 parameters 3, 4, 13, 15 to 17). */
export class PadAssembler {
  readonly #clock: Clock;
  readonly #parameters: PadParameters;
  readonly #send: (octets: Uint8Array) => void;
  readonly #idleAlarm: Alarm;
  #octets: number[] = [];

  constructor(clock: Clock, parameters: PadParameters, send: (octets: Uint8Array) => void) {
    this.#clock = clock;
    this.#parameters = parameters;
    this.#send = send;
    this.#idleAlarm = new Alarm(clock, () => this.forward());
  }

  push(octet: number): void {
    if (this.#edits(octet)) return;
    this.#octets.push(octet);
    if (octet === CR && (this.#parameters.get(13) & 2) !== 0) this.#octets.push(LF);
    const mask = this.#parameters.get(3);
    const forwards = FORWARDING.some(([bit, has]) => (mask & bit) !== 0 && has(octet));
    if (forwards || this.#octets.length >= PACKET_SIZE) this.forward();
    else this.#startIdleTimer();
  }

  forward(): void {
    const octets = Uint8Array.from(this.#octets);
    this.clear();
    if (octets.length > 0) this.#send(octets);
  }

  clear(): void {
    this.#octets = [];
    this.#idleAlarm.set(undefined);
  }

  /** Character delete and line delete. */
  #edits(octet: number): boolean {
    if (this.#parameters.get(15) === 0) return false;
    if (octet === this.#parameters.get(16)) this.#octets.pop();
    else if (octet === this.#parameters.get(17)) this.#octets = [];
    else return false;
    return true;
  }

  /** It does not run while the terminal edits (X.3, parameter 15). */
  #startIdleTimer(): void {
    const idle = this.#parameters.get(15) === 1 ? 0 : this.#parameters.get(4);
    this.#idleAlarm.set(idle > 0 ? this.#clock.now() + idle * IDLE_UNIT_MS : undefined);
  }
}
