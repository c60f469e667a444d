import type { CallFailure, DisconnectReason, ModemFault } from './failure.js';
import type { CallFailureCode, Result } from './result-code.js';
import type { ModemSettings } from './settings.js';

/**
 * The dialogue with a modem that takes AT commands (V.250): initialise, dial, answer, hang up. Pure; `Modem` carries
 * the actions out.
 *
 *     off ─▶ initialising ─▶ idle ─▶ dialling ─────────────┬─▶ online ─▶ hangingUp ─▶ initialising
 *                │            └───▶ ringing ─▶ answering ─┤
 *                ▼                                        └─▶ aborting ─▶ idle, or hangingUp
 *             broken (tried again)
 *
 * Every way to the hook leads through an initialisation: it proves that the modem is in command state again. One time
 * limit runs in each state that waits for something.
 */
export type DialogueState =
  /** The line to the modem is not open. */
  | { readonly name: 'off' }
  | {
      readonly name: 'initialising';
      /** `pause`: before the command is sent; `answer`: until its answer. */
      readonly phase: 'pause' | 'answer';
      /** Index of the command. */
      readonly command: number;
      /** How often in a row the modem did not answer. */
      readonly silences: number;
      readonly rings: number;
    }
  | {
      readonly name: 'idle';
      /** Initialised a moment ago. */
      readonly isFresh: boolean;
    }
  | { readonly name: 'ringing'; readonly rings: number }
  | { readonly name: 'dialling' }
  | { readonly name: 'answering' }
  /** Dialling or answering was given up; the modem has not said so yet. */
  | { readonly name: 'aborting' }
  /** Octets are the other end's, not the modem's. */
  | { readonly name: 'online'; readonly direction: Direction }
  | {
      readonly name: 'hangingUp';
      /** DTR is off; or silence, escape sequence and silence, hang-up command. */
      readonly phase: 'dtr' | 'guard' | 'escape' | 'command';
      readonly wasOnline: boolean;
      readonly silences: number;
    }
  /** The modem does not answer, or not as it should. Tried again after a while. */
  | { readonly name: 'broken' };

export type Direction = 'dialled' | 'answered';

export type DialogueInput =
  /** The line is open. */
  | { readonly type: 'start' }
  /** The line is closed, or lost. */
  | { readonly type: 'close' }
  /** Taken in `idle` and `broken`; in other states whoever wants to dial asks again when told `ready`. */
  | { readonly type: 'dial'; readonly number: string }
  /** Whatever there is of a connection shall end. */
  | { readonly type: 'hangUp' }
  | { readonly type: 'result'; readonly result: Result }
  | { readonly type: 'carrierLost' }
  | { readonly type: 'timeUp' };

export type DialogueAction =
  | { readonly do: 'send'; readonly command: string }
  | { readonly do: 'escape' }
  | { readonly do: 'dtr'; readonly on: boolean }
  | { readonly do: 'tell'; readonly event: DialogueEvent };

export type DialogueEvent =
  /** Idle: may dial. */
  | { readonly type: 'ready' }
  | { readonly type: 'dialling' }
  | {
      readonly type: 'connected';
      readonly direction: Direction;
      readonly message: string;
      readonly bitsPerSecond?: number;
    }
  | { readonly type: 'callFailed'; readonly direction: Direction; readonly failure: CallFailure }
  /** On hook again after it was connected. */
  | { readonly type: 'disconnected'; readonly reason: DisconnectReason }
  | { readonly type: 'fault'; readonly fault: ModemFault };

export interface Step {
  readonly state: DialogueState;
  readonly actions: readonly DialogueAction[];
  /** The time limit of the state, milliseconds from now; `none`: there is none; `same`: it goes on. */
  readonly limit: number | 'none' | 'same';
}

type State<Name extends DialogueState['name']> = DialogueState & { readonly name: Name };

export const INITIAL_STATE: DialogueState = { name: 'off' };

export function step(state: DialogueState, input: DialogueInput, settings: ModemSettings): Step {
  if (input.type === 'close') return enter({ name: 'off' }, 'none', dtr(false));
  switch (state.name) {
    case 'off':
      return input.type === 'start' ? initialise(settings, 0, dtr(true)) : stay(state);
    case 'initialising':
      return whenInitialising(state, input, settings);
    case 'idle':
      return whenIdle(state, input, settings);
    case 'ringing':
      return whenRinging(state, input, settings);
    case 'dialling':
      return whenCalling(state, 'dialled', input, settings);
    case 'answering':
      return whenCalling(state, 'answered', input, settings);
    case 'aborting':
      return whenAborting(state, input, settings);
    case 'online':
      return whenOnline(state, input, settings);
    case 'hangingUp':
      return whenHangingUp(state, input, settings);
    case 'broken':
      return whenBroken(state, input, settings);
  }
}

