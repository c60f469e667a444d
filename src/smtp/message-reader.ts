/** The content of a message, whichever way it comes: dot-terminated, or in chunks whose length is told. */
import { concat } from '../core/index.js';
import type { Answer, Content } from './answer.js';
import { type DataFault, type DataRead, DataReader } from './data.js';
import type { LineEnds } from './line.js';
import { NOTHING } from './octets.js';
import type { MailCommand, ServerOptions } from './server-interface.js';

/** Takes the octets of a message off the line, whatever says where they end. */
export interface MessageReader {
  /** Octets passed on so far. */
  readonly size: number;
  readonly fault: DataFault | undefined;
  read(octets: Uint8Array): DataRead;
  /** @returns what is still to be passed on when the message is over. */
  finish(): Uint8Array;
}

/** Content that ends with a dot alone on a line. */
export class DotContent implements Content {
  readonly exhausted = false;
  readonly #reader: DataReader;
  readonly #ended: () => Answer;

  constructor(reader: DataReader, ended: () => Answer) {
    this.#reader = reader;
    this.#ended = ended;
  }

  get fault(): DataFault | undefined {
    return this.#reader.fault;
  }

  read(octets: Uint8Array): DataRead {
    return this.#reader.read(octets);
  }

  ended(): Answer {
    return this.#ended();
  }
}

/** One chunk of so many octets, the last one of its message or not (RFC 3030). */
export class ChunkContent implements Content {
  readonly #reader: MessageReader;
  readonly #last: boolean;
  readonly #ended: () => Answer;
  #left: number;

  constructor(reader: MessageReader, size: number, last: boolean, ended: () => Answer) {
    this.#reader = reader;
    this.#left = size;
    this.#last = last;
    this.#ended = ended;
  }

  get exhausted(): boolean {
    return this.#left === 0;
  }

  get fault(): DataFault | undefined {
    return this.#reader.fault;
  }

  read(octets: Uint8Array): DataRead {
    const used = Math.min(octets.length, this.#left);
    const read = this.#reader.read(octets.subarray(0, used));
    this.#left -= used;
    const ended = this.#left === 0;
    const rest = ended && this.#last ? this.#reader.finish() : NOTHING;
    return { used, octets: rest.length === 0 ? read.octets : concat([read.octets, rest]), ended };
  }

  ended(): Answer {
    return this.#ended();
  }
}

/** Content that nobody wants: it has to be read all the same, or its lines were taken for commands. */
export class UnwantedContent implements Content {
  readonly fault = undefined;
  readonly #ended: () => Answer;
  #left: number;

  constructor(size: number, ended: () => Answer) {
    this.#left = size;
    this.#ended = ended;
  }

  get exhausted(): boolean {
    return this.#left === 0;
  }

  read(octets: Uint8Array): DataRead {
    const used = Math.min(octets.length, this.#left);
    this.#left -= used;
    return { used, octets: NOTHING, ended: this.#left === 0 };
  }

  ended(): Answer {
    return this.#ended();
  }
}

/** BODY=BINARYMIME: octets are what they are (RFC 3030 §3). */
class BinaryReader implements MessageReader {
  readonly #maxSize: number;
  size = 0;
  fault: DataFault | undefined;

  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  read(octets: Uint8Array): DataRead {
    if (this.size + octets.length > this.#maxSize) this.fault = 'tooBig';
    if (this.fault !== undefined) return { used: octets.length, octets: NOTHING, ended: false };
    this.size += octets.length;
    return { used: octets.length, octets, ended: false };
  }

  finish(): Uint8Array {
    return NOTHING;
  }
}

/** A reader for the message that MAIL announced, whose length is told chunk by chunk. */
export function chunkReader(mail: MailCommand, options: ServerOptions, lineEnds: LineEnds): MessageReader {
  if (mail.body === 'BINARYMIME') return new BinaryReader(options.maxMessageSize);
  return new DataReader({ ...readerOptions(options, lineEnds), framing: 'chunks' });
}

/** A reader for a message that ends with a dot, from `offset` on. */
export function dotReader(options: ServerOptions, lineEnds: LineEnds, offset: number): DataReader {
  return new DataReader({ ...readerOptions(options, lineEnds), offset });
}

function readerOptions(
  { bareLineEnd, maxMessageSize, maxTextLine }: ServerOptions,
  lineEnds: LineEnds,
): ConstructorParameters<typeof DataReader>[0] {
  return {
    lineEnds,
    bareLineEnd,
    maxSize: maxMessageSize,
    ...(maxTextLine !== undefined && { maxLine: maxTextLine }),
  };
}
