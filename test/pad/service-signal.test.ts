import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { causeOfLetters, lettersOfCause } from '../../src/pad/index.js';
import { readServiceSignal } from '../../src/pad/service-signal.js';
import { CLEAR_CAUSE } from '../../src/x25/index.js';

describe('service signals', () => {
  test.each([
    ['', 'acknowledgement'],
    ['*', 'acknowledgement'],
    ['CLR CONF', 'clearConfirmed'],
    ['CLR conf', 'clearConfirmed'],
    ['* CLR  CONF C:0 D:0', 'clearConfirmed'],
    ['CONNECT 9600', 'carrier'],
    ['Connected', 'carrier'],
    ['CALL CONNECTED', 'carrier'],
    ['RESET DTE', 'reset'],
    ['RESET ERR 33', 'reset'],
    ['ERR', 'error'],
    ['ERROR', 'error'],
    ['ERR ILL', 'error'],
    ['?', 'error'],
    ['INVALID COMMAND', 'error'],
    ['FREE', 'free'],
    ['*free ', 'free'],
    ['ENGAGED', 'engaged'],
    ['ENGANGED', 'engaged'],
    // What only looks like one.
    ['CLR', 'unknown'], // the echo of a command, and so are these
    ['STAT', 'unknown'],
    ['*SET 2:0,3:0', 'unknown'],
    ['PAR? 1,2,3', 'unknown'],
    ['RESET', 'unknown'],
    ['26245300040', 'unknown'],
    ['WELCOME TO THE COMMUNITY', 'unknown'],
    ['LON\\A001-1920040302', 'unknown'],
  ])('%j is %s', (line, type) => {
    expect(readServiceSignal(line).type).toBe(type);
  });

  test.each([
    ['COM', ''],
    ['com', ''],
    ['*COM', ''],
    ['23421000001 COM', '23421000001'],
    ['23421000001+COM', '23421000001'],
    ['23421000001+R,G12 COM', '23421000001'],
    ['COM 23421000001', '23421000001'],
    ['COM 1', ''],
  ])('%j is a connection, address %j', (line, address) => {
    expect(readServiceSignal(line)).toEqual({ type: 'connected', address });
  });

  test.each([
    ['CLR OCC', 0x01, 0],
    ['CLR OOC C:1 - number busy', 0x01, 0], // as a vendor spells it
    ['CLR NP C:13 D:67', 0x0d, 0x43],
    ['clr np c:13  d:67 not obtainable', 0x0d, 0x43],
    ['CLR DTE C:0 D:241', 0x00, 0xf1],
    ['CLR DTE C:128 D:5', 0x80, 0x05],
    ['CLR XXX C:9 D:0', 0x09, 0],
    ['CLR NC 5 160', 0x05, 0xa0],
    ['CLR NC - 5, 160', 0x05, 0xa0],
    ['CLR DTE 005/000', 0x05, 0],
    ['CLR ERR 67', 0x13, 0x43], // one number: the diagnostic
    ['CLR PAD', 0x00, 0],
    ['CLR RNA C=25 D=0', 0x19, 0],
    ['CLR DER CALL CLEARED - REMOTE DTE OUT OF ORDER', 0x09, 0],
    ['CLR NA C:999 D:1', 0x0b, 1],
    // Nobody can say why: passing trouble in the network, never an orderly end.
    ['CLR QQQ', 0x05, 0],
    ['CLR - ', 0x05, 0],
    ['CALL CLEARED', 0x05, 0],
    ['DISCONNECTED', 0x05, 0],
    ['NO CARRIER', 0x09, 0],
  ])('%j clears with cause %i, diagnostic %i', (line, cause, diagnostic) => {
    expect(readServiceSignal(line)).toEqual({ type: 'cleared', cause, diagnostic });
  });

  test.each([
    ['PAR 1:0,2:1,3:126', { 1: 0, 2: 1, 3: 126 }],
    ['PAR1:0', { 1: 0 }],
    ['par 1 : 0, 21:INV ,22: 0', { 1: 0, 21: 'invalid', 22: 0 }],
    ['RPAR 2:0', { 2: 0 }],
  ])('%j tells parameters', (line, values) => {
    const signal = readServiceSignal(line);
    expect(signal.type === 'parameters' && Object.fromEntries(signal.values)).toEqual(values);
  });

  test('no line makes reading throw', () => {
    const words = fc.constantFrom('CLR', 'COM', 'PAR', 'C:', 'D:', '300', ':', ',', ' ', '*', 'INV', '+');
    const line = fc.array(fc.oneof(words, fc.string()), { maxLength: 12 }).map((parts) => parts.join(' '));
    fc.assert(fc.property(line, (text) => void readServiceSignal(text)));
  });
});

describe('cause letters', () => {
  test('every cause of X.25 has letters, and they lead back to it', () => {
    for (const cause of Object.values(CLEAR_CAUSE))
      expect(causeOfLetters(lettersOfCause(cause) ?? '')).toBe(cause);
  });

  test.each([
    [0x00, 'DTE'],
    [0x80, 'DTE'],
    [0xff, 'DTE'],
    [0x01, 'OCC'],
    [0x13, 'ERR'],
    [0x02, undefined],
  ])('cause %i is written %s', (cause, letters) => {
    expect(lettersOfCause(cause)).toBe(letters);
  });
});
