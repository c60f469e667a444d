import { describe, expect, test } from 'vitest';
import type { CallState, Role } from '../../src/x25/index.js';
import { cells } from '../support/cells.js';
import { hex } from '../support/hex.js';
import { LayerEnd } from '../support/layer-end.js';

/** What a DCE does with packets from the DTE: X.25 table C-3. */
const DCE = `
  packet                 p1   p2   p3   p4   p5   p6   p7
  no type                #38  #38  #38  .    #38  #38  -
  unknown type           #33  #33  #33  .    #33  #33  -
  RESTART                #41  #41  #41  .    #41  #41  -
  RESTART-CONF           #41  #41  #41  .    #41  #41  -
  REGISTRATION           #41  #41  #41  .    #41  #41  -
  CALL                   >p2  #21  >p5  #23  #24  #25  -
  ACCEPT                 #20  #21  >p4  #23  #24  #25  -
  CLEAR                  >p6  >p6  >p6  >p6  >p6  -    >p1
  CLEAR-CONF             #20  #21  #22  #23  #24  #25  >p1
  DATA                   #20  #21  #22  .    #24  #25  -
  RR                     #20  #21  #22  .    #24  #25  -
  RNR                    #20  #21  #22  .    #24  #25  -
  REJ                    #20  #21  #22  .    #24  #25  -
  INT                    #20  #21  #22  .    #24  #25  -
  INT-CONF               #20  #21  #22  .    #24  #25  -
  RESET                  #20  #21  #22  .    #24  #25  -
  RESET-CONF             #20  #21  #22  .    #24  #25  -
`;

/** What a DTE does with packets from the DCE. */
const DTE = `
  packet                 p1   p2   p3   p4   p5   p6   p7
  no type                #38  #38  #38  .    #38  -    #38
  unknown type           #33  #33  #33  .    #33  -    #33
  RESTART                #41  #41  #41  .    #41  -    #41
  RESTART-CONF           #41  #41  #41  .    #41  -    #41
  REGISTRATION           #41  #41  #41  .    #41  -    #41
  CALL                   >p3  >p5  #22  #23  #24  -    #26
  ACCEPT                 #20  >p4  #22  #23  >p4  -    #26
  CLEAR                  >p7  >p7  >p7  >p7  >p7  >p1  -
  CLEAR-CONF             #20  #21  #22  #23  #24  >p1  #26
  DATA                   #20  #21  #22  .    #24  -    #26
  RR                     #20  #21  #22  .    #24  -    #26
  RNR                    #20  #21  #22  .    #24  -    #26
  REJ                    #20  #21  #22  .    #24  -    #26
  INT                    #20  #21  #22  .    #24  -    #26
  INT-CONF               #20  #21  #22  .    #24  -    #26
  RESET                  #20  #21  #22  .    #24  -    #26
  RESET-CONF             #20  #21  #22  .    #24  -    #26
`;

const PACKETS: Readonly<Record<string, string>> = {
  'no type': '10 05',
  'unknown type': '10 05 F5',
  RESTART: '10 05 FB 00 00',
  'RESTART-CONF': '10 05 FF',
  REGISTRATION: '10 05 F3 00',
  CALL: '10 05 0B 06 70 00 01 00',
  ACCEPT: '10 05 0F',
  CLEAR: '10 05 13 00 F1',
  'CLEAR-CONF': '10 05 17',
  DATA: '10 05 00 41',
  RR: '10 05 01',
  RNR: '10 05 05',
  REJ: '10 05 09',
  INT: '10 05 23 01',
  'INT-CONF': '10 05 27',
  RESET: '10 05 1B 00 00',
  'RESET-CONF': '10 05 1F',
};

function packet(name: string): Uint8Array {
  return hex(PACKETS[name] ?? '');
}

