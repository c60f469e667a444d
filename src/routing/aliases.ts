/** What is wrong with a line of an aliases file. */
export interface AliasProblem {
  /** Counted from 1. */
  readonly line: number;
  readonly message: string;
}

/** More addresses behind one alias are a mailing list, which wants a program of its own. */
const MOST_ADDRESSES = 1000;

/**
 * Aliases as `aliases(5)` has them: `name: address, name, ...`, lines that begin with white space go on, `#` begins a
 * comment. A name stands for `name@domain` of every domain that the file is for. Programs, files and includes are
 * refused: this is a gateway, and delivers nothing by itself.
 */
export class Aliases {
  readonly #targets: ReadonlyMap<string, readonly string[]>;

  private constructor(targets: ReadonlyMap<string, readonly string[]>) {
    this.#targets = targets;
  }

  /** @returns all that is wrong with the text when anything is. */
  static parse(text: string): Aliases | readonly AliasProblem[] {
    const problems: AliasProblem[] = [];
    const targets = new Map<string, readonly string[]>();
    const places = new Map<string, number>();
    for (const { line, text: entry } of entriesOf(text)) {
      const read = readEntry(entry);
      const refuse = (message: string): unknown => problems.push({ line, message });
      if (typeof read === 'string') refuse(read);
      else if (targets.has(read.name))
        refuse(`${read.name} has an entry already, in line ${places.get(read.name)}`);
      else {
        targets.set(read.name, read.targets);
        places.set(read.name, line);
      }
    }
    for (const [name, line] of places) {
      const loop = loopFrom(name, targets);
      if (loop !== undefined) problems.push({ line, message: `a loop: ${loop.join(' -> ')}` });
    }
    return problems.length > 0 ? problems.toSorted((a, b) => a.line - b.line) : new Aliases(targets);
  }

  /** How many names there are. */
  get size(): number {
    return this.#targets.size;
  }

  /**
   * @param local local part of an address in one of the file's domains.
   * @returns full addresses, each once; undefined when there is no alias of that name.
   */
  expand(local: string, domain: string): readonly string[] | undefined {
    if (!this.#targets.has(local.toLowerCase())) return undefined;
    const found = new Set<string>();
    this.#collect(local.toLowerCase(), domain, found, new Set());
    return [...found];
  }

  #collect(name: string, domain: string, found: Set<string>, passed: Set<string>): void {
    passed.add(name);
    for (const target of this.#targets.get(name) ?? []) {
      const key = target.toLowerCase();
      if (found.size >= MOST_ADDRESSES) return;
      if (target.includes('@')) found.add(target);
      // A name that stands for itself among others is the mailbox of that name.
      else if (!this.#targets.has(key) || key === name) found.add(`${target}@${domain}`);
      else if (!passed.has(key)) this.#collect(key, domain, found, passed);
    }
  }
}

interface Entry {
  readonly line: number;
  readonly text: string;
}

function entriesOf(text: string): Entry[] {
  const entries: Entry[] = [];
  text.split(/\r?\n/).forEach((content, i) => {
    if (/^\s*(?:#|$)/.test(content)) return;
    const last = entries.at(-1);
    if (/^\s/.test(content) && last !== undefined)
      entries[entries.length - 1] = { line: last.line, text: `${last.text} ${content.trim()}` };
    else entries.push({ line: i + 1, text: content });
  });
  return entries;
}

function readEntry(text: string): { name: string; targets: readonly string[] } | string {
  const [, quoted, plain, list = ''] = /^(?:"([^"]+)"|([^\s:"]+))\s*:(.*)$/.exec(text) ?? [];
  const name = (quoted ?? plain)?.toLowerCase();
  if (name === undefined) return 'no alias: a name, a colon, and what it stands for';
  const targets = splitList(list);
  if (targets.length === 0) return `${name} stands for nothing`;
  for (const target of targets) {
    const fault = faultOf(target);
    if (fault !== undefined) return `${name}: ${target}: ${fault}`;
  }
  return { name, targets };
}

/** At commas outside of quotes; the quotes around a whole item go. */
function splitList(list: string): string[] {
  const items = list.match(/(?:"(?:[^"\\]|\\.)*"|[^,"])+/g) ?? [];
  return items.map((item) => item.trim().replace(/^"([^"@]*)"$/, '$1')).filter((item) => item !== '');
}

function faultOf(target: string): string | undefined {
  if (target.startsWith('|')) return 'programs are not run';
  if (target.startsWith('/')) return 'files are not written';
  if (/^:include:/i.test(target)) return 'lists are not included';
  return /^[^\s@:|]+(?:@[A-Za-z0-9.:[\]-]+)?$/.test(target) ? undefined : 'no address and no name';
}

/** The names of a loop that leads back to `name`; one that stands for itself alone is none. */
function loopFrom(name: string, targets: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const passed = new Set<string>();
  const follow = (at: string, path: readonly string[]): string[] | undefined => {
    for (const target of targets.get(at) ?? []) {
      const next = target.toLowerCase();
      if (next === name && at !== name) return [...path, next];
      if (next === at || passed.has(next) || !targets.has(next)) continue;
      passed.add(next);
      const loop = follow(next, [...path, next]);
      if (loop !== undefined) return loop;
    }
    return undefined;
  };
  return follow(name, [name]);
}
