import { describeError } from '../core/index.js';
import { LineReader } from './line-reader.js';
import {
  type ControlReply,
  type ControlRequest,
  decodeRequest,
  encodeLine,
  LONGEST_REQUEST,
  NO_REQUEST,
} from './protocol.js';
import { type Asked, type ControlRequests, RequestError } from './request.js';

/** A connection of a client, as a session needs it. */
export interface ControlConnection {
  /** Takes all octets. */
  write(octets: Uint8Array): void;
  /** Octets written that the other end has not taken yet. */
  readonly waitingOctets: number;
  /** Ends it after what was written. */
  close(): void;
}

/** Octets that may wait for a client; beyond, events are left out. */
const MOST_WAITING_FOR_EVENTS = 1024 * 1024;
/** A client that asks on and on without reading the answers is cut off. */
const MOST_WAITING = 4 * MOST_WAITING_FOR_EVENTS;
/** Requests of one client at once. */
const MOST_REQUESTS = 16;

/** One client of the control socket. Whatever it sends, and however slowly it reads, costs bounded memory and no wait. */
export class ControlSession {
  readonly #requests: ControlRequests;
  readonly #connection: ControlConnection;
  readonly #reader = new LineReader(LONGEST_REQUEST);
  /** Requests not answered yet, by id. */
  readonly #open = new Map<number, AbortController>();
  #isClosed = false;

  constructor(requests: ControlRequests, connection: ControlConnection) {
    this.#requests = requests;
    this.#connection = connection;
  }

  received(octets: Uint8Array): void {
    if (this.#isClosed) return;
    for (const line of this.#reader.read(octets)) {
      if (line === undefined) {
        this.#fail('the line is too long');
        return;
      }
      if (line !== '') this.#ask(line);
      if (this.#connection.waitingOctets > MOST_WAITING) this.#fail('answers are not read');
      if (this.#isClosed) return;
    }
  }

  /** The client has gone: what it asked for ends. */
  closed(): void {
    this.#isClosed = true;
    for (const cancel of this.#open.values()) cancel.abort();
  }

  #fail(message: string): void {
    this.#reply({ id: NO_REQUEST, error: { code: 'badRequest', message } });
    this.#connection.close();
    this.closed();
  }

  #ask(line: string): void {
    const request = decodeRequest(line);
    if (request === undefined) {
      const message = 'allowed: {"id":1,"request":"...","parameters":{...}} on one line';
      this.#reply({ id: NO_REQUEST, error: { code: 'badRequest', message } });
    } else if (request.request === 'cancel') this.#cancel(request);
    else void this.#carryOut(request);
  }

  #cancel({ id, parameters }: ControlRequest): void {
    const open = typeof parameters.id === 'number' ? this.#open.get(parameters.id) : undefined;
    open?.abort();
    this.#reply({ id, answer: { cancelled: open !== undefined } });
  }

  async #carryOut({ id, request, parameters }: ControlRequest): Promise<void> {
    if (this.#open.has(id)) {
      this.#reply({ id, error: { code: 'badRequest', message: `request ${id} is not answered yet` } });
      return;
    }
    const cancel = new AbortController();
    this.#open.set(id, cancel);
    const reply = await this.#answerTo(request, parameters, this.#asked(id, cancel.signal));
    this.#open.delete(id);
    this.#reply({ id, ...reply });
  }

  async #answerTo(request: string, parameters: Record<string, unknown>, asked: Asked): Promise<Answer> {
    const handler = Object.hasOwn(this.#requests, request) ? this.#requests[request] : undefined;
    if (handler === undefined) {
      const known = Object.keys(this.#requests).join(', ');
      return { error: { code: 'unknownRequest', message: `found ${request}; allowed: ${known}` } };
    }
    if (this.#open.size > MOST_REQUESTS)
      return { error: { code: 'tooMany', message: `at most ${MOST_REQUESTS} requests at once` } };
    try {
      return { answer: (await handler(parameters, asked)) ?? {} };
    } catch (error) {
      const code = error instanceof RequestError ? error.code : 'failed';
      return { error: { code, message: describeError(error) } };
    }
  }

  #asked(id: number, cancelled: AbortSignal): Asked {
    let lost = 0;
    let told = 0;
    return {
      cancelled,
      event: (event) => {
        if (this.#isClosed || this.#connection.waitingOctets > MOST_WAITING_FOR_EVENTS) {
          lost++;
          return false;
        }
        if (lost > told) this.#reply({ id, lost });
        told = lost;
        this.#reply({ id, event });
        return true;
      },
    };
  }

  #reply(reply: ControlReply): void {
    if (!this.#isClosed) this.#connection.write(encodeLine(reply));
  }
}

type Answer =
  | { readonly answer: unknown }
  | { readonly error: { readonly code: string; readonly message: string } };
