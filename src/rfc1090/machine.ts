/**
 * One machine per call: the timers and closing rules of RFC 1090, for whoever speaks SMTP over the circuit.
 *
 *   §6     reset                    clear; try again, perhaps with other facilities
 *   §9     221 or 421 read          clear at once: whoever reads it has everything (after ATRN the called side too)
 *          221 or 421 sent          wait for the other end to clear, for 20 s (as §10.3 does), then clear: a clear of
 *                                   ours could overtake what we have just said
 *   §10.1  CALL REQUEST             100 s until it is accepted, then 120 s until 220
 *   §10.2  a reply is awaited       10 minutes; octets that come and acknowledgements of ours begin them anew
 *   §10.3  QUIT sent                20 s until 221; what was confirmed stays delivered
 *   §10.4  clearing                 timers of X.25 (T13, T23): the circuit's business
 *
 * States carry at most one timer, and it runs exactly as long as the state lasts:
 *
 *   caller  placing -> calling -> greeting -> session -> closing -> clearing -> ended
 *   called  accepting ----------------------> session -> closing -> clearing -> ended
 */
import { CLEAR_CAUSE, CLOSE_DIAGNOSTIC, type Ending, OUR_DIAGNOSTIC } from '../circuit/index.js';
import type { CloseReason } from '../core/index.js';
import type { DialogueEvent } from '../smtp/index.js';
import { RETRY_AFTER_RESET, type Retry, retry, retryAfter } from './retry.js';
import type { CallTimerName } from './timers.js';

const { callNotAcceptedInTime, sessionOver, trouble } = OUR_DIAGNOSTIC;

export type CallRole = 'caller' | 'called';

export type CallState =
  /** Our call waits for the link. Nothing is paid yet, and the link bounds the wait. */
  | { readonly name: 'placing' }
  /** CALL REQUEST is out. */
  | { readonly name: 'calling' }
  /** We have accepted a call. */
  | { readonly name: 'accepting' }
  /** The called side owes its 220. */
  | { readonly name: 'greeting' }
  | SessionState
  /** QUIT was sent: its 221 is to come; or 221 or 421 was sent: the other end is to clear. */
  | { readonly name: 'closing'; readonly waitsFor: 'farewell' | 'clear' }
  /** We have cleared; what is left to come is the confirmation. */
  | { readonly name: 'clearing'; readonly verdict: Verdict }
  | { readonly name: 'ended' };

interface SessionState {
  readonly name: 'session';
  /** A reply, a command or data is owed by the other end. */
  readonly awaiting: boolean;
  /** We can't send on because the other end does not acknowledge: then room in its window is awaited. */
  readonly blocked: boolean;
}

/** Nothing is owed. */
const quiet: SessionState = { name: 'session', awaiting: false, blocked: false };

export type CallInput =
  // The circuit
  | { readonly type: 'requested' | 'connected' | 'reset' }
  | { readonly type: 'cleared'; readonly ending: Ending }
  /** Octets came; octets of ours were acknowledged. */
  | { readonly type: 'received' | 'delivered' }
  /** A write found no room; there is room again. */
  | { readonly type: 'blocked' | 'ready' }
  // The session
  | { readonly type: 'dialogue'; readonly event: DialogueEvent }
  | { readonly type: 'close' }
  | { readonly type: 'abort'; readonly why: CloseReason }
  | { readonly type: 'expired'; readonly timer: CallTimerName };

export type CallAction =
  | { readonly do: 'start' | 'stop'; readonly timer: CallTimerName }
  | { readonly do: 'clear'; readonly cause: number; readonly diagnostic: number }
  /** The call is over. */
  | { readonly do: 'judge'; readonly verdict: Verdict };

/** How a call went. */
export interface Verdict {
  readonly how: How;
  /** When to call again for what is left to do; absent where there is no need, and for the called side. */
  readonly retry?: Retry;
}

