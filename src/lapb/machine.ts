/**
 * Set-up, release, reset and recovery of a link (X.25 §2.4.4 to §2.4.7): what each event does in each state.
 *
 * The table is the machine. I and S frames in the information transfer phase (L3, L5) are judged by their
 * numbers and handled by `LapbLink`; here they only matter where there is no link. Timers follow from the
 * states: T1 runs from the sending of SABM, DISC, FRMR or a poll until its answer, the retry timer in L0.
 */
export type LinkState =
  /** L0 and no link wanted: not started, stopped, or the line is gone. */
  | 'off'
  /** Disconnected phase, waiting: for the peer's SABM, or to try again. */
  | 'L0'
  /** Set-up: SABM sent. */
  | 'L1'
  /** Set-up collision: the peer's SABM is answered, ours is not. */
  | 'L1c'
  /** Disconnecting: DISC sent. */
  | 'L2'
  /** Information transfer. */
  | 'L3'
  /** Frame reject: FRMR sent. */
  | 'L4'
  /** Timer recovery: information transfer with a poll (P=1) unanswered. */
  | 'L5';

export type LinkEvent =
  /** The owner wants a link, set up by us. */
  | 'start'
  /** The owner wants a link, set up by the peer. */
  | 'startPassive'
  | 'stop'
  | 'physicalDown'
  /** The one of our modulus: SABM, or SABME. */
  | 'SABM'
  /** The one of the other modulus. */
  | 'otherSABM'
  | 'DISC'
  | 'UA F=0'
  | 'UA F=1'
  /** UA F=1 in L3 or L5 after I frames of the peer. */
  | 'UA late'
  | 'DM F=0'
  | 'DM F=1'
  | 'FRMR'
  /** An I or S frame with P=1. */
  | 'polled'
  /** A frame with a condition of X.25 §2.3.5.4: W, X, Y or Z. */
  | 'rejected'
  | 'T1'
  /** The owner has room again for what the peer sends. */
  | 'ready'
  /** T1 ran out after N2 tries. */
  | 'N2'
  /** Nothing was heard for T3. */
  | 'T3'
  /** The pause of L0 is over. */
  | 'retry';

/** `retry` is the pause of L0; the others are the Recommendation's. */
export type LinkTimer = 'T1' | 'T2' | 'T3' | 'retry';

export interface Step {
  /** The state to enter; all that belongs to the old one ends. Entering L3 sets V(S), V(A) and V(R) to 0. */
  readonly next?: LinkState;
  /** What to send; a response copies the P bit, a poll is an S frame with P=1, SABM is that of our modulus. */
  readonly send?: 'SABM' | 'DISC' | 'UA' | 'DM' | 'FRMR' | 'poll';
  readonly tell?: 'up' | 'reset' | 'down';
  /** How long to stay in L0 before we set the link up ourselves; long unless said. */
  readonly pause?: 'short';
  /** V(R) goes to 0 while the link stays up. */
  readonly receiveAnew?: true;
}

export function step(state: LinkState, event: LinkEvent): Step {
  return LINK_TABLE[event][COLUMNS[state]];
}

const COLUMNS = { off: 0, L0: 1, L1: 2, L1c: 3, L2: 4, L3: 5, L5: 6, L4: 7 } as const satisfies Record<
  LinkState,
  number
>;
type Row = readonly [Step, Step, Step, Step, Step, Step, Step, Step];

const drop: Step = {};
const never: Step = {};
/** I and S frames of the transfer phase do not come here. */
const handled: Step = {};

const ua: Step = { send: 'UA' };
const dm: Step = { send: 'DM' };
const frmr: Step = { send: 'FRMR' };
const sabm: Step = { send: 'SABM' };
const disc: Step = { send: 'DISC' };
const poll: Step = { send: 'poll' };

const setUp: Step = { next: 'L1', send: 'SABM' };
/** DM with F=0 asks the peer to set the link up (X.25 §2.4.4.1). */
const invite: Step = { next: 'L0', send: 'DM' };
const wait: Step = { next: 'L0' };
const accept: Step = { next: 'L3', send: 'UA', tell: 'up' };
/**
 * X.25 §2.4.4.5.1: both ends answer, and wait for the answer to their own SABM. A peer may drop I frames for as
 * long as it waits (Linux does), so none are sent before.
 */
