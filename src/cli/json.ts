import { toHex } from '../core/index.js';

/** For `--json`: octets as hexadecimal digits, patterns and networks as they were written. */
export function toJson(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, member: unknown) => (member instanceof Uint8Array ? toHex(member) : member),
    2,
  );
}
