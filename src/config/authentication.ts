import { resolve } from 'node:path';
import type { ChecksConfiguration, DkimConfiguration } from './configuration.js';
import type { Placed } from './entries.js';
import type { KeyPath } from './locate.js';
import type { ProblemList } from './problem.js';
import { readPart } from './read.js';
import { checksSchema, dkimSchema } from './schema/authentication.js';

/** `[checks]` */
export function readChecks(problems: ProblemList): ChecksConfiguration | undefined {
  const checks = readPart(checksSchema, ['checks'], problems);
  return checks && { mode: checks.mode, dnsMs: checks.time };
}

/** `[[dkim]]` @param folder where relative paths begin. */
export function readDkim(
  path: KeyPath,
  folder: string,
  problems: ProblemList,
): DkimConfiguration | undefined {
  const settings = readPart(dkimSchema, path, problems);
  if (settings === undefined) return undefined;
  const { domain, selector, key } = settings;
  return { domain, selector, keyFile: resolve(folder, key) };
}

/** A selector names one key of a domain. */
export function checkDkim(dkim: readonly Placed<DkimConfiguration>[], problems: ProblemList): void {
  const names = dkim.map(({ value }) => `${value.selector.toLowerCase()}._domainkey.${value.domain}`);
  dkim.forEach(({ path }, i) => {
    const name = names[i] ?? '';
    if (names.indexOf(name) < i)
      problems.refuse([...path, 'selector'], `${name} stands above already; allowed: one key for each name`);
  });
}
