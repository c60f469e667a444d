/**
 * The dialogue with a PAD, from its terminal's side (X.28).
 *
 *   down -> waking -> asking -> setting -> checking -+-> idle ----------------> open       the PAD announces a call
 *             ^        STAT      SET        PAR?     +-> selecting ----------> open       we place one
 *             |                                           number       COM      |
 *             +---- clearing, hangingUp <---------------------------------------+
 *             +---- resting: the PAD could not be made ready
 *
 * The PAD is made ready before every call and after it, because some forget their parameters when a call ends, and
 * what is not as it must be would spoil mail: SET asks, PAR? shows what is in force. Of a PAD that did not do as it was
 * told nothing is believed: it is woken again, in a harder way each time.
 *
 * A call is cleared by calling the PAD's attention (break, DLE) and `CLR`, or by hanging up. `CLR` in the middle of
 * data is only a suspicion, since mail may contain the same line; `probing` asks the PAD itself.
 */
import { CLEAR_CAUSE } from '../x25/index.js';
import type { Cleared, ServiceSignal } from './service-signal.js';
import type { PadTimers } from './timers.js';
import { type Clearing, findDifference, type Parameters, type ReportedParameters } from './x3.js';

/** The selection command of a call that waits until the PAD is ready. */
type Waiting = string | undefined;

/** A call of ours, or one that the PAD has and we know nothing of. */
type Whose = 'circuit' | 'stray';

export type PadState =
  | { readonly name: 'down' }
  /** The service request is out. `attempt` counts from 0. */
  | { readonly name: 'waking'; readonly attempt: number; readonly call: Waiting }
  /** STAT is out. */
  | { readonly name: 'asking'; readonly attempt: number; readonly call: Waiting }
  /** SET is out. */
  | { readonly name: 'setting'; readonly attempt: number; readonly call: Waiting }
  /** PAR? is out. */
  | {
      readonly name: 'checking';
      readonly attempt: number;
      readonly call: Waiting;
      readonly reported: ReportedParameters;
    }
  | { readonly name: 'idle' }
  | { readonly name: 'resting' }
  | { readonly name: 'selecting' }
  | { readonly name: 'open' }
  /** STAT is out, because the data ended in what looks like CLR. */
  | { readonly name: 'probing'; readonly suspected: Cleared }
  /** CLR is out. `wakings`: how often the PAD was woken in vain before. */
  | {
      readonly name: 'clearing';
      readonly of: Whose;
      readonly attempt: number;
      readonly wakings: number;
      readonly call: Waiting;
    }
  | { readonly name: 'hangingUp'; readonly of: Whose; readonly wakings: number; readonly call: Waiting };

export type PadInput =
  | { readonly type: 'lineUp' | 'lineDown' }
  | { readonly type: 'call'; readonly selection: string }
  /** Ends the call that waits, is being placed, or is open. */
  | { readonly type: 'clear' }
  | { readonly type: 'signal'; readonly signal: ServiceSignal }
  /** The data ended in this, and nothing came after it. */
  | { readonly type: 'suspected'; readonly signal: Cleared }
  /** The time of the state is up. */
  | { readonly type: 'expired' };

export type PadAction =
  /** A command, without the CR that ends it. */
  | { readonly do: 'command'; readonly text: string }
  /** The service request. */
  | { readonly do: 'wake' }
  /** Calls the PAD's attention away from data transfer. */
  | { readonly do: 'recall' }
  | { readonly do: 'hangUp' }
  | { readonly do: 'tell'; readonly event: PadEvent };

export type PadEvent =
  /** The call goes out. */
  | { readonly type: 'requested' }
  /** What comes now is data. */
  | { readonly type: 'connected' }
  /** The PAD has accepted a call. */
  | { readonly type: 'incoming'; readonly calling: string }
  /** By the other end or the network. */
  | { readonly type: 'cleared'; readonly cause: number; readonly diagnostic: number }
  /** As we have asked. */
  | { readonly type: 'clearedByUs' }
  /** With the line, or a PAD that can't be made to do it. */
  | { readonly type: 'lost' }
  /** It was data after all. */
  | { readonly type: 'resumed' }
  /** The PAD takes calls. */
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly why: string }
  /** A call came at a moment when it can't be used, and is cleared. */
  | { readonly type: 'incomingNotTaken' };

export interface PadStep {
  readonly state: PadState;
  readonly actions: readonly PadAction[];
}

export interface PadSettings {
  readonly clearing: Clearing;
  /** Whether the line can drop DTR: the last resort where it is not the first. */
  readonly canHangUp: boolean;
  /** What must be in force during calls. */
  readonly parameters: Parameters;
}

