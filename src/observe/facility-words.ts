/** Facilities in words (X.25 §7.2). Codes that we do not know are named, their parameters never shown. */
import { toHex } from '../core/index.js';
import type { Facilities, PerDirection } from '../x25/index.js';

const MARKER = 0x00;
const EXTENSION = 0xff;
const CLASS_D = 0b11;

/** Parameter octets to words; without parameters for what is nobody's business in a log (NUI, addresses). */
const WORDS: Readonly<Record<number, (parameters: Uint8Array) => string>> = {
  1: ([bits = 0]) => fastSelectAndCharging(bits),
  2: ([classes = 0]) => `throughput class ${classes & 0x0f}/${classes >> 4}`,
  3: (bcd) => `closed user group ${toHex(bcd)}`,
  4: () => 'charging information requested',
  8: () => 'called address modified',
  9: (bcd) => `closed user group ${toHex(bcd)} with outgoing access`,
  65: (bcd) => `bilateral closed user group ${toHex(bcd)}`,
  68: (bcd) => `transit network ${toHex(bcd)}`,
  71: (bcd) => `closed user group ${toHex(bcd)}`,
  72: (bcd) => `closed user group ${toHex(bcd)} with outgoing access`,
  73: ([high = 0, low = 0]) => `transit delay ${(high << 8) | low} ms`,
  193: (bcd) => `charged time ${toHex(bcd, ':')} (d:h:m:s)`,
  194: (bcd) => `charged segments ${chargedSegments(bcd)}`,
  195: () => 'redirected',
  196: (bcd) => `transit networks ${toHex(bcd)}`,
  197: () => 'charge',
  198: () => 'network user identification',
  201: () => 'called address extension',
  203: () => 'calling address extension',
};

/** What a marker says of the facilities behind it. Only those of X.25 itself have the meanings above (X.25 §7.1). */
const SECTIONS: Readonly<Record<number, Section>> = {
  0: { name: ' of the network', isStandard: false },
  15: { name: ' of the DTEs', isStandard: true },
  255: { name: ' of the remote network', isStandard: false },
};
const UNKNOWN_SECTION: Section = { name: ' of an unknown section', isStandard: false };

interface Section {
  readonly name: string;
  readonly isStandard: boolean;
}

/** Each facility in words, packet and window size first; the caller's value stands before the called side's. */
export function facilityWords({ packetSize, windowSize, other }: Facilities): string[] {
  return [
    ...(packetSize === undefined ? [] : [`packet size ${both(packetSize)}`]),
    ...(windowSize === undefined ? [] : [`window ${both(windowSize)}`]),
    ...otherWords(other ?? new Uint8Array(0)),
  ];
}

function both({ fromCalling, fromCalled }: PerDirection): string {
  return `${fromCalling}/${fromCalled}`;
}

/** The two top bits of a code are its class: one, two or three parameter octets, or a length octet before them. */
function otherWords(field: Uint8Array): string[] {
  const words: string[] = [];
  let section: Section = { name: '', isStandard: true };
  for (let at = 0; at < field.length; ) {
    const code = field[at] ?? 0;
    const kind = code >> 6;
    // An extended code (FF) is followed by the code proper, then as class D.
    const lengthAt = code === EXTENSION ? at + 2 : at + 1;
    const start = kind === CLASS_D ? lengthAt + 1 : at + 1;
    const end = kind === CLASS_D ? start + (field[lengthAt] ?? 0) : start + kind + 1;
    const parameters = field.subarray(start, end);
    if (code === MARKER) section = SECTIONS[parameters[0] ?? 0] ?? UNKNOWN_SECTION;
    else {
      const known = section.isStandard ? WORDS[code]?.(parameters) : undefined;
      words.push((known ?? `facility ${toHex(Uint8Array.of(code))}`) + section.name);
    }
    at = end;
  }
  return words;
}

function fastSelectAndCharging(bits: number): string {
  const words: string[] = [];
  if ((bits & 0xc0) === 0x80) words.push('fast select');
  if ((bits & 0xc0) === 0xc0) words.push('fast select with restricted response');
  if ((bits & 1) !== 0) words.push('reverse charging');
  return words.join(', ') || 'no fast select, no reverse charging';
}

/** n times 4 octets of BCD sent to the DTE and 4 from it. */
function chargedSegments(bcd: Uint8Array): string {
  const perRate: string[] = [];
  for (let at = 0; at + 8 <= bcd.length; at += 8)
    perRate.push(
      `${Number(toHex(bcd.subarray(at, at + 4)))} in, ${Number(toHex(bcd.subarray(at + 4, at + 8)))} out`,
    );
  return perRate.join('; ');
}
