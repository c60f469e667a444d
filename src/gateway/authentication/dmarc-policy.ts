import type { ResultWord } from './authentication-results.js';
import type { LimitedDns } from './limited-dns.js';
import { mailauth } from './mailauth.js';

/** What was found of a domain that may stand for the author's. */
export interface Proof {
  readonly domain: string;
  readonly result: ResultWord;
}

export type Disposition = 'none' | 'quarantine' | 'reject';

/** RFC 7489 of one author's domain. */
export interface DmarcFound {
  readonly domain: string;
  readonly result: 'pass' | 'fail' | 'none' | 'temperror' | 'permerror';
  /** What the domain wants done with this message; `none` unless the result is `fail`. */
  readonly wanted: Disposition;
}

type Dns = LimitedDns['ask'];

/**
 * Nobody is refused for what DNS did not say: where a proof that would count could not be had for now, so could the result.
 * @param domain of an author @param spf of the envelope
 */
export async function judgeByDmarc(
  domain: string,
  spf: Proof,
  dkim: readonly Proof[],
  resolver: Dns,
): Promise<DmarcFound> {
  const ask = (accepted: readonly ResultWord[]): Promise<Omit<DmarcFound, 'domain'>> =>
    alignment(
      domain,
      [spf].filter(({ result }) => accepted.includes(result)),
      dkim.filter(({ result }) => accepted.includes(result)),
      resolver,
    );
  const found = await ask(['pass']);
  const isInDoubt = found.result === 'fail' && (await ask(['pass', 'temperror'])).result === 'pass';
  return { domain, ...(isInDoubt ? { result: 'temperror', wanted: 'none' } : found) };
}

async function alignment(
  domain: string,
  spf: readonly Proof[],
  dkim: readonly Proof[],
  resolver: Dns,
): Promise<Omit<DmarcFound, 'domain'>> {
  const found = await mailauth().dmarc({
    headerFrom: `author@${domain}`,
    spfDomains: spf.map((proof) => proof.domain),
    dkimDomains: dkim.map((proof) => ({ domain: proof.domain })),
    resolver,
  });
  if (found === false) return { result: 'permerror', wanted: 'none' };
  const { result } = found.status;
  if (result === 'none' || result === 'temperror') return { result, wanted: 'none' };
  // mailauth lets relaxed alignment count where strict was asked for.
  const isAligned = (proofs: readonly Proof[], { result: aligned, strict }: Aligned): boolean =>
    strict ? proofs.some((proof) => proof.domain.toLowerCase() === domain) : Boolean(aligned);
  const isProved = isAligned(spf, found.alignment.spf) || isAligned(dkim, found.alignment.dkim);
  return isProved ? { result: 'pass', wanted: 'none' } : { result: 'fail', wanted: wantedOf(found) };
}

interface Aligned {
  readonly result?: string | false;
  readonly strict: boolean;
}

/**
 * DEVIATION: RFC 7489 §6.6.4 would do what is wanted to `pct` of a hundred messages, by chance, and the next milder to the others.
 * Below 100 it is the milder for all: a domain that tests its policy is not one to refuse mail for.
 */
function wantedOf({ policy, pct = 100 }: { policy?: string; pct?: number }): Disposition {
  const wanted = policy?.trim().toLowerCase();
  if (wanted === 'reject') return pct < 100 ? 'quarantine' : 'reject';
  return wanted === 'quarantine' && pct >= 100 ? 'quarantine' : 'none';
}
