import type { Clock } from '../../core/index.js';
import type { MethodResult, ResultWord } from './authentication-results.js';
import { BoundedFeed, type FeedResult } from './bounded-feed.js';
import { sortHeader, type UnfitSignature } from './dkim-signatures.js';
import { type DmarcFound, judgeByDmarc, type Proof } from './dmarc-policy.js';
import { authorDomains, domainOf, HeaderSection } from './header-section.js';
import { LimitedDns, type ResolveDns } from './limited-dns.js';
import { mailauth } from './mailauth.js';

export interface CheckedMail {
  /** IP address of the client. */
  readonly address: string;
  readonly hello: string;
  /** Reverse path without brackets; empty for a report. */
  readonly sender: string;
}

export interface MailCheckOptions {
  readonly mail: CheckedMail;
  readonly hostname: string;
  readonly resolve: ResolveDns;
  readonly clock: Clock;
  /** For the questions of SPF, and again for all that are open when the message is whole. */
  readonly dnsMs: number;
}

export interface CheckReport {
  readonly results: readonly MethodResult[];
  /** What the author's domain wants done, and why in words. */
  readonly wanted?: { readonly action: 'quarantine' | 'reject'; readonly reason: string };
}

/** Authors of more domains than this are not looked up. */
const MOST_AUTHORS = 4;

/** What of a result is not in the types of mailauth. */
interface DkimFound {
  readonly signingDomain?: string;
  readonly selector?: string;
  readonly signature?: string;
  readonly algo?: string;
  readonly bodyHash?: string;
  readonly bodyHashExpecting?: string;
  readonly status: { readonly result: string; readonly comment?: string };
}

/**
 * SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 7489) of one message. SPF is asked while the session goes on, DKIM hashes the body
 * while it comes in, the rest is asked at the end.
 */
export class MailCheck {
  readonly #options: MailCheckOptions;
  readonly #dns: LimitedDns;
  /** The domain that SPF speaks of, as it stands in DNS. */
  readonly #envelopeDomain: string;
  readonly #spf: Promise<ResultWord>;
  readonly #header = new HeaderSection();
  #feed: BoundedFeed<{ readonly results: unknown }> | undefined;
  #unfit: readonly UnfitSignature[] = [];
  /** Why no signature is verified. */
  #unfitHeader: string | undefined;
  #isBegun = false;

  constructor(options: MailCheckOptions) {
    const { mail, resolve, clock, dnsMs } = options;
    this.#options = options;
    this.#envelopeDomain = domainOf(mail.sender === '' ? mail.hello : mail.sender);
    this.#dns = new LimitedDns(resolve, clock);
    this.#dns.allow(dnsMs);
    this.#spf = this.#askSpf();
  }

