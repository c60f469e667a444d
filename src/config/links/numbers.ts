import type { LinkBase } from '../configuration.js';
import type { KeyPath } from '../locate.js';
import type { ProblemList } from '../problem.js';

/** What a link takes from around it. */
export interface LinkSurroundings {
  /** The gateway's number: stands in where a link has none. */
  readonly nua: string | undefined;
  /** Where relative paths start. */
  readonly folder: string;
}

interface NumberSettings {
  readonly name: string;
  readonly nua?: string | undefined;
  readonly address: {
    /** Absent: the network puts the calling address in. */
    readonly calling?: 'own' | 'none';
    readonly prefix: LinkBase['prefixes'];
  };
}

/** A link's name, its number, and how numbers are written on it. */
export function numbersOf(
  settings: NumberSettings,
  surroundings: LinkSurroundings,
  path: KeyPath,
  problems: ProblemList,
): Pick<LinkBase, 'name' | 'nua' | 'calling' | 'prefixes'> {
  const { name, address } = settings;
  const nua = settings.nua ?? surroundings.nua;
  if (nua === undefined && address.calling === 'own')
    problems.refuse(
      [...path, 'address', 'calling'],
      'no number to give: set nua here or in [gateway], or address.calling = "none"',
    );
  return {
    name,
    ...(nua !== undefined && { nua }),
    ...(nua !== undefined && address.calling === 'own' && { calling: nua }),
    prefixes: address.prefix,
  };
}
