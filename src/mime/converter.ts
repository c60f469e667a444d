/** The second reading of a message: as it is, but for what the plan says (RFC 6152 §3, RFC 2045 §6). */
import { concat } from '../core/index.js';
import { Base64Encoder, Base64Mender } from './base64.js';
import { type ContentEncoder, UNCHANGED } from './encoder.js';
import { QuotedPrintableEncoder, QuotedPrintableMender } from './quoted-printable.js';
import { type Entity, type MimeHandler, MimeReader } from './reader.js';
import type { Decision, SevenBitPlan } from './survey.js';

const ENCODERS: Record<Decision, () => ContentEncoder> = {
  keep: () => UNCHANGED,
  label: () => UNCHANGED,
  quoted: () => new QuotedPrintableEncoder(),
  base64: () => new Base64Encoder(),
  mendQ: () => new QuotedPrintableMender(),
  mendB: () => new Base64Mender(),
};

/** What is said of the encoding afterwards; undefined: what was said before. */
const LABELS: Record<Decision, string | undefined> = {
  keep: undefined,
  label: '7bit',
  quoted: 'quoted-printable',
  base64: 'base64',
  mendQ: undefined,
  mendB: undefined,
};

/** Of a line between parts; what is longer is cut. */
const MAX_BETWEEN = 900;

export class SevenBitConverter implements MimeHandler {
  readonly #plan: SevenBitPlan;
  readonly #reader = new MimeReader(this);
  #out: Uint8Array[] = [];
  #encoder: ContentEncoder = UNCHANGED;
  #isLabelled = false;
  #betweenColumn = 0;
  #betweenCr = false;

  /** @param plan of the same octets. */
  constructor(plan: SevenBitPlan) {
    this.#plan = plan;
  }

  push(octets: Uint8Array): Uint8Array {
    this.#reader.push(octets);
    return this.#take();
  }

  end(): Uint8Array {
    this.#reader.end();
    return this.#take();
  }

  field(entity: Entity, name: string, octets: Uint8Array): void {
    const label = LABELS[this.#decisionOf(entity)];
    if (name !== 'content-transfer-encoding' || label === undefined) this.#tell(withCrlf(octets));
    else if (!this.#isLabelled) {
      this.#isLabelled = true;
      this.#say(`Content-Transfer-Encoding: ${label}\r\n`);
    }
  }

  headerEnd(entity: Entity, blank: Uint8Array): void {
    const decision = this.#decisionOf(entity);
    const label = LABELS[decision];
    if (label !== undefined && !this.#isLabelled) this.#say(`Content-Transfer-Encoding: ${label}\r\n`);
    if (label !== undefined && entity.isMessage && !entity.hasMimeVersion) {
      this.#say('MIME-Version: 1.0\r\n');
      // RFC 1428 §3: nobody knows in what character set it was written.
      if (!entity.hasContentType) this.#say('Content-Type: text/plain; charset=unknown-8bit\r\n');
    }
    this.#isLabelled = false;
    this.#tell(blank.length > 0 ? CRLF : blank);
    this.#encoder = ENCODERS[decision]();
  }

  content(_entity: Entity, octets: Uint8Array): void {
    this.#tell(this.#encoder.encode(octets));
  }

  contentEnd(): void {
    this.#tell(this.#encoder.end());
    this.#encoder = UNCHANGED;
  }

  /** Nobody's text: made fit rather than encoded. */
  between(octets: Uint8Array): void {
    let text = '';
    for (const octet of octets) {
      if (octet === LF) {
        text += '\r\n';
        this.#betweenColumn = 0;
      } else if (this.#betweenCr) text += '?';
      this.#betweenCr = octet === CR;
      if (octet === CR || octet === LF) continue;
      if (this.#betweenColumn++ > MAX_BETWEEN) {
        // The space keeps it from being taken for a delimiter.
        text += '\r\n ';
        this.#betweenColumn = 0;
      }
      text += octet > 0x7f || octet === 0 ? '?' : String.fromCharCode(octet);
    }
    this.#say(text);
  }

  delimiter(octets: Uint8Array): void {
    this.#betweenColumn = 0;
    this.#betweenCr = false;
    this.#tell(withCrlf(octets));
  }

  #decisionOf({ index }: Entity): Decision {
    return this.#plan.decisions.get(index) ?? 'keep';
  }

  #say(text: string): void {
    this.#tell(Buffer.from(text, 'latin1'));
  }

  #tell(octets: Uint8Array): void {
    if (octets.length > 0) this.#out.push(octets);
  }

  #take(): Uint8Array {
    const out = concat(this.#out);
    this.#out = [];
    return out;
  }
}

const CR = 0x0d;
const LF = 0x0a;
const CRLF = Uint8Array.of(CR, LF);

/** Lines of the header, or a delimiter, with the one line end that may be sent. */
function withCrlf(octets: Uint8Array): Uint8Array {
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1');
  return /(?<!\r)\n/.test(text) ? Buffer.from(text.replace(/(?<!\r)\n/g, '\r\n'), 'latin1') : octets;
}
