/** How long things take on a line to a PAD, milliseconds. X.28 leaves all of it to the network. */
export const PAD_TIMERS = {
  wakeMs: {
    default: 1_000,
    meaning: 'until a PAD that says nothing to the service request is taken as awake',
  },
  answerMs: { default: 10_000, meaning: 'for the answer to a command' },
  callMs: { default: 200_000, meaning: 'for COM or CLR after the selection' },
  turnaroundMs: { default: 200, meaning: 'of silence before a PAD that has spoken is given a command' },
  recallMs: { default: 1_000, meaning: 'from a break or an escape character to the command' },
  hangUpMs: { default: 3_000, meaning: 'from dropping DTR until the PAD can be woken' },
  gapMs: {
    default: 100,
    meaning: 'the longest pause within a service signal that comes in the middle of data',
  },
  clearPauseMs: {
    default: 2_000,
    meaning: 'of silence before what looks like CLR in the data is looked into',
  },
  restMs: { default: 60_000, meaning: 'until a PAD that could not be made ready is tried again' },
} as const;

export type PadTimers = Readonly<Record<keyof typeof PAD_TIMERS, number>>;

export const DEFAULT_PAD_TIMERS: PadTimers = Object.fromEntries(
  Object.entries(PAD_TIMERS).map(([name, entry]) => [name, entry.default]),
) as PadTimers;
