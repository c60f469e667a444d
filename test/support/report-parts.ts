export interface ReportPart {
  readonly type: string;
  readonly encoding: string;
  /** Decoded, as UTF-8. */
  readonly text: string;
}

export interface ParsedReport {
  /** By name in lower case. */
  readonly fields: ReadonlyMap<string, string>;
  readonly parts: readonly ReportPart[];
  /** Of the part for programs: the block about the message, and one per recipient. */
  readonly status: readonly ReadonlyMap<string, string>[];
}

/**
 * Reads a delivery report as a stranger would, who knows RFC 2046 and RFC 3464.
 * @throws Error when it is none.
 */
export function parseReport(octets: Uint8Array): ParsedReport {
  const whole = Buffer.from(octets).toString('latin1');
  const { fields, body } = split(whole);
  const type = fields.get('content-type') ?? '';
  const boundary = /^multipart\/report; report-type=delivery-status;\s+boundary="([^"]+)"$/.exec(type)?.[1];
  if (boundary === undefined) throw new Error(`no report: ${type}`);
  const [, ...pieces] = `\r\n${body}`.split(`\r\n--${boundary}`);
  if (pieces.pop()?.trim() !== '--') throw new Error('the last boundary is missing');
  const parts = pieces.map((piece) => part(piece.replace(/^\r\n/, '')));
  const status = parts[1]?.text.trimEnd().split('\r\n\r\n').map(fieldsOf) ?? [];
  return { fields, parts, status };
}

function part(text: string): ReportPart {
  const { fields, body } = split(text);
  const encoding = fields.get('content-transfer-encoding') ?? '7bit';
  return {
    type: (fields.get('content-type') ?? 'text/plain').replace(/;.*/s, ''),
    encoding,
    text: decode(body, encoding).toString('utf8'),
  };
}

function split(text: string): { fields: Map<string, string>; body: string } {
  const end = text.indexOf('\r\n\r\n');
  return { fields: fieldsOf(text.slice(0, end)), body: text.slice(end + 4) };
}

function fieldsOf(text: string): Map<string, string> {
  const lines = text.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  return new Map(
    lines.map((line) => {
      const [, name = '', value = ''] = /^([!-9;-~]+): (.*)$/.exec(line) ?? [];
      if (name === '') throw new Error(`no field: ${JSON.stringify(line)}`);
      return [name.toLowerCase(), value];
    }),
  );
}

function decode(body: string, encoding: string): Buffer {
  if (encoding === 'base64') return Buffer.from(body, 'base64');
  if (encoding !== 'quoted-printable') return Buffer.from(body, 'latin1');
  const octets = body
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
  return Buffer.from(octets, 'latin1');
}
