import type { CloseReason } from '../core/index.js';

/** What we say when we clear or refuse a call; the cause with it is 00, as from any DTE (ISO 8208 §12.1.1). */
export const OUR_DIAGNOSTIC = {
  callNotAcceptedInTime: 0x31,
  shuttingDown: 0xa2,
  /** No channel, or too little room for mail. */
  noResources: 0xa3,
  sessionOver: 0xf1,
  /** Silence for too long, or the other end does not keep to the rules. */
  trouble: 0xf2,
  destinationUnreachable: 0xf4,
  callerRefused: 0xf5,
  userDataNotWanted: 0xf9,
} as const;

/** How the reasons for which a session ends a stream are told. */
export const CLOSE_DIAGNOSTIC = {
  sessionOver: OUR_DIAGNOSTIC.sessionOver,
  shuttingDown: OUR_DIAGNOSTIC.shuttingDown,
  noResources: OUR_DIAGNOSTIC.noResources,
  protocolError: OUR_DIAGNOSTIC.trouble,
  timeout: OUR_DIAGNOSTIC.trouble,
} as const satisfies Record<CloseReason, number>;
