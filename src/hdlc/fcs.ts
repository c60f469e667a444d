/**
 * Frame check sequence of 16 bits (ISO 3309; RFC 1662 appendix C): x^16 + x^12 + x^5 + 1, least significant
 * bit first, which reverses the polynomial to 8408.
 */
const POLYNOMIAL = 0x8408;
const INITIAL = 0xffff;

/** What the division leaves over a frame together with its intact FCS. */
const GOOD_RESIDUE = 0xf0b8;

const TABLE = Uint16Array.from({ length: 256 }, (_, octet) => {
  let remainder = octet;
  for (let bit = 0; bit < 8; bit++)
    remainder = (remainder & 1) === 1 ? (remainder >> 1) ^ POLYNOMIAL : remainder >> 1;
  return remainder;
});

/** The FCS of `octets`; it follows them on the line with its low octet first. */
export function fcs16(octets: Uint8Array): number {
  return divide(octets, octets.length) ^ 0xffff;
}

/** Whether the first `length` of `octets` end with the FCS of those before. */
export function hasGoodFcs(octets: Uint8Array, length: number): boolean {
  return divide(octets, length) === GOOD_RESIDUE;
}

function divide(octets: Uint8Array, length: number): number {
  let remainder = INITIAL;
  // The index is an octet and `i` below the length: `?? 0` only tells the compiler, and costs nothing here.
  for (let i = 0; i < length; i++)
    remainder = (remainder >> 8) ^ (TABLE[(remainder ^ (octets[i] ?? 0)) & 0xff] ?? 0);
  return remainder;
}
