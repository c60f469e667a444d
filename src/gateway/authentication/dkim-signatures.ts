import { fieldValue, type HeaderField } from './header-section.js';

/** Of one message; more are not looked at (RFC 6376 §6.1 leaves it to the verifier how many it tries). */
const MOST_SIGNATURES = 8;

/** A signature that is not verified, because it could prove nothing or does not follow the rules. */
export interface UnfitSignature {
  readonly domain: string;
  readonly selector: string;
  readonly result: 'policy' | 'permerror';
  readonly reason: string;
}

export interface SortedHeader {
  /** How many signatures are to be verified. */
  readonly signatures: number;
  /** The header as it is to be verified, without the empty line; an octet a character. */
  readonly header: string;
  readonly unfit: readonly UnfitSignature[];
}

/**
 * Takes from a header what is not to be verified: signatures that are unfit or too many, and ARC, which is not evaluated here
 * and would cost questions and hashes.
 */
export function sortHeader(fields: readonly HeaderField[]): SortedHeader {
  const unfit: UnfitSignature[] = [];
  let signatures = 0;
  const kept = fields.filter((field) => {
    if (field.name !== 'dkim-signature') return !field.name.startsWith('arc-');
    if (signatures + unfit.length >= MOST_SIGNATURES) return false;
    const why = unfitness(field);
    if (why === undefined) signatures++;
    else unfit.push(why);
    return why === undefined;
  });
  return { signatures, header: kept.map(({ line }) => line).join(''), unfit };
}

const DOMAIN = /^(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/i;
const CANONICALIZATION = /^(?:simple|relaxed)(?:\/(?:simple|relaxed))?$/i;

/** mailauth looks for each among all fields of the header. */
const MOST_NAMES = 200;

/** RFC 6376 §6.1.1 and more, where mailauth does not look. */
function unfitness(field: HeaderField): UnfitSignature | undefined {
  const tags = tagsOf(fieldValue(field));
  const [domain, selector] = [tags.get('d')?.toLowerCase() ?? '', tags.get('s') ?? ''];
  const why = faultOf(tags, domain, selector);
  return why && { domain, selector, ...why };
}

function faultOf(
  tags: ReadonlyMap<string, string>,
  domain: string,
  selector: string,
): Pick<UnfitSignature, 'result' | 'reason'> | undefined {
  const error = (reason: string) => ({ result: 'permerror', reason }) as const;
  const policy = (reason: string) => ({ result: 'policy', reason }) as const;
  if (!DOMAIN.test(domain) || !DOMAIN.test(selector)) return error('no domain or selector');
  // RFC 8301 §3.1.
  const algorithm = tags.get('a')?.toLowerCase() ?? '';
  if (algorithm === 'rsa-sha1') return policy('SHA-1 proves nothing');
  if (algorithm !== 'rsa-sha256' && algorithm !== 'ed25519-sha256') return error('unknown algorithm');
  if (!CANONICALIZATION.test(tags.get('c') ?? 'simple')) return error('unknown canonicalization');
  const names = (tags.get('h') ?? '').toLowerCase().split(/\s*:\s*/);
  if (!names.includes('from')) return error('From is not signed');
  if (names.length > MOST_NAMES) return policy('it names too many fields');
  const identity = tags.get('i')?.toLowerCase().split('@').at(-1) ?? domain;
  if (identity !== domain && !identity.endsWith(`.${domain}`))
    return error('the identity is not in the domain');
  // RFC 6376 §8.2: whatever is put behind the signed part would look signed.
  return tags.has('l') ? policy('signs a part of the body only') : undefined;
}

/** RFC 6376 §3.2. Of a tag that stands twice, which is an error, the last, as mailauth has it. */
function tagsOf(value: string): Map<string, string> {
  return new Map(
    value.split(';').map((tag) => {
      const [name = '', ...rest] = tag.split('=');
      return [name.trim().toLowerCase(), rest.join('=').trim()];
    }),
  );
}
