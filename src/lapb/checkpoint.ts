/** An I frame that was sent with P=1 and not answered yet. */
interface Poll {
  readonly ns: number;
  /** V(S) was moved back since: its answer is about frames that go out again anyway. */
  isStale: boolean;
}

/**
 * Polls by I frames. The answer to one (F=1) was sent when the frame with P=1 had arrived, so what it does not
 * acknowledge of the frames up to that one was lost.
 *
 * One REJ asks for all that follows a gap, and no second one is sent while the gap is there (X.25 §2.4.5.4): were the
 * frame that it asks for lost again, only T1 would show it. So the second frame after going back polls.
 */
export class Checkpoint {
  #poll: Poll | undefined;
  /** F=1 is on its way, or may be. */
  #awaitsFinal = false;
  /** S frames with P=1 that this recovery has sent. */
  #recoveryPolls = 0;
  /** Answers that may still come to polls of a recovery that is over: they say nothing of an I frame sent since. */
  #strays = 0;
  /** I frames since V(S) was moved back; undefined when they need no watching any more. */
  #sinceGoingBack: number | undefined;

  get awaitsFinal(): boolean {
    return this.#awaitsFinal;
  }

  /**
   * An I frame goes out. @param isLast the window has no room behind it: without a poll, a peer with a long T2 would hold us
   * up. @returns whether it polls.
   */
  sending(ns: number, isLast: boolean): boolean {
    if (this.#sinceGoingBack !== undefined) this.#sinceGoingBack++;
    if (this.#poll !== undefined || !(isLast || (this.#sinceGoingBack ?? 0) >= 2)) return false;
    this.#sinceGoingBack = undefined;
    this.#poll = { ns, isStale: false };
    this.#awaitsFinal = true;
    return true;
  }

  /** A S frame with P=1 goes out: timer recovery. */
  recovering(): void {
    this.#recoveryPolls++;
  }

  wentBack(): void {
    this.#sinceGoingBack = 0;
    if (this.#poll !== undefined) this.#poll.isStale = true;
  }

  /** V(A) moved. @param isOutstanding whether the I frame with this number is not acknowledged. */
  acknowledged(isOutstanding: (ns: number) => boolean): void {
    if (this.#poll !== undefined && !isOutstanding(this.#poll.ns)) this.#poll = undefined;
  }

  /** Nothing is under way. */
  settled(): void {
    this.#poll = undefined;
    this.#awaitsFinal = false;
    this.#sinceGoingBack = undefined;
  }

  /** The link begins anew. */
  reset(): void {
    this.settled();
    this.#recoveryPolls = 0;
    this.#strays = 0;
  }

  /** F=1 came, and what it acknowledges was taken off. @returns whether it shows that frames were lost. */
  answered(): boolean {
    const poll = this.#poll;
    if (this.#recoveryPolls === 0 && this.#strays > 0 && poll !== undefined) {
      this.#strays--;
      return false;
    }
    this.#poll = undefined;
    this.#awaitsFinal = false;
    this.#strays = Math.max(0, this.#recoveryPolls - 1);
    this.#recoveryPolls = 0;
    return poll !== undefined && !poll.isStale;
  }

  /** F=1 came that nobody awaits any more. */
  strayed(): void {
    if (this.#strays > 0) this.#strays--;
  }
}
