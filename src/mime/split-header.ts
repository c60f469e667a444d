import { splitFields } from './header.js';

/** A message in two; `fields` and `rest` behind each other are the message, octet for octet. */
export interface SplitMessage {
  /** One character per octet; each with the lines that go on, and its line end. */
  readonly fields: readonly string[];
  /** Begins with the empty line, where there is one. */
  readonly rest: AsyncIterable<Uint8Array>;
}

/** A header section that is longer is left alone. */
const LONGEST_HEADER = 256 * 1024;

/**
 * Takes a message's header section off, up to the first line that is no field. Where it has no end that is near, there are no
 * fields, and all of the message is the rest.
 * @param message lines ended by CR LF; read to its end, or given up, with `rest`.
 */
export async function splitHeader(message: AsyncIterable<Uint8Array>): Promise<SplitMessage> {
  const pieces = message[Symbol.asyncIterator]();
  const search = new EndSearch();
  let read = Buffer.alloc(0);
  for (;;) {
    const { value, done } = await pieces.next();
    if (done !== true) read = read.length === 0 ? Buffer.from(value) : Buffer.concat([read, value]);
    const end = search.endIn(read) ?? (done === true ? search.at : undefined);
    if (end === undefined && read.length <= LONGEST_HEADER) continue;
    const header = read.toString('latin1', 0, end ?? 0);
    return {
      fields: splitFields(header),
      rest: restOf(read.subarray(end ?? 0), done === true ? undefined : pieces),
    };
  }
}

/** Looks at each line once, however the message comes. */
class EndSearch {
  /** Where the first line begins that was not seen whole. */
  at = 0;

  /** @returns where the first line that is no field begins. */
  endIn(read: Buffer): number | undefined {
    for (let end = read.indexOf('\r\n', this.at); end >= 0; end = read.indexOf('\r\n', this.at)) {
      const line = read.toString('latin1', this.at, end);
      const isField = /^[!-9;-~]+[ \t]*:/.test(line) || (this.at > 0 && /^[ \t]/.test(line));
      if (!isField) return this.at;
      this.at = end + 2;
    }
    return undefined;
  }
}

async function* restOf(
  first: Uint8Array,
  pieces: AsyncIterator<Uint8Array> | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    if (first.length > 0) yield first;
    for (
      let next = await pieces?.next();
      next !== undefined && next.done !== true;
      next = await pieces?.next()
    )
      yield next.value;
  } finally {
    await pieces?.return?.();
  }
}
