import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ServiceSignal } from '../../src/pad/service-signal.js';
import {
  type PadAction,
  type PadEvent,
  type PadInput,
  type PadSettings,
  type PadState,
  step,
  timerOf,
} from '../../src/pad/x28.js';

const settings: PadSettings = {
  clearing: 'break',
  canHangUp: true,
  parameters: new Map([
    [2, 0],
    [4, 2],
  ]),
};
const byDtr: PadSettings = { ...settings, clearing: 'dtr' };
const withoutDtr: PadSettings = { ...settings, canHangUp: false };

const signal = (said: ServiceSignal): PadInput => ({ type: 'signal', signal: said });
const free = signal({ type: 'free' });
const engaged = signal({ type: 'engaged' });
const error = signal({ type: 'error' });
const acknowledgement = signal({ type: 'acknowledgement' });
const confirmed = signal({ type: 'clearConfirmed' });
const unknown = signal({ type: 'unknown' });
const com = signal({ type: 'connected', address: '23421000001' });
const carrier = signal({ type: 'carrier' });
const busy = { type: 'cleared', cause: 0x01, diagnostic: 0 } as const;
const clr = signal(busy);
const suspected: PadInput = { type: 'suspected', signal: busy };
const parameters = (values: Record<number, number | 'invalid'>): PadInput =>
  signal({
    type: 'parameters',
    values: new Map(Object.entries(values).map(([reference, value]) => [Number(reference), value])),
  });
const call: PadInput = { type: 'call', selection: '26245300040' };
const clear: PadInput = { type: 'clear' };
const expired: PadInput = { type: 'expired' };
const lineUp: PadInput = { type: 'lineUp' };
const lineDown: PadInput = { type: 'lineDown' };

const waking = (attempt = 0, waiting?: string): PadState => ({ name: 'waking', attempt, call: waiting });
const asking = (attempt = 0, waiting?: string): PadState => ({ name: 'asking', attempt, call: waiting });
const setting = (waiting?: string): PadState => ({ name: 'setting', attempt: 0, call: waiting });
const checking = (waiting?: string, attempt = 0): PadState => ({
  name: 'checking',
  attempt,
  call: waiting,
  reported: new Map(),
});
const idle: PadState = { name: 'idle' };
const resting: PadState = { name: 'resting' };
const selecting: PadState = { name: 'selecting' };
const open: PadState = { name: 'open' };
const probing: PadState = { name: 'probing', suspected: busy };
const clearing = (of: 'circuit' | 'stray', attempt = 0, waiting?: string): PadState => ({
  name: 'clearing',
  of,
  attempt,
  wakings: 0,
  call: waiting,
});
const hangingUp = (of: 'circuit' | 'stray'): PadState => ({
  name: 'hangingUp',
  of,
  wakings: 0,
  call: undefined,
});

function words(action: PadAction): string {
  switch (action.do) {
    case 'command':
      return action.text;
    case 'tell':
      return `-> ${action.event.type}`;
    case 'wake':
    case 'recall':
    case 'hangUp':
      return `[${action.do}]`;
  }
}

type Cell = readonly [string, PadState, PadInput, PadState['name'], readonly string[], PadSettings?];

const N = '26245300040';

