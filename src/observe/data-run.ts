import type { TraceEvent } from '../circuit/index.js';
import type { Packet } from '../x25/index.js';
import type { SmtpWords } from './smtp-words.js';
import { count, duration } from './words.js';

type DataPacket = Packet & { readonly type: 'data' };
export type FoldedPacket = Packet & { readonly type: 'data' | 'rr' };

export function isFolded(packet: Packet): packet is FoldedPacket {
  return packet.type === 'data' || packet.type === 'rr';
}

/** DATA packets of one direction with the RR packets of both that come meanwhile; or RR packets alone. */
export class DataRun {
  readonly #start: TraceEvent;
  readonly #smtp: SmtpWords | undefined;
  readonly #dialogue: string[] = [];
  #lastAt: number;
  #lastData: DataPacket | undefined;
  #packets = 0;
  #octets = 0;
  #acknowledgements = 0;

  /** @param smtp absent: what the packets carry is not looked at. */
  constructor(start: TraceEvent, first: FoldedPacket, smtp: SmtpWords | undefined) {
    this.#start = start;
    this.#lastAt = start.at;
    this.#smtp = smtp;
    if (first.type === 'data') this.#take(start, first);
    else this.#acknowledgements = 1;
  }

  /** @returns whether the packet belongs to this run, and was taken. */
  takes(event: TraceEvent, packet: Packet): boolean {
    if (packet.type === 'rr') {
      this.#acknowledgements++;
      return true;
    }
    const goesOn = this.#lastData !== undefined && event.direction === this.#start.direction;
    if (packet.type !== 'data' || !goesOn) return false;
    this.#take(event, packet);
    return true;
  }

  #take(event: TraceEvent, packet: DataPacket): void {
    this.#lastAt = event.at;
    this.#lastData = packet;
    this.#packets++;
    this.#octets += packet.payload.length;
    // Q-bit data is no SMTP (RFC 1090 §5).
    if (this.#smtp !== undefined && !packet.qualified)
      this.#dialogue.push(...this.#smtp.read(event.direction, packet.payload));
  }

  get start(): TraceEvent {
    return this.#start;
  }

  /** The commands and replies that end in this run. */
  get dialogue(): readonly string[] {
    return this.#dialogue;
  }

  /** `DATA 3 (M) 128 octets, RR`, `14 DATA, 1792 octets in 4.2 s, 7 RR`, `RR`. */
  get words(): string {
    const rr = this.#acknowledgements === 1 ? 'RR' : `${this.#acknowledgements} RR`;
    const data = this.#lastData;
    if (data === undefined) return rr;
    const also = this.#acknowledgements === 0 ? '' : `, ${rr}`;
    if (this.#packets === 1) {
      const bits = `${data.qualified ? ' (Q)' : ''}${data.confirm ? ' (D)' : ''}${data.more ? ' (M)' : ''}`;
      return `DATA ${data.ps}${bits} ${count(this.#octets, 'octet')}${also}`;
    }
    const time = duration(this.#lastAt - this.#start.at);
    return `${this.#packets} DATA, ${count(this.#octets, 'octet')} in ${time}${also}`;
  }
}
