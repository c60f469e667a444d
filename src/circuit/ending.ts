import { toHex } from '../core/index.js';
import { causeText, DIAGNOSTIC, diagnosticText, isDteCause } from '../x25/index.js';
import type { CircuitEvent, Ending, Originator } from './circuit.js';
import { OUR_DIAGNOSTIC } from './diagnostics.js';

/** With which a DTE complains of nothing. */
const ORDERLY_DIAGNOSTICS: readonly number[] = [DIAGNOSTIC.noInformation, OUR_DIAGNOSTIC.sessionOver];

/** Whether the call was ended by one of its two DTEs with nothing to complain of. */
export function isOrderly(ending: Ending): boolean {
  return ending.by !== 'link' && isDteCause(ending.cause) && ORDERLY_DIAGNOSTICS.includes(ending.diagnostic);
}

/** One line for people: `cleared by the network: number busy (01/00)`. */
export function describeEnding({ by, cause, diagnostic }: Ending): string {
  const who = by === 'link' ? 'cleared with the link' : `cleared by ${nameOf(by, cause)}`;
  return `${who}: ${meaningOf('clear', cause, diagnostic)} ${codes(cause, diagnostic)}`;
}

/** One line for people: `circuit reset by the network: network congestion (07/00)`. */
export function describeReset({ by, cause, diagnostic }: CircuitEvent & { type: 'reset' }): string {
  return `circuit reset by ${nameOf(by, cause)}: ${meaningOf('reset', cause, diagnostic)} ${codes(cause, diagnostic)}`;
}

function nameOf(by: Originator, cause: number): string {
  if (by === 'us') return 'us';
  return isDteCause(cause) ? 'the other end' : 'the network';
}

/** The network's cause says most; from a DTE, the diagnostic does. */
function meaningOf(kind: 'clear' | 'reset', cause: number, diagnostic: number): string {
  if (isDteCause(cause) && diagnostic !== 0) return diagnosticText(diagnostic);
  const text = causeText(kind, cause);
  return diagnostic === 0 ? text : `${text}, ${diagnosticText(diagnostic)}`;
}

function codes(cause: number, diagnostic: number): string {
  return `(${toHex(Uint8Array.of(cause, diagnostic), '/')})`;
}
