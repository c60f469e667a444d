/** How the body of a message is put on the line: as data with an end of its own, or in chunks of known size. */
import { concat } from '../core/index.js';
import type { ClientDialogue, Command } from './client-dialogue.js';
import { DataWriter } from './data.js';

export interface BodyWriter {
  write(octets: Uint8Array): void;
  /** @param last answered when the server has the whole message. */
  end(octets: Uint8Array, last: Command['answered']): void;
}

/** DATA was answered 354. */
export class DataBody implements BodyWriter {
  readonly #dialogue: ClientDialogue;
  readonly #writer = new DataWriter();

  constructor(dialogue: ClientDialogue) {
    this.#dialogue = dialogue;
  }

  write(octets: Uint8Array): void {
    this.#dialogue.sendOctets(this.#writer.write(octets), false);
  }

  end(octets: Uint8Array, last: Command['answered']): void {
    this.#dialogue.sendOctets(concat([this.#writer.write(octets), this.#writer.end()]), true);
    this.#dialogue.owe({ step: 'message', line: '', answered: last });
  }
}

/** Octets of a chunk with its command: 16 sequences of 2048, so that nothing but the end of the message is a short one. */
const CHUNK = 32 * 1024;

/** BDAT (RFC 3030). A chunk goes out when it is full; so no more than one is held, and the replies run beside. */
export class ChunkedBody implements BodyWriter {
  readonly #dialogue: ClientDialogue;
  readonly #writer: DataWriter | undefined;
  readonly #answered: Command['answered'];
  #held: Uint8Array[] = [];
  #length = 0;

  /** @param answered the reply to every chunk but the last. */
  constructor(dialogue: ClientDialogue, binary: boolean, answered: Command['answered']) {
    this.#dialogue = dialogue;
    this.#writer = binary ? undefined : new DataWriter('chunks');
    this.#answered = answered;
  }

  /** Octets held back. */
  get length(): number {
    return this.#length;
  }

  write(octets: Uint8Array): void {
    this.hold(octets);
    this.sendFull();
  }

  /** Keeps octets until it is told to send. */
  hold(octets: Uint8Array): void {
    const written = this.#writer?.write(octets) ?? octets;
    if (written.length === 0) return;
    this.#held.push(written);
    this.#length += written.length;
  }

  sendFull(): void {
    for (let size = this.#fullChunk(); size <= this.#length; size = this.#fullChunk())
      this.#dialogue.send(
        [{ step: 'BDAT', line: `BDAT ${size}`, octets: this.#take(size), answered: this.#answered }],
        false,
      );
  }

  end(octets: Uint8Array, last: Command['answered']): void {
    this.write(octets);
    this.#dialogue.send([this.last(last)]);
  }

  /** The last chunk, as a command that may go out with others. */
  last(answered: Command['answered']): Command {
    this.hold(this.#writer?.end() ?? new Uint8Array(0));
    const size = this.#length;
    return { step: 'message', line: `BDAT ${size} LAST`, octets: this.#take(size), answered };
  }

  /** The size of a chunk that ends where a sequence of 2048 octets ends. */
  #fullChunk(): number {
    const room = CHUNK - 2048 + this.#dialogue.room;
    return room - `BDAT ${room}\r\n`.length;
  }

  #take(size: number): Uint8Array {
    const all = concat(this.#held);
    this.#held = size < all.length ? [all.subarray(size)] : [];
    this.#length = all.length - size;
    return all.subarray(0, size);
  }
}
