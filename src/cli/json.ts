import { toHex } from '../core/index.js';

/** For `--json`: octets as hexadecimal digits, maps as objects, patterns and networks as they were written. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => plain(member), 2);
}

function plain(member: unknown): unknown {
  if (member instanceof Uint8Array) return toHex(member);
  return member instanceof Map ? Object.fromEntries(member) : member;
}
