/**
 * Who exists at the other end of a route: a typo must not cost a call. A line each, an address or a local part, which
 * then is known in every domain of the route; `#` begins a comment. Letters count alike, capital or not.
 */
export class KnownRecipients {
  readonly #known: ReadonlySet<string>;

  private constructor(known: ReadonlySet<string>) {
    this.#known = known;
  }

  /** @returns what is wrong with the text, with its line. */
  static parse(text: string): KnownRecipients | string {
    const known = new Set<string>();
    for (const [index, line] of text.split(/\r?\n/).entries()) {
      const name = line.replace(/(?:^|\s)#.*$/, '').trim();
      if (name === '') continue;
      if (/\s/.test(name) || name.startsWith('@')) return `line ${index + 1}: no address and no local part`;
      known.add(name.toLowerCase());
    }
    return new KnownRecipients(known);
  }

  /** How many lines there are. */
  get size(): number {
    return this.#known.size;
  }

  /** Postmaster is known everywhere (RFC 5321 §4.5.1). */
  has(address: string): boolean {
    const name = address.toLowerCase();
    const local = name.slice(0, name.lastIndexOf('@'));
    return this.#known.has(name) || this.#known.has(local) || local === 'postmaster';
  }
}
