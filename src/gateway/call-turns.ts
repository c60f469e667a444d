import { RecentMap, Tally } from '../core/index.js';
import type { MailSource } from './mail-source.js';

interface Session {
  readonly mail: MailSource;
  readonly begun: number;
  /** Those that it may have its circuit on. */
  readonly links: readonly string[];
}

/** How many circuits a link may have. */
export interface LinkRoom {
  /** Both ways. */
  readonly most: number;
  /** That there are now. */
  readonly open: number;
}

/** Who wants a circuit, on one of these links. */
interface Wish {
  readonly links: readonly string[];
}

/** How long a session may go on while others wait for its circuit. */
export const TURN_MS = 60_000;

/** Destinations whose last turn is remembered; who is forgotten is taken to have waited longest. */
const MOST_REMEMBERED = 1000;

/**
 * The circuits that all destinations share, where there are only so many, in all or on a link. Who was served longest ago is
 * next; nobody gets a second circuit while others have none; and who has had his turn makes room when his present message is
 * through.
 */
export class CallTurns {
  readonly #roomOn: (link: string) => LinkRoom | undefined;
  #limit: number | undefined;
  #taken = 0;
  /** Circuits of a link that were taken and are not placed yet. */
  readonly #promised = new Tally<string>();
  /** When a session to a destination began last. */
  readonly #served = new RecentMap<string, number>(MOST_REMEMBERED);
  readonly #sessions = new Map<MailSource, Session>();

  /** @param roomOn undefined: a link of which nothing is known, as many as are wanted. */
  constructor(roomOn: (link: string) => LinkRoom | undefined = () => undefined) {
    this.#roomOn = roomOn;
  }

  /** @param limit absent: there are as many as the links have. */
  configure(limit: number | undefined): void {
    this.#limit = limit;
  }

  /** In words, where there is none left. @param links those that would do; none: any. */
  shortage(links: readonly string[] = []): string | undefined {
    if (this.#limit !== undefined && this.#taken >= this.#limit)
      return `all circuits for calls are in use (${this.#limit})`;
    if (links.length === 0 || links.some((link) => this.#hasRoom(link))) return undefined;
    const full = links.map((link) => `${link} (${this.#roomOn(link)?.most})`);
    return `all circuits of ${full.join(' and of ')} are in use`;
  }

  /**
   * @param links those that would do, the best first.
   * @returns undefined when none is left; else tells that the circuit is placed, or will not be: until then its place on its
   * link is kept. It is to be given back, by `ended` or `give`.
   */
  take(links: readonly string[] = []): (() => void) | undefined {
    if (this.shortage(links) !== undefined) return undefined;
    this.#taken++;
    const link = links.find((each) => this.#hasRoom(each));
    if (link === undefined) return () => {};
    this.#promised.add(link);
    let isKept = true;
    return () => {
      if (isKept) this.#promised.add(link, -1);
      isKept = false;
    };
  }

  give(): void {
    this.#taken--;
  }

  /** A session has the circuit that was taken for it. @param now on the clock that never jumps. */
  began(destination: string, mail: MailSource, now: number, links: readonly string[] = []): void {
    this.#sessions.set(mail, { mail, begun: now, links });
    this.#served.put(destination, now);
  }

  ended(mail: MailSource): void {
    this.#sessions.delete(mail);
    this.give();
  }

  /** Who was served longest ago comes first. */
  inOrder<Candidate extends { readonly destination: string }>(candidates: readonly Candidate[]): Candidate[] {
    const served = ({ destination }: Candidate): number =>
      this.#served.get(destination) ?? Number.NEGATIVE_INFINITY;
    return [...candidates].sort((one, other) => compare(served(one), served(other)));
  }

  /**
   * These wait: for each a session that has what it needs ends as soon as it can, those first that wait for mail themselves,
   * then those that have gone on longest.
   * @returns when the next one has had its turn; undefined when that need not be known
   */
  makeRoom(waiting: readonly Wish[], now: number): number | undefined {
    const sessions = [...this.#sessions.values()].sort(
      (one, other) =>
        Number(other.mail.isFinishing) - Number(one.mail.isFinishing) ||
        Number(other.mail.isIdle) - Number(one.mail.isIdle) ||
        one.begun - other.begun,
    );
    let next: number | undefined;
    for (const wish of waiting) {
      const index = sessions.findIndex((session) => this.#helps(session, wish));
      const [session] = index < 0 ? [] : sessions.splice(index, 1);
      if (session === undefined || session.mail.isFinishing) continue;
      const hadTurn = session.begun + TURN_MS;
      if (session.mail.isIdle || hadTurn <= now) session.mail.finish();
      else next = Math.min(next ?? hadTurn, hadTurn);
    }
    return next;
  }

  /** Where there are enough of all circuits, only one on the same link is worth anything. */
  #helps({ links }: Session, wish: Wish): boolean {
    const isShortOfAll = this.#limit !== undefined && this.#taken >= this.#limit;
    return isShortOfAll || links.some((link) => wish.links.includes(link));
  }

  #hasRoom(link: string): boolean {
    const room = this.#roomOn(link);
    return room === undefined || room.open + this.#promised.of(link) < room.most;
  }
}

/** Of infinities as well. */
function compare(one: number, other: number): number {
  return one === other ? 0 : one < other ? -1 : 1;
}
