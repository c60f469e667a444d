import { CLEAR_CAUSE, isDteCause } from '../x25/index.js';

/** How a PAD writes clearing causes to people (X.28, clear indication service signal). */
const LETTERS: ReadonlyArray<readonly [letters: string, cause: number]> = [
  ['DTE', CLEAR_CAUSE.dteOriginated],
  ['OCC', CLEAR_CAUSE.numberBusy],
  ['INV', CLEAR_CAUSE.invalidFacilityRequest],
  ['NC', CLEAR_CAUSE.networkCongestion],
  ['DER', CLEAR_CAUSE.outOfOrder],
  ['NA', CLEAR_CAUSE.accessBarred],
  ['NP', CLEAR_CAUSE.notObtainable],
  ['RPE', CLEAR_CAUSE.remoteProcedureError],
  ['ERR', CLEAR_CAUSE.localProcedureError],
  ['ROO', CLEAR_CAUSE.rpoaOutOfOrder],
  ['RNA', CLEAR_CAUSE.reverseChargingNotSubscribed],
  ['ID', CLEAR_CAUSE.incompatibleDestination],
  ['FNA', CLEAR_CAUSE.fastSelectNotSubscribed],
  ['SA', CLEAR_CAUSE.shipAbsent],
];

/** What is read as well: a call that the PAD cleared because its remote DTE invited it to, and a vendor's slip. */
const VARIANTS: ReadonlyArray<readonly [letters: string, cause: number]> = [
  ['PAD', CLEAR_CAUSE.dteOriginated],
  ['OOC', CLEAR_CAUSE.numberBusy],
];

const CAUSES = new Map([...LETTERS, ...VARIANTS]);

/** @param letters in capitals. @returns undefined for letters nobody agreed on. */
export function causeOfLetters(letters: string): number | undefined {
  return CAUSES.get(letters);
}

/** @returns undefined for a cause that has no letters. */
export function lettersOfCause(cause: number): string | undefined {
  if (isDteCause(cause)) return 'DTE';
  return LETTERS.find(([, each]) => each === cause)?.[0];
}
