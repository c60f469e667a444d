/** The first reading of a message: which of its entities must be changed, so that all of it is 7-bit, and how. */
import { type Decoded, decoded, fault } from '../core/index.js';
import { type Entity, type MimeHandler, MimeReader, type ReadFault } from './reader.js';

/**
 * keep      as it is
 * label     only what is said of the encoding changes: it is 7bit in truth, or once its parts are
 * quoted    becomes quoted-printable
 * base64    becomes base64
 * mendQ     says it is quoted-printable, and has octets that can't be
 * mendB     says it is base64, and has octets that can't be
 */
export type Decision = 'keep' | 'label' | 'quoted' | 'base64' | 'mendQ' | 'mendB';

export type MimeFault =
  | ReadFault
  /** RFC 6152 has no way for it; RFC 6531 has, with SMTPUTF8. */
  | 'header8bit'
  /** NUL or a bare CR or LF. */
  | 'headerOctets'
  /** A change would break the signature (RFC 1847 §2.1 asks for 7-bit content). */
  | 'signed'
  | 'unknownEncoding'
  /** A multipart without a delimiter, which may have no encoding (RFC 2045 §6.4). */
  | 'structure';

export interface SevenBitPlan {
  /** False: the message is 7-bit as it is, and says so. */
  readonly isNeeded: boolean;
  /** By index of the entity; what is not there is kept. */
  readonly decisions: ReadonlyMap<number, Decision>;
}

/** RFC 5321 §4.5.3.1.6, the line end not counted. */
const MAX_LINE = 998;

const CR = 0x0d;
const LF = 0x0a;

/** What of some content is not 7-bit text in lines. */
class Tally {
  length = 0;
  /** Octets that quoted-printable writes as three. */
  escapes = 0;
  /** 8-bit octets, NUL, bare CR or LF, lines too long. */
  isUnfit = false;
  #line = 0;
  #afterCr = false;

  add(octets: Uint8Array): void {
    this.length += octets.length;
    for (const octet of octets) {
      if (this.#afterCr !== (octet === LF)) this.isUnfit = true;
      this.#afterCr = octet === CR;
      if (octet === LF) this.#line = 0;
      else if (octet !== CR && ++this.#line > MAX_LINE) this.isUnfit = true;
      if (octet > 0x7e || octet === 0x3d || octet < 0x20) this.escapes++;
      if (octet > 0x7f || octet === 0) this.isUnfit = true;
    }
  }

  end(): void {
    if (this.#afterCr) this.isUnfit = true;
  }
}

export class Surveyor implements MimeHandler {
  readonly #reader = new MimeReader(this);
  readonly #decisions = new Map<number, Decision>();
  #tally = new Tally();
  #between = new Tally();
  #isNeeded = false;
  #fault: MimeFault | undefined;

  push(octets: Uint8Array): void {
    this.#reader.push(octets);
  }

  end(): Decoded<SevenBitPlan, MimeFault> {
    this.#reader.end();
    const why = this.#reader.fault ?? this.#fault;
    if (why !== undefined) return fault(why);
    return decoded({ isNeeded: this.#isNeeded || this.#between.isUnfit, decisions: this.#decisions });
  }

  field(_entity: Entity, _name: string, octets: Uint8Array): void {
    for (let at = 0; at < octets.length; ) {
      const lf = octets.indexOf(LF, at);
      const end = lf < 0 ? octets.length : lf + 1;
      this.#headerLine(octets.subarray(at, end));
      at = end;
    }
  }

  #headerLine(line: Uint8Array): void {
    const end = line.at(-1) === LF ? (line.at(-2) === CR ? -2 : -1) : undefined;
    const text = line.subarray(0, end);
    if (text.some((octet) => octet > 0x7f)) this.#fault ??= 'header8bit';
    else if (text.includes(0) || text.includes(CR)) this.#fault ??= 'headerOctets';
    else if (text.length > MAX_LINE) this.#fault ??= 'headerTooLong';
  }

  headerEnd(entity: Entity): void {
    this.#tally = new Tally();
    // The label of a signed part is signed as well; the content is 7-bit, or all of it will be refused.
    const isLabelled = entity.encoding === '8bit' || entity.encoding === 'binary';
    if (entity.isContainer && isLabelled && !entity.signed) this.#decide(entity, 'label');
  }

  content(_entity: Entity, octets: Uint8Array): void {
    this.#tally.add(octets);
  }

  contentEnd(entity: Entity): void {
    this.#tally.end();
    if (!this.#tally.isUnfit) {
      const isEmpty = this.#tally.length === 0; // and its header may have no end
      if (!isEmpty && !entity.signed && (entity.encoding === '8bit' || entity.encoding === 'binary'))
        this.#decide(entity, 'label');
    } else if (entity.signed) this.#fault ??= 'signed';
    else this.#encode(entity);
  }

  between(octets: Uint8Array): void {
    this.#between.add(octets);
  }

  delimiter(): void {}

  #encode(entity: Entity): void {
    const { type, subtype } = entity.contentType;
    switch (entity.encoding) {
      case undefined:
      case '':
      case '7bit':
      case '8bit':
      case 'binary':
        if (type === 'multipart' || (type === 'message' && subtype === 'rfc822')) this.#fault ??= 'structure';
        else this.#decide(entity, this.#shorter(type));
        return;
      case 'quoted-printable':
        this.#decide(entity, 'mendQ');
        return;
      case 'base64':
        this.#decide(entity, 'mendB');
        return;
      default:
        this.#fault ??= 'unknownEncoding';
    }
  }

  /** Text stays readable, unless most of it is not ASCII: octets cost money. Base64 makes 78 octets of 57. */
  #shorter(type: string): Decision {
    const { length, escapes } = this.#tally;
    const isText = type === 'text' || type === 'message';
    return isText && length + 2 * escapes <= (length * 78) / 57 + 100 ? 'quoted' : 'base64';
  }

  #decide(entity: Entity, decision: Decision): void {
    this.#decisions.set(entity.index, decision);
    this.#isNeeded = true;
  }
}
