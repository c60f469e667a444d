/** A reader of MIME that is as simple as can be: all in memory, by splitting. Written apart from what it checks. */

export interface PlainEntity {
  /** Decoded; empty for a multipart. One character per octet. */
  readonly content: string;
  readonly parts: readonly PlainEntity[];
}

export function decodeEntity(message: string): PlainEntity {
  const end = message.startsWith('\r\n') ? 0 : message.indexOf('\r\n\r\n') + 2;
  const header = message.slice(0, end).replace(/\r\n[ \t]/g, ' ');
  const body = message.slice(end + 2);
  const type = /^content-type:\s*([^\r;]*)/im.exec(header)?.[1]?.trim().toLowerCase() ?? 'text/plain';
  const boundary = /^content-type:.*boundary=(?:"([^"]*)"|([^\s;]*))/im.exec(header)?.slice(1).find(Boolean);
  if (type.startsWith('multipart/') && boundary !== undefined)
    return { content: '', parts: split(body, boundary) };
  if (type === 'message/rfc822') return { content: '', parts: [decodeEntity(body)] };
  const encoding = /^content-transfer-encoding:\s*([^\r\s]*)/im.exec(header)?.[1]?.toLowerCase();
  return { content: decode(body, encoding), parts: [] };
}

function split(body: string, boundary: string): PlainEntity[] {
  const parts: PlainEntity[] = [];
  let part: string[] | undefined;
  for (const line of body.split('\r\n')) {
    const isDelimiter = line === `--${boundary}`;
    const isLast = line === `--${boundary}--`;
    if (!isDelimiter && !isLast) part?.push(line);
    else {
      if (part !== undefined) parts.push(decodeEntity(part.join('\r\n')));
      part = isLast ? undefined : [];
    }
  }
  return parts;
}

function decode(content: string, encoding: string | undefined): string {
  if (encoding === 'base64') return Buffer.from(content, 'base64').toString('latin1');
  if (encoding !== 'quoted-printable') return content;
  return content
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}
