import type { Reply } from './reply.js';
import type { PeerCapabilities } from './session.js';

/** What a server offers: its first line names it, each further line of an EHLO reply has a keyword (RFC 5321 §4.1.1.1). */
export function capabilitiesOf(reply: Reply, extended: boolean): PeerCapabilities {
  const [first = '', ...rest] = reply.lines;
  const keywords = new Map<string, string>();
  for (const line of extended ? rest : []) {
    const [, keyword, parameters = ''] = /^(\S+)\s*(.*)$/.exec(line.trim()) ?? [];
    if (keyword !== undefined) keywords.set(keyword.toUpperCase(), parameters);
  }
  return {
    name: first.trim().split(/\s/)[0] ?? '',
    extended,
    pipelining: keywords.has('PIPELINING'),
    eightBitMime: keywords.has('8BITMIME'),
    size: sizeLimit(keywords.get('SIZE')),
    keywords,
  };
}

/** RFC 1870 §3: without a number, or with 0, there is no limit that is told. */
function sizeLimit(parameter: string | undefined): number | undefined {
  if (parameter === undefined) return undefined;
  const limit = Number(parameter);
  return Number.isFinite(limit) && limit > 0 ? limit : 0;
}
