import type { CallTurns } from './call-turns.js';
import type { MailSource } from './mail-source.js';
import type { Transport } from './transport.js';

/** Who wants a session. */
export interface Wanting {
  readonly destination: string;
  readonly transport: Transport;
}

/** Where a session has its place. */
export interface Place {
  /** It begins. @param now on the clock that never jumps. */
  began(mail: MailSource, now: number): void;
  /** Its circuit is being placed, if that is how it begins: none need be kept for it any longer. */
  placing(): void;
  /** It is over, or nothing came of it. */
  ended(mail: MailSource): void;
}

/** Sessions that need no circuit, at the same time: addresses choose how many destinations there are. */
const MOST_OTHER_SESSIONS = 100;
const NO_SESSION = `as many sessions are open as may be (${MOST_OTHER_SESSIONS})`;

/** How many sessions there may be at a time: as many as there are circuits for, and so many others. */
export class SessionPlaces {
  readonly #turns: CallTurns;
  #others = 0;

  constructor(turns: CallTurns) {
    this.#turns = turns;
  }

  /** @returns undefined when there is none. */
  take({ destination, transport }: Wanting): Place | undefined {
    if (transport.usesCircuit !== true) return this.#takeOther();
    const turns = this.#turns;
    const { links = [] } = transport;
    const placing = turns.take(links);
    return (
      placing && {
        began: (mail, now) => turns.began(destination, mail, now, links),
        placing,
        ended: (mail) => {
          placing();
          turns.ended(mail);
        },
      }
    );
  }

  #takeOther(): Place | undefined {
    if (this.#others >= MOST_OTHER_SESSIONS) return undefined;
    this.#others++;
    return { began: () => {}, placing: () => {}, ended: () => void this.#others-- };
  }

  /** Who was served longest ago comes first. */
  inOrder<Candidate extends Wanting>(candidates: Iterable<Candidate>): Candidate[] {
    return this.#turns.inOrder([...candidates]);
  }

  /** Why one who found none waits, in words. */
  shortage({ transport }: Wanting): string {
    if (transport.usesCircuit !== true) return NO_SESSION;
    return this.#turns.shortage(transport.links) ?? 'it waits for a circuit';
  }

  /**
   * Others end their sessions for those who wait for a circuit. @param now on the clock that never jumps.
   * @returns when the next one has had its turn; undefined when that need not be known
   */
  makeRoom(waiting: readonly Wanting[], now: number): number | undefined {
    const forCircuits = waiting.filter(({ transport }) => transport.usesCircuit === true);
    const wishes = forCircuits.map(({ transport: { links = [] } }) => ({ links }));
    return this.#turns.makeRoom(wishes, now);
  }
}