const collide: Step = { next: 'L1c', send: 'UA' };
const up: Step = { next: 'L3', tell: 'up' };

const release: Step = { next: 'L2', send: 'DISC', tell: 'down' };
/** X.25 §2.4.4.5.2: SABM and DISC have met, the link is down for both. */
const refuse: Step = { next: 'off', send: 'DM' };
const end: Step = { next: 'off', tell: 'down' };
const giveUp: Step = { next: 'L0', tell: 'down' };
const yieldDm: Step = { next: 'L0', tell: 'down', send: 'DM', pause: 'short' };
const yieldUa: Step = { next: 'L0', tell: 'down', send: 'UA', pause: 'short' };
const backOff: Step = { next: 'L0', tell: 'down', pause: 'short' };

const anew: Step = { next: 'L3', send: 'UA', tell: 'reset' };
/** The user learns of it when it begins: packets are lost already, whether or not the set-up succeeds. */
const reset: Step = { next: 'L1', send: 'SABM', tell: 'reset' };
/**
 * UNCLEAR X.25 §2.4.6: what a UA means that nobody waits for. A SABM that was sent twice, because its UA was slow,
 * is answered twice, and since the second answer the peer counts from 0. To drop that UA could lose a packet: the
 * next first I frame would seem to have come already.
 */
const again: Step = { receiveAnew: true, tell: 'reset' };
const reject: Step = { next: 'L4', send: 'FRMR' };
const recover: Step = { next: 'L5', send: 'poll' };

// DEVIATION X.25 §2.3.5.5, §2.4.8.3: T3 measures there how long the channel is idle (no flags), which cannot be
// seen on a start/stop line. Ours asks a peer that was not heard, as T4 of ISO 7776 does.

// biome-ignore format: the table of the transitions, to be read in columns
export const LINK_TABLE = {
  //              off      L0        L1       L1c      L2       L3        L5        L4
  start:        [ setUp,   drop,     drop,    drop,    setUp,   drop,     drop,     drop    ],
  startPassive: [ invite,  drop,     drop,    drop,    wait,    drop,     drop,     drop    ],
  stop:         [ drop,    end,      release, release, drop,    release,  release,  release ],
  physicalDown: [ drop,    end,      end,     end,     end,     end,      end,      end     ],

  // X.25 §2.4.5.8 leaves it at telling; a poll has the answer that it was heard (a peer may wait without asking).
  ready:        [ drop,    drop,     drop,    drop,    drop,    recover,  drop,     drop    ],

  SABM:         [ dm,      accept,   collide, ua,      refuse,  anew,     anew,     anew    ],
  otherSABM:    [ dm,      dm,       dm,      dm,      dm,      dm,       dm,       dm      ],
  DISC:         [ dm,      dm,       yieldDm, yieldDm, ua,      yieldUa,  yieldUa,  yieldUa ],
  // SABM and DISC are sent with P=1, so only F=1 answers them.
  'UA F=0':     [ drop,    drop,     drop,    drop,    drop,    drop,     drop,     drop    ],
  'UA F=1':     [ drop,    drop,     up,      up,      end,     drop,     drop,     drop    ],
  'UA late':    [ never,   never,    never,   never,   never,   again,    again,    never   ],
  'DM F=0':     [ drop,    setUp,    drop,    drop,    drop,    backOff,  backOff,  reset   ],
  'DM F=1':     [ drop,    drop,     backOff, backOff, end,     backOff,  backOff,  reset   ],
  FRMR:         [ drop,    drop,     drop,    drop,    drop,    reset,    reset,    reset   ],
  polled:       [ dm,      dm,       drop,    drop,    dm,      handled,  handled,  frmr    ],
  rejected:     [ drop,    drop,     drop,    drop,    drop,    reject,   reject,   drop    ],

  T1:           [ never,   never,    sabm,    up,      disc,    recover,  poll,     frmr    ],
  N2:           [ never,   never,    giveUp,  up,      end,     never,    reset,    reset   ],
  T3:           [ never,   never,    never,   never,   never,   recover,  drop,     never   ],
  retry:        [ never,   setUp,    never,   never,   never,   never,    never,    never   ],
} as const satisfies Record<LinkEvent, Row>;
