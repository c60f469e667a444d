import {
  type CallRequest,
  type Circuit,
  type IncomingCall,
  LinkStack,
  type LinkStackOptions,
} from '../circuit/index.js';
import { Alarm, type Clock } from '../core/index.js';
import type { Direction } from './at-dialogue.js';
import { ModemCircuit } from './modem-circuit.js';
import { ModemIncomingCall } from './modem-incoming-call.js';

export interface ConnectionOptions {
  readonly clock: Clock;
  readonly direction: Direction;
  readonly stack: Omit<LinkStackOptions, 'clock'>;
  /** How long the connection is kept when no circuit needs it. */
  readonly idleMs: number;
  /** It was needed by nobody for so long. */
  readonly onIdle: () => void;
  readonly post: (tell: () => void) => void;
}

/** A connection of two modems: the stack on it, and who still needs it. */
export class Connection {
  readonly direction: Direction;
  readonly stack: LinkStack;
  /** Milliseconds of the clock. */
  readonly since: number;
  readonly #options: ConnectionOptions;
  /** Circuits, and incoming calls that are not answered yet. */
  readonly #users = new Set<object>();
  readonly #idle: Alarm;
  #closing = false;

  constructor(options: ConnectionOptions) {
    const { clock, direction, stack, onIdle } = options;
    this.#options = options;
    this.direction = direction;
    this.since = clock.now();
    this.stack = new LinkStack({ ...stack, clock });
    this.#idle = new Alarm(clock, onIdle);
  }

  /** Whether calls can be placed on it. */
  get isOpen(): boolean {
    return !this.#closing;
  }

  start(): void {
    this.#watch();
    this.stack.start();
  }

  onIncoming(handler: (call: IncomingCall) => void): void {
    this.stack.onIncoming((call) => {
      const incoming = new ModemIncomingCall(call, (circuit) => this.#settled(incoming, circuit));
      this.#use(incoming);
      handler(incoming);
    });
  }

  /** A call that waited for the connection goes on. */
  place(circuit: ModemCircuit, request: CallRequest): void {
    this.#join(circuit, this.stack.place(request));
  }

  /** Lets the circuits and the link end in good order. */
  close(done: () => void): void {
    if (this.#closing) return;
    this.#end();
    this.stack.stop(done);
  }

  /** It is gone. */
  lost(): void {
    this.#end();
    this.stack.lineDown();
  }

  #end(): void {
    this.#closing = true;
    this.#idle.set(undefined);
  }

  #settled(call: object, circuit: Circuit | undefined): Circuit | undefined {
    if (circuit === undefined) {
      this.#release(call);
      return undefined;
    }
    const joined = new ModemCircuit(circuit, this.#options.post);
    this.#join(joined, circuit);
    this.#release(call);
    return joined;
  }

  #join(circuit: ModemCircuit, inner: Circuit): void {
    this.#use(circuit);
    circuit.whenEnded = () => this.#release(circuit);
    circuit.join(inner);
  }

  #use(user: object): void {
    this.#users.add(user);
    this.#watch();
  }

  #release(user: object): void {
    if (this.#users.delete(user)) this.#watch();
  }

  #watch(): void {
    if (this.#closing) return;
    const { clock, idleMs } = this.#options;
    this.#idle.set(this.#users.size > 0 ? undefined : clock.now() + idleMs);
  }
}
