/** A field of a frame or packet. */
export interface Field {
  /** First and last octet, counted from 1, from the beginning of what was given. */
  readonly octets: readonly [number, number];
  readonly name: string;
  readonly value: string;
}

export function field(from: number, to: number, name: string, value: string): Field {
  return { octets: [from, to], name, value };
}
