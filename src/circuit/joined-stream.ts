import {
  Alarm,
  type Clock,
  type CloseReason,
  Counters,
  concat,
  type OctetStream,
  type StreamReceiver,
} from '../core/index.js';
import type { Circuit, CircuitEvent, Ending } from './circuit.js';
import { describeEnding, isOrderly } from './ending.js';
import { Joiner, type JoinerCount, LONGEST_SEQUENCE } from './joiner.js';

/** The diagnostic that tells the other end why we clear; the cause is 00, as from any DTE (ISO 8208 §12.1.1). */
export const CLOSE_DIAGNOSTICS = {
  sessionOver: 0xf1,
  shuttingDown: 0xa2,
  noResources: 0xa3,
  protocolError: 0xf2,
  timeout: 0xf2,
} as const satisfies Record<CloseReason, number>;

export type JoinedStreamCount = JoinerCount | 'interruptsIgnored';

/**
 * A circuit as a stream of octets, for those who know no packets (RFC 1090 §4).
 *
 * Sending, a sequence is one write that ends one (a command, a reply, a batch) or 2048 octets of a longer one. Octets
 * written without an end wait until 2048 are together, so that no packet goes out half full for nothing.
 */
export class JoinedStream implements OctetStream {
  readonly circuit: Circuit;
  readonly #clock: Clock;
  readonly #joiner = new Joiner();
  readonly #counters = new Counters<JoinedStreamCount>();
  readonly #watch: (event: CircuitEvent) => void;
  #receiver: StreamReceiver | undefined;
  /** Written, not yet a sequence: fewer than 2048 octets. */
  #unsent: Uint8Array[] = [];
  #unsentOctets = 0;
  #mayWrite = true;
  #state: 'open' | 'clearing' | 'ended' = 'open';
  readonly #pauseAlarm: Alarm;

  /** @param watch is told every event of the circuit, before the stream acts on it. */
  constructor(circuit: Circuit, clock: Clock, watch: (event: CircuitEvent) => void = () => {}) {
    this.circuit = circuit;
    this.#clock = clock;
    this.#watch = watch;
    this.#pauseAlarm = new Alarm(clock, () => this.#whenPaused());
    circuit.setListener((event) => this.#handle(event));
  }

  setReceiver(receiver: StreamReceiver): void {
    this.#receiver = receiver;
  }

  write(octets: Uint8Array, endOfSequence: boolean): boolean {
    if (this.#state !== 'open') return true;
    this.#unsent.push(octets);
    this.#unsentOctets += octets.length;
    if (endOfSequence || this.#unsentOctets >= LONGEST_SEQUENCE) this.#sendSequences(endOfSequence);
    return this.#mayWrite;
  }

  consumed(octets: number): void {
    this.#joiner.consumed(octets);
    this.#acknowledge();
  }

  /** A clear overtakes what is still on its way; RFC 1090 §9 says who may do this when. */
  close(): void {
    this.abort('sessionOver');
  }

  abort(why: CloseReason): void {
    this.clear(0x00, CLOSE_DIAGNOSTICS[why]);
  }

  /** As `abort`, with codes of the caller's choice. */
  clear(cause: number, diagnostic: number): void {
    if (this.#state !== 'open') return;
    this.#state = 'clearing';
    this.#unsent = [];
    this.#unsentOctets = 0;
    this.#pauseAlarm.set(undefined);
    this.circuit.clear({ cause, diagnostic });
  }

  count(name: JoinedStreamCount): number {
    return this.#counters.get(name) + this.#joiner.counters.get(name as JoinerCount);
  }

  #handle(event: CircuitEvent): void {
    this.#watch(event);
    switch (event.type) {
      case 'piece':
        if (this.#state !== 'open') return; // nobody wants it any more
        this.#deliver(this.#joiner.receive(event.piece, this.#clock.now()));
        this.#acknowledge();
        this.#pauseAlarm.set(this.#joiner.nextDeadline());
        return;
      case 'ready':
        this.#mayWrite = true;
        if (this.#state === 'open') this.#receiver?.ready();
        return;
      case 'interrupt': // RFC 1090 §5
        this.#counters.add('interruptsIgnored');
        return;
      case 'reset':
        // Octets may be missing now, and nobody could tell where (RFC 1090 §6). What came before is whole.
        this.#deliver(this.#joiner.flush());
        this.abort('protocolError');
        return;
      case 'cleared':
        this.#end(event.ending);
        return;
      case 'requested':
      case 'connected':
      case 'delivered':
      case 'interruptConfirmed':
        return;
    }
  }

  #end(ending: Ending): void {
    if (this.#state === 'ended') return;
    this.#pauseAlarm.set(undefined);
    if (this.#state === 'open') this.#deliver(this.#joiner.flush());
    this.#state = 'ended';
    this.#receiver?.ended({ inOrder: isOrderly(ending), reason: describeEnding(ending) });
  }

  #deliver(octets: Uint8Array | undefined): void {
    if (octets !== undefined && this.#state === 'open') this.#receiver?.octets(octets);
  }

  #acknowledge(): void {
    if (this.#state !== 'open') return;
    const octets = this.#joiner.takeAcknowledgeable();
    if (octets > 0) this.circuit.consumed(octets);
  }

  #whenPaused(): void {
    this.#deliver(this.#joiner.handleTimeout(this.#clock.now()));
    this.#pauseAlarm.set(this.#joiner.nextDeadline());
  }

  #sendSequences(withRemainder: boolean): void {
    const octets = concat(this.#unsent);
    let at = 0;
    while (octets.length - at >= LONGEST_SEQUENCE || (withRemainder && at < octets.length)) {
      const sequence = octets.subarray(at, at + LONGEST_SEQUENCE);
      this.#mayWrite = this.circuit.send({ octets: sequence, more: false });
      at += sequence.length;
    }
    const rest = octets.subarray(at);
    this.#unsent = rest.length === 0 ? [] : [rest];
    this.#unsentOctets = rest.length;
  }
}