  /** Resolves when more may come. */
  async pass(octets: Uint8Array): Promise<void> {
    const body = this.#header.pass(octets);
    if (this.#header.isOver && !this.#isBegun) await this.#begin();
    if (body.length > 0) await this.#feed?.write(body);
  }

  /** The message is whole. */
  async end(): Promise<CheckReport> {
    if (!this.#isBegun) await this.#begin();
    this.#dns.allow(this.#options.dnsMs);
    const [spfWord, signatures] = await Promise.all([this.#spf, this.#signatures()]);
    const envelope: Proof = { domain: this.#envelopeDomain, result: spfWord };
    const proofs = signatures.map(({ result, properties }): Proof => {
      const signer = properties.find(([name]) => name === 'header.d')?.[1] ?? '';
      return { domain: signer, result };
    });
    const property = this.#options.mail.sender === '' ? 'smtp.helo' : 'smtp.mailfrom';
    const authors = await this.#authors(envelope, proofs);
    return {
      results: [
        { method: 'spf', result: spfWord, properties: [[property, envelope.domain]] },
        ...signatures,
        ...authors.results,
      ],
      ...(authors.wanted !== undefined && { wanted: authors.wanted }),
    };
  }

  abandon(): void {
    this.#feed?.abandon();
  }

  async #begin(): Promise<void> {
    this.#isBegun = true;
    const { signatures, header, unfit } = sortHeader(this.#header.fields());
    this.#unfit = unfit;
    if (this.#header.isTooLong) this.#unfitHeader = 'the header is too long';
    // mailauth takes time by the square of them.
    else if (signatures > 0 && /\r(?!\n)/.test(header)) this.#unfitHeader = 'the header has a bare CR';
    if (signatures === 0 || this.#unfitHeader !== undefined) return;
    const resolver = this.#dns.ask;
    const curTime = new Date(this.#options.clock.wallTime());
    this.#feed = new BoundedFeed((input) => mailauth().dkimVerify(input, { resolver, curTime }));
    await this.#feed.write(Buffer.from(`${header}\r\n`, 'latin1'));
  }

  async #askSpf(): Promise<ResultWord> {
    const { mail, hostname } = this.#options;
    const { address: ip, sender, hello: helo } = mail;
    const localPart = sender.slice(0, sender.lastIndexOf('@') + 1);
    try {
      const { status } = await mailauth().spf({
        sender: sender === '' ? '' : localPart + this.#envelopeDomain,
        ip,
        helo,
        mta: hostname,
        resolver: this.#dns.ask,
      });
      return status.result as ResultWord;
    } catch {
      return 'temperror';
    }
  }

  async #signatures(): Promise<MethodResult[]> {
    const verified = await this.#feed?.end();
    if (this.#unfitHeader !== undefined) return [dkimResult('policy', this.#unfitHeader)];
    const found = [
      ...this.#unfit.map(({ result, reason, domain, selector }) =>
        dkimResult(result, reason, domain, selector),
      ),
      ...(verified === undefined ? [] : dkimResults(verified)),
    ];
    return found.length > 0 ? found : [dkimResult('none')];
  }

  async #authors(
    spfProof: Proof,
    dkim: readonly Proof[],
  ): Promise<{ results: MethodResult[]; wanted?: CheckReport['wanted'] }> {
    const domains = authorDomains(this.#header.fields());
    // RFC 7489 §6.6.1: what has no author, or many, is typically refused; of a few, the strictest counts.
    if (domains.length === 0 || domains.length > MOST_AUTHORS) {
      const few = this.#header.isTooLong ? 'the header is too long' : 'the message names no author (From)';
      const reason = domains.length === 0 ? few : 'the message names too many authors (From)';
      return {
        results: [{ method: 'dmarc', result: 'permerror', reason, properties: [] }],
        wanted: { action: 'reject', reason },
      };
    }
    const dns = this.#dns.ask;
    const found = await Promise.all(domains.map((domain) => judgeByDmarc(domain, spfProof, dkim, dns)));
    const strictest =
      found.find(({ wanted }) => wanted === 'reject') ?? found.find(({ wanted }) => wanted === 'quarantine');
    return { results: found.map(dmarcResult), ...wanting(strictest, spfProof, dkim) };
  }
}

function wanting(
  found: DmarcFound | undefined,
  { result }: Proof,
  dkim: readonly Proof[],
): Pick<CheckReport, 'wanted'> {
  if (found === undefined || found.wanted === 'none') return {};
  const proofs = `SPF ${result}, DKIM ${dkim.map((proof) => proof.result).join(' ')}`;
  return {
    wanted: {
      action: found.wanted,
      reason: `not proved to be from ${found.domain}, whose DMARC policy is ${found.wanted} (${proofs})`,
    },
  };
}

function dmarcResult({ domain, result }: DmarcFound): MethodResult {
  return { method: 'dmarc', result, properties: [['header.from', domain]] };
}

function dkimResults(verified: FeedResult<{ readonly results: unknown }>): MethodResult[] {
  if (!verified.ok) return [dkimResult('policy', verified.reason)];
  const found = verified.result.results as readonly DkimFound[];
  return found.flatMap((each) => {
    if (each.signingDomain === undefined) return []; // mailauth's way to say that there is no signature
    const [result, reason] = wordOf(each);
    return [dkimResult(result, reason, each.signingDomain, each.selector, each)];
  });
}

/** mailauth calls neutral what RFC 8601 §2.7.1 has finer words for. */
function wordOf({ status, bodyHash, bodyHashExpecting }: DkimFound): [ResultWord, string?] {
  if (status.result !== 'neutral') return [status.result as ResultWord];
  if (bodyHash !== bodyHashExpecting) return ['fail', 'the body was changed'];
  if (status.comment?.includes('expir') === true) return ['policy', 'expired'];
  return ['permerror', status.comment ?? 'no key'];
}

function dkimResult(
  result: ResultWord,
  reason?: string,
  domain = '',
  selector = '',
  { algo, signature }: Pick<DkimFound, 'algo' | 'signature'> = {},
): MethodResult {
  const properties: (readonly [string, string | undefined])[] = [
    ['header.d', domain],
    ['header.s', selector],
    ['header.a', algo],
    ['header.b', signature?.slice(0, 8)],
  ];
  return {
    method: 'dkim',
    result,
    ...(reason !== undefined && { reason }),
    properties: properties.flatMap(([name, value]) => (value ? [[name, value] as const] : [])),
  };
}
