/** X.3 parameters as a PAD keeps them: what each may be, and the two standard profiles. */

interface Entry {
  readonly allows: (value: number) => boolean;
  /** Profile 90: simple standard profile. */
  readonly simple: number;
  /** Profile 91: transparent standard profile. */
  readonly transparent: number;
}

const upTo =
  (most: number) =>
  (value: number): boolean =>
    value <= most;
const isRecall = (value: number): boolean => value <= 1 || (value >= 32 && value <= 126);
const never = (): boolean => false;

/** 9600 bit/s, which only the line can change. */
const SPEED = 14;

const PARAMETERS: Readonly<Record<number, Entry>> = {
  1: { allows: isRecall, simple: 1, transparent: 0 },
  2: { allows: upTo(1), simple: 1, transparent: 0 },
  3: { allows: upTo(127), simple: 126, transparent: 0 },
  4: { allows: upTo(255), simple: 0, transparent: 20 },
  5: { allows: upTo(2), simple: 1, transparent: 0 },
  6: { allows: upTo(5), simple: 1, transparent: 0 },
  7: { allows: upTo(31), simple: 2, transparent: 2 },
  8: { allows: upTo(1), simple: 0, transparent: 0 },
  9: { allows: upTo(255), simple: 0, transparent: 0 },
  10: { allows: upTo(255), simple: 0, transparent: 0 },
  11: { allows: never, simple: SPEED, transparent: SPEED },
  12: { allows: upTo(1), simple: 1, transparent: 0 },
  13: { allows: upTo(7), simple: 0, transparent: 0 },
  14: { allows: upTo(255), simple: 0, transparent: 0 },
  15: { allows: upTo(1), simple: 0, transparent: 0 },
  16: { allows: upTo(127), simple: 127, transparent: 127 },
  17: { allows: upTo(127), simple: 24, transparent: 24 },
  18: { allows: upTo(127), simple: 18, transparent: 18 },
  19: { allows: upTo(126), simple: 1, transparent: 1 },
  20: { allows: upTo(255), simple: 0, transparent: 0 },
  21: { allows: upTo(3), simple: 0, transparent: 0 },
  22: { allows: upTo(255), simple: 0, transparent: 0 },
};

const PROFILES = { '90': 'simple', '91': 'transparent' } as const;

export type PadProfile = keyof typeof PROFILES;

export function isPadProfile(id: string): id is PadProfile {
  return id in PROFILES;
}

export class PadParameters {
  #values: Map<number, number>;

  constructor(profile: PadProfile) {
    this.#values = valuesOf(profile);
  }

  load(profile: PadProfile): void {
    this.#values = valuesOf(profile);
  }

  get(reference: number): number {
    return this.#values.get(reference) ?? 0;
  }

  /** @returns false for a parameter that is not known, or a value that it can't take. */
  set(reference: number, value: number): boolean {
    if (PARAMETERS[reference]?.allows(value) !== true) return false;
    this.#values.set(reference, value);
    return true;
  }

  /** `1:0,99:INV`, or all there are. */
  report(references: readonly number[]): string {
    const asked = references.length === 0 ? [...this.#values.keys()] : references;
    return asked.map((reference) => `${reference}:${this.#values.get(reference) ?? 'INV'}`).join(',');
  }
}

function valuesOf(profile: PadProfile): Map<number, number> {
  const column = PROFILES[profile];
  return new Map(Object.entries(PARAMETERS).map(([reference, entry]) => [Number(reference), entry[column]]));
}
