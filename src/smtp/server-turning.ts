/** Clients that come to fetch: ETRN (RFC 1985) and ATRN (RFC 2645). Who may is for the driver to say. */
import { isDomain } from './address.js';
import type { Answer } from './answer.js';
import { argumentRefusal } from './refusals.js';
import type { ServerState } from './server-state.js';

const ETRN_KINDS = { '@': 'subdomains', '#': 'queue' } as const;

export function etrn(_state: ServerState, argument: string, syntax: string): Answer {
  const mark = argument[0];
  const kind = mark === '@' || mark === '#' ? ETRN_KINDS[mark] : 'domain';
  const name = kind === 'domain' ? argument : argument.slice(1);
  const isName = kind === 'queue' ? /^[!-~]{1,255}$/.test(name) : isDomain(name);
  if (!isName) return { error: argumentRefusal('syntax', syntax) };
  return {
    ask: { type: 'etrn', kind, name },
    decided: ({ reply }) => ({
      say: reply ?? { code: 250, status: '2.0.0', text: `OK, queuing for node ${name} started` },
    }),
  };
}

/** RFC 2645 §5: what follows a 250 is the greeting of the other end. */
export function atrn(_state: ServerState, argument: string, syntax: string): Answer {
  const domains = argument === '' ? [] : argument.split(',').map((domain) => domain.trim());
  if (!domains.every(isDomain)) return { error: argumentRefusal('syntax', syntax) };
  return {
    ask: { type: 'atrn', domains },
    decided: (verdict) =>
      verdict.accept
        ? {
            say: verdict.reply ?? { code: 250, status: '2.0.0', text: 'OK, now reversing the connection' },
            next: { turn: domains },
          }
        : { say: verdict.reply },
  };
}
