const BLOCK_OCTETS = 16 * 1024;

let block = new Uint8Array(BLOCK_OCTETS);
let used = 0;

/**
 * A new array of zeros. Frames and packets are cut from a common block, for a small `Uint8Array` with a store of its own
 * takes longer to make than a frame to decode. What is cut off belongs to whoever asked; a block lives as long as any part.
 */
export function allocate(length: number): Uint8Array {
  if (length > BLOCK_OCTETS / 8) return new Uint8Array(length);
  if (used + length > BLOCK_OCTETS) {
    block = new Uint8Array(BLOCK_OCTETS);
    used = 0;
  }
  used += length;
  return block.subarray(used - length, used);
}
