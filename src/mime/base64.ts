/** Base64 (RFC 2045 §6.8), as a stream. */
import { concat } from '../core/index.js';
import type { ContentEncoder } from './encoder.js';

/** Octets of a line of 76 characters. */
const LINE = 57;

export class Base64Encoder implements ContentEncoder {
  #held: Uint8Array = new Uint8Array(0);
  #hasLines = false;

  encode(octets: Uint8Array): Uint8Array {
    const input = this.#held.length === 0 ? octets : concat([this.#held, octets]);
    const whole = input.length - (input.length % LINE);
    this.#held = input.slice(whole);
    return Buffer.from(this.#lines(input.subarray(0, whole)), 'latin1');
  }

  end(): Uint8Array {
    const rest = this.#lines(this.#held);
    this.#held = new Uint8Array(0);
    return Buffer.from(rest, 'latin1');
  }

  /** The end of the last line is left to what follows: a delimiter has it, and so has the end of data. */
  #lines(octets: Uint8Array): string {
    const view = Buffer.from(octets.buffer, octets.byteOffset, octets.length);
    let text = '';
    for (let at = 0; at < view.length; at += LINE) {
      text += `${this.#hasLines ? '\r\n' : ''}${view.toString('base64', at, Math.min(at + LINE, view.length))}`;
      this.#hasLines = true;
    }
    return text;
  }
}

/** Mends content that says it is base64 and is not 7-bit: what a decoder passes over anyway (RFC 2045 §6.8) is left out. */
export class Base64Mender implements ContentEncoder {
  #column = 0;

  encode(octets: Uint8Array): Uint8Array {
    const text = Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1');
    let lines = '';
    for (const character of text.replace(/[^A-Za-z0-9+/=]/g, '')) {
      if (this.#column === 76) lines += '\r\n';
      this.#column = (this.#column % 76) + 1;
      lines += character;
    }
    return Buffer.from(lines, 'latin1');
  }

  end(): Uint8Array {
    return new Uint8Array(0);
  }
}
