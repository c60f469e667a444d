import { Zone } from '../../tariff/index.js';
import type { LinkBase } from '../configuration.js';
import type { KeyPath } from '../locate.js';
import type { ProblemList } from '../problem.js';
import type { TariffSettings } from '../schema/tariff.js';

/** What a started minute is charged as, unless the tariff says how much of one. */
const USUAL_INCREMENT_MS = 60_000;

/** `[link.tariff]`: what calls on a link cost. @param path of the link. */
export function tariffOf(
  { tariff }: { readonly tariff?: TariffSettings | undefined },
  path: KeyPath,
  problems: ProblemList,
): Pick<LinkBase, 'tariff'> {
  if (tariff === undefined) return {};
  const { call, minute, segment, increment, windows, timezone, currency } = tariff;
  if (call === 0 && minute === 0 && segment === 0)
    problems.refuse([...path, 'tariff'], 'nothing has a price; needed: call, minute or segment');
  if (increment !== undefined && minute === 0)
    problems.refuse([...path, 'tariff', 'increment'], 'allowed only with minute, the price of a minute');
  return {
    tariff: {
      call,
      minute,
      segment,
      incrementMs: increment ?? USUAL_INCREMENT_MS,
      windows,
      zone: timezone ?? Zone.ofThisMachine(),
      ...(currency !== undefined && { currency }),
    },
  };
}