const CELLS: readonly Cell[] = [
  ['the line comes up', { name: 'down' }, lineUp, 'waking', ['[wake]']],
  ['no line, no call', { name: 'down' }, call, 'down', []],
  ['anything shows that it is awake', waking(), unknown, 'asking', ['STAT']],
  ['a PAD that says nothing may be awake', waking(), expired, 'asking', ['STAT']],
  ['one that was silent is told to speak', waking(1), expired, 'asking', ['SET 6:1', 'STAT']],
  ['a call waits', waking(), call, 'waking', []],
  ['a waiting call goes again', waking(0, N), clear, 'waking', ['-> clearedByUs']],
  ['nothing to clear', waking(), clear, 'waking', []],
  ['free', asking(), free, 'setting', ['SET 2:0,4:2']],
  ['no STAT here', asking(), error, 'setting', ['SET 2:0,4:2']],
  ['noise', asking(), unknown, 'asking', []],
  ['a call that we forgot', asking(), engaged, 'clearing', ['[recall]', 'CLR']],
  ['a call that we forgot, by DTR', asking(), engaged, 'hangingUp', ['[hangUp]'], byDtr],
  ['silence: harder', asking(0), expired, 'waking', ['[recall]', '[wake]']],
  ['silence, nothing to recall with', asking(0), expired, 'waking', ['[wake]'], byDtr],
  ['silence again: hardest', asking(1), expired, 'waking', ['[hangUp]', '[wake]']],
  ['silence again, no DTR', asking(1), expired, 'waking', ['[recall]', '[wake]'], withoutDtr],
  ['silence for good', asking(2), expired, 'resting', ['-> failed']],
  ['silence for good, a call waits', asking(2, N), expired, 'resting', ['-> failed', '-> lost']],
  ['SET acknowledged', setting(), acknowledgement, 'checking', ['PAR? 2,4']],
  ['SET disliked: see what it did', setting(), error, 'checking', ['PAR? 2,4']],
  ['SET in part', setting(), parameters({ 2: 'invalid' }), 'checking', ['PAR? 2,4']],
  ['SET not answered', setting(), expired, 'checking', ['PAR? 2,4']],
  ['an echo is no answer', setting(), unknown, 'setting', []],
  ['as wanted', checking(), parameters({ 2: 0, 4: 2 }), 'idle', ['-> ready']],
  ['as wanted, a call waits', checking(N), parameters({ 2: 0, 4: 2 }), 'selecting', [N, '-> requested']],
  ['half of it', checking(), parameters({ 2: 0 }), 'checking', []],
  ['not as wanted: again', checking(), parameters({ 2: 1, 4: 2 }), 'waking', ['[recall]', '[wake]']],
  [
    'not as wanted: given up',
    checking(N, 2),
    parameters({ 2: 1, 4: 2 }),
    'resting',
    ['-> failed', '-> lost'],
  ],
  ['never told', checking(undefined, 2), expired, 'resting', ['-> failed']],
  ['a call comes too early', waking(), com, 'clearing', ['-> incomingNotTaken', '[recall]', 'CLR']],
  ['a call comes too early', asking(), com, 'clearing', ['-> incomingNotTaken', '[recall]', 'CLR']],
  ['a call comes too early', setting(), com, 'clearing', ['-> incomingNotTaken', '[recall]', 'CLR']],
  ['a call comes too early', checking(), com, 'clearing', ['-> incomingNotTaken', '[recall]', 'CLR']],
  ['a call of ours', idle, call, 'waking', ['[wake]']],
  ['a call to us', idle, com, 'open', ['-> incoming']],
  ['a modem is no caller', idle, carrier, 'idle', []],
  ['the PAD chats', idle, unknown, 'idle', []],
  ['rested', resting, expired, 'waking', ['[wake]']],
  ['a call is worth another try', resting, call, 'waking', ['[wake]']],
  ['connected', selecting, com, 'open', ['-> connected']],
  ['connected, in words of a modem', selecting, carrier, 'open', ['-> connected']],
  ['cleared', selecting, clr, 'waking', ['-> cleared', '[wake]']],
  ['selection not understood', selecting, error, 'waking', ['-> cleared', '[wake]']],
  ['confirmed out of the blue', selecting, confirmed, 'waking', ['-> cleared', '[wake]']],
  ['not yet', selecting, acknowledgement, 'selecting', []],
  ['we lose patience', selecting, clear, 'clearing', ['[recall]', 'CLR']],
  ['nobody loses patience', selecting, expired, 'clearing', ['-> lost', '[recall]', 'CLR']],
  ['we clear', open, clear, 'clearing', ['[recall]', 'CLR']],
  ['we clear by DTR', open, clear, 'hangingUp', ['[hangUp]'], byDtr],
  ['perhaps cleared', open, suspected, 'probing', ['[recall]', 'STAT']],
  ['perhaps cleared, by DTR', open, suspected, 'hangingUp', ['-> cleared', '[hangUp]'], byDtr],
  ['cleared indeed', probing, free, 'waking', ['-> cleared', '[wake]']],
  ['cleared, a PAD without STAT', probing, error, 'waking', ['-> cleared', '[wake]']],
  ['it was mail', probing, engaged, 'open', ['-> resumed']],
  ['no answer: cleared in any case', probing, expired, 'clearing', ['-> cleared', '[recall]', 'CLR']],
  [
    'the next call at once',
    probing,
    com,
    'clearing',
    ['-> cleared', '-> incomingNotTaken', '[recall]', 'CLR'],
  ],
  ['we clear while asking', probing, clear, 'clearing', ['[recall]', 'CLR']],
  ['not an answer', probing, acknowledgement, 'probing', []],
  ['cleared as we asked', clearing('circuit'), confirmed, 'waking', ['-> clearedByUs', '[wake]']],
  ['cleared from both sides', clearing('circuit'), clr, 'waking', ['-> clearedByUs', '[wake]']],
  ['no call to clear', clearing('circuit'), error, 'waking', ['-> clearedByUs', '[wake]']],
  ['COM crosses CLR', clearing('circuit'), com, 'clearing', ['[recall]', 'CLR']],
  ['the echo of CLR', clearing('circuit'), unknown, 'clearing', []],
  ['not cleared', clearing('circuit'), expired, 'clearing', ['[recall]', 'CLR']],
  ['never cleared: DTR', clearing('circuit', 2), expired, 'hangingUp', ['[hangUp]']],
  ['never cleared', clearing('circuit', 2), expired, 'resting', ['-> failed', '-> lost'], withoutDtr],
  ['a stray call never cleared', clearing('stray', 2), expired, 'resting', ['-> failed'], withoutDtr],
  ['a stray call cleared', clearing('stray'), confirmed, 'waking', ['[recall]', '[wake]']],
  ['a call waits for a stray one', clearing('stray'), call, 'clearing', []],
  ['and goes again', clearing('stray', 0, N), clear, 'clearing', ['-> clearedByUs']],
  ['hung up', hangingUp('circuit'), expired, 'waking', ['-> clearedByUs', '[wake]']],
  ['a stray call hung up', hangingUp('stray'), expired, 'waking', ['[recall]', '[wake]']],
  ['noise of hanging up', hangingUp('circuit'), clr, 'hangingUp', []],
  ['the line goes, nothing was there', idle, lineDown, 'down', []],
  ['the line goes while a call waits', asking(0, N), lineDown, 'down', ['-> lost']],
  ['the line goes while a call is placed', selecting, lineDown, 'down', ['-> lost']],
  ['the line goes in a call', open, lineDown, 'down', ['-> lost']],
  ['the line goes in doubt', probing, lineDown, 'down', ['-> lost']],
  ['the line goes while we clear', clearing('circuit'), lineDown, 'down', ['-> lost']],
  ['the line goes while a stray call is cleared', clearing('stray'), lineDown, 'down', []],
];

