import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeError } from '../../core/index.js';
import { decodeProfile, type ModemProfile } from '../../modem/index.js';
import type { KeyPath } from '../locate.js';
import type { ProblemList } from '../problem.js';
import { describeValue } from '../read.js';
import { findMeant } from '../schema/unknown-key.js';

/** Profiles that come with the package; it is the same way up from `src` and from `dist`. */
const FOLDER = fileURLToPath(new URL('../../../hardware/modems', import.meta.url));
const EXTENSION = '.json';

/**
 * Reads a modem profile.
 * @param profile a name without dots and slashes is one of the package, else it is a file.
 * @param folder where relative paths start.
 */
export function readProfile(
  profile: string,
  folder: string,
  path: KeyPath,
  problems: ProblemList,
): ModemProfile | undefined {
  const isOfPackage = /^[\w-]+$/.test(profile);
  if (isOfPackage && !profilesOfPackage().includes(profile)) {
    problems.refuse(path, describeUnknown(profile));
    return undefined;
  }
  const file = isOfPackage ? join(FOLDER, `${profile}${EXTENSION}`) : resolve(folder, profile);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    problems.refuse(path, `found ${describeValue(profile)}, which cannot be read: ${describeError(error)}`);
    return undefined;
  }
  const decoded = decodeProfile(text);
  if (decoded.ok) return decoded.value;
  for (const what of decoded.fault.split('\n')) problems.refuse(path, `${basename(file)}: ${what}`);
  return undefined;
}

function profilesOfPackage(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(EXTENSION))
    .map((name) => name.slice(0, -EXTENSION.length))
    .toSorted();
}

function describeUnknown(profile: string): string {
  const known = profilesOfPackage();
  const meant = findMeant(profile, known);
  if (meant !== undefined) return `found ${describeValue(profile)}; did you mean ${describeValue(meant)}?`;
  return `found ${describeValue(profile)}; allowed: ${known.map(describeValue).join(', ')}, or a file such as "./my-modem.json"`;
}
