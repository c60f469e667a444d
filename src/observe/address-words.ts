import type { AddressType } from '../x25/index.js';

const TYPES: Readonly<Record<number, string>> = {
  0: 'as the network has it',
  1: 'international',
  2: 'national',
  5: 'alternative',
};
const PLANS: Readonly<Record<number, string>> = { 0: 'plan of the network', 1: 'E.164', 3: 'X.121' };

/** ` to 700001`, with the A bit ` to 700001 (international, X.121)`; empty when there is no address. */
export function addressWords(
  preposition: 'to' | 'from',
  number: string,
  kind: AddressType | undefined,
): string {
  if (kind === undefined) return number === '' ? '' : ` ${preposition} ${number}`;
  const type = TYPES[kind.type] ?? `type ${kind.type}`;
  const plan = PLANS[kind.plan] ?? `plan ${kind.plan}`;
  return ` ${preposition} ${number || 'no number'} (${type}, ${plan})`;
}