function whenInitialising(state: State<'initialising'>, input: DialogueInput, settings: ModemSettings): Step {
  if (input.type === 'result') return initialisationAnswered(state, input.result, settings);
  if (input.type !== 'timeUp') return stay(state);
  const command = settings.init[state.command] ?? 'AT';
  if (state.phase === 'pause')
    return enter({ ...state, phase: 'answer' }, settings.times.commandMs, send(command));
  const silences = state.silences + 1;
  if (silences >= settings.initTries) return breakDown({ fault: 'silent' }, settings);
  // It may be online still, from before our time. Where DTR did not help, it is not set to look at it yet.
  return hangUp(settings, { wasOnline: false, silences, by: silences > 1 ? 'escape' : settings.hangUpBy });
}

function initialisationAnswered(state: State<'initialising'>, result: Result, settings: ModemSettings): Step {
  switch (result.code) {
    case 'ring':
      return stay({ ...state, rings: state.rings + 1 });
    case 'connect':
      return hangUp(settings, { wasOnline: false }); // answered by itself: it was not set to our wishes yet
    case 'ok': {
      if (state.phase === 'pause') return stay(state);
      const command = state.command + 1;
      if (command < settings.init.length)
        return enter({ ...state, phase: 'pause', command }, settings.times.gapMs);
      return state.rings > 0 ? ring(state.rings, settings) : becomeIdle(settings);
    }
    case 'error': {
      if (state.phase === 'pause') return stay(state);
      return breakDown({ fault: 'initRefused', command: settings.init[state.command] ?? 'AT' }, settings);
    }
    default:
      return stay(state); // of a connection before our time
  }
}

function whenIdle(state: State<'idle'>, input: DialogueInput, settings: ModemSettings): Step {
  switch (input.type) {
    case 'dial':
      if (!state.isFresh) return initialise(settings, 0);
      return enter(
        { name: 'dialling' },
        settings.times.dialMs,
        send(`${settings.dialCommand}${input.number}`),
        tell({ type: 'dialling' }),
      );
    case 'timeUp':
      return enter({ name: 'idle', isFresh: false }, 'none');
    case 'result':
      if (input.result.code === 'ring') return ring(1, settings);
      return input.result.code === 'connect' ? unexpectedlyConnected(input.result, settings) : stay(state);
    default:
      return stay(state);
  }
}

function whenRinging(state: State<'ringing'>, input: DialogueInput, settings: ModemSettings): Step {
  if (input.type === 'timeUp') return becomeIdle(settings); // whoever it was has given up
  if (input.type !== 'result') return stay(state);
  if (input.result.code === 'ring') return ring(state.rings + 1, settings);
  return input.result.code === 'connect' ? unexpectedlyConnected(input.result, settings) : stay(state);
}

/** Dialling and answering differ in what was sent, and in who is told. */
function whenCalling(
  state: State<'dialling'> | State<'answering'>,
  direction: Direction,
  input: DialogueInput,
  settings: ModemSettings,
): Step {
  switch (input.type) {
    case 'result':
      return callAnswered(state, direction, input.result, settings);
    case 'timeUp':
      return abort(direction, 'noResult', settings);
    case 'hangUp':
      return abort(direction, 'cancelled', settings);
    default:
      return stay(state);
  }
}

function callAnswered(
  state: DialogueState,
  direction: Direction,
  result: Result,
  settings: ModemSettings,
): Step {
  switch (result.code) {
    case 'connect':
      return connect(direction, result);
    case 'ok':
    case 'ring': // before we were off the hook: if they meet, the modem will see no carrier
      return stay(state);
    case 'error':
      return callFailed(direction, 'refused', settings);
    default:
      return callFailed(direction, result.code, settings);
  }
}

function whenAborting(state: State<'aborting'>, input: DialogueInput, settings: ModemSettings): Step {
  if (input.type === 'timeUp') return hangUp(settings, { wasOnline: false });
  if (input.type !== 'result') return stay(state);
  switch (input.result.code) {
    case 'connect': // a moment too late
      return hangUp(settings, { wasOnline: false });
    case 'ring':
      return stay(state);
    default:
      return becomeIdle(settings);
  }
}

function whenOnline(state: State<'online'>, input: DialogueInput, settings: ModemSettings): Step {
  switch (input.type) {
    case 'hangUp':
      return hangUp(settings, { wasOnline: true });
    case 'carrierLost':
      return initialise(settings, 0, tell({ type: 'disconnected', reason: 'carrierLost' }));
    default:
      return stay(state);
  }
}

