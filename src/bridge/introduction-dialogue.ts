/**
 * How an MTA is told who calls: what we say to it, as a pure step from one of its replies to the next.
 *
 *   none      its greeting is the caller's
 *   proxy     a header before all else; then its greeting is the caller's
 *   xclient   greeting, EHLO, XCLIENT; then it greets anew, and that is the caller's
 */

import { proxyHeaderV1, proxyHeaderV2 } from '../proxy/index.js';
import { keywordOf } from './offer.js';
import { describeReplyLine, type WireReply } from './reply-splitter.js';

/** How the MTA is told who calls. */
export type Identify = 'xclient' | 'proxyV1' | 'proxyV2' | 'none';

export interface Introducing {
  readonly identify: Identify;
  /** Our name, for EHLO. */
  readonly hostname: string;
  readonly caller: {
    readonly nua: string;
    /** `CallerNetwork.addressOf(nua)`. */
    readonly address: string;
    /** The caller may relay: then the MTA sees it as logged in, where it takes LOGIN. */
    readonly relay: boolean;
  };
  /** IPv6 address of the called number, for the PROXY protocol. */
  readonly calledAddress: string;
}

export type IntroductionFailure =
  /** The MTA went away, did not speak SMTP, or said no (its reply is in the reason). */
  | 'gone'
  | 'notSmtp'
  | 'refused'
  | 'timeout'
  /** It does not offer XCLIENT, or not with ADDR. */
  | 'xclientNotOffered';

/** The reply that is waited for. */
export type IntroductionState = 'greeting' | 'hello' | 'newGreeting';

export type IntroductionStep =
  | { readonly do: 'say'; readonly line: string; readonly next: IntroductionState }
  /** This reply is the greeting that the caller is to see. */
  | { readonly do: 'handOver' }
  | { readonly do: 'fail'; readonly why: IntroductionFailure; readonly reason: string };

/** What goes out before the MTA has said anything. */
export function headerOf({ identify, caller, calledAddress }: Introducing): Uint8Array | undefined {
  const call = { source: caller.address, destination: calledAddress, nua: caller.nua };
  switch (identify) {
    case 'proxyV1':
      return proxyHeaderV1(call);
    case 'proxyV2':
      return proxyHeaderV2(call);
    case 'xclient':
    case 'none':
      return undefined;
  }
}

export function stepIntroduction(
  state: IntroductionState,
  reply: WireReply,
  introducing: Introducing,
): IntroductionStep {
  if (reply.code >= 300) return fail('refused', `the mail server said ${describeReplyLine(reply)}`);
  switch (state) {
    case 'greeting':
      return introducing.identify === 'xclient'
        ? { do: 'say', line: `EHLO ${introducing.hostname}`, next: 'hello' }
        : { do: 'handOver' };
    case 'hello':
      return sayXclient(reply, introducing);
    case 'newGreeting':
      return { do: 'handOver' };
  }
}

function sayXclient(reply: WireReply, { caller }: Introducing): IntroductionStep {
  const taken = attributesOf(reply);
  if (taken === undefined) return fail('xclientNotOffered', 'the mail server does not offer us XCLIENT');
  if (!taken.has('ADDR')) return fail('xclientNotOffered', 'the mail server takes no ADDR with XCLIENT');
  const attributes = [['ADDR', `IPV6:${caller.address}`]];
  if (taken.has('NAME')) attributes.push(['NAME', '[UNAVAILABLE]']);
  if (taken.has('LOGIN') && caller.relay) attributes.push(['LOGIN', caller.nua]);
  const words = attributes.map(([name, value]) => `${name}=${xtext(value ?? '')}`);
  return { do: 'say', line: ['XCLIENT', ...words].join(' '), next: 'newGreeting' };
}

/** What an MTA takes with XCLIENT, in capitals; undefined where it does not offer it. */
function attributesOf({ lines }: WireReply): ReadonlySet<string> | undefined {
  const line = lines.slice(1).find((candidate) => keywordOf(candidate) === 'XCLIENT');
  return line === undefined ? undefined : new Set(line.toUpperCase().split(/\s+/).slice(1));
}

/** RFC 3461 §4. */
function xtext(text: string): string {
  return text.replace(
    /[^!-~]|[+=]/g,
    (octet) => `+${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

function fail(why: IntroductionFailure, reason: string): IntroductionStep {
  return { do: 'fail', why, reason };
}
