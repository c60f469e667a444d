import { type Decoded, decoded, fault } from '../core/index.js';
import type { Destination } from './destination.js';
import { Pattern } from './pattern.js';
import { Template } from './template.js';

/** A domain, or many: `#` is a number of 1 to 15 digits, `*` a part of the domain. */
const PLACE = /[#*]/;
const WHAT: Readonly<Record<string, string>> = { '#': '(\\d{1,15})', '*': '([A-Za-z0-9_.-]+)' };

/**
 * Two names of the same domains: one that the sites on the X.25 network know, one for the rest of the world. What stands for
 * the place of one stands for that of the other, so that each way undoes the other.
 */
export class DomainPair {
  readonly inside: string;
  readonly outside: string;
  readonly #insidePattern: Pattern;
  readonly #outsidePattern: Pattern;
  readonly #toInside: Template;
  readonly #toOutside: Template;

  private constructor(inside: Side, outside: Side) {
    this.inside = inside.text;
    this.outside = outside.text;
    this.#insidePattern = inside.pattern;
    this.#outsidePattern = outside.pattern;
    this.#toInside = inside.template;
    this.#toOutside = outside.template;
  }

  /** @returns what is wrong, in words. */
  static parse(inside: string, outside: string): Decoded<DomainPair> {
    const places = [inside, outside].map((text) => (text.match(/[#*]/g) ?? []).join(''));
    if (places.some(({ length }) => length > 1)) return fault('has more than one "#" or "*"');
    if (places[0] !== places[1]) return fault('has not the same "#" or "*" as the other');
    if (inside === '*' || outside === '*') return fault('is every domain: "#" is every number');
    if (inside.toLowerCase() === outside.toLowerCase()) return fault('is the same as the other');
    const sides = [sideOf(inside), sideOf(outside)] as const;
    return sides[0].ok && sides[1].ok
      ? decoded(new DomainPair(sides[0].value, sides[1].value))
      : fault('is no domain');
  }

  /** @returns undefined for a domain that is none of these. */
  toOutside(domain: string): string | undefined {
    const captures = this.#insidePattern.match(domain);
    return captures && this.#toOutside.expand(captures);
  }

  toInside(domain: string): string | undefined {
    const captures = this.#outsidePattern.match(domain);
    return captures && this.#toInside.expand(captures);
  }
}

interface Side {
  readonly text: string;
  readonly pattern: Pattern;
  readonly template: Template;
}

function sideOf(text: string): Decoded<Side> {
  if (!/^[A-Za-z0-9#*](?:[A-Za-z0-9._#*-]*[A-Za-z0-9#*])?$/.test(text)) return fault('no domain');
  const source = text.replaceAll('.', '\\.').replace(PLACE, (place) => WHAT[place] ?? place);
  const pattern = Pattern.parse(`/^${source}$/`, { ignoreCase: true });
  if (!pattern.ok) return pattern;
  const template = Template.parse(text.replace(PLACE, '$1'), pattern.value.groups);
  return template.ok ? decoded({ text, pattern: pattern.value, template: template.value }) : template;
}

export interface RewriteRule {
  readonly domains: DomainPair;
  /** The peers that are inside; absent: all, and all that are called by number. */
  readonly peers?: readonly string[];
  /** Whether headers are rewritten that somebody has signed, which makes his signature worthless. */
  readonly signed: boolean;
}

/** How mail to one destination is rewritten. */
export interface Rewriter {
  address(address: string): string;
  /** @param fields as `splitHeader` gives them. @returns the same array where nothing changes. */
  header(fields: readonly string[]): readonly string[];
}

/** Makes one of the rules' names of a domain into the other, as mail leaves: what goes to a site has the names of the inside. */
export class Rewriting {
  readonly #rules: readonly RewriteRule[];

  constructor(rules: readonly RewriteRule[]) {
    this.#rules = rules;
  }

  /** @returns undefined where nothing is rewritten. */
  for(destination: Destination): Rewriter | undefined {
    if (this.#rules.length === 0) return undefined;
    const steps = this.#rules.map(({ domains, signed, ...rule }): Step => {
      const isInward = leadsInside(destination, rule);
      return {
        signed,
        rewrite: (domain) => (isInward ? domains.toInside(domain) : domains.toOutside(domain)),
      };
    });
    return new Steps(steps);
  }
}

function leadsInside(destination: Destination, { peers }: Pick<RewriteRule, 'peers'>): boolean {
  if (destination.type === 'nua') return peers === undefined;
  if (destination.type !== 'peers') return false;
  return peers === undefined || destination.peers.every((peer) => peers.includes(peer));
}

interface Step {
  readonly signed: boolean;
  readonly rewrite: (domain: string) => string | undefined;
}

/** RFC 5322 §3.6.2, §3.6.3, §3.6.6; RFC 8098 §2.1, and what it was called before. */
const ADDRESSED: ReadonlySet<string> = new Set([
  ...['from', 'sender', 'reply-to', 'to', 'cc', 'bcc'].flatMap((name) => [name, `resent-${name}`]),
  'disposition-notification-to',
  'return-receipt-to',
  'errors-to',
]);
/** RFC 5322 §2.1.1; without the line end. */
const LONGEST_LINE = 998;

class Steps implements Rewriter {
  readonly #steps: readonly Step[];

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
  }

  address(address: string): string {
    return rewriteAddress(address, this.#steps);
  }

  header(fields: readonly string[]): readonly string[] {
    const isSigned = fields.some((field) => nameOf(field) === 'dkim-signature');
    const steps = this.#steps.filter(({ signed }) => signed || !isSigned);
    if (steps.length === 0) return fields;
    const rewritten = fields.map((field) =>
      ADDRESSED.has(nameOf(field)) ? rewriteField(field, steps) : field,
    );
    return rewritten.every((field, i) => field === fields[i]) ? fields : rewritten;
  }
}

function nameOf(field: string): string {
  return field.slice(0, field.indexOf(':')).trimEnd().toLowerCase();
}

function rewriteAddress(address: string, steps: readonly Step[]): string {
  const at = address.lastIndexOf('@');
  const domain = at < 0 ? undefined : rewriteDomain(address.slice(at + 1), steps);
  return domain === undefined ? address : `${address.slice(0, at + 1)}${domain}`;
}

/** The first rule that knows the domain. */
function rewriteDomain(domain: string, steps: readonly Step[]): string | undefined {
  for (const { rewrite } of steps) {
    const rewritten = rewrite(domain);
    if (rewritten !== undefined) return rewritten;
  }
  return undefined;
}

/**
 * A quoted string, the start or end of a comment, a pair behind a backslash, or an @ with the domain behind it, which is all
 * that is changed: names, comments, folds stay as they were written (RFC 5322 §3.4). A domain is taken with what is not ASCII
 * in it, so that none is changed that only begins like one of ours (RFC 6532).
 */
const TOKEN =
  /"(?:[^"\\]|\\[\s\S])*"?|[()]|\\[\s\S]|(@[ \t]*)([A-Za-z0-9_\x80-\uffff](?:[A-Za-z0-9_.\x80-\uffff-]*[A-Za-z0-9_\x80-\uffff])?)/g;
/** A quotation mark means nothing there. */
const TOKEN_IN_COMMENT = /[()]|\\[\s\S]/g;

function rewriteField(field: string, steps: readonly Step[]): string {
  let rewritten = '';
  let depth = 0; // of comments
  for (let from = 0; from < field.length; ) {
    const token = depth > 0 ? TOKEN_IN_COMMENT : TOKEN;
    token.lastIndex = from;
    const match = token.exec(field);
    if (match === null) return within(rewritten + field.slice(from), field);
    const [text, at, domain] = match;
    if (text === '(') depth++;
    if (text === ')') depth = Math.max(0, depth - 1);
    const changed = at !== undefined && domain !== undefined && rewriteDomain(domain, steps);
    rewritten += field.slice(from, match.index) + (changed ? `${at}${changed}` : text);
    from = match.index + text.length;
  }
  return within(rewritten, field);
}

/** A line that is too long would be refused on the way; such a field is left as it was. */
function within(rewritten: string, field: string): string {
  return rewritten.split('\r\n').some(({ length }) => length > LONGEST_LINE) ? field : rewritten;
}
