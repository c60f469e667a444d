import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { describeError, GatewayError } from '../core/index.js';

/** Longer ones are given as `undefined`, and take no room. */
const LONGEST_LINE = 64 * 1024;
const LINE_END = 0x0a;

/**
 * The lines of a file, however long it is, without their ends; one whose name ends in .gz is unpacked.
 * @throws GatewayError that names the file.
 */
export async function* fileLines(path: string): AsyncGenerator<string | undefined, void, void> {
  let rest = Buffer.alloc(0);
  let isTooLong = false;
  try {
    for await (const chunk of octetsOf(path)) {
      let from = 0;
      for (let end = chunk.indexOf(LINE_END); end >= 0; end = chunk.indexOf(LINE_END, from)) {
        const line = Buffer.concat([rest, chunk.subarray(from, end)]);
        yield isTooLong || line.length > LONGEST_LINE ? undefined : line.toString().trimEnd();
        rest = Buffer.alloc(0);
        isTooLong = false;
        from = end + 1;
      }
      isTooLong ||= rest.length + chunk.length - from > LONGEST_LINE;
      rest = isTooLong ? Buffer.alloc(0) : Buffer.concat([rest, chunk.subarray(from)]);
    }
  } catch (error) {
    throw new GatewayError('fileRead', `${path} can't be read: ${describeError(error)}`, {
      temporary: false,
      cause: error,
    });
  }
  if (isTooLong) yield undefined;
  else if (rest.length > 0) yield rest.toString();
}

async function* octetsOf(path: string): AsyncGenerator<Buffer, void, void> {
  const file: Readable = createReadStream(path);
  if (!path.endsWith('.gz')) {
    yield* file as AsyncIterable<Buffer>;
    return;
  }
  const unpacked = createGunzip();
  file.on('error', (error) => unpacked.destroy(error));
  yield* file.pipe(unpacked) as AsyncIterable<Buffer>;
}
