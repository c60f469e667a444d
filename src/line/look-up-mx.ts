import { Resolver } from 'node:dns/promises';
import { describeError } from '../core/index.js';
import { isNoSuchName } from './look-up.js';

/** As DNS has it: an empty exchange, or `.`, is the root. */
export interface MxAnswer {
  readonly records: readonly { readonly exchange: string; readonly preference: number }[];
  /** Why it is not known whether there are any, in words. Absent: these are all. */
  readonly failure?: string;
}

/** Asks which servers take mail for a domain. Never rejects. */
export type LookUpMx = (domain: string) => Promise<MxAnswer>;

const TIMEOUT_MS = 5_000;
const TRIES = 2;

/** From DNS alone. A domain that is another name for one with MX records has these (RFC 5321 §5.1). */
export async function lookUpMx(
  domain: string,
  // Anew: the servers may have changed.
  dns: Pick<Resolver, 'resolveMx'> = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES }),
): Promise<MxAnswer> {
  try {
    const records = await dns.resolveMx(domain);
    return { records: records.map(({ exchange, priority }) => ({ exchange, preference: priority })) };
  } catch (error) {
    return isNoSuchName(error) ? { records: [] } : { records: [], failure: describeError(error) };
  }
}
