/**
 * Reads a message as a stream and tells where its entities begin and end (RFC 2046 §5.1).
 *
 * Memory is bounded: of the header one field is held, of the content one line that may be a delimiter, and of the
 * structure the delimiters that are open. What goes beyond that is a fault, and read on as content.
 */
import { concat } from '../core/index.js';
import { type ContentType, fieldName, fieldValue, MAX_BOUNDARY, parseContentType } from './header.js';

export interface Entity {
  /** In the order in which they begin. */
  readonly index: number;
  /** Under multipart/signed or multipart/encrypted: a change is seen (RFC 1847 §2.1). */
  readonly signed: boolean;
  /** Its header is that of a message; else that of a part of one. */
  readonly isMessage: boolean;
  /** Known when the header is over, as the rest is. */
  contentType: ContentType;
  hasContentType: boolean;
  hasMimeVersion: boolean;
  /** Lower case; undefined where the header does not say. */
  encoding: string | undefined;
  /** It holds entities, and has no content of its own. */
  isContainer: boolean;
}

export type ReadFault = 'headerTooLong' | 'tooComplex';

/** All octets of the message are told, in order; after a fault some may be missing. */
export interface MimeHandler {
  /** A whole field with its line ends. @param name lower case, empty for a line that is no field. */
  field(entity: Entity, name: string, octets: Uint8Array): void;
  /** @param blank the empty line behind it; empty where it is missing. */
  headerEnd(entity: Entity, blank: Uint8Array): void;
  /** Content of an entity that is no container. */
  content(entity: Entity, octets: Uint8Array): void;
  contentEnd(entity: Entity): void;
  /** What stands before the first and after the last part, and is nobody's. */
  between(octets: Uint8Array): void;
  /** A delimiter line, with the end of the line before it. */
  delimiter(octets: Uint8Array): void;
}

interface OpenMultipart {
  readonly boundary: string;
  readonly digest: boolean;
  readonly signed: boolean;
}

type Mode = 'header' | 'content' | 'between';

const CR = 0x0d;
const LF = 0x0a;
const DASH = 0x2d;
const NOTHING = new Uint8Array(0);

const MAX_DELIMITER = MAX_BOUNDARY + 100;
const MAX_HEADER_LINE = 4096;
const MAX_FIELD = 64 * 1024;
const MAX_DEPTH = 50;
const MAX_ENTITIES = 10_000;

export class MimeReader {
  readonly #handler: MimeHandler;
  readonly #open: OpenMultipart[] = [];
  #mode: Mode = 'header';
  #entity: Entity;
  #entities = 0;
  #fault: ReadFault | undefined;
  /** The start of a line that is not complete. */
  #held: Uint8Array = NOTHING;
  #atLineStart = true;
  /** The end of the last line of content: it belongs to the delimiter if one follows. */
  #lineEnd: Uint8Array = NOTHING;
  #field: Uint8Array[] = [];
  #fieldLength = 0;

  constructor(handler: MimeHandler) {
    this.#handler = handler;
    this.#entity = this.#newEntity(true, false);
  }

  get fault(): ReadFault | undefined {
    return this.#fault;
  }

  push(octets: Uint8Array): void {
    const input = this.#held.length === 0 ? octets : concat([this.#held, octets]);
    this.#held = NOTHING;
    for (let at = 0; at < input.length; )
      at = this.#mode === 'header' ? this.#headerLine(input, at) : this.#contentLines(input, at);
  }