const LAST_WAKING = 2;
const LAST_CLEARING = 2;

/** The time limit of a state. */
export function timerOf(state: PadState): keyof PadTimers | undefined {
  switch (state.name) {
    case 'waking':
      return 'wakeMs';
    case 'asking':
    case 'setting':
    case 'checking':
    case 'probing':
    case 'clearing':
      return 'answerMs';
    case 'selecting':
      return 'callMs';
    case 'hangingUp':
      return 'hangUpMs';
    case 'resting':
      return 'restMs';
    case 'down':
    case 'idle':
    case 'open':
      return undefined;
  }
}

export function step(state: PadState, input: PadInput, settings: PadSettings): PadStep {
  if (input.type === 'lineDown') return whenLineLost(state);
  switch (state.name) {
    case 'down':
      return input.type === 'lineUp' ? wake(0, undefined, settings) : stay(state);
    case 'waking':
      return whenWaking(state, input, settings);
    case 'asking':
      return whenAsking(state, input, settings);
    case 'setting':
      return whenSetting(state, input, settings);
    case 'checking':
      return whenChecking(state, input, settings);
    case 'idle':
      return whenIdle(state, input, settings);
    case 'resting':
      return whenResting(state, input, settings);
    case 'selecting':
      return whenSelecting(state, input, settings);
    case 'open':
      return whenOpen(state, input, settings);
    case 'probing':
      return whenProbing(state, input, settings);
    case 'clearing':
      return whenClearing(state, input, settings);
    case 'hangingUp':
      return whenHangingUp(state, input, settings);
  }
}

// ---- making the PAD ready

type Preparing = PadState & { readonly name: 'waking' | 'asking' | 'setting' | 'checking' };

/** Each attempt is harder on the PAD than the one before. */
function wake(attempt: number, call: Waiting, settings: PadSettings): PadStep {
  if (attempt > LAST_WAKING) return fail('does not come to its senses', call);
  const state = { name: 'waking', attempt, call } as const;
  const isLast = attempt === LAST_WAKING;
  if (isLast && settings.canHangUp) return go(state, hangUp, service);
  // It may be in the data transfer of a call that we forgot.
  if (attempt > 0 && settings.clearing !== 'dtr') return go(state, recall, service);
  return go(state, service);
}

function whenWaking(state: PadState & { name: 'waking' }, input: PadInput, settings: PadSettings): PadStep {
  if (input.type !== 'expired' && input.type !== 'signal') return whilePreparing(state, input);
  if (isIncoming(input)) return notTaken(state, settings);
  // A PAD that was silent may be told not to speak: transparent profiles have 6:0.
  const speak = state.attempt > 0 ? [command('SET 6:1')] : [];
  return go({ ...state, name: 'asking' }, ...speak, command('STAT'));
}

function whenAsking(state: PadState & { name: 'asking' }, input: PadInput, settings: PadSettings): PadStep {
  const { attempt, call } = state;
  if (input.type === 'expired') return again(state, 'does not answer', settings);
  if (input.type !== 'signal') return whilePreparing(state, input);
  if (isIncoming(input)) return notTaken(state, settings);
  switch (input.signal.type) {
    case 'free':
    case 'error': // a PAD that has no STAT is awake as well
      return go({ name: 'setting', attempt, call }, command(`SET ${pairs(settings.parameters)}`));
    case 'engaged':
      return startClearing('stray', attempt, call, settings);
    default:
      return stay(state);
  }
}

/** Whatever SET is answered with: what it did is asked for. */
function whenSetting(state: PadState & { name: 'setting' }, input: PadInput, settings: PadSettings): PadStep {
  const { attempt, call } = state;
  if (input.type !== 'expired' && input.type !== 'signal') return whilePreparing(state, input);
  if (isIncoming(input)) return notTaken(state, settings);
  if (input.type === 'signal' && !isAnswerToSet(input.signal)) return stay(state);
  const references = [...settings.parameters.keys()].join(',');
  return go({ name: 'checking', attempt, call, reported: new Map() }, command(`PAR? ${references}`));
}

function isAnswerToSet({ type }: ServiceSignal): boolean {
  return type === 'acknowledgement' || type === 'parameters' || type === 'error';
}

function whenChecking(
  state: PadState & { name: 'checking' },
  input: PadInput,
  settings: PadSettings,
): PadStep {
  if (input.type === 'expired') return judge(state, settings);
  if (input.type !== 'signal') return whilePreparing(state, input);
  if (isIncoming(input)) return notTaken(state, settings);
  if (input.signal.type !== 'parameters') return stay(state);
  const reported = new Map([...state.reported, ...input.signal.values]);
  const next = { ...state, reported };
  const isComplete = [...settings.parameters.keys()].every((reference) => reported.has(reference));
  return isComplete ? judge(next, settings) : go(next);
}

