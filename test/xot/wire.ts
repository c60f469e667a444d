import { toHex } from '../../src/core/index.js';
import type { XotConnection, XotConnectionHandler } from '../../src/xot/index.js';
import { hex } from '../support/hex.js';

/** A packet behind its XOT header, as octets. */
export function framed(packet: string): Uint8Array {
  const octets = hex(packet);
  return hex(`0000 ${octets.length.toString(16).padStart(4, '0')} ${packet}`);
}

/** What the other end of a connection sees and does, octet by octet. */
export class Wire implements XotConnection {
  readonly remoteAddress = '10.1.1.1';
  /** Packets that were sent to it, in hexadecimal, each at the time `sentAt` has in the same place. */
  readonly sent: string[] = [];
  /** How many packets each write held. */
  readonly writes: number[] = [];
  /** What `write` says. */
  takesOctets = true;
  isClosed = false;
  isPaused = false;
  #handler: XotConnectionHandler | undefined;

  setHandler(handler: XotConnectionHandler): void {
    this.#handler = handler;
  }

  write(octets: Uint8Array): boolean {
    if (this.isClosed) throw new Error('written to a closed connection');
    let count = 0;
    for (let at = 0; at < octets.length; count++) {
      const [v1, v2, high = 0, low = 0] = octets.subarray(at, at + 4);
      if (v1 !== 0 || v2 !== 0) throw new Error(`bad header: ${toHex(octets.subarray(at, at + 4))}`);
      const end = at + 4 + ((high << 8) | low);
      if (end > octets.length) throw new Error('half a packet in a write');
      this.sent.push(toHex(octets.subarray(at + 4, end), ' '));
      at = end;
    }
    this.writes.push(count);
    return this.takesOctets;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  close(): void {
    if (this.isClosed) throw new Error('closed twice');
    this.isClosed = true;
  }

  // ---- the other end

  opens(): void {
    this.#heard().opened();
  }

  /** Packets, in hexadecimal, in one piece. */
  says(...packets: string[]): void {
    this.saysOctets(Buffer.concat(packets.map(framed)));
  }

  saysOctets(octets: Uint8Array): void {
    if (!this.isClosed) this.#heard().received(octets);
  }

  becomesWritable(): void {
    this.takesOctets = true;
    this.#heard().writable();
  }

  breaks(why = 'the cable was cut'): void {
    this.#heard().closed(why);
  }

  #heard(): XotConnectionHandler {
    if (this.#handler === undefined) throw new Error('nobody listens to the connection');
    return this.#handler;
  }
}
