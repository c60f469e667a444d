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
import { CLOSE_DIAGNOSTIC } from './diagnostics.js';
import { describeEnding, isOrderly } from './ending.js';
import { Joiner, type JoinerCount, LONGEST_SEQUENCE } from './joiner.js';

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
  #receiver: StreamReceiver | undefined;
  /** What came before there was a receiver; the packet window bounds it. */
  #untold: Array<(receiver: StreamReceiver) => void> = [];
  /** Written, not yet a sequence: fewer than 2048 octets. */
  #unsent: Uint8Array[] = [];
  #unsentOctets = 0;
  #mayWrite = true;
  #state: 'open' | 'clearing' | 'ended' = 'open';
  readonly #pauseAlarm: Alarm;

  /** @param around is given every event of the circuit, and what the stream does about it, to be called once. */
  constructor(
    circuit: Circuit,
    clock: Clock,
    around: (event: CircuitEvent, act: () => void) => void = (_event, act) => act(),
  ) {
    this.circuit = circuit;
    this.#clock = clock;
    this.#pauseAlarm = new Alarm(clock, () => this.#whenPaused());
    circuit.setListener((event) => around(event, () => this.#handle(event)));
  }

  setReceiver(receiver: StreamReceiver): void {
    this.#receiver = receiver;
    if (this.#untold.length > 0) this.#clock.wake(this.#clock.now(), () => this.#tellAll(receiver));
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
    this.clear(0x00, CLOSE_DIAGNOSTIC[why]);
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
    switch (event.type) {
      case 'piece':
        if (this.#state !== 'open') return; // nobody wants it any more
        this.#deliver(this.#joiner.receive(event.piece, this.#clock.now()));
        this.#acknowledge();
        this.#pauseAlarm.set(this.#joiner.nextDeadline());
        return;
      case 'ready':
        this.#mayWrite = true;
        if (this.#state === 'open') this.#tell((receiver) => receiver.ready());
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
    this.#tell((receiver) => receiver.ended({ inOrder: isOrderly(ending), reason: describeEnding(ending) }));
  }

  #deliver(octets: Uint8Array | undefined): void {
    if (octets !== undefined && this.#state === 'open') this.#tell((receiver) => receiver.octets(octets));
  }

  #tell(what: (receiver: StreamReceiver) => void): void {
    if (this.#receiver !== undefined && this.#untold.length === 0) what(this.#receiver);
    else this.#untold.push(what);
  }

  #tellAll(receiver: StreamReceiver): void {
    for (let what = this.#untold.shift(); what !== undefined; what = this.#untold.shift()) what(receiver);
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
