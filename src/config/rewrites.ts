import { DomainPair, type RewriteRule } from '../routing/index.js';
import type { KeyPath } from './locate.js';
import type { ProblemList } from './problem.js';
import { readPart } from './read.js';
import { rewriteSchema } from './schema/rewrite.js';

/** `[[rewrite]]` */
export function readRewrite(path: KeyPath, problems: ProblemList): RewriteRule | undefined {
  const settings = readPart(rewriteSchema, path, problems);
  if (settings === undefined) return undefined;
  const { inside, outside, peer, signed } = settings;
  const domains = DomainPair.parse(inside, outside);
  if (domains.ok) return { domains: domains.value, signed, ...(peer !== undefined && { peers: peer }) };
  problems.refuse(
    [...path, 'outside'],
    `"${outside}" for "${inside}" ${domains.fault}; allowed: two domains, or two with one "#" or "*" each`,
  );
  return undefined;
}