  end(): void {
    const rest = this.#held;
    this.#held = NOTHING;
    if (rest.length > 0) {
      const isDelimiter = this.#atLineStart && this.#delimiter(rest);
      if (!isDelimiter && this.#mode === 'header') this.#line(rest);
      else if (!isDelimiter) this.#tell(rest);
    }
    if (this.#lineEnd.length > 0) this.#tellPiece(this.#lineEnd);
    this.#endEntity();
  }

  // ---------------------------------------------------------------- lines

  #headerLine(input: Uint8Array, at: number): number {
    const lf = input.indexOf(LF, at);
    if (lf < 0 && input.length - at <= MAX_HEADER_LINE) {
      this.#held = input.slice(at);
      return input.length;
    }
    if (lf < 0 || lf - at > MAX_HEADER_LINE) return this.#breakHeader('headerTooLong', at);
    const line = input.subarray(at, lf + 1);
    if (!this.#delimiter(line)) this.#line(line);
    return lf + 1;
  }

  #line(line: Uint8Array): void {
    const [first] = line;
    if (first === LF || (first === CR && line[1] === LF)) {
      this.#endHeader(line);
      return;
    }
    const isContinued = (first === 0x20 || first === 0x09) && this.#fieldLength > 0;
    if (!isContinued) this.#endField();
    if (this.#fieldLength + line.length > MAX_FIELD) {
      this.#breakHeader('headerTooLong', 0);
      return;
    }
    // The input is whoever gave it's: a field may outlive it.
    this.#field.push(line.slice());
    this.#fieldLength += line.length;
  }

  /** Tells content up to the next delimiter, or all. @returns how far it came. */
  #contentLines(input: Uint8Array, from: number): number {
    for (let at = from; ; ) {
      if (this.#atLineStart && input[at] === DASH && this.#open.length > 0) {
        const lf = input.indexOf(LF, at);
        if (lf < 0 && input.length - at <= MAX_DELIMITER) {
          this.#tell(input.subarray(from, at));
          this.#held = input.slice(at);
          return input.length;
        }
        if (
          lf >= 0 &&
          lf - at <= MAX_DELIMITER &&
          this.#boundaryOf(input.subarray(at, lf + 1)) !== undefined
        ) {
          this.#tell(input.subarray(from, at));
          this.#delimiter(input.subarray(at, lf + 1));
          return lf + 1;
        }
      }
      const lf = input.indexOf(LF, at);
      if (lf < 0) return this.#lastPiece(input, from, at);
      at = lf + 1;
      this.#atLineStart = true;
      if (at === input.length) {
        this.#tell(input.subarray(from));
        return at;
      }
    }
  }

