/** A request of ours that the other end has to confirm, and that is repeated: RESTART, CLEAR or RESET. */
export class PendingRequest<Request> {
  #request: Request | undefined;
  #repeats = 0;
  #isSent = false;

  begin(request: Request): void {
    this.#request = request;
    this.#repeats = 0;
    this.#isSent = false;
  }

  /** The link took it. */
  sent(): void {
    this.#isSent = true;
  }

  /** It counts as not sent, until it goes out again. */
  withdraw(): void {
    this.#isSent = false;
  }

  /** Before it went out, the other end can neither confirm it nor collide with it. */
  get isSent(): boolean {
    return this.#isSent;
  }

  get request(): Request | undefined {
    return this.#request;
  }

  /** Its timer ran out. @returns what to send again, undefined when that was done `most` times. */
  repeat(most: number): Request | undefined {
    return this.#repeats++ < most ? this.#request : undefined;
  }
}
