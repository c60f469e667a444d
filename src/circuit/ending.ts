import { toHex } from '../core/index.js';
import { causeText, diagnosticText } from '../x25/index.js';
import type { Ending } from './circuit.js';

/** ISO 8208: no additional information; disconnection, normal. */
const ORDERLY_DIAGNOSTICS: readonly number[] = [0x00, 0xf1];

/** Cause 00 or 80 .. FF: a DTE cleared, not the network (X.25 §5.2.4.1.1). */
export function isFromDte(cause: number): boolean {
  return cause === 0x00 || cause >= 0x80;
}

/** Whether the call was ended by one of its two DTEs with nothing to complain of. */
export function isOrderly(ending: Ending): boolean {
  return ending.by !== 'link' && isFromDte(ending.cause) && ORDERLY_DIAGNOSTICS.includes(ending.diagnostic);
}

/** One line for people: `cleared by the network: number busy (01/00)`. */
export function describeEnding(ending: Ending): string {
  return `${who(ending)}: ${what(ending)} (${toHex(Uint8Array.of(ending.cause, ending.diagnostic), '/')})`;
}

function who({ by, cause }: Ending): string {
  if (by === 'us') return 'cleared by us';
  if (by === 'link') return 'cleared with the link';
  return isFromDte(cause) ? 'cleared by the other end' : 'cleared by the network';
}

/** The network's cause says most; from a DTE, the diagnostic does. */
function what({ cause, diagnostic }: Ending): string {
  if (isFromDte(cause) && diagnostic !== 0) return diagnosticText(diagnostic);
  const text = causeText('clear', cause);
  return diagnostic === 0 ? text : `${text}, ${diagnosticText(diagnostic)}`;
}
