/** Joins pieces into one new array. */
export function concat(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1 && pieces[0] !== undefined) return pieces[0];
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

/** Octets as upper-case hexadecimal, `separator` between two octets. */
export function toHex(octets: Uint8Array, separator = ''): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, '0').toUpperCase()).join(separator);
}

/** @returns undefined when the text is not pairs of hexadecimal digits (white space allowed between pairs). */
export function fromHex(text: string): Uint8Array | undefined {
  const digits = text.replace(/\s+/g, '');
  if (digits.length % 2 !== 0 || /[^0-9a-f]/i.test(digits)) return undefined;
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  );
}

export function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, i) => octet === b[i]);
}

export function startsWith(octets: Uint8Array, prefix: Uint8Array): boolean {
  return prefix.length <= octets.length && prefix.every((octet, i) => octet === octets[i]);
}

/** ASCII text to octets. @throws RangeError on a character above 7F: protocol text is ours to get right. */
export function fromAscii(text: string): Uint8Array {
  const octets = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) throw new RangeError(`not ASCII at ${i}: ${JSON.stringify(text)}`);
    octets[i] = code;
  }
  return octets;
}
