/** Turns the content of one entity into 7-bit lines, piece by piece. */
export interface ContentEncoder {
  encode(octets: Uint8Array): Uint8Array;
  end(): Uint8Array;
}

/** Content that is fit as it is. */
export const UNCHANGED: ContentEncoder = { encode: (octets) => octets, end: () => new Uint8Array(0) };
