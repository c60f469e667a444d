import addressparser from 'nodemailer/lib/addressparser';
import { fieldName } from '../../mime/index.js';
import { asciiDomain } from './authentication-results.js';

/** What is longer is not looked at: no real message needs more, and all of it is held. */
const MOST_HEADER_OCTETS = 64 * 1024;
/** mailauth takes time by the square of them. */
const MOST_HEADER_LINES = 2000;

const CR = 0x0d;
const LF = 0x0a;

export interface HeaderField {
  /** In small letters; empty for a line that is no field. */
  readonly name: string;
  /** As it stands in the message, name, folding and line end with it; an octet a character (latin1). */
  readonly line: string;
}

/** Collects the header section of a message while it comes in. */
export class HeaderSection {
  readonly #pieces: Uint8Array[] = [];
  #length = 0;
  #lines = 0;
  #lineIsEmpty = true;
  #state: 'open' | 'whole' | 'tooLong' = 'open';

  /** @param octets a piece of the message. @returns what of it belongs to the body. */
  pass(octets: Uint8Array): Uint8Array {
    if (this.#state !== 'open') return octets;
    const room = MOST_HEADER_OCTETS - this.#length;
    const end = this.#endIn(octets.subarray(0, room));
    if (end !== undefined) this.#state = this.#lines > MOST_HEADER_LINES ? 'tooLong' : 'whole';
    else if (octets.length > room) this.#state = 'tooLong';
    const own = octets.subarray(0, end ?? room);
    this.#pieces.push(own.slice());
    this.#length += own.length;
    return octets.subarray(own.length);
  }

  get isOver(): boolean {
    return this.#state !== 'open';
  }

  get isTooLong(): boolean {
    return this.#state === 'tooLong';
  }

  /** Of what came so far; a field that was cut off, or a line that is none, is among them. */
  fields(): HeaderField[] {
    const text = Buffer.concat(this.#pieces).toString('latin1');
    return (text.match(/[^\n]*\n(?:[ \t][^\n]*(?:\n|$))*|[^\n]+$/g) ?? [])
      .filter((line) => line.trim() !== '')
      .map((line) => ({ name: fieldName(line), line }));
  }

  /** An empty line ends it: LF, perhaps a CR, and LF; or one line too many. */
  #endIn(octets: Uint8Array): number | undefined {
    for (let i = 0; i < octets.length; i++) {
      if (octets[i] === LF) {
        this.#lines++;
        if (this.#lineIsEmpty || this.#lines > MOST_HEADER_LINES) return i + 1;
        this.#lineIsEmpty = true;
      } else if (octets[i] !== CR) {
        this.#lineIsEmpty = false;
      }
    }
    return undefined;
  }
}

/** The value of a field, unfolded. */
export function fieldValue({ line }: HeaderField): string {
  return Buffer.from(line.slice(line.indexOf(':') + 1), 'latin1')
    .toString('utf8')
    .replace(/\r?\n/g, '')
    .trim();
}

/** Domains of all authors (RFC 5322 §3.6.2) as they stand in DNS, in small letters, none twice. */
export function authorDomains(fields: readonly HeaderField[]): string[] {
  const from = fields.filter(({ name }) => name === 'from');
  const addresses = from.flatMap((field) => addressparser(fieldValue(field), { flatten: true }));
  const domains = addresses.map(({ address }) => domainOf(address));
  return [...new Set(domains)].filter((domain) => domain !== '');
}

/** What stands behind the last @ of an address, or all of it, as it stands in DNS. */
export function domainOf(address: string): string {
  return asciiDomain(address.slice(address.lastIndexOf('@') + 1).toLowerCase());
}
