/**
 * Frame check sequence of 16 bits (ISO 3309; RFC 1662 appendix C): x^16 + x^12 + x^5 + 1, least significant
 * bit first, which reverses the polynomial to 8408.
 */
const POLYNOMIAL = 0x8408;
const INITIAL = 0xffff;

/** What the division leaves over a frame together with its intact FCS. */
const GOOD_RESIDUE = 0xf0b8;

/** What an octet leaves, and what it leaves when one, two or three octets of 0 follow: so four are divided in one step. */
const BY_ONE = Uint16Array.from({ length: 256 }, (_, octet) => {
  let remainder = octet;
  for (let bit = 0; bit < 8; bit++)
    remainder = (remainder & 1) === 1 ? (remainder >> 1) ^ POLYNOMIAL : remainder >> 1;
  return remainder;
});
const BY_TWO = followedByZero(BY_ONE);
const BY_THREE = followedByZero(BY_TWO);
const BY_FOUR = followedByZero(BY_THREE);

function followedByZero(remainders: Uint16Array): Uint16Array {
  return remainders.map((remainder) => (remainder >> 8) ^ (BY_ONE[remainder & 0xff] ?? 0));
}

/** The FCS of `octets`; it follows them on the line with its low octet first. */
export function fcs16(octets: Uint8Array): number {
  return divide(octets, 0, octets.length) ^ 0xffff;
}

/** Whether the octets from `start` up to, not including, `end` end with the FCS of those before. */
export function hasGoodFcs(octets: Uint8Array, start: number, end: number): boolean {
  return divide(octets, start, end) === GOOD_RESIDUE;
}

function divide(octets: Uint8Array, start: number, end: number): number {
  let remainder = INITIAL;
  let i = start;
  // Indices are octets, and `i` below the length: `?? 0` only tells the compiler, and costs nothing here.
  for (const last = end - 3; i < last; i += 4)
    remainder =
      (BY_FOUR[(remainder ^ (octets[i] ?? 0)) & 0xff] ?? 0) ^
      (BY_THREE[(remainder >> 8) ^ (octets[i + 1] ?? 0)] ?? 0) ^
      (BY_TWO[octets[i + 2] ?? 0] ?? 0) ^
      (BY_ONE[octets[i + 3] ?? 0] ?? 0);
  for (; i < end; i++) remainder = (remainder >> 8) ^ (BY_ONE[(remainder ^ (octets[i] ?? 0)) & 0xff] ?? 0);
  return remainder;
}
