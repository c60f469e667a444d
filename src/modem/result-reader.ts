const CR = 0x0d;
const LF = 0x0a;

/** Longer than any result; what goes on longer is not one. */
const LONGEST_LINE = 120;

/** Cuts what a modem in command state says into lines, however it arrives. Memory is one line. */
export class ResultReader {
  #line = '';
  #isTooLong = false;
  #endedByCr = false;

  /**
   * Reads up to and including the next line end, CR or LF.
   * @returns the line, printable characters only, unless there is none yet or it is empty; and where to go on.
   */
  read(octets: Uint8Array, from: number): { readonly line?: string; readonly next: number } {
    for (let at = from; at < octets.length; at++) {
      const octet = octets[at] ?? 0;
      if (octet === CR || octet === LF) {
        this.#endedByCr = octet === CR;
        const line = this.#take();
        if (line !== '') return { line, next: at + 1 };
      } else this.#add(octet);
    }
    return { next: octets.length };
  }

  /** @returns where to go on when the line feed of the line read last shall not count as what follows it. */
  skipLineFeed(octets: Uint8Array, from: number): number {
    const belongsToLine = this.#endedByCr && octets[from] === LF;
    this.#endedByCr = false;
    return belongsToLine ? from + 1 : from;
  }

  /** Forgets a line begun: something else starts. */
  reset(): void {
    this.#take();
    this.#endedByCr = false;
  }

  #add(octet: number): void {
    if (octet < 0x20 || octet > 0x7e) return; // noise of a line, NUL of a modem that fills in
    if (this.#line.length < LONGEST_LINE) this.#line += String.fromCharCode(octet);
    else this.#isTooLong = true;
  }

  #take(): string {
    const line = this.#isTooLong ? '' : this.#line;
    this.#line = '';
    this.#isTooLong = false;
    return line;
  }
}
