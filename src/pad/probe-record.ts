/** More than can be under way when the PAD is asked. */
const MOST_OCTETS = 4096;

/** `ENGAGED` as far as it is told by the CR that ends it, with the line end before it; the rest may be data. */
const BEFORE_ANSWER = /^([\s\S]*?)(?:\r\n)?[\0* ]*ENGA\w*\s*$/i;

/** Line ends and prompts with which PADs answer a recall. */
const NO_DATA = /^[\r\n\0* ]*$/;

/** What comes while the PAD is asked whether the call is still open: the end of the data, and its answer. */
export class ProbeRecord {
  #octets: number[] = [];

  begin(): void {
    this.#octets = [];
  }

  note(octet: number): void {
    if (this.#octets.length < MOST_OCTETS) this.#octets.push(octet);
  }

  /** The answer was that the call is open: what came before it was data, unless it is only how the PAD clears its throat. */
  dataBeforeAnswer(): Uint8Array {
    const all = String.fromCharCode(...this.#octets);
    const [, before = ''] = BEFORE_ANSWER.exec(all) ?? [];
    return NO_DATA.test(before) ? new Uint8Array() : Uint8Array.from(this.#octets.slice(0, before.length));
  }
}
