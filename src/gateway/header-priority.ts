import { fieldName, fieldValue, splitFields } from '../mime/index.js';

/** A header is looked at no further. */
const MOST = 32 * 1024;
const END = '\r\n\r\n';

/** RFC 2156 §5.3.6, and what programs have made of it; as levels of RFC 6710 Appendix B. */
const URGENT = 4;
const NOT_URGENT = -4;

/** In the order in which they are believed. */
const FIELDS: ReadonlyMap<string, (value: string) => number | undefined> = new Map([
  ['priority', (value) => levelOf(value, 'urgent', 'normal', 'non-urgent')],
  // 1 is the highest of five, often with a word behind it.
  ['x-priority', (value) => (/^[1-5]\b/.test(value) ? (3 - Number(value[0])) * 2 : undefined)],
  ['importance', (value) => levelOf(value, 'high', 'normal', 'low')],
]);

/** How urgent the header of a message says that it is, read while the message streams by. */
export class HeaderPriority {
  #text = '';
  #isOver = false;

  /** @param octets a piece of the message, lines ended by CR LF. */
  pass(octets: Uint8Array): void {
    if (this.#isOver) return;
    const from = Math.max(0, this.#text.length - END.length + 1);
    const { buffer, byteOffset, length } = octets;
    this.#text += Buffer.from(buffer, byteOffset, Math.min(length, MOST - this.#text.length)).toString(
      'latin1',
    );
    const end = this.#text.indexOf(END, from);
    if (end >= 0) this.#text = this.#text.slice(0, end + 2);
    this.#isOver = end >= 0 || this.#text.length >= MOST;
  }

  /** Undefined where it says nothing. */
  get value(): number | undefined {
    const fields = splitFields(this.#text);
    for (const [name, read] of FIELDS) {
      const field = fields.find((candidate) => fieldName(candidate) === name);
      const level = field === undefined ? undefined : read(fieldValue(field).toLowerCase());
      if (level !== undefined) return level;
    }
    return undefined;
  }
}

function levelOf(value: string, high: string, normal: string, low: string): number | undefined {
  if (value === high) return URGENT;
  if (value === normal) return 0;
  return value === low ? NOT_URGENT : undefined;
}
