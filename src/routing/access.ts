import type { EnhancedReply } from '../smtp/index.js';
import type { Network } from './network.js';
import type { Pattern } from './pattern.js';

/** What is known of a recipient's mail before it is accepted. */
export interface AccessFacts {
  /** IP address of the client; absent for a caller by X.25. */
  readonly address?: string;
  /** Number of a caller by X.25; empty when it gave none; absent for a client by TCP. */
  readonly calling?: string;
  /** What the client called itself. */
  readonly hello: string;
  /** Empty for a report. */
  readonly sender: string;
  readonly recipient: string;
  /** As whom the client has logged in. */
  readonly login?: string;
}

/** Conditions that are absent hold for all mail. */
export interface AccessRule {
  /** For people; the place in the file when it has no name of its own. */
  readonly name: string;
  readonly client?: readonly Network[];
  readonly calling?: Pattern;
  readonly hello?: Pattern;
  readonly sender?: Pattern;
  readonly recipient?: Pattern;
  /** Whether the client must have logged in, or must not. */
  readonly login?: boolean;
  readonly action: AccessAction;
}

export type AccessAction =
  /** No further rule is asked. Relay control still is. */
  | { readonly type: 'allow' }
  | { readonly type: 'refuse' | 'defer'; readonly reply: EnhancedReply }
  /** Taken, and kept until somebody releases it. */
  | { readonly type: 'hold'; readonly reason: string };

/** The first rule that fits decides; where none does, nothing speaks against the mail. */
export function findAccess(rules: readonly AccessRule[], facts: AccessFacts): AccessRule | undefined {
  return rules.find((rule) => fits(rule, facts));
}

function fits(rule: AccessRule, facts: AccessFacts): boolean {
  const { address, calling } = facts;
  return (
    (rule.client === undefined ||
      (address !== undefined && rule.client.some((network) => network.includes(address)))) &&
    (rule.calling === undefined || (calling !== undefined && isIt(rule.calling, calling))) &&
    (rule.hello === undefined || isIt(rule.hello, facts.hello)) &&
    (rule.sender === undefined || isIt(rule.sender, facts.sender)) &&
    (rule.recipient === undefined || isIt(rule.recipient, facts.recipient)) &&
    (rule.login === undefined || rule.login === (facts.login !== undefined))
  );
}

/** Nothing is named by an empty pattern only: `*` is somebody. */
function isIt(pattern: Pattern, text: string): boolean {
  return text === '' ? pattern.text === '' : pattern.match(text) !== undefined;
}
