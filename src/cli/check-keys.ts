import { statSync } from 'node:fs';
import type { Configuration, Problem } from '../config/index.js';
import { describeError } from '../core/index.js';
import { describeKey, publishedKey, readDkimKey } from '../gateway/index.js';
import type { Row } from './section.js';

export interface CheckedKeys {
  /** Where DNS has to publish each, what kind it is, and the record. */
  readonly rows: readonly Row[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** What a signature key should not be open to: writing by the group, anything by others. */
const TOO_OPEN = 0o027;

/** Reads the keys that mail is signed by, as the gateway does when it starts. */
export function checkKeys({ dkim, file }: Configuration): CheckedKeys {
  const rows: Row[] = [];
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  dkim.forEach((setting, index) => {
    const { domain, selector, keyFile } = setting;
    const place = { file, key: `dkim[${index}].key` };
    try {
      const key = readDkimKey(setting);
      rows.push([`${selector}._domainkey.${domain}`, describeKey(key), publishedKey(key)]);
      const mode = statSync(keyFile).mode & 0o777;
      if ((mode & TOO_OPEN) !== 0)
        warnings.push({
          ...place,
          message: `${keyFile} is open to other users (mode ${mode.toString(8)}): whoever reads it can sign as ${domain}; 600 is enough`,
        });
    } catch (error) {
      problems.push({ ...place, message: describeError(error) });
    }
  });
  return { rows, problems, warnings };
}