export type How =
  /** The session came to its end: 221, or 421 sent by us. */
  | 'completed'
  /** The other end said 421. */
  | 'dismissed'
  /** QUIT was not answered. Everything before it was. */
  | 'quitTimeout'
  /** The call was not accepted: in words of the network, or by our own patience. */
  | 'callFailed'
  | 'callTimeout'
  | 'greetingTimeout'
  | 'replyTimeout'
  | 'reset'
  /** Cleared by the other end, the network or the link in the middle of the session. */
  | 'cleared'
  /** Ended by our session without a farewell. */
  | 'closed'
  | 'aborted';

export interface Step {
  readonly state: CallState;
  readonly actions: readonly CallAction[];
}

export function initialState(role: CallRole): CallState {
  return { name: role === 'caller' ? 'placing' : 'accepting' };
}

/** The timer that runs in a state. */
export function timerOf(state: CallState): CallTimerName | undefined {
  switch (state.name) {
    case 'calling':
      return 'callAccept';
    case 'greeting':
      return 'serviceReady';
    case 'session':
      return state.awaiting || state.blocked ? 'reply' : undefined;
    case 'closing':
      return 'quit';
    case 'placing':
    case 'accepting':
    case 'clearing':
    case 'ended':
      return undefined;
  }
}

export function step(state: CallState, input: CallInput, role: CallRole): Step {
  switch (state.name) {
    case 'placing':
    case 'calling':
    case 'accepting':
      return whenNotConnected(state, input, role);
    case 'greeting':
      return whenGreeting(state, input, role);
    case 'session':
      return whenInSession(state, input, role);
    case 'closing':
      return whenClosing(state, input);
    case 'clearing':
      return input.type === 'cleared' ? judge(state, state.verdict) : stay(state);
    case 'ended':
      return stay(state);
  }
}

type NotConnected = CallState & { name: 'placing' | 'calling' | 'accepting' };

function whenNotConnected(state: NotConnected, input: CallInput, role: CallRole): Step {
  switch (input.type) {
    case 'requested':
      return go(state, { name: 'calling' });
    case 'connected':
      return go(state, role === 'caller' ? { name: 'greeting' } : quiet);
    case 'cleared':
      return judge(state, verdict('callFailed', role, retryAfter(input.ending)));
    case 'expired':
      return clear(state, callNotAcceptedInTime, verdict('callTimeout', role, retry('queue')));
    case 'close':
    case 'abort':
      return breakOff(state, input, role);
    case 'reset':
    case 'received':
    case 'delivered':
    case 'blocked':
    case 'ready':
    case 'dialogue': // nothing can have been said yet
      return stay(state);
  }
}

function whenGreeting(state: CallState & { name: 'greeting' }, input: CallInput, role: CallRole): Step {
  switch (input.type) {
    case 'dialogue':
      return whenToldBeforeGreeting(state, input.event, role);
    case 'expired':
      return clear(state, trouble, verdict('greetingTimeout', role, retry('queue')));
    case 'reset':
      return clear(state, trouble, verdict('reset', role, RETRY_AFTER_RESET));
    case 'cleared':
      return judge(state, verdict('cleared', role, retryAfter(input.ending)));
    case 'close':
    case 'abort':
      return breakOff(state, input, role);
    case 'requested':
    case 'connected':
    case 'received': // §10.1: octets that are not yet the 220 gain no time
    case 'delivered':
    case 'blocked':
    case 'ready':
      return stay(state);
  }
}

function whenToldBeforeGreeting(state: CallState, event: DialogueEvent, role: CallRole): Step {
  switch (event) {
    case 'greetingSeen':
      return go(state, quiet);
    case 'quitSent': // what was seen was no welcome
      return go(state, { name: 'closing', waitsFor: 'farewell' });
    case 'farewellSent':
      return go(state, { name: 'closing', waitsFor: 'clear' });
    case 'farewellSeen':
      return clear(state, sessionOver, verdict('dismissed', role, retry('queue')));
    case 'awaiting': // the greeting, which has a timer of its own
    case 'settled':
      return stay(state);
  }
}

