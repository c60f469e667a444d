/**
 * A call as people read it: time, an arrow between the two ends, the packet in words.
 *
 *      0.000  site-a  -->  network  CALL REQUEST to 26245300040 from 23421000001, ...
 *      0.412  site-a  <--  network  CALL CONNECTED, packet size 512/512, window 4/4
 *      0.655  site-a  <--  network  DATA 0 31 octets
 *                                     220 gw-b.example ESMTP
 *
 * DATA packets that follow each other in one direction, with the RR packets between them, are one line.
 */

import type { TraceEvent } from '../circuit/index.js';
import { decodePacket, type Packet } from '../x25/index.js';
import { describePacket } from './describe-packet.js';
import { SmtpWords } from './smtp-words.js';
import { senderOf, type TracedLink } from './traced-link.js';
import { count, duration } from './words.js';

export interface LadderOptions {
  /** Name of our end. */
  readonly us: string;
  /** Name of what is at the other end of the link. */
  readonly peer: string;
  /**
   * Show SMTP commands and replies that DATA packets carry. Only for mail that is the viewer's own, as in the
   * demonstration. Default false.
   */
  readonly text?: boolean;
}

interface Rung {
  readonly at: number;
  readonly direction: TraceEvent['direction'];
  readonly words: string;
  /** The dialogue that the packets carry. */
  readonly dialogue: readonly string[];
}

/**
 * @param events of one call, in order (see `callsOf`); frames are passed over.
 * @returns lines without line ends.
 */
export function ladder(link: TracedLink, events: Iterable<TraceEvent>, options: LadderOptions): string[] {
  const rungs = [...rungsOf(link, events, options.text === true)];
  const start = rungs[0]?.at ?? 0;
  return rungs.flatMap((rung) => {
    const time = ((rung.at - start) / 1000).toFixed(3).padStart(9);
    const arrow = rung.direction === 'sent' ? '-->' : '<--';
    const head = `${time}  ${options.us}  ${arrow}  ${options.peer}  `;
    const indent = ' '.repeat(head.length + 2);
    return [head + rung.words, ...rung.dialogue.map((line) => indent + line)];
  });
}

function* rungsOf(link: TracedLink, events: Iterable<TraceEvent>, text: boolean): Generator<Rung> {
  const smtp = text ? new SmtpWords() : undefined;
  let run: DataRun | undefined;
  for (const event of events) {
    if (event.layer !== 'packet') continue;
    const packet = decodePacket(event.octets, 8);
    if (packet.ok && (run?.take(event, packet.value) ?? false)) continue;
    if (run !== undefined) yield run.rung();
    run = packet.ok && isFolded(packet.value) ? new DataRun(event, packet.value, smtp) : undefined;
    if (run !== undefined) continue;
    const { at, direction } = event;
    const words = packet.ok
      ? describePacket(packet.value, senderOf(link, event))
      : `no packet of modulo 8 (${packet.fault}), ${count(event.octets.length, 'octet')}`;
    yield { at, direction, words, dialogue: [] };
  }
  if (run !== undefined) yield run.rung();
}

type FoldedPacket = Packet & { readonly type: 'data' | 'rr' };

function isFolded(packet: Packet): packet is FoldedPacket {
  return packet.type === 'data' || packet.type === 'rr';
}

/** DATA of one direction, and the RR packets of both that come meanwhile. */
class DataRun {
  readonly #start: TraceEvent;
  readonly #smtp: SmtpWords | undefined;
  readonly #dialogue: string[] = [];
  /** Of the first DATA packet; until one comes, the run is RR packets only. */
  #direction: TraceEvent['direction'] | undefined;
  #last: TraceEvent;
  #lastData: (Packet & { readonly type: 'data' }) | undefined;
  #packets = 0;
  #octets = 0;
  #acknowledgements = 0;

  constructor(event: TraceEvent, packet: FoldedPacket, smtp: SmtpWords | undefined) {
    this.#start = event;
    this.#last = event;
    this.#smtp = smtp;
    this.take(event, packet);
  }

  /** @returns false when the packet does not belong to this run. */
  take(event: TraceEvent, packet: Packet): boolean {
    if (packet.type === 'rr') this.#acknowledgements++;
    else if (packet.type === 'data' && this.#direction === undefined && this.#acknowledgements === 0) {
      this.#direction = event.direction;
      this.#data(event, packet);
    } else if (packet.type === 'data' && event.direction === this.#direction) this.#data(event, packet);
    else return false;
    return true;
  }

  #data(event: TraceEvent, packet: Packet & { readonly type: 'data' }): void {
    this.#last = event;
    this.#lastData = packet;
    this.#packets++;
    this.#octets += packet.payload.length;
    // Q-bit data is no SMTP (RFC 1090 §5).
    if (this.#smtp !== undefined && !packet.qualified)
      this.#dialogue.push(...this.#smtp.read(event.direction, packet.payload));
  }

  rung(): Rung {
    return {
      at: this.#start.at,
      direction: this.#direction ?? this.#start.direction,
      words: this.#words(),
      dialogue: this.#dialogue,
    };
  }

  #words(): string {
    const rr = this.#acknowledgements === 1 ? 'RR' : `${this.#acknowledgements} RR`;
    const data = this.#lastData;
    if (data === undefined) return rr;
    const also = this.#acknowledgements === 0 ? '' : `, ${rr}`;
    if (this.#packets === 1) {
      const bits = `${data.qualified ? ' (Q)' : ''}${data.confirm ? ' (D)' : ''}${data.more ? ' (M)' : ''}`;
      return `DATA ${data.ps}${bits} ${count(this.#octets, 'octet')}${also}`;
    }
    const time = duration(this.#last.at - this.#start.at);
    return `${this.#packets} DATA, ${count(this.#octets, 'octet')} in ${time}${also}`;
  }
}
