import { domainToASCII } from 'node:url';

/** RFC 8601 §2.7; `policy`: left aside by our own rules. */
export type ResultWord =
  | 'pass'
  | 'fail'
  | 'softfail'
  | 'neutral'
  | 'none'
  | 'policy'
  | 'temperror'
  | 'permerror';

/** What one method found. */
export interface MethodResult {
  readonly method: 'spf' | 'dkim' | 'dmarc';
  readonly result: ResultWord;
  readonly reason?: string;
  /** `smtp.mailfrom`, `header.d`: what was looked at. */
  readonly properties: readonly (readonly [name: string, value: string])[];
}

/** Values come from strangers. */
const LONGEST_VALUE = 255;

/** The field as RFC 8601 §2.2 has it, folded, with its CR LF. @param hostname our authserv-id */
export function authenticationResults(hostname: string, results: readonly MethodResult[]): string {
  const entries = results.map(({ method, result, reason, properties }) =>
    [
      `${method}=${result}`,
      ...(reason === undefined ? [] : [`reason=${quoted(reason)}`]),
      ...properties.map(([name, value]) => `${name}=${tokenOrQuoted(value)}`),
    ].join('\r\n\t '),
  );
  return `Authentication-Results: ${[hostname, ...entries].join(';\r\n\t')}\r\n`;
}

/** A domain as it stands in DNS. */
export function asciiDomain(domain: string): string {
  return printable(domainToASCII(domain) || domain).replace(/ /g, '?');
}

/** RFC 2045 §5.1. */
function tokenOrQuoted(text: string): string {
  const value = printable(text);
  return /^[^ ()<>@,;:\\"/[\]?=]+$/.test(value) ? value : quoted(value);
}

function quoted(text: string): string {
  return `"${printable(text).replace(/["\\]/g, '\\$&')}"`;
}

/** ASCII alone, so that it may stand in any header and reply. */
function printable(text: string): string {
  return text.slice(0, LONGEST_VALUE).replace(/[^\x20-\x7e]/g, '?');
}
