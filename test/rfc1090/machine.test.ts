import { describe, expect, test } from 'vitest';
import type { Ending } from '../../src/circuit/index.js';
import { toHex } from '../../src/core/index.js';
import {
  type CallAction,
  type CallInput,
  type CallRole,
  type CallState,
  initialState,
  step,
  timerOf,
} from '../../src/rfc1090/machine.js';
import type { DialogueEvent } from '../../src/smtp/index.js';

const ending: Ending = { by: 'peer', cause: 0x05, diagnostic: 0, facilities: {}, userData: new Uint8Array() };
const cleared: CallInput = { type: 'cleared', ending };
const said = (event: DialogueEvent): CallInput => ({ type: 'dialogue', event });
const circuit = (
  type: 'requested' | 'connected' | 'reset' | 'received' | 'delivered' | 'blocked' | 'ready',
): CallInput => ({
  type,
});

function inWords(action: CallAction): string {
  switch (action.do) {
    case 'start':
    case 'stop':
      return `${action.do} ${action.timer}`;
    case 'clear':
      return `clear ${toHex(Uint8Array.of(action.cause, action.diagnostic), '/')}`;
    case 'judge': {
      const { how, retry } = action.verdict;
      return retry === undefined
        ? how
        : `${how}, again: ${retry.pace}${retry.nextFacilitySet ? ' with the next set' : ''}`;
    }
  }
}

/** What the machine does about each input, one after the other. */
function follow(role: CallRole, inputs: readonly CallInput[]): { state: CallState; trace: string[] } {
  let state = initialState(role);
  const trace: string[] = [];
  for (const input of inputs) {
    const result = step(state, input, role);
    state = result.state;
    trace.push(...result.actions.map(inWords));
  }
  return { state, trace };
}

/** The inputs that lead to a state. */
const TO = {
  placing: [],
  calling: [circuit('requested')],
  greeting: [circuit('requested'), circuit('connected')],
  session: [circuit('requested'), circuit('connected'), said('greetingSeen')],
  awaiting: [circuit('requested'), circuit('connected'), said('greetingSeen'), said('awaiting')],
  quit: [circuit('requested'), circuit('connected'), said('greetingSeen'), said('quitSent')],
  dismissing: [circuit('requested'), circuit('connected'), said('greetingSeen'), said('farewellSent')],
} as const satisfies Record<string, readonly CallInput[]>;
type Place = keyof typeof TO;

/** What follows from inputs in a state, with the clear confirmed if there is one. */
function from(place: Place, ...inputs: CallInput[]): string[] {
  const before = follow('caller', TO[place]).trace.length;
  return follow('caller', [...TO[place], ...inputs, cleared]).trace.slice(before);
}

test('a call as it should be', () => {
  const { state, trace } = follow('caller', [
    circuit('requested'),
    circuit('connected'),
    said('greetingSeen'),
    said('awaiting'), // EHLO
    said('settled'),
    said('quitSent'),
    said('farewellSeen'),
    cleared,
  ]);
  expect(trace).toEqual([
    'start callAccept',
    'stop callAccept',
    'start serviceReady',
    'stop serviceReady',
    'start reply',
    'stop reply',
    'start quit',
    'stop quit',
    'clear 00/F1',
    'completed',
  ]);
  expect(state).toEqual({ name: 'ended' });
});

test('a call from the called side', () => {
  expect(
    follow('called', [
      circuit('connected'),
      said('awaiting'),
      circuit('received'),
      said('settled'),
      said('farewellSent'),
      { type: 'close' },
      cleared,
    ]).trace,
  ).toEqual(['start reply', 'start reply', 'stop reply', 'start quit', 'stop quit', 'completed']);
});

describe('§9 closing', () => {
  test.each(['greeting', 'session', 'awaiting'] as const)('421 read in %s: we clear at once', (place) => {
    const trace = from(place, said('farewellSeen'));
    expect(trace.slice(-2)).toEqual(['clear 00/F1', 'dismissed, again: queue']);
  });

  test('after QUIT 221 (or 421) is read: we clear at once', () => {
    expect(from('quit', said('farewellSeen'))).toEqual(['stop quit', 'clear 00/F1', 'completed']);
  });

  test('who has sent it waits for the other end, and for 20 s', () => {
    expect(from('dismissing')).toEqual(['stop quit', 'completed']);
    expect(from('dismissing', { type: 'close' })).toEqual(['stop quit', 'completed']);
    expect(from('dismissing', { type: 'expired', timer: 'quit' })).toEqual([
      'stop quit',
      'clear 00/F1',
      'completed',
    ]);
  });

  test('after ATRN the called side reads it and clears', () => {
    expect(
      follow('called', [circuit('connected'), said('greetingSeen'), said('quitSent'), said('farewellSeen')])
        .trace,
    ).toEqual(['start quit', 'stop quit', 'clear 00/F1']);
  });
});

describe('§10.1', () => {
  test('a call that is not accepted', () => {
    expect(from('calling', { type: 'expired', timer: 'callAccept' })).toEqual([
      'stop callAccept',
      'clear 00/31',
      'callTimeout, again: queue',
    ]);
  });

  test('no greeting; octets that are none gain no time', () => {
    expect(
      from('greeting', circuit('received'), said('awaiting'), circuit('received'), {
        type: 'expired',
        timer: 'serviceReady',
      }),
    ).toEqual(['stop serviceReady', 'clear 00/F2', 'greetingTimeout, again: queue']);
  });

  test('a greeting that is none leads to QUIT', () => {
    expect(from('greeting', said('quitSent'), said('farewellSeen'))).toEqual([
      'stop serviceReady',
      'start quit',
      'stop quit',
      'clear 00/F1',
      'completed',
    ]);
  });
});

