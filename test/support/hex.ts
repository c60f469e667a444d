import { fromHex } from '../../src/core/index.js';

/** Golden octets as they are printed: pairs of hexadecimal digits. */
export function hex(text: string): Uint8Array {
  const octets = fromHex(text);
  if (octets === undefined) throw new Error(`not hexadecimal: ${text}`);
  return octets;
}
