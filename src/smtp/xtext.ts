import { fromUtf8, isPrintable } from './octets.js';

/** Control characters, and what ends a line or a paragraph. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029]/u;

/**
 * Decodes xtext (RFC 3461 §4): `+` and two capital hexadecimal digits stand for an octet.
 *
 * @returns undefined where it is none, or where what comes out is not printable ASCII.
 */
export function decodeXtext(text: string): string | undefined {
  if (!/^(?:[!-*,-<>-~]|\+[0-9A-F]{2})*$/.test(text)) return undefined;
  const decoded = unescaped(text);
  return isPrintable(decoded) ? decoded : undefined;
}

/**
 * Decodes xtext whose octets are UTF-8, as a trusted host sends it with XCLIENT.
 *
 * @returns undefined where it is none, or where a control character is in it.
 */
export function decodeXtextUtf8(text: string): string | undefined {
  if (!/^(?:[!-*,-<>-~]|\+[0-9A-Fa-f]{2})*$/.test(text)) return undefined;
  const decoded = fromUtf8(unescaped(text));
  return decoded === undefined || UNPRINTABLE.test(decoded) ? undefined : decoded;
}

/**
 * Decodes the address of an original recipient of type `utf-8` (RFC 6533 §3): `\x{...}` stands for a character by its
 * number; characters that are not ASCII may stand for themselves.
 *
 * @returns undefined where it is none, or where a control character is in it.
 */
export function decodeUtf8Xtext(text: string): string | undefined {
  if (!/^(?:[!-*,-<>-[\]-~\u{a0}-\u{10ffff}]|\\x\{(?:[1-9A-F][0-9A-F]{1,5})\})*$/u.test(text))
    return undefined;
  let valid = true;
  const decoded = text.replace(/\\x\{([0-9A-F]+)\}/g, (_, digits: string) => {
    const code = Number.parseInt(digits, 16);
    valid &&= code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
    return valid ? String.fromCodePoint(code) : '';
  });
  return valid && !UNPRINTABLE.test(decoded) ? decoded : undefined;
}

/** RFC 3461 §4: whatever is no plain printable character becomes `+` and two digits. */
export function encodeXtext(text: string): string {
  return text.replace(/[^!-*,-<>-~]/gu, (character) =>
    Array.from(
      Buffer.from(character),
      (octet) => `+${octet.toString(16).toUpperCase().padStart(2, '0')}`,
    ).join(''),
  );
}

/** RFC 6533 §3, utf-8-addr-xtext: 7-bit, so that it fits wherever ORCPT does. */
export function encodeUtf8Xtext(text: string): string {
  return text.replace(
    /[^!-*,-<>-[\]-~]/gu,
    (character) => `\\x{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(2, '0')}}`,
  );
}

function unescaped(text: string): string {
  return text.replace(/\+([0-9A-Fa-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}
