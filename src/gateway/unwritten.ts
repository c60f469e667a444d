/** @returns whether it is written now. Never rejects. */
export type Write = () => Promise<boolean>;

interface Backlog {
  readonly writes: Write[];
  catchingUp: Promise<boolean> | undefined;
}

/**
 * What is known of mail and could not be written into the spool yet. A delivery whose outcome is here must not be claimed again:
 * while the disk is full it would be sent again and again.
 */
export class Unwritten {
  readonly #backlogs = new Map<string, Backlog>();

  add(destination: string, write: Write): void {
    const backlog = this.#backlogs.get(destination) ?? { writes: [], catchingUp: undefined };
    backlog.writes.push(write);
    this.#backlogs.set(destination, backlog);
  }

  /** Writes what was to be written, in order. @returns whether nothing is left of this destination's. */
  async catchUp(destination: string): Promise<boolean> {
    const backlog = this.#backlogs.get(destination);
    if (backlog === undefined) return true;
    // Sessions side by side wait for the same attempt: a report must not be written twice.
    backlog.catchingUp ??= this.#writeAll(destination, backlog);
    return backlog.catchingUp;
  }

  async #writeAll(destination: string, backlog: Backlog): Promise<boolean> {
    const { writes } = backlog;
    for (let write = writes[0]; write !== undefined; write = writes[0]) {
      if (!(await write())) {
        backlog.catchingUp = undefined;
        return false;
      }
      writes.shift();
    }
    this.#backlogs.delete(destination);
    return true;
  }
}
