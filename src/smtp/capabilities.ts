import type { Reply } from './reply.js';
import type { PeerCapabilities } from './session.js';

/** What a server offers: its first line names it, each further line of an EHLO reply has a keyword (RFC 5321 §4.1.1.1). */
export function capabilitiesOf(reply: Reply, extended: boolean): PeerCapabilities {
  const [first = '', ...rest] = reply.lines;
  const keywords = keywordsOf(extended ? rest : []);
  const chunking = keywords.has('CHUNKING');
  return {
    name: first.trim().split(/\s/)[0] ?? '',
    extended,
    pipelining: keywords.has('PIPELINING'),
    eightBitMime: keywords.has('8BITMIME'),
    chunking,
    binaryMime: chunking && keywords.has('BINARYMIME'),
    smtpUtf8: keywords.has('SMTPUTF8'),
    dsn: keywords.has('DSN'),
    checkpoint: keywords.has('CHECKPOINT'),
    size: sizeLimit(keywords.get('SIZE')),
    limits: limitsOf(keywords.get('LIMITS') ?? ''),
    mechanisms: (keywords.get('AUTH') ?? '').toUpperCase().split(/\s+/).filter(Boolean),
    keywords,
  };
}

/** Nothing is known of the server yet, or any longer. */
export const NO_CAPABILITIES = capabilitiesOf({ code: 220, status: undefined, lines: [] }, false);

/** Old servers write `AUTH=LOGIN`; a keyword that comes twice has the parameters of both. */
function keywordsOf(lines: readonly string[]): ReadonlyMap<string, string> {
  const keywords = new Map<string, string>();
  for (const line of lines) {
    const [, word, parameters = ''] = /^(AUTH(?==)|\S+)[\s=]*(.*)$/i.exec(line.trim()) ?? [];
    if (word === undefined) continue;
    const keyword = word.toUpperCase();
    keywords.set(keyword, [keywords.get(keyword), parameters].filter(Boolean).join(' '));
  }
  return keywords;
}

/** RFC 1870 §3: without a number, or with 0, there is no limit that is told. */
function sizeLimit(parameter: string | undefined): number | undefined {
  if (parameter === undefined) return undefined;
  const limit = Number(parameter);
  return Number.isFinite(limit) && limit > 0 ? limit : 0;
}

/** RFC 9422 §4. What can't be read, and limits below 1, count as not told. */
function limitsOf(parameters: string): PeerCapabilities['limits'] {
  const told = new Map(
    parameters.split(/\s+/).map((pair): [string, number] => {
      const [name = '', value = ''] = pair.split('=', 2);
      return [name.toUpperCase(), /^\d{1,6}$/.test(value) ? Number(value) : 0];
    }),
  );
  const limit = (name: string): number => told.get(name) || Number.POSITIVE_INFINITY;
  return { mails: limit('MAILMAX'), recipients: limit('RCPTMAX'), domains: limit('RCPTDOMAINMAX') };
}
