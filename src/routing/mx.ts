/** Which servers take mail for a domain, and in which order they are tried (RFC 5321 §5.1, RFC 7505). */

export interface MxRecord {
  /** Empty or `.`: nobody takes mail for this domain (RFC 7505). */
  readonly exchange: string;
  /** The lowest is tried first. */
  readonly preference: number;
}

export type MxOrder =
  /** Names, in groups of equal preference. Where there are no records, the domain itself. */
  | { readonly type: 'servers'; readonly groups: readonly (readonly string[])[] }
  /** Null MX: the domain takes no mail. */
  | { readonly type: 'noMail' }
  /** We are the best of them: mail would come back to us. */
  | { readonly type: 'loop' };

/** A name given by the whole world is not followed further than this. */
export const MOST_SERVERS = 16;

/**
 * RFC 5321 §5.1: lower preference first, equal ones in any order, so that they share the load; if we are among them, those
 * that are no better than we are would send the mail to us.
 *
 * @param random a number from 0 up to, not including, 1.
 */
export function orderMx(
  domain: string,
  records: readonly MxRecord[],
  isOurs: (name: string) => boolean,
  random: () => number,
): MxOrder {
  const named = records.map(({ exchange, preference }) => ({ name: plain(exchange), preference }));
  const all = records.length === 0 ? [{ name: plain(domain), preference: 0 }] : named;
  // RFC 7505 §3: "." stands alone. Beside others it means nothing, and there is no such host.
  const servers = all.filter(({ name }) => name !== '');
  if (servers.length === 0) return { type: 'noMail' };
  const ours = Math.min(
    ...servers.filter(({ name }) => isOurs(name)).map(({ preference }) => preference),
    Number.POSITIVE_INFINITY,
  );
  const better = servers
    .filter(({ preference }) => preference < ours)
    .map((server) => ({ ...server, random: random() }))
    .toSorted((a, b) => a.preference - b.preference || a.random - b.random)
    .slice(0, MOST_SERVERS);
  if (better.length === 0) return { type: 'loop' };
  const preferences = [...new Set(better.map(({ preference }) => preference))];
  return {
    type: 'servers',
    groups: preferences.map((each) => [
      ...new Set(better.filter(({ preference }) => preference === each).map(({ name }) => name)),
    ]),
  };
}

/** Without the dot of the root. */
function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