/** How channel 5 gets into each state; where the answer must wait in the layer it is not taken out. */
function enter(role: Role, state: CallState): LayerEnd {
  const end = LayerEnd.ready(role, { channels: { twoWay: [5, 5] } });
  const called = role === 'dte' ? 'p3' : 'p2';
  const calling = role === 'dte' ? 'p2' : 'p3';
  const ourClear = role === 'dte' ? 'p6' : 'p7';
  if (state === 'p1') return end;
  if (state === calling || state === 'p5') {
    end.call();
    end.sent();
    if (state === 'p5') end.receive(packet('CALL'));
  } else {
    end.receive(packet('CALL'));
    if (state !== called) {
      end.accept();
      end.sent();
      if (state === ourClear) {
        end.channel?.clear({ cause: 0, diagnostic: 0 }, 0);
        end.sent();
      } else if (state !== 'p4') end.layer.receive(packet('CLEAR'), 0);
    }
  }
  expect(end.channel?.state).toBe(state);
  return end;
}

const ERROR = {
  dte: { cause: '00', state: 'p6', timer: 180_000 },
  dce: { cause: '13', state: 'p7', timer: 60_000 },
} as const;

interface Walk {
  readonly role: Role;
  readonly row: string;
  readonly state: CallState;
  /** What the cell says after its first character. */
  readonly says: string;
}

function expectNothing(end: LayerEnd, { role, state }: Walk): void {
  expect(end.channel?.state).toBe(state);
  // A confirmation that was owed still is.
  const owes = state === (role === 'dte' ? 'p7' : 'p6');
  expect(end.sent()).toEqual(owes ? ['CLEAR-CONF 5'] : []);
}

function expectNextLevel(end: LayerEnd): void {
  expect(end.channel?.state).toBe('p4');
}

function expectError(end: LayerEnd, { role, state, says }: Walk): void {
  const { cause, state: next, timer } = ERROR[role];
  expect(end.sent()).toEqual([`CLEAR 5 ${cause}/${says}`]);
  expect(end.layer.nextDeadline()).toBe(timer);
  if (state !== 'p1') expect(end.channel?.state).toBe(next);
  expect(end.receive(packet('CLEAR-CONF'))).toEqual([]);
  expect(end.layer.nextDeadline()).toBeUndefined();
  expect(end.layer.freeChannels).toBe(1);
}

function expectNormal(end: LayerEnd, { row, state, says: next }: Walk): void {
  if (row === 'CALL' || row === 'ACCEPT') {
    expect(end.channel?.state).toBe(next);
    expect(end.sent()).toEqual([]);
    return;
  }
  if (state !== 'p1') expect(end.channel?.state).toBe(next);
  expect(end.sent()).toEqual(next === 'p1' ? [] : ['CLEAR-CONF 5']);
  expect(end.layer.nextDeadline()).toBeUndefined();
  expect(end.layer.freeChannels).toBe(1);
  const told = next === 'p1' ? '5 cleared by us 00/0' : '5 cleared by peer 00/241';
  expect(end.events).toEqual(state === 'p1' ? [] : [told]);
}

const CHECKS: Readonly<Record<string, (end: LayerEnd, walk: Walk) => void>> = {
  '-': expectNothing,
  '.': expectNextLevel,
  '#': expectError,
  '>': expectNormal,
};

describe.each([
  ['dte', DTE],
  ['dce', DCE],
] as const)('%s', (role, table) => {
  test.each(cells<CallState>(table))('$row in $state: $cell', ({ row, state, cell }) => {
    const end = enter(role, state);
    end.events.length = 0;
    end.layer.receive(packet(row), 0);
    const check = CHECKS[cell.slice(0, 1)];
    expect(check).toBeDefined();
    check?.(end, { role, row, state, says: cell.slice(1) });
  });
});

test('p5 of a DCE: its own call is gone when no other channel is free', () => {
  const end = enter('dce', 'p3');
  end.events.length = 0;
  end.receive(packet('CALL'));
  expect(end.events).toEqual(['5 cleared by us 01/72', '5 call to 700001']);
});

test('p5 of a DTE: T21 runs on', () => {
  expect(enter('dte', 'p5').layer.nextDeadline()).toBe(200_000);
});
