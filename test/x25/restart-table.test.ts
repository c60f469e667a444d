import { describe, expect, test } from 'vitest';
import type { Role } from '../../src/x25/index.js';
import { cells } from '../support/cells.js';
import { hex } from '../support/hex.js';
import { LayerEnd } from '../support/layer-end.js';

type RestartState = 'r1' | 'r2' | 'r3';

/** What a DCE does with packets from the DTE: X.25 table C-2. The channel, where there is one, is in p1. */
const DCE = `
  packet                   r1   r2   r3
  no type on 5             .    #38  -
  unknown type on 5        .    #33  -
  RESTART on 5             .    #41  -
  RESTART-CONF on 5        .    #41  -
  REGISTRATION on 5        .    #41  -
  CALL on 5                .    #18  -
  ACCEPT on 5              .    #18  -
  CLEAR on 5               .    #18  -
  CLEAR-CONF on 5          .    #18  -
  DATA on 5                .    #18  -
  RR on 5                  .    #18  -
  INT on 5                 .    #18  -
  RESET on 5               .    #18  -
  RESTART                  >r2  -    >r1
  RESTART, no cause        >r2  -    >r1
  RESTART, long            >r2  -    >r1
  RESTART-CONF             #17  #18  >r1
  RESTART-CONF, long       #17  #18  >r1
  no type                  !38  #38  -
  unknown type             !33  #33  -
  REGISTRATION             !33  #33  -
`;

/** What a DTE does with packets from the DCE. */
const DTE = `
  packet                   r1   r2   r3
  no type on 5             .    -    #38
  unknown type on 5        .    -    #33
  RESTART on 5             .    -    #41
  RESTART-CONF on 5        .    -    #41
  REGISTRATION on 5        .    -    #41
  CALL on 5                .    -    #19
  ACCEPT on 5              .    -    #19
  CLEAR on 5               .    -    #19
  CLEAR-CONF on 5          .    -    #19
  DATA on 5                .    -    #19
  RR on 5                  .    -    #19
  INT on 5                 .    -    #19
  RESET on 5               .    -    #19
  RESTART                  >r3  >r1  -
  RESTART, no cause        >r3  >r1  -
  RESTART, long            >r3  >r1  -
  RESTART-CONF             #17  >r1  #19
  RESTART-CONF, long       #17  >r1  #19
  no type                  !38  -    #38
  unknown type             !33  -    #33
  REGISTRATION             !33  -    #33
`;

const PACKETS: Readonly<Record<string, string>> = {
  'no type on 5': '10 05',
  'unknown type on 5': '10 05 F5',
  'RESTART on 5': '10 05 FB 00 00',
  'RESTART-CONF on 5': '10 05 FF',
  'REGISTRATION on 5': '10 05 F3 00',
  'CALL on 5': '10 05 0B 06 70 00 01 00',
  'ACCEPT on 5': '10 05 0F',
  'CLEAR on 5': '10 05 13 00 00',
  'CLEAR-CONF on 5': '10 05 17',
  'DATA on 5': '10 05 00 41',
  'RR on 5': '10 05 01',
  'INT on 5': '10 05 23 01',
  'RESET on 5': '10 05 1B 00 00',
  RESTART: '10 00 FB 00 07',
  'RESTART, no cause': '10 00 FB',
  'RESTART, long': '10 00 FB 00 07 00 00',
  'RESTART-CONF': '10 00 FF',
  'RESTART-CONF, long': '10 00 FF 00 00',
  'no type': '10 00',
  'unknown type': '10 00 F5',
  REGISTRATION: '10 00 F3 00',
};

const packet = (name: string): Uint8Array => hex(PACKETS[name] ?? '');

const ROLE = {
  dte: { ours: 'r2', upCause: '00', errorCause: '00', timer: 180_000 },
  dce: { ours: 'r3', upCause: '07', errorCause: '01', timer: 60_000 },
} as const;

