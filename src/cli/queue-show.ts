import type { QueuedDelivery } from '../console/index.js';
import { concat, GatewayError } from '../core/index.js';
import type { ControlOptions } from './control.js';
import { describeMessage } from './describe-queue.js';
import { toJson } from './json.js';
import { printable } from './printable.js';
import { type Queue, withQueue } from './queue-access.js';

export interface ShowOptions extends ControlOptions {
  readonly header?: true;
  readonly body?: true;
  readonly json?: true;
}

export interface ShowOutput {
  readonly write: (text: string | Uint8Array) => void;
  /** What strangers wrote must not steer it. */
  readonly isTerminal: boolean;
}

/** A header section may be that long; what comes after it is not looked at for its end. */
const LONGEST_HEADER = 1024 * 1024;

/** `x25mail queue show ID`: all that is known of a message, or the message itself. @returns the exit status. */
export function runQueueShow(message: string, options: ShowOptions, output: ShowOutput): Promise<number> {
  const { header = false, body = false, json } = options;
  return withQueue(options, async (queue) => {
    const shown = (await queue.ask('queue.show', { message })) as { deliveries: readonly QueuedDelivery[] };
    if (shown.deliveries.length === 0) throw gone(message);
    if (header || body) await writeContent(queue, message, { header, body }, output);
    else if (json === true) output.write(`${toJson(shown)}\n`);
    else output.write(describeMessage(shown.deliveries, Date.now()));
    return 0;
  });
}

function gone(message: string): GatewayError {
  return new GatewayError('spoolGone', `no message ${message} waits: it was delivered, returned or deleted`, {
    temporary: false,
  });
}

async function writeContent(
  queue: Queue,
  message: string,
  wanted: { readonly header: boolean; readonly body: boolean },
  { write, isTerminal }: ShowOutput,
): Promise<void> {
  const decoder = new TextDecoder();
  const show = (octets: Uint8Array): void =>
    write(isTerminal ? printable(decoder.decode(octets, { stream: true }).replaceAll('\r\n', '\n')) : octets);
  const split = new HeaderEnd();
  for await (const piece of contentOf(queue, message)) {
    const { header, body } = split.pass(piece);
    if (wanted.header) show(header);
    if (wanted.body) show(body);
    if (split.isOver && !wanted.body) return;
  }
}

async function* contentOf(queue: Queue, message: string): AsyncGenerator<Uint8Array, void, void> {
  for (let offset = 0, isEnd = false; !isEnd; ) {
    const answer = (await queue.ask('queue.content', { message, offset })) as {
      readonly octets: string;
      readonly isEnd: boolean;
    };
    const octets = Buffer.from(answer.octets, 'base64');
    yield octets;
    offset += octets.length;
    isEnd = answer.isEnd;
  }
}

const EMPTY = new Uint8Array(0);
const BLANK_LINE = '\r\n\r\n';

/** Where the header section of a message ends, however it is cut. The empty line belongs to the header. */
export class HeaderEnd {
  /** What was seen last. A message may begin with the empty line, as if a line had ended before. */
  #tail: Uint8Array = Buffer.from('\r\n');
  #length = 0;
  isOver = false;

  pass(piece: Uint8Array): { readonly header: Uint8Array; readonly body: Uint8Array } {
    if (this.isOver) return { header: EMPTY, body: piece };
    const seen = Buffer.from(concat([this.#tail, piece]));
    const found = seen.indexOf(BLANK_LINE);
    if (found === -1) {
      this.#tail = seen.subarray(-(BLANK_LINE.length - 1)).slice();
      this.#length += piece.length;
      this.isOver = this.#length > LONGEST_HEADER;
      return { header: piece, body: EMPTY };
    }
    this.isOver = true;
    const end = found + BLANK_LINE.length - (seen.length - piece.length);
    return { header: piece.subarray(0, end), body: piece.subarray(end) };
  }
}
