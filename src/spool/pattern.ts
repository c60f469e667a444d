/** Text in which `*` stands for any number of characters; capital letters don't matter. */
export class Pattern {
  readonly #parts: readonly string[];

  constructor(text: string) {
    this.#parts = text.toLowerCase().split('*');
  }

  /** In a time that grows with the text alone, and not with what a foreign pattern makes of it. */
  matches(text: string): boolean {
    const [first = '', ...rest] = this.#parts;
    const last = rest.pop();
    const lower = text.toLowerCase();
    if (last === undefined) return lower === first;
    if (lower.length < first.length + last.length) return false;
    if (!lower.startsWith(first) || !lower.endsWith(last)) return false;
    const end = lower.length - last.length;
    let at = first.length;
    for (const part of rest) {
      const found = lower.indexOf(part, at);
      if (found === -1 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  }
}
