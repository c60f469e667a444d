/** How the values of facilities are written as parameter octets, and read (X.25 §7.2.2, §G.3). */
import { toHex } from '../../core/index.js';
import type {
  AddressExtension,
  ChargedSegments,
  EndToEndDelay,
  PerDirection,
  Redirection,
  ThroughputClass,
} from './facilities.js';
import type { Modulo } from './header.js';

/** One way to write a value; without the code, and the length that facilities of class D have. */
export interface Form<Value> {
  /** @returns undefined for a value that this form can't say. */
  write(value: Value, modulo: Modulo): ArrayLike<number> | undefined;
  /** Whether there can be so many parameter octets. */
  fits(length: number): boolean;
  /** @returns undefined for octets that mean nothing. */
  read(parameters: Uint8Array, modulo: Modulo): Value | undefined;
}

const exactly =
  (length: number) =>
  (given: number): boolean =>
    given === length;

export const packetSizes: Form<PerDirection> = {
  write: pairOf((size) => {
    const log2 = Math.log2(size);
    return Number.isInteger(log2) && log2 >= 4 && log2 <= 12 ? log2 : undefined;
  }),
  fits: exactly(2),
  read: pairFrom((log2) => (log2 >= 4 && log2 <= 12 ? 1 << log2 : undefined)),
};

const window = (size: number, modulo: Modulo): number | undefined =>
  Number.isInteger(size) && size >= 1 && size < modulo ? size : undefined;

export const windowSizes: Form<PerDirection> = {
  write: pairOf(window),
  fits: exactly(2),
  read: pairFrom(window),
};

type Coding = (value: number, modulo: Modulo) => number | undefined;

/** One octet each, first for what the called DTE sends. */
function pairOf(code: Coding) {
  return ({ fromCalled, fromCalling }: PerDirection, modulo: Modulo): number[] | undefined => {
    const [first, second] = [code(fromCalled, modulo), code(fromCalling, modulo)];
    return first === undefined || second === undefined ? undefined : [first, second];
  };
}

function pairFrom(meaning: Coding) {
  return ([first = 0, second = 0]: Uint8Array, modulo: Modulo): PerDirection | undefined => {
    const [fromCalled, fromCalling] = [meaning(first, modulo), meaning(second, modulo)];
    return fromCalled === undefined || fromCalling === undefined ? undefined : { fromCalled, fromCalling };
  };
}

const SLOWEST_CLASS = 3;
const BASIC_CLASSES = [75, 150, 300, 600, 1200, 2400, 4800, 9600, 19_200, 48_000, 64_000, 128_000, 192_000];
const LAST_CLASS = 44;

/**
 * Bit/s that a throughput class can name, from code 3 on (X.25 §7.2.2.2).
 * UNCLEAR X.25 §7.2.2.2: the values above 64 000 and the extended form stand only in editions after 1988, which were
 * not at hand: code 14 is 128 000, 15 is 192 000, each further one 64 000 more, up to 2 048 000.
 */
export const THROUGHPUT_CLASSES: readonly number[] = [
  ...BASIC_CLASSES,
  ...Array.from({ length: LAST_CLASS - 15 }, (_, i) => 192_000 + 64_000 * (i + 1)),
];

const codeOfClass = (speed: number): number | undefined => {
  const place = THROUGHPUT_CLASSES.indexOf(speed);
  return place === -1 ? undefined : SLOWEST_CLASS + place;
};
const classOfCode = (code: number): number | undefined => THROUGHPUT_CLASSES[code - SLOWEST_CLASS];

/** Half an octet each, the high one for what the called DTE sends. */
export const basicThroughput: Form<ThroughputClass> = {
  write({ fromCalled, fromCalling, extended }) {
    const [high, low] = [codeOfClass(fromCalled), codeOfClass(fromCalling)];
    const isBasic = high !== undefined && low !== undefined && high <= 0x0f && low <= 0x0f;
    return isBasic && extended !== true ? [(high << 4) | low] : undefined;
  },
  fits: exactly(1),
  read([octet = 0]) {
    const [fromCalled, fromCalling] = [classOfCode(octet >> 4), classOfCode(octet & 0x0f)];
    return fromCalled === undefined || fromCalling === undefined ? undefined : { fromCalled, fromCalling };
  },
};