describe('§10.2', () => {
  test('octets and acknowledgements begin the ten minutes anew, while something is awaited', () => {
    expect(from('awaiting', circuit('received'), circuit('delivered')).slice(0, 2)).toEqual([
      'start reply',
      'start reply',
    ]);
    expect(from('session', circuit('received'), circuit('delivered'))).toEqual(['cleared, again: queue']);
  });

  test('a peer that takes nothing keeps us waiting as well', () => {
    expect(from('session', circuit('blocked'), circuit('delivered'), circuit('ready')).slice(0, 3)).toEqual([
      'start reply',
      'start reply',
      'stop reply',
    ]);
    const both = follow('caller', [...TO.awaiting, circuit('blocked'), said('settled')]);
    expect(timerOf(both.state)).toBe('reply');
  });

  test('silence', () => {
    expect(from('awaiting', { type: 'expired', timer: 'reply' })).toEqual([
      'stop reply',
      'clear 00/F2',
      'replyTimeout, again: queue',
    ]);
  });
});

test('§10.3 QUIT without an answer is an end like another', () => {
  expect(from('quit', { type: 'expired', timer: 'quit' })).toEqual([
    'stop quit',
    'clear 00/F1',
    'quitTimeout',
  ]);
});

describe('§6 reset', () => {
  test.each([
    ['greeting', 'reset, again: queue with the next set'],
    ['session', 'reset, again: queue with the next set'],
    ['awaiting', 'reset, again: queue with the next set'],
    ['quit', 'completed'],
    ['dismissing', 'completed'],
  ] as const)('in %s: clear, %s', (place, verdict) => {
    expect(from(place, circuit('reset')).slice(-2)).toEqual(['clear 00/F2', verdict]);
  });
});

describe('a clear from there', () => {
  test.each([
    ['placing', 'callFailed, again: queue'],
    ['calling', 'callFailed, again: queue'],
    ['greeting', 'cleared, again: queue'],
    ['session', 'cleared, again: queue'],
    ['awaiting', 'cleared, again: queue'],
    ['quit', 'completed'],
    ['dismissing', 'completed'],
  ] as const)('in %s: %s', (place, verdict) => {
    const trace = from(place);
    expect(trace.at(-1)).toBe(verdict);
    expect(trace.filter((line) => line.startsWith('clear '))).toEqual([]);
  });

  test('does not change what our own clear was for', () => {
    expect(from('calling', { type: 'expired', timer: 'callAccept' }, circuit('connected')).at(-1)).toBe(
      'callTimeout, again: queue',
    );
  });
});

describe('our session breaks off', () => {
  test.each(['placing', 'calling', 'greeting', 'session', 'awaiting'] as const)('in %s', (place) => {
    expect(from(place, { type: 'close' }).slice(-2)).toEqual(['clear 00/F1', 'closed']);
    expect(from(place, { type: 'abort', why: 'shuttingDown' }).slice(-2)).toEqual([
      'clear 00/A2',
      'aborted, again: queue',
    ]);
  });

  test.each(['quit', 'dismissing'] as const)('in %s it makes no difference to the outcome', (place) => {
    expect(from(place, { type: 'abort', why: 'timeout' }).slice(-2)).toEqual(['clear 00/F2', 'completed']);
  });

  test('close after QUIT waits no longer', () => {
    expect(from('quit', { type: 'close' })).toEqual(['stop quit', 'clear 00/F1', 'completed']);
  });
});

test('the called side calls nobody again', () => {
  for (const last of [circuit('reset'), cleared])
    expect(follow('called', [circuit('connected'), last, cleared]).trace.at(-1)).not.toContain('again');
});

test('once it has cleared or ended, nothing does anything', () => {
  const inputs: CallInput[] = [
    ...(['requested', 'connected', 'reset', 'received', 'delivered', 'blocked', 'ready'] as const).map(
      circuit,
    ),
    ...(['greetingSeen', 'awaiting', 'settled', 'quitSent', 'farewellSeen', 'farewellSent'] as const).map(
      said,
    ),
    { type: 'close' },
    { type: 'abort', why: 'timeout' },
    { type: 'expired', timer: 'reply' },
  ];
  for (const input of inputs) {
    expect(from('session', { type: 'close' }, input)).toEqual(['clear 00/F1', 'closed']);
    expect(from('session', cleared, input)).toEqual(['cleared, again: queue']);
  }
});

test('in every state that has a timer its expiry is an end, and no other timer is left running', () => {
  for (const place of Object.keys(TO) as Place[]) {
    const { state, trace } = follow('caller', TO[place]);
    const timer = timerOf(state);
    const running = new Set<string>();
    for (const line of trace) {
      const [verb, name = ''] = line.split(' ');
      if (verb === 'start') running.add(name);
      if (verb === 'stop') running.delete(name);
    }
    expect([...running]).toEqual(timer === undefined ? [] : [timer]);
    if (timer !== undefined) expect(from(place, { type: 'expired', timer })[1]).toMatch(/^clear /);
  }
});
