import { isWithheld, speaksForOthers } from './command.js';
import type { WireReply } from './reply-splitter.js';

export interface Offer {
  /** The reply to EHLO without what a client behind a bridge is not to know of. */
  readonly reply: WireReply;
  /** The keywords that are left, in capitals. */
  readonly keywords: ReadonlySet<string>;
}

/** @param startTls whether STARTTLS may be left in a reply. */
export function offerOf({ code, lines }: WireReply, startTls: boolean): Offer {
  const offered = lines.slice(1).map(keywordOf);
  // Inside TLS nobody can keep the client from saying XCLIENT, and this server says that it would listen.
  const mayEncrypt = startTls && !offered.some(speaksForOthers);
  const keywords = new Set(
    offered.filter((word) => !isWithheld(word) && (mayEncrypt || word !== 'STARTTLS')),
  );
  const left = lines.filter((line, i) => i === 0 || keywords.has(keywordOf(line)));
  // The last line is marked by the space behind its code (RFC 5321 §4.2.1).
  const last = left.pop()?.replace(/^(\d\d\d)-/, '$1 ') ?? '';
  return { reply: { code, lines: [...left, last] }, keywords };
}

/** Also of the old form `AUTH=LOGIN`, and of lines without a code. */
export function keywordOf(line: string): string {
  return (/^(?:\d\d\d[- ])?\s*([^\s=]*)/.exec(line)?.[1] ?? '').toUpperCase();
}
