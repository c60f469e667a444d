import type { Socket } from 'node:net';
import { type Deferred, deferred, describeError, GatewayError } from '../core/index.js';
import { connectSocket, errorCode } from './connect-socket.js';
import { LineReader } from './line-reader.js';
import { type ControlReply, decodeReply, encodeLine, LONGEST_REPLY } from './protocol.js';
import { checkSocketPath } from './socket-path.js';

/** What a stream tells before its answer. */
export interface StreamHandlers {
  readonly event: (event: unknown) => void;
  /** Events that were left out so far, since we read too slowly. */
  readonly lost?: (events: number) => void;
}

interface OpenRequest {
  readonly answer: Deferred<unknown>;
  readonly handlers: StreamHandlers | undefined;
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'no gateway runs there: start it with x25mail run',
  ECONNREFUSED: 'no gateway runs there any more: start it with x25mail run',
  EACCES: 'only the user that runs the gateway may use it',
};

/** The other end of a control socket: asks a running gateway. */
export class ControlClient {
  readonly #socket: Socket;
  readonly #reader = new LineReader(LONGEST_REPLY);
  readonly #open = new Map<number, OpenRequest>();
  #lastId = 0;

  /** @throws GatewayError when no gateway listens there, with what to do. */
  static async connect(path: string): Promise<ControlClient> {
    checkSocketPath(path);
    try {
      return new ControlClient(await connectSocket(path));
    } catch (error) {
      const why = WHY[errorCode(error) ?? ''] ?? describeError(error);
      throw new GatewayError('controlSocket', `${path}: ${why}`, { temporary: true, cause: error });
    }
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (octets) => this.#received(octets));
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => this.#lost('the gateway has closed the connection'));
  }

  /**
   * Asks, and waits for the answer. @param handlers for a request that streams.
   * @throws GatewayError with the gateway's reason, or when it is gone.
   */
  ask(
    request: string,
    parameters: Record<string, unknown> = {},
    handlers?: StreamHandlers,
  ): Promise<unknown> {
    return this.stream(request, parameters, handlers).answer;
  }

  /** As `ask`, for what goes on until it is cancelled; the answer comes then. */
  stream(
    request: string,
    parameters: Record<string, unknown>,
    handlers?: StreamHandlers,
  ): { readonly answer: Promise<unknown>; readonly cancel: () => void } {
    const id = ++this.#lastId;
    const answer = deferred<unknown>();
    this.#open.set(id, { answer, handlers });
    this.#send(id, request, parameters);
    return { answer: answer.promise, cancel: () => this.#send(++this.#lastId, 'cancel', { id }) };
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Takes nothing more from the gateway until `resume`: it leaves events out meanwhile, and counts them. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  #send(id: number, request: string, parameters: Record<string, unknown>): void {
    this.#socket.write(encodeLine({ id, request, parameters }));
  }

  #received(octets: Uint8Array): void {
    for (const line of this.#reader.read(octets)) {
      const reply = line === undefined ? undefined : decodeReply(line);
      if (reply === undefined) {
        this.#socket.destroy();
        this.#lost('something answers there that is no gateway');
        return;
      }
      this.#handle(reply);
    }
  }

  #handle(reply: ControlReply): void {
    const open = this.#open.get(reply.id);
    if (open === undefined) return; // the answer to a cancel
    if ('event' in reply) open.handlers?.event(reply.event);
    else if ('lost' in reply) open.handlers?.lost?.(reply.lost);
    else {
      this.#open.delete(reply.id);
      if ('answer' in reply) open.answer.resolve(reply.answer);
      else open.answer.reject(new GatewayError(reply.error.code, reply.error.message, { temporary: false }));
    }
  }

  #lost(why: string): void {
    for (const { answer } of this.#open.values())
      answer.reject(new GatewayError('controlSocket', why, { temporary: true }));
    this.#open.clear();
  }
}
