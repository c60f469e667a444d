import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { describeError } from '../core/index.js';
import type { NameAnswer } from './name-cache.js';

const HOSTS = '/etc/hosts';

const TIMEOUT_MS = 2_000;
const TRIES = 2;

/** The name is not there, or has no addresses of this family: an answer, and for as long as it counts the last word. */
const NO_SUCH_NAME: readonly unknown[] = ['ENOTFOUND', 'ENODATA', 'EBADNAME'];

/**
 * IP addresses of a name, from the file of hosts or else from DNS, A and AAAA.
 *
 * Not by `getaddrinfo`: it waits in one of the few threads that files are read in as well, so that a few names whose
 * servers don't answer would hold up everything.
 */
export async function lookUpName(name: string): Promise<NameAnswer> {
  const addresses = hostsNamed(name, await readFile(HOSTS, 'utf8').catch(() => ''));
  if (addresses.length > 0) return { addresses };
  return askDns(name, new Resolver({ timeout: TIMEOUT_MS, tries: TRIES })); // anew: the servers may have changed
}

/** @param hosts as in hosts(5): an address and its names on each line. */
export function hostsNamed(name: string, hosts: string): string[] {
  return hosts.split('\n').flatMap((line) => {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    return address !== undefined && names.some((each) => each.toLowerCase() === name) ? [address] : [];
  });
}

/** What of a `Resolver` is used. */
interface Dns {
  resolve4(name: string): Promise<string[]>;
  resolve6(name: string): Promise<string[]>;
}

/** One family may answer and the other not: then there may be more addresses than these. */
export async function askDns(name: string, dns: Dns): Promise<NameAnswer> {
  const answers = await Promise.allSettled([dns.resolve4(name), dns.resolve6(name)]);
  const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  const failure = answers.find((answer) => answer.status === 'rejected' && !isNoSuchName(answer.reason));
  return failure?.status === 'rejected'
    ? { addresses, failure: describeError(failure.reason) }
    : { addresses };
}

export function isNoSuchName(reason: unknown): boolean {
  return reason instanceof Error && 'code' in reason && NO_SUCH_NAME.includes(reason.code);
}