function enter(role: Role, state: RestartState): LayerEnd {
  const end = state === ROLE[role].ours ? new LayerEnd(role) : LayerEnd.ready(role);
  if (state === ROLE[role].ours) {
    end.layer.linkUp(0);
    expect(end.sent()).toEqual([`RESTART ${ROLE[role].upCause}/0`]);
  } else if (state !== 'r1') end.layer.receive(packet('RESTART'), 0);
  end.events.length = 0;
  return end;
}

interface Walk {
  readonly role: Role;
  readonly row: string;
  readonly state: RestartState;
  readonly says: string;
}

function expectNothing(end: LayerEnd, { role, state }: Walk): void {
  const isTheirs = state !== ROLE[role].ours;
  expect(end.sent()).toEqual(isTheirs ? ['RESTART-CONF'] : []);
  expect(end.events).toEqual(isTheirs ? ['ready'] : []);
}

function expectError(end: LayerEnd, { role, says }: Walk): void {
  const { errorCause, timer } = ROLE[role];
  expect(end.layer.isReady).toBe(false);
  expect(end.sent()).toEqual([`RESTART ${errorCause}/${says}`]);
  expect(end.layer.nextDeadline()).toBe(timer);
  expect(end.events).toEqual([`restarted by us ${errorCause}/${says}`]);
  expect(end.receive(packet('RESTART-CONF'))).toEqual([]);
  expect(end.layer.isReady).toBe(true);
}

function expectNormal(end: LayerEnd, { row, says: next }: Walk): void {
  const diagnostic = row === 'RESTART, no cause' ? 0 : 7;
  expect(end.layer.isReady).toBe(next === 'r1');
  expect(end.sent()).toEqual(next === 'r1' ? [] : ['RESTART-CONF']);
  expect(end.layer.isReady).toBe(true);
  expect(end.events).toEqual(next === 'r1' ? ['ready'] : [`restarted by peer 00/${diagnostic}`, 'ready']);
  expect(end.layer.nextDeadline()).toBeUndefined();
}

/** A DTE may not send DIAGNOSTIC: it drops the packet. */
function expectDiagnostic(end: LayerEnd, { role, row, says }: Walk): void {
  const offender = (PACKETS[row] ?? '').replaceAll(' ', '').slice(0, 6);
  expect(end.sent()).toEqual(role === 'dce' ? [`DIAG ${says} ${offender}`] : []);
  expect(end.layer.isReady).toBe(true);
}

function expectNextLevel(end: LayerEnd): void {
  expect(end.layer.isReady).toBe(true);
  expect(end.sent().filter((sent) => sent.startsWith('RESTART') || sent.startsWith('DIAG'))).toEqual([]);
}

const CHECKS: Readonly<Record<string, (end: LayerEnd, walk: Walk) => void>> = {
  '-': expectNothing,
  '.': expectNextLevel,
  '#': expectError,
  '>': expectNormal,
  '!': expectDiagnostic,
};

describe.each([
  ['dte', DTE],
  ['dce', DCE],
] as const)('%s', (role, table) => {
  test.each(cells<RestartState>(table))('$row in $state: $cell', ({ row, state, cell }) => {
    const end = enter(role, state);
    end.layer.receive(packet(row), 0);
    const check = CHECKS[cell.slice(0, 1)];
    expect(check).toBeDefined();
    check?.(end, { role, row, state, says: cell.slice(1) });
  });

  test.each(['r1', 'r2', 'r3'] as const)('DIAGNOSTIC in %s: told, nothing else', (state) => {
    const end = enter(role, state);
    end.layer.receive(hex('10 00 F1 21 10 05 0B'), 0);
    expect(end.events).toEqual(['diagnostic 33']);
    expect(end.layer.counters.get('diagnosticsReceived')).toBe(1);
    expect(end.sent().filter((sent) => sent !== 'RESTART-CONF')).toEqual([]);
  });
});
