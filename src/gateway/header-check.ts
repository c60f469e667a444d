import type { HeaderLimits, Refusal } from '../routing/index.js';

/** Longest piece of a line that matters. */
const NAME = 'received:';

/** Looks at the header of a message while it streams by: how long it is, and how many systems the message has passed. */
export class HeaderCheck {
  readonly #limits: HeaderLimits;
  #line = '';
  #isOver = false;
  #hops = 0;
  #octets = 0;

  constructor(limits: HeaderLimits) {
    this.#limits = limits;
  }

  /** Received fields. */
  get hops(): number {
    return this.#hops;
  }

  /** Why the message is not taken; to be asked when all of it has passed. */
  get refusal(): Refusal | undefined {
    const { hops, headerOctets } = this.#limits;
    // RFC 5321 §6.3
    if (this.#hops > hops)
      return refused({ code: 554, status: '5.4.6', text: 'the message goes round in circles' });
    if (this.#octets > headerOctets)
      return refused({
        code: 552,
        status: '5.3.4',
        text: `header too long, ${headerOctets} octets are taken`,
      });
    return undefined;
  }

  /** @param octets a piece of the message, lines ended by CR LF. */
  pass(octets: Uint8Array): void {
    for (let at = 0; at < octets.length && !this.#isOver; ) {
      const end = octets.indexOf(0x0a, at);
      const next = end < 0 ? octets.length : end + 1;
      const rest = NAME.length - this.#line.length;
      const piece = octets.subarray(at, Math.min(end < 0 ? next : end, at + Math.max(rest, 0)));
      this.#line += Buffer.from(piece).toString('latin1').toLowerCase();
      this.#octets += next - at;
      if (end < 0) return;
      this.#endLine();
      at = next;
    }
  }

  #endLine(): void {
    if (this.#line === NAME) this.#hops++;
    if (this.#line === '' || this.#line === '\r') this.#isOver = true;
    this.#line = '';
  }
}

function refused(reply: Refusal['reply']): Refusal {
  return { by: 'headerLimits', reply };
}
