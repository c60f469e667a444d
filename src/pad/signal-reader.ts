import { readServiceSignal, type ServiceSignal } from './service-signal.js';

const CR = 0x0d;
const LF = 0x0a;

/** Longer than any service signal; what a line has beyond it is not looked at. */
const LONGEST_LINE = 256;

/** Makes lines of what a PAD says outside of data transfer, whatever it ends them with. */
export class SignalReader {
  #line = '';
  #afterCr = false;

  /** @returns what the PAD has said, when this octet ends it. */
  push(octet: number): ServiceSignal | undefined {
    const code = octet & 0x7f; // a PAD may put a parity bit on what it says itself
    const isSecondHalf = code === LF && this.#afterCr;
    this.#afterCr = code === CR;
    if (isSecondHalf) return undefined;
    if (code === CR || code === LF) return this.#end();
    const isPrintable = code >= 0x20 && code < 0x7f; // the rest is padding and cursor movement
    if (isPrintable && this.#line.length < LONGEST_LINE) this.#line += String.fromCharCode(code);
    return undefined;
  }

  /** @returns whether this octet is the LF of a line end whose CR ended the last signal: not yet data. */
  takeLineFeed(octet: number): boolean {
    const isSecondHalf = octet === LF && this.#afterCr;
    this.#afterCr = false;
    return isSecondHalf;
  }

  reset(): void {
    this.#line = '';
    this.#afterCr = false;
  }

  #end(): ServiceSignal {
    const line = this.#line;
    this.#line = '';
    return readServiceSignal(line);
  }
}
