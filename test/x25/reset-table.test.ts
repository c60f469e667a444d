import { describe, expect, test } from 'vitest';
import type { Role } from '../../src/x25/index.js';
import { cells } from '../support/cells.js';
import { hex } from '../support/hex.js';
import { LayerEnd } from '../support/layer-end.js';

type ResetState = 'd1' | 'd2' | 'd3';

/** What a DCE does with packets from the DTE in p4: X.25 table C-4. */
const DCE = `
  packet                 d1   d2   d3
  no type                #38  #38  -
  unknown type           #33  #33  -
  RESTART                #41  #41  -
  RESTART-CONF           #41  #41  -
  RESET                  >d2  -    >d1
  RESET-CONF             #27  #28  >d1
  DATA                   .    #28  -
  INT                    .    #28  -
  INT-CONF               #43  #28  -
  RR                     .    #28  -
  RNR                    .    #28  -
  REJ                    #37  #37  -
  RESET, no cause        #38  -    >d1
`;

/** What a DTE does with packets from the DCE in p4. */
const DTE = `
  packet                 d1   d2   d3
  no type                #38  -    #38
  unknown type           #33  -    #33
  RESTART                #41  -    #41
  RESTART-CONF           #41  -    #41
  RESET                  >d3  >d1  -
  RESET-CONF             #27  >d1  #29
  DATA                   .    -    #29
  INT                    .    -    #29
  INT-CONF               #43  -    #29
  RR                     .    -    #29
  RNR                    .    -    #29
  REJ                    #37  -    #29
  RESET, no cause        #38  >d1  -
`;

const PACKETS: Readonly<Record<string, string>> = {
  'no type': '10 05',
  'unknown type': '10 05 F5',
  RESTART: '10 05 FB 00 00',
  'RESTART-CONF': '10 05 FF',
  RESET: '10 05 1B 00 FA',
  'RESET, no cause': '10 05 1B',
  'RESET-CONF': '10 05 1F',
  DATA: '10 05 00 41',
  INT: '10 05 23 01',
  'INT-CONF': '10 05 27',
  RR: '10 05 01',
  RNR: '10 05 05',
  REJ: '10 05 09',
};

const packet = (name: string): Uint8Array => hex(PACKETS[name] ?? '');

const ROLE = {
  dte: { ours: 'd2', cause: '00', timer: 180_000 },
  dce: { ours: 'd3', cause: '05', timer: 60_000 },
} as const;

/** A call on channel 5 in this state; a confirmation that is owed is not taken out. */
function enter(role: Role, state: ResetState): LayerEnd {
  const end = LayerEnd.ready(role, { channels: { twoWay: [5, 5] }, timers: { t25: 0 } });
  end.receive(hex('10 05 0B 06 70 00 01 00'));
  end.accept();
  end.sent();
  if (state === ROLE[role].ours) {
    end.channel?.reset(0, 0, 0);
    end.sent();
  } else if (state !== 'd1') end.layer.receive(packet('RESET'), 0);
  end.events.length = 0;
  return end;
}

/** What is in force, seen from outside: in d1 a DATA packet gets an RR. */
function isInD1(end: LayerEnd): boolean {
  return end.receive(packet('DATA')).includes('RR 5 r1');
}

interface Walk {
  readonly role: Role;
  readonly state: ResetState;
  readonly says: string;
}

function expectNothing(end: LayerEnd, { role, state }: Walk): void {
  const isTheirs = state !== ROLE[role].ours;
  expect(end.sent()).toEqual(isTheirs ? ['RESET-CONF 5'] : []);
  expect(end.events).toEqual([]);
  expect(end.receive(packet('RESET-CONF'))).toEqual(isTheirs ? [`RESET 5 ${ROLE[role].cause}/27`] : []);
}

function expectError(end: LayerEnd, { role, state, says }: Walk): void {
  const { cause, timer } = ROLE[role];
  expect(end.sent()).toEqual([`RESET 5 ${cause}/${says}`]);
  expect(end.layer.nextDeadline()).toBe(timer);
  expect(end.events).toEqual(state === 'd1' ? [`5 reset by us ${cause}/${says}`] : []);
  expect(end.receive(packet('RESET-CONF'))).toEqual([]);
  expect(isInD1(end)).toBe(true);
}

function expectNormal(end: LayerEnd, { role, says: next }: Walk): void {
  expect(end.sent()).toEqual(next === 'd1' ? [] : ['RESET-CONF 5']);
  expect(end.events).toEqual([next === 'd1' ? '5 reset by us 00/0' : '5 reset by peer 00/250']);
  expect(end.layer.nextDeadline()).toBeUndefined();
  expect(isInD1(end)).toBe(true);
  expect(end.role).toBe(role);
}

function expectNextLevel(end: LayerEnd): void {
  expect(end.sent().filter((sent) => sent.startsWith('RESET'))).toEqual([]);
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
  test.each(cells<ResetState>(table))('$row in $state: $cell', ({ row, state, cell }) => {
    const end = enter(role, state);
    end.layer.receive(packet(row), 0);
    const check = CHECKS[cell.slice(0, 1)];
    expect(check).toBeDefined();
    check?.(end, { role, state, says: cell.slice(1) });
  });
});
