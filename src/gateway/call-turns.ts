import type { MailSource } from './mail-source.js';

interface Session {
  readonly mail: MailSource;
  readonly begun: number;
}

/** How long a session may go on while others wait for its circuit. */
export const TURN_MS = 60_000;

/** Destinations whose last turn is remembered; who is forgotten is taken to have waited longest. */
const MOST_REMEMBERED = 1000;

/**
 * The circuits that all destinations share, where there are only so many. Who was served longest ago is next; nobody gets a
 * second circuit while others have none; and who has had his turn makes room when his present message is through.
 */
export class CallTurns {
  #limit: number | undefined;
  #taken = 0;
  readonly #served = new Map<string, number>();
  readonly #sessions = new Map<MailSource, Session>();

  /** @param limit absent: there are as many as the links have. */
  configure(limit: number | undefined): void {
    this.#limit = limit;
  }

  /** In words, where there is none left. */
  get shortage(): string | undefined {
    if (this.#limit === undefined || this.#taken < this.#limit) return undefined;
    return `all circuits for calls are in use (${this.#limit})`;
  }

  /** @returns false when none is left; else it is to be given back. */
  take(): boolean {
    if (this.shortage !== undefined) return false;
    this.#taken++;
    return true;
  }

  give(): void {
    this.#taken--;
  }

  /** A session has the circuit that was taken for it. @param now on the clock that never jumps. */
  began(destination: string, mail: MailSource, now: number): void {
    this.#sessions.set(mail, { mail, begun: now });
    this.#served.delete(destination);
    this.#served.set(destination, now);
    const [oldest] = this.#served.keys();
    if (this.#served.size > MOST_REMEMBERED && oldest !== undefined) this.#served.delete(oldest);
  }

  ended(mail: MailSource): void {
    this.#sessions.delete(mail);
    this.give();
  }

  /** Who was served longest ago comes first. */
  inOrder<Candidate extends { readonly destination: string }>(candidates: readonly Candidate[]): Candidate[] {
    const served = ({ destination }: Candidate): number =>
      this.#served.get(destination) ?? Number.NEGATIVE_INFINITY;
    return this.#limit === undefined
      ? [...candidates]
      : [...candidates].sort((one, other) => compare(served(one), served(other)));
  }

  /**
   * So many wait: as many sessions end as soon as they can, those first that wait for mail themselves, then those that have
   * gone on longest.
   * @returns when the next one has had its turn; undefined when that need not be known
   */
  makeRoom(waiting: number, now: number): number | undefined {
    const sessions = [...this.#sessions.values()];
    let wanted = waiting - sessions.filter(({ mail }) => mail.isFinishing).length;
    const going = sessions
      .filter(({ mail }) => !mail.isFinishing)
      .sort((one, other) => Number(other.mail.isIdle) - Number(one.mail.isIdle) || one.begun - other.begun);
    for (const { mail, begun } of going) {
      if (wanted-- <= 0) return undefined;
      if (!mail.isIdle && begun + TURN_MS > now) return begun + TURN_MS;
      mail.finish();
    }
    return undefined;
  }
}

/** Of infinities as well. */
function compare(one: number, other: number): number {
  return one === other ? 0 : one < other ? -1 : 1;
}