function judge(state: PadState & { name: 'checking' }, settings: PadSettings): PadStep {
  const { call, reported } = state;
  const difference = findDifference(settings.parameters, reported);
  if (difference !== undefined) return again(state, difference, settings);
  if (call === undefined) return go({ name: 'idle' }, tell({ type: 'ready' }));
  return go({ name: 'selecting' }, command(call), tell({ type: 'requested' }));
}

/** A call may come to wait, and go again, without disturbing what is under way. */
function whilePreparing(state: Preparing, input: PadInput): PadStep {
  if (input.type === 'call') return stay({ ...state, call: input.selection });
  if (input.type !== 'clear' || state.call === undefined) return stay(state);
  return stay({ ...state, call: undefined }, tell({ type: 'clearedByUs' }));
}

function isIncoming(input: PadInput): boolean {
  return input.type === 'signal' && input.signal.type === 'connected';
}

/** A command of ours that crossed the announcement has become data of the call: nobody knows what its caller made of it. */
function notTaken({ attempt, call }: Preparing, settings: PadSettings): PadStep {
  return startClearing('stray', attempt, call, settings, tell({ type: 'incomingNotTaken' }));
}

function again({ attempt, call }: Preparing, why: string, settings: PadSettings): PadStep {
  return attempt < LAST_WAKING ? wake(attempt + 1, call, settings) : fail(why, call);
}

function fail(why: string, call: Waiting): PadStep {
  const lost = call === undefined ? [] : [tell({ type: 'lost' })];
  return go({ name: 'resting' }, tell({ type: 'failed', why }), ...lost);
}

function whenIdle(state: PadState & { name: 'idle' }, input: PadInput, settings: PadSettings): PadStep {
  if (input.type === 'call') return wake(0, input.selection, settings);
  if (input.type === 'signal' && input.signal.type === 'connected')
    return go({ name: 'open' }, tell({ type: 'incoming', calling: input.signal.address }));
  return stay(state);
}

function whenResting(state: PadState & { name: 'resting' }, input: PadInput, settings: PadSettings): PadStep {
  if (input.type === 'call') return wake(0, input.selection, settings);
  return input.type === 'expired' ? wake(0, undefined, settings) : stay(state);
}

// ---- calls

function whenSelecting(
  state: PadState & { name: 'selecting' },
  input: PadInput,
  settings: PadSettings,
): PadStep {
  switch (input.type) {
    case 'signal':
      return whenAnswered(state, input.signal, settings);
    case 'clear':
      return startClearing('circuit', 0, undefined, settings);
    case 'expired':
      return startClearing('stray', 0, undefined, settings, tell({ type: 'lost' }));
    case 'call':
    case 'suspected':
    case 'lineUp':
    case 'lineDown':
      return stay(state);
  }
}

function whenAnswered(state: PadState, signal: ServiceSignal, settings: PadSettings): PadStep {
  switch (signal.type) {
    case 'connected':
    case 'carrier':
      return go({ name: 'open' }, tell({ type: 'connected' }));
    case 'cleared':
      return over(signal, settings);
    case 'clearConfirmed':
      return over({ type: 'cleared', cause: CLEAR_CAUSE.dteOriginated, diagnostic: 0 }, settings);
    case 'error': // the PAD does not like our selection
      return over({ type: 'cleared', cause: CLEAR_CAUSE.localProcedureError, diagnostic: 0 }, settings);
    case 'acknowledgement':
    case 'reset':
    case 'free':
    case 'engaged':
    case 'parameters':
    case 'unknown':
      return stay(state);
  }
}

function whenOpen(state: PadState & { name: 'open' }, input: PadInput, settings: PadSettings): PadStep {
  switch (input.type) {
    case 'suspected': {
      const { signal } = input;
      // It can't be asked without hanging up, which makes it true.
      if (settings.clearing === 'dtr') return startClearing('stray', 0, undefined, settings, tell(signal));
      return go({ name: 'probing', suspected: signal }, recall, command('STAT'));
    }
    case 'clear':
      return startClearing('circuit', 0, undefined, settings);
    case 'signal':
    case 'expired':
    case 'call':
    case 'lineUp':
    case 'lineDown':
      return stay(state);
  }
}

