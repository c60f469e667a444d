import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);

/** What a domain says of the servers that take its mail (RFC 8461 §3.2). */
export interface StsPolicy {
  /** `testing` and `none` bind nobody. */
  readonly mode: 'enforce' | 'testing' | 'none';
  /** How long it may be kept, milliseconds. */
  readonly maxAgeMs: number;
  /** Names of servers; a first label `*` stands for any one label. */
  readonly mx: readonly string[];
}

/** @throws Error that says what is wrong with it. */
export function parseStsPolicy(text: string): StsPolicy {
  const { parsePolicy } = load('mailauth/lib/mta-sts.js') as typeof import('mailauth/lib/mta-sts.js');
  const { mode, maxAge = 0, mx = [] } = parsePolicy(text);
  return { mode, maxAgeMs: maxAge * 1000, mx };
}

/** RFC 8461 §4.1. @param server as MX has it, in ASCII. */
export function isAdmitted(server: string, { mx }: Pick<StsPolicy, 'mx'>): boolean {
  const name = server.toLowerCase();
  const parent = name.slice(name.indexOf('.'));
  return mx.some((pattern) => pattern === name || (pattern.startsWith('*.') && pattern.slice(1) === parent));
}

/**
 * What names the policy that is in force (RFC 8461 §3.1).
 * @param records TXT of `_mta-sts.` and the domain, each in its parts.
 * @returns undefined where there is no policy: no such record, several, or one without a proper id.
 */
export function idOfPolicy(records: readonly (readonly string[])[]): string | undefined {
  const [record, ...others] = records
    .map((parts) => parts.join(''))
    .filter((text) => /^v=STSv1\s*(?:;|$)/.test(text));
  if (record === undefined || others.length > 0) return undefined;
  return /;\s*id=([a-z\d]{1,32})\s*(?:;|$)/i.exec(record)?.[1];
}
