/** Arithmetic on sequence numbers (V(S), P(R), ...). All arguments are in 0 .. modulus - 1. */

/** How far `to` is ahead of `from`, counted upwards: 0 .. modulus - 1. */
export function distance(from: number, to: number, modulus: number): number {
  return to >= from ? to - from : to - from + modulus;
}

export function next(value: number, modulus: number): number {
  return value + 1 === modulus ? 0 : value + 1;
}

/** Whether `value` lies on the way from `low` up to `high`, both ends included. */
export function isBetween(low: number, value: number, high: number, modulus: number): boolean {
  return distance(low, value, modulus) <= distance(low, high, modulus);
}