describe('the dialogue', () => {
  for (const [what, from, input, to, actions, by = settings] of CELLS)
    test(`${from.name}: ${what}`, () => {
      const { state, actions: done } = step(from, input, by);
      expect(state.name).toBe(to);
      expect(done.map(words)).toEqual(actions);
    });

  test('a waiting call is not forgotten on the way', () => {
    let state = step(idle, call, settings).state;
    for (const input of [unknown, engaged, confirmed, unknown, free, acknowledgement])
      state = step(state, input, settings).state;
    const { actions } = step(state, parameters({ 2: 0, 4: 2 }), settings);
    expect(actions.map(words)).toEqual([N, '-> requested']);
  });

  test('a PAD that is engaged for ever is given up', () => {
    let state = step(idle, call, settings).state;
    const told: string[] = [];
    for (let round = 0; round < 3; round++)
      for (const input of [unknown, engaged, error]) {
        const next = step(state, input, settings);
        state = next.state;
        told.push(...next.actions.map(words));
      }
    expect(state.name).toBe('resting');
    expect(told.slice(-2)).toEqual(['-> failed', '-> lost']);
  });

  test('a circuit ends once, and none is left waiting where nothing could end it', () => {
    const said = [
      carrier,
      free,
      engaged,
      error,
      acknowledgement,
      confirmed,
      unknown,
      com,
      clr,
      expired,
      suspected,
    ];
    const inputs = fc.constantFrom(...said, parameters({ 2: 0, 4: 2 }), call, clear, lineUp, lineDown);
    const kinds = fc.constantFrom(settings, byDtr, withoutDtr);
    fc.assert(
      fc.property(fc.array(inputs, { maxLength: 60 }), kinds, (all, by) => {
        const owner = new Owner();
        for (const input of all) owner.give(input, by);
      }),
    );
  });
});

/** Keeps to what the owner of the machine keeps to: one circuit, none without a line, cleared once. */
class Owner {
  #state: PadState = { name: 'down' };
  #hasCircuit = false;

  give(input: PadInput, by: PadSettings): void {
    if (!this.#may(input)) return;
    if (input.type === 'call') this.#hasCircuit = true;
    const { state, actions } = step(this.#state, input, by);
    this.#state = state;
    for (const action of actions) if (action.do === 'tell') this.#told(action.event.type);
    if (timerOf(state) === undefined && state.name !== 'open') expect(this.#hasCircuit).toBe(false);
  }

  #may({ type }: PadInput): boolean {
    const isClearing = 'of' in this.#state && this.#state.of === 'circuit';
    if (type === 'call') return !this.#hasCircuit && this.#state.name !== 'down';
    return type !== 'clear' || (this.#hasCircuit && !isClearing);
  }

  #told(event: PadEvent['type']): void {
    if (event === 'incoming') {
      expect(this.#hasCircuit).toBe(false);
      this.#hasCircuit = true;
    }
    if (event === 'cleared' || event === 'clearedByUs' || event === 'lost') {
      expect(this.#hasCircuit).toBe(true);
      this.#hasCircuit = false;
    }
  }
}
