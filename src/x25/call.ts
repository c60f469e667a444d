import type { PacketKind } from './packet/kind.js';
import type { Role } from './role.js';
import { discard, error, nextLevel, type StateTable, stateTable, to } from './state-table.js';

/**
 * p1 ready, p2 DTE waiting, p3 DCE waiting, p4 data transfer, p5 call collision, p6 DTE clear request, p7 DCE clear
 * indication (X.25 §4.1, Annex B).
 */
export type CallState = 'p1' | 'p2' | 'p3' | 'p4' | 'p5' | 'p6' | 'p7';

export type CallRow =
  | 'noType'
  | 'unknownType'
  | 'restart'
  | 'callRequest'
  | 'callAccepted'
  | 'clearRequest'
  | 'clearConfirmation'
  /** Data, interrupt, flow control and reset. */
  | 'transfer';

const STATES = ['p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7'] as const;

/** What a DCE does with packets from the DTE: X.25 table C-3. */
// biome-ignore format: printed as a table
const DCE = stateTable(STATES, {
  //                   p1         p2         p3         p4         p5         p6         p7
  noType:            [error(38), error(38), error(38), nextLevel, error(38), error(38), discard],
  unknownType:       [error(33), error(33), error(33), nextLevel, error(33), error(33), discard],
  restart:           [error(41), error(41), error(41), nextLevel, error(41), error(41), discard],
  callRequest:       [to('p2'),  error(21), to('p5'),  error(23), error(24), error(25), discard],
  callAccepted:      [error(20), error(21), to('p4'),  error(23), error(24), error(25), discard],
  clearRequest:      [to('p6'),  to('p6'),  to('p6'),  to('p6'),  to('p6'),  discard,   to('p1')],
  clearConfirmation: [error(20), error(21), error(22), error(23), error(24), error(25), to('p1')],
  transfer:          [error(20), error(21), error(22), nextLevel, error(24), error(25), discard],
});

/** What a DTE does with packets from the DCE. In p5 the DTE has priority: its call goes on. */
// biome-ignore format: printed as a table
const DTE = stateTable(STATES, {
  //                   p1         p2         p3         p4         p5         p6         p7
  noType:            [error(38), error(38), error(38), nextLevel, error(38), discard,   error(38)],
  unknownType:       [error(33), error(33), error(33), nextLevel, error(33), discard,   error(33)],
  restart:           [error(41), error(41), error(41), nextLevel, error(41), discard,   error(41)],
  callRequest:       [to('p3'),  to('p5'),  error(22), error(23), error(24), discard,   error(26)],
  callAccepted:      [error(20), to('p4'),  error(22), error(23), to('p4'),  discard,   error(26)],
  clearRequest:      [to('p7'),  to('p7'),  to('p7'),  to('p7'),  to('p7'),  to('p1'),  discard],
  clearConfirmation: [error(20), error(21), error(22), error(23), error(24), to('p1'),  error(26)],
  transfer:          [error(20), error(21), error(22), nextLevel, error(24), discard,   error(26)],
});

export const CALL_TABLES: Readonly<Record<Role, StateTable<CallRow, CallState>>> = { dce: DCE, dte: DTE };

export function callRow(kind: PacketKind): CallRow {
  switch (kind) {
    case 'noType':
    case 'callRequest':
    case 'callAccepted':
    case 'clearRequest':
    case 'clearConfirmation':
      return kind;
    case 'unknownType':
    case 'diagnostic':
      return 'unknownType';
    case 'restartRequest':
    case 'restartConfirmation':
    case 'registration':
      return 'restart';
    default:
      return 'transfer';
  }
}
