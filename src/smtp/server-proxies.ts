/** XCLIENT and XFORWARD: a trusted client tells for whom it speaks (Postfix's XCLIENT_README, XFORWARD_README). */
import type { Answer } from './answer.js';
import { parseProxyAttributes, withAttributes, XCLIENT_NAMES, XFORWARD_NAMES } from './proxy-attributes.js';
import { argumentRefusal } from './refusals.js';
import type { ServerState } from './server-state.js';

/** The session stands where it stood before EHLO; the driver greets, or refuses, the client that is told of. */
export function xclient(state: ServerState, argument: string, syntax: string): Answer {
  const said = parseProxyAttributes(argument, XCLIENT_NAMES);
  if (said === undefined) return { error: argumentRefusal('syntax', syntax) };
  state.xclient = withAttributes(state.xclient, said);
  state.forget();
  return {
    ask: { type: 'proxied' },
    decided: (verdict) => {
      if (!verdict.accept) {
        state.refused = true;
        return verdict.reply.code === 421
          ? { say: verdict.reply, next: { end: 'refused' } }
          : { say: verdict.reply };
      }
      return { say: verdict.reply ?? greeting(state) };
    },
  };
}

export function xforward(state: ServerState, argument: string, syntax: string): Answer {
  const said = parseProxyAttributes(argument, XFORWARD_NAMES);
  if (said === undefined) return { error: argumentRefusal('syntax', syntax) };
  state.xforward = withAttributes(state.xforward, said);
  return { say: { code: 250, status: '2.0.0', text: 'OK' } };
}

/** RFC 5321 §3.1. */
export function greeting({ options }: ServerState): { readonly code: 220; readonly text: string } {
  return { code: 220, text: `${options.hostname} ${options.greeting}` };
}