function whenProbing(state: PadState & { name: 'probing' }, input: PadInput, settings: PadSettings): PadStep {
  const { suspected } = state;
  switch (input.type) {
    case 'clear':
      return startClearing('circuit', 0, undefined, settings);
    case 'expired':
      return startClearing('stray', 0, undefined, settings, tell(suspected));
    case 'signal':
      break;
    case 'suspected':
    case 'call':
    case 'lineUp':
    case 'lineDown':
      return stay(state);
  }
  switch (input.signal.type) {
    case 'engaged': // after a command the PAD goes back to data transfer by itself
      return go({ name: 'open' }, tell({ type: 'resumed' }));
    case 'free':
    case 'error': // there is no call that the recall could have been about
      return over(suspected, settings);
    case 'connected': // a new call, announced on the heels of the old one
      return startClearing(
        'stray',
        0,
        undefined,
        settings,
        tell(suspected),
        tell({ type: 'incomingNotTaken' }),
      );
    case 'acknowledgement':
    case 'carrier':
    case 'cleared':
    case 'clearConfirmed':
    case 'reset':
    case 'parameters':
    case 'unknown':
      return stay(state);
  }
}

/** The call is over; the PAD is made ready for the next. */
function over(why: Cleared, settings: PadSettings): PadStep {
  const { state, actions } = wake(0, undefined, settings);
  return { state, actions: [tell(why), ...actions] };
}

function whenLineLost(state: PadState): PadStep {
  const hasCall =
    state.name === 'selecting' ||
    state.name === 'open' ||
    state.name === 'probing' ||
    ('of' in state && state.of === 'circuit') ||
    ('call' in state && state.call !== undefined);
  return go({ name: 'down' }, ...(hasCall ? [tell({ type: 'lost' })] : []));
}

// ---- clearing

type Ending = PadState & { readonly name: 'clearing' | 'hangingUp' };

function startClearing(
  of: Whose,
  wakings: number,
  call: Waiting,
  { clearing }: PadSettings,
  ...first: PadAction[]
): PadStep {
  if (clearing === 'dtr') return go({ name: 'hangingUp', of, wakings, call }, ...first, hangUp);
  return go({ name: 'clearing', of, attempt: 0, wakings, call }, ...first, recall, command('CLR'));
}

function whenClearing(
  state: PadState & { name: 'clearing' },
  input: PadInput,
  settings: PadSettings,
): PadStep {
  if (input.type !== 'expired' && input.type !== 'signal') return whileEnding(state, input);
  const isAnswer = input.type === 'signal' && input.signal.type !== 'connected';
  if (isAnswer) return isEnd(input.signal) ? cleared(state, settings) : stay(state);
  // Nothing came of it, or COM has crossed it.
  const { of, attempt, wakings, call } = state;
  if (attempt < LAST_CLEARING) return go({ ...state, attempt: attempt + 1 }, recall, command('CLR'));
  if (settings.canHangUp) return go({ name: 'hangingUp', of, wakings, call }, hangUp);
  const isLost = of === 'circuit' || call !== undefined;
  return go(
    { name: 'resting' },
    tell({ type: 'failed', why: 'does not clear the call' }),
    ...(isLost ? [tell({ type: 'lost' })] : []),
  );
}

function isEnd({ type }: ServiceSignal): boolean {
  return type === 'clearConfirmed' || type === 'cleared' || type === 'error' || type === 'free';
}

function whenHangingUp(
  state: PadState & { name: 'hangingUp' },
  input: PadInput,
  settings: PadSettings,
): PadStep {
  return input.type === 'expired' ? cleared(state, settings) : whileEnding(state, input);
}

function cleared({ of, wakings, call }: Ending, settings: PadSettings): PadStep {
  const { state, actions } = wake(of === 'stray' ? wakings + 1 : 0, call, settings);
  return { state, actions: of === 'stray' ? actions : [tell({ type: 'clearedByUs' }), ...actions] };
}

/** A call may come to wait until a stray one is cleared. */
function whileEnding(state: Ending, input: PadInput): PadStep {
  if (input.type === 'call') return stay({ ...state, call: input.selection });
  if (input.type !== 'clear' || state.call === undefined) return stay(state);
  return stay({ ...state, call: undefined }, tell({ type: 'clearedByUs' }));
}

// ---- words

const service: PadAction = { do: 'wake' };
const recall: PadAction = { do: 'recall' };
const hangUp: PadAction = { do: 'hangUp' };
const command = (text: string): PadAction => ({ do: 'command', text });
const tell = (event: PadEvent): PadAction => ({ do: 'tell', event });
const go = (state: PadState, ...actions: PadAction[]): PadStep => ({ state, actions });
const stay = go; // reads better where the state does not change

function pairs(parameters: Parameters): string {
  return [...parameters].map(([reference, value]) => `${reference}:${value}`).join(',');
}
