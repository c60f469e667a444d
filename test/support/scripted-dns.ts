/** What name servers say in a test: `TXT site.example` to records, or to the code of an error. Names are in small letters. */
export class ScriptedDns {
  readonly #records: Map<string, unknown>;
  /** Every question, in order. */
  readonly asked: string[] = [];

  constructor(records: Readonly<Record<string, readonly string[] | string | 'silent'>>) {
    this.#records = new Map(Object.entries(records));
  }

  /** As `resolve` of `node:dns`. A list is what was found; a word is how it fails; `silent`: never any answer. */
  readonly resolve = async (name: string, type: string): Promise<unknown> => {
    const question = `${type} ${name.toLowerCase()}`;
    this.asked.push(question);
    const found = this.#records.get(question) ?? 'ENOTFOUND';
    if (found === 'silent') return new Promise(() => {});
    if (typeof found === 'string') throw Object.assign(new Error(found), { code: found });
    return type === 'TXT' ? (found as string[]).map((text) => [text]) : found;
  };
}
