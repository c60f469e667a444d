/** The octets that mean something in lines and in data. */
export const LF = 0x0a;
export const CR = 0x0d;
export const DOT = 0x2e;

export const CRLF = Uint8Array.of(CR, LF);
export const NOTHING = new Uint8Array(0);

/** One character per octet, so that nothing is lost or joined before the text is checked. */
export function toLatin1(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1');
}

/** Where `octet` stands next at or after `from`; the length when it does not. */
export function find(octets: Uint8Array, octet: number, from: number): number {
  const at = octets.indexOf(octet, from);
  return at < 0 ? octets.length : at;
}

/** Whether a character is one of printable ASCII, space included. */
export function isPrintable(text: string): boolean {
  return /^[ -~]*$/.test(text);
}

/** Text that may go into a line, a log or a report: whatever is not printable ASCII becomes `?`. */
export function printable(text: string): string {
  return isPrintable(text) ? text : text.replace(/\t/g, ' ').replace(/[^ -~]/g, '?');
}

export function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text of one character per octet, read as UTF-8; undefined where it is none. */
export function fromUtf8(latin1: string): string | undefined {
  if (isAscii(latin1)) return latin1;
  try {
    return UTF8.decode(Buffer.from(latin1, 'latin1'));
  } catch {
    return undefined;
  }
}