function whenInSession(state: SessionState, input: CallInput, role: CallRole): Step {
  switch (input.type) {
    case 'dialogue':
      return whenToldInSession(state, input.event, role);
    case 'received':
    case 'delivered': // §10.2: begins anew
      return timerOf(state) === 'reply' ? stay(state, { do: 'start', timer: 'reply' }) : stay(state);
    case 'blocked':
      return go(state, { ...state, blocked: true });
    case 'ready':
      return go(state, { ...state, blocked: false });
    case 'expired':
      return clear(state, trouble, verdict('replyTimeout', role, retry('queue')));
    case 'reset':
      return clear(state, trouble, verdict('reset', role, RETRY_AFTER_RESET));
    case 'cleared':
      return judge(state, verdict('cleared', role, retryAfter(input.ending)));
    case 'close':
    case 'abort':
      return breakOff(state, input, role);
    case 'requested':
    case 'connected':
      return stay(state);
  }
}

function whenToldInSession(state: SessionState, event: DialogueEvent, role: CallRole): Step {
  switch (event) {
    case 'awaiting':
      return go(state, { ...state, awaiting: true });
    case 'settled':
      return go(state, { ...state, awaiting: false });
    case 'quitSent':
      return go(state, { name: 'closing', waitsFor: 'farewell' });
    case 'farewellSent':
      return go(state, { name: 'closing', waitsFor: 'clear' });
    case 'farewellSeen': // 421: a 221 would have followed a QUIT
      return clear(state, sessionOver, verdict('dismissed', role, retry('queue')));
    case 'greetingSeen': // of the side that became server by ATRN
      return stay(state);
  }
}

function whenClosing(state: CallState & { name: 'closing' }, input: CallInput): Step {
  switch (input.type) {
    case 'dialogue':
      return input.event === 'farewellSeen' ? clear(state, sessionOver, { how: 'completed' }) : stay(state);
    case 'expired':
      return clear(state, sessionOver, {
        how: state.waitsFor === 'farewell' ? 'quitTimeout' : 'completed',
      });
    case 'reset': // nothing is left that could be lost
      return clear(state, trouble, { how: 'completed' });
    case 'cleared':
      return judge(state, { how: 'completed' });
    case 'close': // our farewell may still be under way; the other end clears when it has read it
      return state.waitsFor === 'clear' ? stay(state) : clear(state, sessionOver, { how: 'completed' });
    case 'abort':
      return clear(state, CLOSE_DIAGNOSTIC[input.why], { how: 'completed' });
    case 'requested':
    case 'connected':
    case 'received':
    case 'delivered':
    case 'blocked':
    case 'ready':
      return stay(state);
  }
}

/** Our session ends the call in the middle of things. */
function breakOff(state: CallState, input: CallInput & { type: 'close' | 'abort' }, role: CallRole): Step {
  if (input.type === 'close') return clear(state, sessionOver, { how: 'closed' });
  return clear(state, CLOSE_DIAGNOSTIC[input.why], verdict('aborted', role, retry('queue')));
}

function verdict(how: How, role: CallRole, advice: Retry): Verdict {
  return role === 'caller' ? { how, retry: advice } : { how };
}

const stay = (state: CallState, ...actions: CallAction[]): Step => ({ state, actions });

/** To another state: the timer of the old one stops, the timer of the new one starts. */
function go(from: CallState, to: CallState, ...actions: CallAction[]): Step {
  const before = timerOf(from);
  const after = timerOf(to);
  const timers: CallAction[] = [];
  if (before !== undefined && before !== after) timers.push({ do: 'stop', timer: before });
  if (after !== undefined && after !== before) timers.push({ do: 'start', timer: after });
  return { state: to, actions: [...timers, ...actions] };
}

function clear(from: CallState, diagnostic: number, verdict: Verdict): Step {
  return go(
    from,
    { name: 'clearing', verdict },
    { do: 'clear', cause: CLEAR_CAUSE.dteOriginated, diagnostic },
  );
}

function judge(from: CallState, verdict: Verdict): Step {
  return go(from, { name: 'ended' }, { do: 'judge', verdict });
}