  /** The rest has no line end, and its last octet may be the first half of one. */
  #lastPiece(input: Uint8Array, from: number, lineStart: number): number {
    const end = input[input.length - 1] === CR ? input.length - 1 : input.length;
    this.#tell(input.subarray(from, end));
    this.#held = input.slice(end);
    if (end > lineStart) this.#atLineStart = false;
    return input.length;
  }

  /** @param octets end with a line, or in the middle of the last one. */
  #tell(octets: Uint8Array): void {
    if (octets.length === 0) return;
    const before = this.#lineEnd;
    this.#lineEnd = lineEndOf(octets);
    if (before.length > 0) this.#tellPiece(before);
    if (octets.length > this.#lineEnd.length)
      this.#tellPiece(octets.subarray(0, octets.length - this.#lineEnd.length));
  }

  #tellPiece(octets: Uint8Array): void {
    if (this.#mode === 'content') this.#handler.content(this.#entity, octets);
    else this.#handler.between(octets);
  }

  // ---------------------------------------------------------------- entities

  /** The position of the multipart that the line delimits, innermost first; undefined where it is no delimiter. */
  #boundaryOf(line: Uint8Array): { readonly at: number; readonly isLast: boolean } | undefined {
    if (line[0] !== DASH || line[1] !== DASH) return undefined;
    const text = Buffer.from(line.buffer, line.byteOffset, line.length).toString('latin1').slice(2).trimEnd();
    for (let at = this.#open.length - 1; at >= 0; at--) {
      const boundary = this.#open[at]?.boundary;
      if (text === boundary) return { at, isLast: false };
      if (text === `${boundary}--`) return { at, isLast: true };
    }
    return undefined;
  }

  #delimiter(line: Uint8Array): boolean {
    const found = this.#boundaryOf(line);
    if (found === undefined) return false;
    const lineEnd = this.#lineEnd;
    this.#lineEnd = NOTHING;
    this.#endEntity();
    this.#handler.delimiter(lineEnd.length === 0 ? line : concat([lineEnd, line]));
    this.#open.length = found.isLast ? found.at : found.at + 1;
    this.#atLineStart = true;
    const parent = this.#open[found.at];
    if (this.#entities >= MAX_ENTITIES) this.#fault ??= 'tooComplex';
    if (found.isLast || parent === undefined || this.#fault !== undefined) this.#mode = 'between';
    else {
      this.#entity = this.#newEntity(false, parent.signed, parent.digest);
      this.#mode = 'header';
    }
    return true;
  }

  #endEntity(): void {
    if (this.#mode === 'header') this.#endHeader(NOTHING);
    if (this.#mode === 'content') this.#handler.contentEnd(this.#entity);
    this.#mode = 'between';
  }

  #endField(): void {
    if (this.#fieldLength === 0) return;
    const octets = concat(this.#field);
    this.#field = [];
    this.#fieldLength = 0;
    const text = Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1');
    const name = fieldName(text);
    this.#learn(name, text);
    this.#handler.field(this.#entity, name, octets);
  }

  /** The first field of a name counts. */
  #learn(name: string, field: string): void {
    const entity = this.#entity;
    if (name === 'mime-version') entity.hasMimeVersion = true;
    if (name === 'content-transfer-encoding') entity.encoding ??= fieldValue(field).toLowerCase();
    if (name !== 'content-type' || entity.hasContentType) return;
    entity.hasContentType = true;
    entity.contentType = parseContentType(fieldValue(field)) ?? entity.contentType;
  }

  #endHeader(blank: Uint8Array): void {
    this.#endField();
    const entity = this.#entity;
    const { type, subtype, boundary } = entity.contentType;
    const isOpaque = !/^(?:|7bit|8bit|binary)$/.test(entity.encoding ?? '');
    const isMultipart = type === 'multipart' && boundary !== undefined && !isOpaque;
    const isMessage = type === 'message' && subtype === 'rfc822' && !isOpaque;
    const isDeep = this.#open.length >= MAX_DEPTH || this.#entities >= MAX_ENTITIES;
    if (isDeep && (isMultipart || isMessage)) this.#fault ??= 'tooComplex';
    entity.isContainer = (isMultipart || isMessage) && !isDeep && blank.length > 0;
    this.#handler.headerEnd(entity, blank);
    this.#mode = 'content';
    this.#atLineStart = true;
    if (!entity.isContainer) return;
    if (isMessage) {
      this.#entity = this.#newEntity(true, entity.signed);
      this.#mode = 'header';
    } else if (boundary !== undefined) {
      const signed = entity.signed || subtype === 'signed' || subtype === 'encrypted';
      this.#open.push({ boundary, digest: subtype === 'digest', signed });
      this.#mode = 'between';
    }
  }

  /** Something that is no header, or more than can be held: the rest is content. */
  #breakHeader(fault: ReadFault, at: number): number {
    this.#fault ??= fault;
    this.#field = [];
    this.#fieldLength = 0;
    this.#endHeader(NOTHING);
    return at;
  }

  #newEntity(isMessage: boolean, signed: boolean, digest = false): Entity {
    return {
      index: this.#entities++,
      signed,
      isMessage,
      contentType: digest ? { type: 'message', subtype: 'rfc822' } : { type: 'text', subtype: 'plain' },
      hasContentType: false,
      hasMimeVersion: false,
      encoding: undefined,
      isContainer: false,
    };
  }
}

function lineEndOf(octets: Uint8Array): Uint8Array {
  const { length } = octets;
  if (length === 0 || octets[length - 1] !== LF) return NOTHING;
  return octets.slice(length > 1 && octets[length - 2] === CR ? length - 2 : length - 1);
}
