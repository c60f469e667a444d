import { toHex } from '../core/index.js';

/** What is not to be printed, though the rest of a configuration is. */
const SECRETS: ReadonlySet<string> = new Set(['userIdentification']);

/** For `--json`: octets as hexadecimal digits, maps as objects, patterns and networks as they were written. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (key, member: unknown) => (SECRETS.has(key) ? 'not shown' : plain(member)), 2);
}

function plain(member: unknown): unknown {
  if (member instanceof Uint8Array) return toHex(member);
  return member instanceof Map ? Object.fromEntries(member) : member;
}
