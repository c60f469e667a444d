import { concat, type Decoded, decoded, fault } from '../../core/index.js';
import type { FieldFault } from './fault.js';
import type { Modulo } from './header.js';

/** A value per direction, named as X.25 §6.12 does: who sends the DATA packets it is about. */
export interface PerDirection {
  readonly fromCalled: number;
  readonly fromCalling: number;
}

/** Facilities of call set-up and clearing packets (X.25 §7), decoded as far as we know them. */
export interface Facilities {
  /** Code 42: octets of user data in a DATA packet, 16 .. 4096, a power of two. */
  readonly packetSize?: PerDirection;
  /** Code 43: window, 1 .. 7 (1 .. 127 in modulo 128). */
  readonly windowSize?: PerDirection;
  /** All other facilities, octet for octet in the order they came. */
  readonly other?: Uint8Array;
}

const PACKET_SIZE = 0x42;
const WINDOW_SIZE = 0x43;
/** Divides the X.25 facilities from those of a network or of the remote DTE (X.25 §7.1). */
const MARKER = 0x00;
/** The next octet is an extended code; what follows is laid out as class D. */
const EXTENSION = 0xff;
const CLASS_D = 0b11;

/** Fast select and reverse charging share this code. */
export const FAST_SELECT = 0x01;

/** The longest facility field taken; what we send may be longer by the 42 and 43 that we add. */
export const MOST_FACILITY_OCTETS = 109;

const LEAST_SIZE_LOG2 = 4;
const MOST_SIZE_LOG2 = 12;

/** @throws RangeError on a packet size or window that has no code. */
export function encodeFacilities(facilities: Facilities, modulo: Modulo): Uint8Array {
  const { packetSize, windowSize, other } = facilities;
  const parts: Uint8Array[] = [];
  if (packetSize !== undefined)
    parts.push(Uint8Array.of(PACKET_SIZE, sizeLog2(packetSize.fromCalled), sizeLog2(packetSize.fromCalling)));
  if (windowSize !== undefined)
    parts.push(
      Uint8Array.of(
        WINDOW_SIZE,
        checkedWindow(windowSize.fromCalled, modulo),
        checkedWindow(windowSize.fromCalling, modulo),
      ),
    );
  if (other !== undefined) parts.push(other);
  const octets = concat(parts);
  if (octets.length > 0xff) throw new RangeError(`facility field of ${octets.length} octets`);
  return octets;
}

function sizeLog2(size: number): number {
  const log2 = Math.log2(size);
  if (!Number.isInteger(log2) || log2 < LEAST_SIZE_LOG2 || log2 > MOST_SIZE_LOG2)
    throw new RangeError(`packet size ${size}: must be a power of two from 16 to 4096`);
  return log2;
}

function checkedWindow(window: number, modulo: Modulo): number {
  if (!Number.isInteger(window) || window < 1 || window >= modulo)
    throw new RangeError(`window size ${window}: must be 1 to ${modulo - 1}`);
  return window;
}

/** Reads a whole facility field (without its length octet). Codes we do not know are kept, not judged. */
export function decodeFacilities(field: Uint8Array, modulo: Modulo): Decoded<Facilities, FieldFault> {
  const all = field.length <= MOST_FACILITY_OCTETS ? splitFacilities(field) : undefined;
  if (all === undefined) return fault('facilityLength');
  const marker = all.findIndex(([code]) => code === MARKER);
  const local = marker === -1 ? all : all.slice(0, marker);
  const packetSize = readPair(local, PACKET_SIZE, sizeFromLog2);
  if (!packetSize.ok) return packetSize;
  const windowSize = readPair(local, WINDOW_SIZE, (value) =>
    value >= 1 && value < modulo ? value : undefined,
  );
  if (!windowSize.ok) return windowSize;
  const other = all.filter((facility) => !local.includes(facility) || !isFlowControl(facility));
  return decoded({
    ...(packetSize.value && { packetSize: packetSize.value }),
    ...(windowSize.value && { windowSize: windowSize.value }),
    ...(other.length > 0 && { other: concat(other) }),
  });
}

const isFlowControl = ([code]: Uint8Array): boolean => code === PACKET_SIZE || code === WINDOW_SIZE;

const sizeFromLog2 = (value: number): number | undefined =>
  value >= LEAST_SIZE_LOG2 && value <= MOST_SIZE_LOG2 ? 1 << value : undefined;

/** The facility with this code, if it is there; @param meaning undefined for an octet that is not allowed. */
function readPair(
  facilities: readonly Uint8Array[],
  code: number,
  meaning: (octet: number) => number | undefined,
): Decoded<PerDirection | undefined, FieldFault> {
  const [facility, second] = facilities.filter((each) => each[0] === code);
  if (facility === undefined) return decoded(undefined);
  if (second !== undefined) return fault('duplicateFacility');
  const [fromCalled, fromCalling] = [meaning(facility[1] ?? 0), meaning(facility[2] ?? 0)];
  if (fromCalled === undefined || fromCalling === undefined) return fault('facilityParameter');
  return decoded({ fromCalled, fromCalling });
}

/** Cuts a field into single facilities, each with its code. @returns undefined when the last one is cut short. */
function splitFacilities(field: Uint8Array): Uint8Array[] | undefined {
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

/**
 * The parameter octets of the first facility with this code among the X.25 facilities, before any marker
 * (class D: without the length octet). `code` may not be the extension FF.
 */
export function findFacility(facilities: Facilities, code: number): Uint8Array | undefined {
  for (const facility of splitFacilities(facilities.other ?? new Uint8Array(0)) ?? []) {
    if (facility[0] === MARKER) return undefined;
    if (facility[0] === code) return facility.subarray(code >> 6 === CLASS_D ? 2 : 1);
  }
  return undefined;
}

/** Fast select with restriction on response: the call may be cleared with data, not accepted (X.25 §6.16). */
export function isFastSelectRestricted(facilities: Facilities): boolean {
  return ((findFacility(facilities, FAST_SELECT)?.[0] ?? 0) & 0xc0) === 0xc0;
}
