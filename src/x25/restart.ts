import type { PacketKind } from './packet/kind.js';
import type { Role } from './role.js';
import { diagnose, discard, error, nextLevel, type StateTable, stateTable, to } from './state-table.js';

/** r1 packet layer ready, r2 DTE restart request, r3 DCE restart indication (X.25 §3.3, Annex B). */
export type RestartState = 'r1' | 'r2' | 'r3';

export type RestartRow =
  | 'noTypeOnChannel'
  | 'unknownTypeOnChannel'
  | 'restartOnChannel'
  | 'otherOnChannel'
  | 'restartRequest'
  | 'restartConfirmation'
  | 'noType'
  | 'unknownType';

const STATES = ['r1', 'r2', 'r3'] as const;

/** What a DCE does with packets from the DTE: X.25 table C-2. */
// biome-ignore format: printed as a table
const DCE = stateTable(STATES, {
  // on a logical channel:  r1            r2          r3
  noTypeOnChannel:        [nextLevel,    error(38),  discard],
  unknownTypeOnChannel:   [nextLevel,    error(33),  discard],
  restartOnChannel:       [nextLevel,    error(41),  discard],
  otherOnChannel:         [nextLevel,    error(18),  discard],
  // on channel 0:
  restartRequest:         [to('r2'),     discard,    to('r1')],
  restartConfirmation:    [error(17),    error(18),  to('r1')],
  noType:                 [diagnose(38), error(38),  discard],
  unknownType:            [diagnose(33), error(33),  discard],
});

/** What a DTE does with packets from the DCE. */
// biome-ignore format: printed as a table
const DTE = stateTable(STATES, {
  // on a logical channel:  r1            r2          r3
  noTypeOnChannel:        [nextLevel,    discard,    error(38)],
  unknownTypeOnChannel:   [nextLevel,    discard,    error(33)],
  restartOnChannel:       [nextLevel,    discard,    error(41)],
  otherOnChannel:         [nextLevel,    discard,    error(19)],
  // on channel 0:
  restartRequest:         [to('r3'),     to('r1'),   discard],
  restartConfirmation:    [error(17),    to('r1'),   error(19)],
  noType:                 [diagnose(38), discard,    error(38)],
  unknownType:            [diagnose(33), discard,    error(33)],
});

export const RESTART_TABLES: Readonly<Record<Role, StateTable<RestartRow, RestartState>>> = {
  dce: DCE,
  dte: DTE,
};

/** The row of a packet on a logical channel, whose own tables decide in r1. */
export function rowOnChannel(kind: PacketKind): RestartRow {
  switch (kind) {
    case 'noType':
      return 'noTypeOnChannel';
    case 'unknownType':
    case 'diagnostic':
      return 'unknownTypeOnChannel';
    case 'restartRequest':
    case 'restartConfirmation':
    case 'registration':
      return 'restartOnChannel';
    default:
      return 'otherOnChannel';
  }
}

/**
 * The row of a packet on channel 0. Registration is not subscribed to: an unsupported type.
 * @returns undefined for a type that needs a logical channel.
 */
export function rowOnChannelZero(kind: PacketKind): RestartRow | undefined {
  switch (kind) {
    case 'restartRequest':
    case 'restartConfirmation':
    case 'noType':
    case 'unknownType':
      return kind;
    case 'registration':
      return 'unknownType';
    default:
      return undefined;
  }
}
