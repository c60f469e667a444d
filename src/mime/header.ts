/** What the header of an entity says of its content (RFC 2045 §5, §6). */

export interface ContentType {
  /** Lower case. */
  readonly type: string;
  readonly subtype: string;
  readonly boundary?: string;
}

/** One character per octet. The name is in lower case; empty for a line that is no field. */
export function fieldName(field: string): string {
  return /^([!-9;-~]+)[ \t]*:/.exec(field)?.[1]?.toLowerCase() ?? '';
}

/** A header section as its fields, each with the lines that go on and its line end: behind each other they are the section. */
export function splitFields(header: string): string[] {
  return header === '' ? [] : header.split(/(?<=\r\n)(?![ \t])/);
}

/** What follows the colon, in one line, comments taken out (RFC 5322 §3.2.2). */
export function fieldValue(field: string): string {
  const value = field.slice(field.indexOf(':') + 1).replace(/\r?\n/g, '');
  let text = '';
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < value.length; at++) {
    const character = value[at] ?? '';
    const pair = character === '\\' ? value.slice(at, at + 2) : character;
    if (character === '"' && depth === 0) quoted = !quoted;
    if (character === '(' && !quoted) depth++;
    if (depth === 0) text += pair;
    if (character === ')' && !quoted && depth > 0) depth--;
    at += pair.length - 1;
  }
  return text.trim();
}

/** @returns undefined for what can't be read; such an entity counts as text (RFC 2045 §5.2). */
export function parseContentType(value: string): ContentType | undefined {
  const [, type, subtype, parameters = ''] =
    /^([^\s/;"]+)\s*\/\s*([^\s/;"]+)\s*(?:;([\s\S]*))?$/.exec(value) ?? [];
  if (type === undefined || subtype === undefined) return undefined;
  const boundary = boundaryOf(parameters);
  return {
    type: type.toLowerCase(),
    subtype: subtype.toLowerCase(),
    ...(boundary !== undefined && { boundary }),
  };
}

function boundaryOf(parameters: string): string | undefined {
  const parameter = /([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\[\s\S])*)"|([^\s;"]*))/g;
  for (const [, name, quoted, token] of parameters.matchAll(parameter)) {
    if (name?.toLowerCase() !== 'boundary') continue;
    // RFC 2046 §5.1.1: no white space at its end, and 70 characters at most; longer ones are seen.
    const boundary = (quoted?.replace(/\\([\s\S])/g, '$1') ?? token ?? '').trimEnd();
    return boundary === '' || boundary.length > MAX_BOUNDARY ? undefined : boundary;
  }
  return undefined;
}

export const MAX_BOUNDARY = 200;
