/** Times and sizes as people write them: a whole number and its unit, `"100s"`, `"32MiB"`. */

const MILLISECONDS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const OCTETS = { B: 1, KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 } as const;

/** @returns milliseconds; undefined when the text is no time. */
export function parseDuration(text: string): number | undefined {
  return parseQuantity(text, MILLISECONDS);
}

/** @returns octets; undefined when the text is no size. */
export function parseSize(text: string): number | undefined {
  return parseQuantity(text, OCTETS);
}

/** The shortest way to write it that `parseDuration` reads as the same: `100s`, `4h`, `1500ms`. */
export function formatDuration(milliseconds: number): string {
  return formatQuantity(milliseconds, MILLISECONDS);
}

/** For what was calculated: tenths of a second are enough. `11.1s`, `277ms`, `4h`. */
export function formatRoundedDuration(milliseconds: number): string {
  if (milliseconds < 1_000 || milliseconds % 1_000 === 0) return formatDuration(Math.round(milliseconds));
  return `${(milliseconds / 1_000).toFixed(1)}s`;
}

/** The shortest way to write it that `parseSize` reads as the same. */
export function formatSize(octets: number): string {
  return formatQuantity(octets, OCTETS);
}

function parseQuantity(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, digits, unit] = /^(\d+)([A-Za-z]+)$/.exec(text) ?? [];
  if (digits === undefined || unit === undefined || !Object.hasOwn(units, unit)) return undefined;
  const quantity = Number(digits) * (units[unit] ?? 0);
  return Number.isSafeInteger(quantity) ? quantity : undefined;
}

function formatQuantity(quantity: number, units: Readonly<Record<string, number>>): string {
  const ascending = Object.entries(units);
  const [unit, factor] = ascending.findLast(([, size]) => quantity >= size && quantity % size === 0) ??
    ascending[0] ?? ['', 1];
  return `${quantity / factor}${unit}`;
}
