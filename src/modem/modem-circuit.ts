import type {
  Circuit,
  CircuitEvent,
  CircuitTraffic,
  ClearReason,
  Originator,
  Piece,
} from '../circuit/index.js';

const NO_TRAFFIC: CircuitTraffic = {
  packetsSent: 0,
  packetsReceived: 0,
  octetsSent: 0,
  octetsReceived: 0,
  segmentsSent: 0,
  segmentsReceived: 0,
};

/** A circuit over a modem connection; until there is one, a call that waits for it. */
export class ModemCircuit implements Circuit {
  readonly id: string;
  readonly direction: Circuit['direction'];
  readonly called: string;
  readonly calling: string;
  /** Told once: it holds the connection, or waits for one, no longer. */
  whenEnded: () => void = () => {};
  readonly #post: (tell: () => void) => void;
  #inner: Circuit | undefined;
  #listener: (event: CircuitEvent) => void = () => {};
  #ended = false;

  /** @param post tells a listener later, in order. */
  constructor(
    what: Pick<Circuit, 'id' | 'direction' | 'called' | 'calling'>,
    post: (tell: () => void) => void,
  ) {
    this.#post = post;
    this.id = what.id;
    this.direction = what.direction;
    this.called = what.called;
    this.calling = what.calling;
  }

  get channel(): number | undefined {
    return this.#inner?.channel;
  }

  get traffic(): CircuitTraffic {
    return this.#inner?.traffic ?? NO_TRAFFIC;
  }

  setListener(listener: (event: CircuitEvent) => void): void {
    this.#listener = listener;
  }

  send(piece: Piece): boolean {
    if (this.#inner !== undefined) return this.#inner.send(piece);
    if (this.#ended) return true;
    throw new Error(`circuit ${this.id}: octets sent before it was connected`);
  }

  consumed(octets: number): void {
    this.#inner?.consumed(octets);
  }

  interrupt(octets: Uint8Array): boolean {
    return this.#inner?.interrupt(octets) ?? false;
  }

  reset(cause: number, diagnostic: number): void {
    this.#inner?.reset(cause, diagnostic);
  }

  clear(why: ClearReason): void {
    if (this.#inner !== undefined) this.#inner.clear(why);
    else this.fail('us', why);
  }

  // ---- for the modem

  /** There is a connection, and the circuit goes on as one of it. */
  join(inner: Circuit): void {
    this.#inner = inner;
    inner.setListener((event) => {
      if (event.type === 'cleared') this.#end();
      this.#listener(event);
    });
  }

  /** There won't be one. */
  fail(by: Originator, { cause, diagnostic }: ClearReason): void {
    if (this.#ended) return;
    this.#end();
    const ending = { by, cause, diagnostic, facilities: {}, userData: new Uint8Array() };
    this.#post(() => this.#listener({ type: 'cleared', ending }));
  }

  #end(): void {
    this.#ended = true;
    this.whenEnded();
  }
}
