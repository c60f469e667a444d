import type { LinkBase } from '../configuration.js';
import type { KeyPath } from '../locate.js';
import type { ProblemList } from '../problem.js';

const LONGEST_ADDRESS = 15; // digits, X.25 §5.2.1.1

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
  readonly private: boolean;
  readonly address: {
    /** Absent: the network puts the calling address in. */
    readonly calling?: 'own' | 'none' | 'subaddress';
    readonly subaddress?: string | undefined;
    readonly prefix: LinkBase['prefixes'];
  };
}

/** A link's name, its number, how numbers are written on it, and whether others can listen. */
export function numbersOf(
  settings: NumberSettings,
  surroundings: LinkSurroundings,
  path: KeyPath,
  problems: ProblemList,
): Pick<LinkBase, 'name' | 'nua' | 'calling' | 'prefixes' | 'isPrivate'> {
  const { name, address } = settings;
  const nua = settings.nua ?? surroundings.nua;
  if (nua === undefined && address.calling === 'own')
    problems.refuse(
      [...path, 'address', 'calling'],
      'no number to give: set nua here or in [gateway], or address.calling = "none"',
    );
  checkSubaddress(address, nua ?? '', [...path, 'address'], problems);
  const calling = { own: nua, none: undefined, subaddress: address.subaddress }[address.calling ?? 'none'];
  return {
    name,
    ...(nua !== undefined && { nua }),
    ...(calling !== undefined && { calling }),
    prefixes: address.prefix,
    isPrivate: settings.private,
  };
}

/** The network puts our number before a subaddress, which is all that our calls then carry. */
function checkSubaddress(
  { calling, subaddress }: NumberSettings['address'],
  nua: string,
  path: KeyPath,
  problems: ProblemList,
): void {
  if (calling === 'subaddress' && subaddress === undefined)
    problems.refuse(
      path,
      'calling = "subaddress" needs the digits that the network puts behind our number: subaddress',
    );
  if (calling !== 'subaddress' && subaddress !== undefined)
    problems.refuse([...path, 'subaddress'], 'allowed only with calling = "subaddress"');
  const digits = nua.length + (subaddress?.length ?? 0);
  if (subaddress !== undefined && digits > LONGEST_ADDRESS)
    problems.refuse(
      [...path, 'subaddress'],
      `makes ${digits} digits with our number; allowed: ${LONGEST_ADDRESS}`,
    );
}
