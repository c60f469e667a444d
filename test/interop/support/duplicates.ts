import type { SiteName } from './site.js';

/** One time that a message came to its mailbox, behind the sites a and b. */
export interface Arrival {
  /** What its sender called it. */
  readonly message: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** What it was called in the queue of each site, from its Received fields. */
  readonly ids: Readonly<Record<SiteName, string>>;
}

export interface Kill {
  readonly site: SiteName;
  /** It died between these, milliseconds since 1970. */
  readonly from: number;
  readonly until: number;
  /** Whether it had logged, when it died, that this message was delivered. */
  readonly hadSettled: (id: string) => boolean;
}

export interface Explained {
  /** In words, for each that came again. */
  readonly explained: readonly string[];
  /** Those that no kill accounts for. */
  readonly unexplained: readonly string[];
}

/**
 * A message may come twice only where a site was killed while a delivery was in flight: the next hop had it, and that was not
 * written down yet, or could not be heard.
 */
export function explainDuplicates(arrivals: readonly Arrival[], kills: readonly Kill[]): Explained {
  const explained: string[] = [];
  const unexplained: string[] = [];
  const last = new Map<string, Arrival>();
  for (const arrival of arrivals) {
    const before = last.get(arrival.message);
    last.set(arrival.message, arrival);
    if (before === undefined) continue;
    const why = explanation(before, arrival, kills);
    if (why === undefined)
      unexplained.push(`${arrival.message}: ${describe(before)}, then ${describe(arrival)}`);
    else explained.push(`${arrival.message} ${why}`);
  }
  return { explained, unexplained };
}

function explanation(one: Arrival, other: Arrival, kills: readonly Kill[]): string | undefined {
  if (one.ids.a !== other.ids.a) return undefined; // it was handed in once
  if (one.ids.b === other.ids.b) {
    const kill = kills.findIndex(
      ({ site, from, until, hadSettled }) =>
        site === 'b' && one.at <= until && from <= other.at && !hadSettled(one.ids.b),
    );
    return kill === -1
      ? undefined
      : `was with the mailbox, and b died before it had that written down (kill ${kill + 1})`;
  }
  // Whichever reached the mailbox first.
  const [first = 0, second = 0] = [timeOf(one.ids.b), timeOf(other.ids.b)].sort((x, y) => x - y);
  const kill = kills.findIndex(
    ({ site, from, until, hadSettled }) =>
      first <= until && from <= second && (site === 'b' || !hadSettled(one.ids.a)),
  );
  const site = kills[kill]?.site;
  if (site === undefined) return undefined;
  const what = site === 'a' ? 'a died before it had that written down' : 'b died before a had heard it';
  return `was with b, and ${what} (kill ${kill + 1})`;
}

const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_DIGITS = 9;

/** An id begins with the time at which the message was begun. */
function timeOf(id: string): number {
  return [...id.slice(0, TIME_DIGITS)].reduce((sum, digit) => sum * DIGITS.length + DIGITS.indexOf(digit), 0);
}

function describe({ at, ids }: Arrival): string {
  return `at ${at} as ${ids.a} and ${ids.b}`;
}
