import { startsWith } from '../core/index.js';
import type { Pattern } from './pattern.js';

/** An incoming call as the rules see it; the link's number prefixes are already taken off. */
export interface CallToAdmit {
  readonly link: string;
  /** Empty when the network gave none. */
  readonly calling: string;
  readonly called: string;
  readonly userData: Uint8Array;
  /** Index of the closed user group, with outgoing access or without: two or four digits. */
  readonly closedUserGroup?: string;
  /** The caller wants us to pay. Default false. */
  readonly reverseCharging?: boolean;
  /** Fast select with restriction on response: it may be cleared, but not accepted. Default false. */
  readonly isRestricted?: boolean;
}

/** Conditions that are absent hold for every call. */
export interface IncomingRule {
  /** For people; the place in the file when it has no name of its own. */
  readonly name: string;
  readonly link?: string;
  readonly calling?: Pattern;
  readonly called?: Pattern;
  /** The closed user groups that the call may belong to. */
  readonly closedUserGroups?: readonly string[];
  /** What the call user data must begin with. */
  readonly userData?: Uint8Array;
  readonly action: EngineAction | BridgeAction | RejectAction;
}

/** The call is taken here: mail goes into the queue. */
export interface EngineAction {
  readonly type: 'engine';
  readonly relay: boolean;
  readonly maxCircuits?: number;
  /** Whether we pay for a call when the caller asks for it. Default false. */
  readonly reverseCharging?: boolean;
}

/** The call is joined to a mail server, and nothing is kept. */
export interface BridgeAction {
  readonly type: 'bridge';
  readonly smtp: { readonly host: string; readonly port: number };
  /** How the mail server is told who calls. */
  readonly identify: 'xclient' | 'proxy' | 'none';
  readonly relay: boolean;
  readonly maxCircuits?: number;
  readonly reverseCharging?: boolean;
}

export interface RejectAction {
  readonly type: 'reject';
  readonly cause: number;
  readonly diagnostic: number;
}

/** What admission needs to know of a peer. */
export interface CallingPeer {
  readonly name: string;
  readonly calling: readonly Pattern[];
  readonly links: readonly string[];
  readonly userData: Uint8Array;
}

export type Admission =
  | {
      readonly action: 'take';
      /** Absent: no rule fits, the caller is a configured peer; then the engine takes the call. */
      readonly rule?: IncomingRule;
      /** What the rule does with it. */
      readonly how: EngineAction | BridgeAction;
      /** Who calls, when a peer is known under that number. */
      readonly peer?: string;
    }
  | { readonly action: 'reject'; readonly cause: number; readonly diagnostic: number; readonly why: string };

/** X.25 §5.2.4: what a DTE may always send. */
export const DTE_ORIGINATED = 0x00;
export const CALLER_REFUSED = 0xf5;
export const USER_DATA_NOT_WANTED = 0xf9;

const RESTRICTED = 'fast select with restricted response: it can not be accepted';

/**
 * Decides on an incoming call before it is accepted: an accepted call is charged.
 *
 * The first rule that fits wins. When none fits, a configured peer may call with its own call user data, from its
 * own number, on its own links; all others are refused. A call that we should pay for is refused, unless the rule that
 * it fits says otherwise.
 *
 * UNCLEAR design "What a calling NUA proves": "no rule at all" could also mean a file without rules. Read so that a
 * rule for one caller shuts no peer out; a last rule `calling = "*"`, `action = "reject"` does.
 */
export function admit(
  call: CallToAdmit,
  rules: readonly IncomingRule[],
  peers: readonly CallingPeer[],
): Admission {
  const caller = peers.find((peer) => isFrom(peer, call));
  const rule = rules.find((candidate) => fits(candidate, call));
  if (rule !== undefined) return apply(rule, call, caller?.name);
  const welcome = peers.find((peer) => isFrom(peer, call) && startsWith(call.userData, peer.userData));
  if (welcome !== undefined && call.reverseCharging === true)
    return reject(CALLER_REFUSED, 'reverse charging');
  if (welcome !== undefined)
    return call.isRestricted === true
      ? reject(CALLER_REFUSED, RESTRICTED)
      : { action: 'take', how: { type: 'engine', relay: false }, peer: welcome.name };
  return refuse(call, rules, peers);
}

function apply(rule: IncomingRule, call: CallToAdmit, peer: string | undefined): Admission {
  const { action } = rule;
  if (action.type === 'reject')
    return {
      action: 'reject',
      cause: action.cause,
      diagnostic: action.diagnostic,
      why: `incoming rule ${rule.name}`,
    };
  if (call.reverseCharging === true && action.reverseCharging !== true)
    return reject(CALLER_REFUSED, `reverse charging, which incoming rule ${rule.name} does not take`);
  if (call.isRestricted === true) return reject(CALLER_REFUSED, RESTRICTED);
  return { action: 'take', how: action, rule, ...(peer !== undefined && { peer }) };
}

/** Says which of the two was wrong, the caller or what it asked for. */
function refuse(call: CallToAdmit, rules: readonly IncomingRule[], peers: readonly CallingPeer[]): Admission {
  const welcoming = rules.filter((rule) => rule.action.type !== 'reject' && fitsLine(rule, call));
  const isCallerKnown =
    peers.some((peer) => isFrom(peer, call)) || welcoming.some((rule) => fitsCaller(rule, call.calling));
  const isUserDataWanted =
    peers.some((peer) => peer.links.includes(call.link) && startsWith(call.userData, peer.userData)) ||
    welcoming.some((rule) => fitsUserData(rule, call));
  return isCallerKnown || !isUserDataWanted
    ? reject(USER_DATA_NOT_WANTED, 'call user data not wanted')
    : reject(CALLER_REFUSED, call.calling === '' ? 'no calling address' : 'caller unknown');
}

function reject(diagnostic: number, why: string): Admission {
  return { action: 'reject', cause: DTE_ORIGINATED, diagnostic, why };
}

function fits(rule: IncomingRule, call: CallToAdmit): boolean {
  return fitsLine(rule, call) && fitsCaller(rule, call.calling) && fitsUserData(rule, call);
}

function fitsLine(rule: IncomingRule, call: CallToAdmit): boolean {
  return (
    (rule.link === undefined || rule.link === call.link) &&
    (rule.called === undefined || rule.called.match(call.called) !== undefined) &&
    fitsGroup(rule, call)
  );
}

/** An index is the same in the basic and in the extended form: "12" and "0012". */
function fitsGroup({ closedUserGroups }: IncomingRule, { closedUserGroup: group }: CallToAdmit): boolean {
  if (closedUserGroups === undefined) return true;
  return group !== undefined && closedUserGroups.some((each) => Number(each) === Number(group));
}

/**
 * A call without a calling address fits only `calling = ""`. A rule that says nothing of the caller lets nobody in
 * without a number, but keeps everybody out.
 */
function fitsCaller(rule: IncomingRule, calling: string): boolean {
  if (rule.calling === undefined) return calling !== '' || rule.action.type === 'reject';
  return isNumber(rule.calling, calling);
}

function fitsUserData(rule: IncomingRule, call: CallToAdmit): boolean {
  return rule.userData === undefined || startsWith(call.userData, rule.userData);
}

function isFrom(peer: CallingPeer, call: CallToAdmit): boolean {
  return peer.links.includes(call.link) && peer.calling.some((pattern) => isNumber(pattern, call.calling));
}

function isNumber(pattern: Pattern, calling: string): boolean {
  return calling === '' ? pattern.text === '' : pattern.match(calling) !== undefined;
}
