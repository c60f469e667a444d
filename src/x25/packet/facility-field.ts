import { concat, type Decoded, decoded, fault } from '../../core/index.js';
import type { Facilities } from './facilities.js';
import { DTE_FACILITIES, type FacilityEntry, type Written, X25_FACILITIES } from './facility-table.js';
import type { FieldFault } from './fault.js';
import type { Modulo } from './header.js';

/** Ends the X.25 facilities; the octet behind it says whose facilities follow (X.25 §7.1). */
const MARKER = 0x00;
const OF_DTES = 0x0f;
/** The next octet is an extended code; what follows is laid out as class D. */
const EXTENSION = 0xff;
const CLASS_D = 0b11;

/** The longest facility field taken; what we send may be longer by the 42 and 43 that we add. */
export const MOST_FACILITY_OCTETS = 109;

/**
 * The facility field, without its length octet: X.25 facilities, `other`, then marker and DTE facilities.
 * @throws RangeError on a value that has no code, or when it is all too long.
 */
export function encodeFacilities(facilities: Facilities, modulo: Modulo): Uint8Array {
  const octets = write(facilities, modulo);
  if (octets.length > 0xff) throw new RangeError(`facility field of ${octets.length} octets`);
  return octets;
}

/** How many octets they take, also where that is too much for a packet. @throws RangeError as above. */
export function facilityFieldLength(facilities: Facilities, modulo: Modulo): number {
  return write(facilities, modulo).length;
}

function write(facilities: Facilities, modulo: Modulo): Uint8Array {
  const { other, otherDte } = facilities;
  const ofDtes = writeAll(DTE_FACILITIES, facilities, modulo);
  if (otherDte !== undefined && otherDte.length > 0) ofDtes.push(otherDte);
  return concat([
    ...writeAll(X25_FACILITIES, facilities, modulo),
    ...(other === undefined ? [] : [other]),
    ...(ofDtes.length === 0 ? [] : [Uint8Array.of(MARKER, OF_DTES), ...ofDtes]),
  ]);
}

function writeAll(table: readonly FacilityEntry[], facilities: Facilities, modulo: Modulo): Uint8Array[] {
  return table.flatMap((entry) => {
    const written = entry.write(facilities, modulo);
    return written === undefined ? [] : [facilityOf(written)];
  });
}

function facilityOf({ code, parameters }: Written): Uint8Array {
  const { length } = parameters;
  return Uint8Array.from([code, ...(code >> 6 === CLASS_D ? [length] : []), ...Array.from(parameters)]);
}

/** Whether there is anything to send. */
export function hasFacilities(facilities: Facilities): boolean {
  return Object.values(facilities).some((value) => !(value instanceof Uint8Array) || value.length > 0);
}

type Section = 'x25' | 'dte' | 'network';

/** What a network puts behind its own marker is its own, whatever the code. */
const ENTRY_OF: Readonly<Record<Section, ReadonlyMap<number, FacilityEntry>>> = {
  x25: byCode(X25_FACILITIES),
  dte: byCode(DTE_FACILITIES),
  network: new Map(),
};

function byCode(table: readonly FacilityEntry[]): ReadonlyMap<number, FacilityEntry> {
  return new Map(table.flatMap((entry) => entry.codes.map((code) => [code, entry])));
}

/**
 * Reads a whole facility field (without its length octet). Codes we do not know are kept, not judged, and so is all
 * that a network put behind a marker of its own.
 */
export function decodeFacilities(field: Uint8Array, modulo: Modulo): Decoded<Facilities, FieldFault> {
  const all = field.length <= MOST_FACILITY_OCTETS ? splitFacilities(field) : undefined;
  if (all === undefined) return fault('facilityLength');
  const reader = new FieldReader(modulo);
  for (const facility of all) {
    const wrong = reader.read(facility);
    if (wrong !== undefined) return fault(wrong);
  }
  return decoded(reader.facilities);
}

class FieldReader {
  readonly #modulo: Modulo;
  #section: Section = 'x25';
  readonly #seen = new Set<FacilityEntry>();
  readonly #known: Partial<Facilities>[] = [];
  readonly #other: Uint8Array[] = [];
  readonly #otherDte: Uint8Array[] = [];

  constructor(modulo: Modulo) {
    this.#modulo = modulo;
  }

  get facilities(): Facilities {
    return {
      ...Object.assign({}, ...this.#known),
      ...(this.#other.length > 0 && { other: concat(this.#other) }),
      ...(this.#otherDte.length > 0 && { otherDte: concat(this.#otherDte) }),
    };
  }

  read(facility: Uint8Array): FieldFault | undefined {
    const [code = 0, whose] = facility;
    if (code === MARKER) this.#section = whose === OF_DTES ? 'dte' : 'network';
    const entry = ENTRY_OF[this.#section].get(code);
    if (entry !== undefined) return this.#readKnown(entry, code, facility);
    if (this.#section !== 'dte') this.#other.push(facility);
    else if (code !== MARKER) this.#otherDte.push(facility);
    return undefined;
  }

  #readKnown(entry: FacilityEntry, code: number, facility: Uint8Array): FieldFault | undefined {
    const parameters = facility.subarray(code >> 6 === CLASS_D ? 2 : 1);
    const says = this.#seen.has(entry) ? 'duplicateFacility' : entry.read(code, parameters, this.#modulo);
    if (typeof says === 'string') return this.#section === 'dte' ? 'dteFacility' : says;
    this.#seen.add(entry);
    this.#known.push(says);
    return undefined;
  }
}

/** Cuts a field into single facilities, each with its code. @returns undefined when the last one is cut short. */
export function splitFacilities(field: Uint8Array): Uint8Array[] | undefined {
  const facilities: Uint8Array[] = [];
  for (let at = 0; at < field.length; ) {
    const end = endOfFacility(field, at);
    if (end > field.length) return undefined;
    facilities.push(field.subarray(at, end));
    at = end;
  }
  return facilities;
}

/**
 * Where the facility that begins at `at` ends. The two top bits of the code are its class (X.25 §7.1):
 * 00 one parameter octet, 01 two, 10 three, 11 a length octet and that many.
 */
function endOfFacility(field: Uint8Array, at: number): number {
  const code = field[at] ?? 0;
  const kind = code >> 6;
  if (kind !== CLASS_D) return at + 2 + kind;
  const lengthAt = code === EXTENSION ? at + 2 : at + 1;
  return lengthAt + 1 + (field[lengthAt] ?? 0);
}
