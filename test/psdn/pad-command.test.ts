import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPadCommand } from '../../src/psdn/pad-command.js';
import { hex } from '../support/hex.js';

describe('commands', () => {
  test.each([
    ['STAT', { type: 'status' }],
    ['stat', { type: 'status' }],
    ['S T A T', { type: 'status' }],
    ['CLR', { type: 'clear' }],
    ['INT', { type: 'interrupt' }],
    ['RESET', { type: 'reset' }],
    ['PROF 91', { type: 'profile', id: '91' }],
    ['PROF91', { type: 'profile', id: '91' }],
    ['PAR?', { type: 'read', references: [] }],
    ['PAR? 1, 2,21', { type: 'read', references: [1, 2, 21] }],
    [
      'SET 2:0,3:126',
      {
        type: 'set',
        read: false,
        values: [
          { reference: 2, value: 0 },
          { reference: 3, value: 126 },
        ],
      },
    ],
    ['SET? 2:0', { type: 'set', read: true, values: [{ reference: 2, value: 0 }] }],
  ])('%j', (line, command) => {
    expect(readPadCommand(line)).toEqual(command);
  });

  test.each([
    'SET',
    'SET 2',
    'SET 2:',
    'SET 2:0,',
    'PAR? a',
    'PAR? 1,',
    'PROF',
    'HELP',
    '-1',
    'X-12',
    'G1-12',
    'G123-12',
    'T12-34',
    'N-12',
    'R,-12',
    '1234567890123456',
    '12Dlonger than twelve',
  ])('%j is not understood', (line) => {
    expect(readPadCommand(line)).toEqual({ type: 'error' });
  });

  test('no line makes reading throw', () => {
    const words = fc.constantFrom(
      'SET',
      'PAR?',
      'PROF',
      '1',
      ':',
      ',',
      '-',
      'R',
      'G12',
      'N',
      'D',
      '*',
      ' ',
      'stat',
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 10 }), (parts) => void readPadCommand(parts.join(''))),
    );
  });
});

describe('selections', () => {
  test.each([
    ['26245300040', {}, ''],
    [' 26245300040 ', {}, ''],
    ['26245300040Dmail', {}, 'mail'],
    ['26245300040dmail', {}, 'mail'],
    ['26245300040*mail', {}, 'mail'],
    ['26245300040*D a b', {}, ' a b'],
    ['26245300040Psecret', {}, 'secret'],
    ['R-26245300040', { reverseCharging: true }, ''],
    ['F-26245300040', { fastSelect: 'unrestricted' }, ''],
    ['Q,R-26245300040', { fastSelect: 'restricted', reverseCharging: true }, ''],
    ['G12-26245300040', { closedUserGroup: '12' }, ''],
    ['G1234-26245300040', { closedUserGroup: '1234' }, ''],
    ['O12,C-26245300040', { closedUserGroupOutgoing: '12', chargingRequested: true }, ''],
    ['O0012-26245300040', { closedUserGroupOutgoing: '0012' }, ''],
    ['T2342-26245300040', { transitNetworks: '2342' }, ''],
    ['NABC,r-26245300040Dmail', { userIdentification: hex('41 42 43'), reverseCharging: true }, 'mail'],
  ])('%j', (line, facilities, text) => {
    expect(readPadCommand(line)).toEqual({
      type: 'selection',
      called: '26245300040',
      facilities,
      userData: Uint8Array.from(Buffer.from(text)),
    });
  });
});