function whenHangingUp(state: State<'hangingUp'>, input: DialogueInput, settings: ModemSettings): Step {
  switch (input.type) {
    case 'timeUp':
      return goOnHangingUp(state, settings);
    case 'carrierLost':
      return state.phase === 'dtr' ? stay(state) : onHook(state, settings);
    case 'result':
      if (input.result.code === 'noCarrier' && state.phase !== 'dtr') return onHook(state, settings);
      if (input.result.code === 'ok' && state.phase === 'escape') return goOnHangingUp(state, settings);
      if (input.result.code === 'ok' && state.phase === 'command') return onHook(state, settings);
      return stay(state);
    default:
      return stay(state);
  }
}

function goOnHangingUp(state: State<'hangingUp'>, settings: ModemSettings): Step {
  const { guardMs, commandMs } = settings.times;
  switch (state.phase) {
    case 'dtr':
      return onHook(state, settings, dtr(true));
    case 'guard':
      return enter({ ...state, phase: 'escape' }, guardMs + commandMs, { do: 'escape' });
    case 'escape': // also without an answer: it may be in command state already
      return enter({ ...state, phase: 'command' }, commandMs, send(settings.hangUpCommand));
    case 'command':
      return onHook(state, settings); // or not: the initialisation will tell
  }
}

function whenBroken(state: State<'broken'>, input: DialogueInput, settings: ModemSettings): Step {
  const isAlive = input.type === 'result' && input.result.code === 'ring';
  if (input.type === 'timeUp' || input.type === 'dial' || isAlive) return initialise(settings, 0);
  return stay(state);
}

// ---- ways from state to state

function initialise(settings: ModemSettings, silences: number, ...actions: DialogueAction[]): Step {
  return enter(
    { name: 'initialising', phase: 'pause', command: 0, silences, rings: 0 },
    settings.times.settleMs,
    ...actions,
  );
}

function becomeIdle(settings: ModemSettings, ...actions: DialogueAction[]): Step {
  return enter({ name: 'idle', isFresh: true }, settings.times.freshMs, ...actions, tell({ type: 'ready' }));
}

function ring(rings: number, settings: ModemSettings): Step {
  const { answerAfterRings, answerCommand, times } = settings;
  if (answerAfterRings > 0 && rings >= answerAfterRings)
    return enter({ name: 'answering' }, times.answerMs, send(answerCommand));
  return enter({ name: 'ringing', rings }, times.ringGapMs);
}

function connect(direction: Direction, result: Result & { readonly code: 'connect' }): Step {
  const { message, bitsPerSecond } = result;
  return enter(
    { name: 'online', direction },
    'none',
    tell({ type: 'connected', direction, message, ...(bitsPerSecond !== undefined && { bitsPerSecond }) }),
  );
}

/** A modem set to answer by itself (S0) has done so. */
function unexpectedlyConnected(result: Result & { readonly code: 'connect' }, settings: ModemSettings): Step {
  return settings.answerAfterRings > 0 ? connect('answered', result) : hangUp(settings, { wasOnline: false });
}

function callFailed(
  direction: Direction,
  failure: CallFailureCode | 'refused',
  settings: ModemSettings,
): Step {
  return becomeIdle(settings, tell({ type: 'callFailed', direction, failure }));
}

/** Any character ends dialling and answering (V.250 §6.3.1); CR is one that can do no harm. */
function abort(direction: Direction, failure: CallFailure, settings: ModemSettings): Step {
  return enter(
    { name: 'aborting' },
    settings.times.commandMs,
    send(''),
    tell({ type: 'callFailed', direction, failure }),
  );
}

function hangUp(
  settings: ModemSettings,
  how: { readonly wasOnline: boolean; readonly silences?: number; readonly by?: 'dtr' | 'escape' },
): Step {
  const { wasOnline, silences = 0, by = settings.hangUpBy } = how;
  const { dtrMs, guardMs } = settings.times;
  if (by === 'dtr') return enter({ name: 'hangingUp', phase: 'dtr', wasOnline, silences }, dtrMs, dtr(false));
  return enter({ name: 'hangingUp', phase: 'guard', wasOnline, silences }, guardMs);
}

function onHook(state: State<'hangingUp'>, settings: ModemSettings, ...actions: DialogueAction[]): Step {
  const told = state.wasOnline ? [tell({ type: 'disconnected', reason: 'hungUp' })] : [];
  return initialise(settings, state.silences, ...actions, ...told);
}

function breakDown(fault: ModemFault, settings: ModemSettings): Step {
  return enter({ name: 'broken' }, settings.times.retryMs, tell({ type: 'fault', fault }));
}

const enter = (state: DialogueState, limit: Step['limit'], ...actions: DialogueAction[]): Step => ({
  state,
  actions,
  limit,
});
const stay = (state: DialogueState): Step => enter(state, 'same');
const send = (command: string): DialogueAction => ({ do: 'send', command });
const dtr = (on: boolean): DialogueAction => ({ do: 'dtr', on });
const tell = (event: DialogueEvent): DialogueAction => ({ do: 'tell', event });
