import { concat } from '../core/index.js';
import { type DataFault, DataReader, type DataReaderOptions, DataWriter } from '../smtp/index.js';

export interface TakenContent {
  /** Octets used up, from the start; fewer than given only when it has ended. */
  readonly used: number;
  /** What passes to the server. */
  readonly octets: Uint8Array;
  /** What follows are lines again. */
  readonly ended: boolean;
  /** It can't be completed; nothing of it passes any longer. */
  readonly fault: DataFault | undefined;
}

/** Octets of a client that are no command lines: all or a part of a message. */
export interface Content {
  take(octets: Uint8Array): TakenContent;
}

/** What follows DATA: line ends and dots as the client's session has them become those of every session. */
export class DataContent implements Content {
  readonly #reader: DataReader;
  readonly #writer = new DataWriter();

  constructor(options: Omit<DataReaderOptions, 'maxSize'>) {
    this.#reader = new DataReader({ ...options, maxSize: Number.POSITIVE_INFINITY });
  }

  take(given: Uint8Array): TakenContent {
    const { used, octets, ended } = this.#reader.read(given);
    const written = this.#writer.write(octets);
    const { fault } = this.#reader;
    return { used, octets: ended ? concat([written, this.#writer.end()]) : written, ended, fault };
  }
}

/** What follows BDAT: so many octets, whatever they are (RFC 3030 §2). */
export class ChunkContent implements Content {
  #left: number;

  constructor(length: number) {
    this.#left = length;
  }

  take(given: Uint8Array): TakenContent {
    const octets = given.subarray(0, this.#left);
    this.#left -= octets.length;
    return { used: octets.length, octets, ended: this.#left === 0, fault: undefined };
  }
}
