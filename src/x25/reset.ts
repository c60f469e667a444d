import type { PacketKind } from './packet/kind.js';
import type { Role } from './role.js';
import { discard, error, nextLevel, type StateTable, stateTable, to } from './state-table.js';

/** d1 flow control ready, d2 DTE reset request, d3 DCE reset indication; only within p4 (X.25 §4.4.3, Annex B). */
export type ResetState = 'd1' | 'd2' | 'd3';

export type ResetRow =
  | 'noType'
  | 'unknownType'
  | 'restart'
  | 'resetRequest'
  | 'resetConfirmation'
  /** Data, interrupt, interrupt confirmation, RR, RNR, and REJ where subscribed to: what they hold decides. */
  | 'transfer'
  /** REJ, not subscribed to. */
  | 'reject';

const STATES = ['d1', 'd2', 'd3'] as const;

/** What a DCE does with packets from the DTE in p4: X.25 table C-4. */
// biome-ignore format: printed as a table
const DCE = stateTable(STATES, {
  //                   d1         d2         d3
  noType:            [error(38), error(38), discard],
  unknownType:       [error(33), error(33), discard],
  restart:           [error(41), error(41), discard],
  resetRequest:      [to('d2'),  discard,   to('d1')],
  resetConfirmation: [error(27), error(28), to('d1')],
  transfer:          [nextLevel, error(28), discard],
  reject:            [error(37), error(37), discard],
});

/** What a DTE does with packets from the DCE in p4. */
// biome-ignore format: printed as a table
const DTE = stateTable(STATES, {
  //                   d1         d2         d3
  noType:            [error(38), discard,   error(38)],
  unknownType:       [error(33), discard,   error(33)],
  restart:           [error(41), discard,   error(41)],
  resetRequest:      [to('d3'),  to('d1'),  discard],
  resetConfirmation: [error(27), to('d1'),  error(29)],
  transfer:          [nextLevel, discard,   error(29)],
  reject:            [error(37), discard,   error(29)],
});

export const RESET_TABLES: Readonly<Record<Role, StateTable<ResetRow, ResetState>>> = { dce: DCE, dte: DTE };

/**
 * @param kind any but the call set-up and clearing packets, which the call level deals with.
 * @param canReject packet retransmission is subscribed to.
 */
export function resetRow(kind: PacketKind, canReject: boolean): ResetRow {
  switch (kind) {
    case 'noType':
    case 'resetRequest':
    case 'resetConfirmation':
      return kind;
    case 'unknownType':
    case 'diagnostic':
      return 'unknownType';
    case 'restartRequest':
    case 'restartConfirmation':
    case 'registration':
      return 'restart';
    case 'rej':
      return canReject ? 'transfer' : 'reject';
    default:
      return 'transfer';
  }
}