const classPair = { write: pairOf(codeOfClass), read: pairFrom(classOfCode) };

export const extendedThroughput: Form<ThroughputClass> = {
  write: classPair.write,
  fits: exactly(2),
  read(parameters, modulo) {
    const value = classPair.read(parameters, modulo);
    if (value === undefined) return undefined;
    return basicThroughput.write(value, modulo) === undefined ? value : { ...value, extended: true };
  },
};

/** Exactly so many decimal digits, two per octet. */
export function digits(count: 2 | 4): Form<string> {
  return {
    write: (value) => (value.length === count ? bcd(value) : undefined),
    fits: exactly(count / 2),
    read: decimal,
  };
}

function bcd(text: string): number[] | undefined {
  return /^(\d\d)*$/.test(text) ? halves(text) : undefined;
}

function halves(text: string): number[] {
  return (text.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
}

function decimal(octets: Uint8Array): string | undefined {
  const text = toHex(octets);
  return /^\d*$/.test(text) ? text : undefined;
}

/** A network's DNIC. */
export const oneNetwork: Form<string | readonly string[]> = {
  ...digits(4),
  write: (value) => (typeof value === 'string' && value.length === 4 ? bcd(value) : undefined),
};

export const listOfNetworks: Form<string | readonly string[]> = {
  write(value) {
    const all = typeof value === 'string' ? [] : value;
    return all.length > 0 && all.every((each) => /^\d{4}$/.test(each)) ? bcd(all.join('')) : undefined;
  },
  fits: (length) => length > 0 && length % 2 === 0,
  read: (octets) => decimal(octets)?.match(/..../g) ?? undefined,
};

/** Yes is 1. */
export const yesOrNo: Form<boolean> = {
  write: (value) => [Number(value)],
  fits: exactly(1),
  read: ([octet = 0]) => (octet <= 1 ? octet === 1 : undefined),
};

export const oneOctet: Form<number> = {
  write: (value) => (isUnsigned(value, 0xff) ? [value] : undefined),
  fits: exactly(1),
  read: ([octet = 0]) => octet,
};

export const milliseconds: Form<number> = {
  write: (value) => (isUnsigned(value, 0xffff) ? word(value) : undefined),
  fits: exactly(2),
  read: (octets) => wordAt(octets, 0),
};

function isUnsigned(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= most;
}

const word = (value: number): number[] => [value >> 8, value & 0xff];
const wordAt = (octets: Uint8Array, at: number): number => ((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0);

/** As they are. */
export function anyOctets({ least = 0, most = 0xff } = {}): Form<Uint8Array> {
  const fits = (length: number): boolean => length >= least && length <= most;
  return {
    write: (value) => (fits(value.length) ? value : undefined),
    fits,
    read: (octets) => octets.slice(),
  };
}

export const priorities: Form<readonly number[]> = {
  write: (value) =>
    priorities.fits(value.length) && value.every((each) => isUnsigned(each, 0xff)) ? value : undefined,
  fits: (length) => length >= 1 && length <= 6,
  read: (octets) => [...octets],
};

/** One, two or three times 16 bits. */
export const delays: Form<EndToEndDelay> = {
  write({ cumulative, wanted, acceptable }) {
    const all = [cumulative, wanted, acceptable];
    const given = all.filter((value) => value !== undefined);
    const hasGap = all.slice(0, given.length).includes(undefined);
    return hasGap || !given.every((value) => isUnsigned(value, 0xffff)) ? undefined : given.flatMap(word);
  },
  fits: (length) => length === 2 || length === 4 || length === 6,
  read: (octets) => ({
    cumulative: wordAt(octets, 0),
    ...(octets.length > 2 && { wanted: wordAt(octets, 2) }),
    ...(octets.length > 4 && { acceptable: wordAt(octets, 4) }),
  }),
};

const SECONDS = [86_400, 3600, 60, 1];

/** Per tariff period days, hours, minutes and seconds, two digits each. */
export const durations: Form<readonly number[]> = {
  write: (periods) =>
    periods.every((seconds) => isUnsigned(seconds, 100 * 86_400 - 1))
      ? periods.flatMap(clockOctets)
      : undefined,
  fits: (length) => length % 4 === 0,
  read: (octets) => {
    const text = decimal(octets);
    return text === undefined ? undefined : (text.match(/.{8}/g) ?? []).map(secondsOf);
  },
};

function clockOctets(seconds: number): number[] {
  const parts = [seconds / 86_400, (seconds % 86_400) / 3600, (seconds % 3600) / 60, seconds % 60];
  return halves(parts.map((part) => Math.floor(part).toString().padStart(2, '0')).join(''));
}

function secondsOf(clock: string): number {
  return SECONDS.reduce((sum, unit, i) => sum + unit * Number(clock.slice(2 * i, 2 * i + 2)), 0);
}

/** Per tariff period eight digits of segments to the DTE, eight of those from it. */
export const segmentCounts: Form<readonly ChargedSegments[]> = {
  write(periods) {
    const counts = periods.flatMap(({ toDte, fromDte }) => [toDte, fromDte]);
    if (!counts.every((count) => isUnsigned(count, 99_999_999))) return undefined;
    return halves(counts.map((count) => count.toString().padStart(8, '0')).join(''));
  },
  fits: (length) => length % 8 === 0,
  read: (octets) =>
    decimal(octets)
      ?.match(/.{16}/g)
      ?.map((pair) => ({ toDte: Number(pair.slice(0, 8)), fromDte: Number(pair.slice(8)) })) ??
    (octets.length === 0 ? [] : undefined),
};

const MOST_ADDRESS_DIGITS = 17; // with type of address and numbering plan, when the A bit is set

/** Reason, number of digits, digits. */
export const redirection: Form<Redirection> = {
  write({ reason, address }) {
    const isNumber = /^\d*$/.test(address) && address.length <= MOST_ADDRESS_DIGITS;
    return isNumber && isUnsigned(reason, 0xff)
      ? [reason, address.length, ...halves(evened(address))]
      : undefined;
  },
  fits: (length) => length >= 2 && length <= 2 + Math.ceil(MOST_ADDRESS_DIGITS / 2),
  read(octets) {
    const [reason = 0, count = 0] = octets;
    const address = halfOctets(octets.subarray(2), count);
    return address !== undefined && /^\d*$/.test(address) ? { reason, address } : undefined;
  },
};

const evened = (text: string): string => (text.length % 2 === 0 ? text : `${text}0`);

/** @returns undefined when that many half-octets fill fewer or more octets than there are. */
function halfOctets(octets: Uint8Array, count: number): string | undefined {
  return Math.ceil(count / 2) === octets.length ? toHex(octets).slice(0, count) : undefined;
}

const EXTENSION_USES = ['nsap', 'partOfNsap', 'other'] as const;
const MOST_EXTENSION_DIGITS = 40;

/** Use in the two top bits and number of half-octets below; half-octets. */
export const addressExtension: Form<AddressExtension> = {
  write({ use, digits }) {
    const isWritable = /^[0-9A-F]*$/.test(digits) && digits.length <= MOST_EXTENSION_DIGITS;
    return isWritable
      ? [(EXTENSION_USES.indexOf(use) << 6) | digits.length, ...halves(evened(digits))]
      : undefined;
  },
  fits: (length) => length >= 1 && length <= 1 + MOST_EXTENSION_DIGITS / 2,
  read(octets) {
    const [first = 0] = octets;
    const use = EXTENSION_USES[first >> 6];
    const digits = halfOctets(octets.subarray(1), first & 0x3f);
    return use === undefined || digits === undefined ? undefined : { use, digits };
  },
};
