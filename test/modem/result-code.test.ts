import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromAscii } from '../../src/core/index.js';
import { parseResult } from '../../src/modem/result-code.js';
import { ResultReader } from '../../src/modem/result-reader.js';

function linesIn(chunks: readonly Uint8Array[]): string[] {
  const reader = new ResultReader();
  const lines: string[] = [];
  for (const chunk of chunks)
    for (let at = 0; at < chunk.length; ) {
      const { line, next } = reader.read(chunk, at);
      if (line !== undefined) lines.push(line);
      at = next;
    }
  return lines;
}

describe('results', () => {
  test.each([
    ['OK', 'ok'],
    ['ok', 'ok'],
    [' OK ', 'ok'],
    ['0', 'ok'],
    ['1', 'connect'],
    ['2', 'ring'],
    ['4', 'error'],
    ['6', 'noDialtone'],
    ['8', 'noAnswer'],
    ['10', 'connect'],
    ['RING', 'ring'],
    ['RING A', 'ring'],
    ['^%-NO CARRIER', 'noCarrier'],
    ['CONNECT 31200/ARQ/V34/LAPM/V42BIS', 'connect'],
  ])('%j is %s', (line, code) => {
    expect(parseResult(line)?.code).toBe(code);
  });

  test.each([
    '',
    'OKAY',
    'AT',
    'ATDT0123',
    '00',
    '9',
    '11',
    '007',
    'RINGING',
    'NMBR = 0301234567',
    'NAME = NO CARRIER OK',
    'CONNECTION LOST',
    'CONSTRUCTOR',
    '__PROTO__',
    'toString',
  ])('%j is none', (line) => {
    expect(parseResult(line)).toBeUndefined();
  });

  test('a speed no modem has is none', () => {
    expect(parseResult('CONNECT 1')).toEqual({ code: 'connect', message: 'CONNECT 1' });
    expect(parseResult('5')).toEqual({ code: 'connect', message: 'CONNECT 1200', bitsPerSecond: 1200 });
  });

  test('no line makes it throw', () => {
    fc.assert(fc.property(fc.string(), (line) => void parseResult(line)));
  });
});

describe('lines', () => {
  test.each([
    ['\r\nOK\r\n', ['OK']],
    ['OK\rOK\nOK\n\rOK\r', ['OK', 'OK', 'OK', 'OK']],
    ['\r\n\r\n\r\n', []],
    ['OK', []],
    ['\x00\x00O\x80K\x7f\r', ['OK']],
  ])('%j', (text, lines) => {
    expect(linesIn([Buffer.from(text, 'latin1')])).toEqual(lines);
  });

  test('what goes on for too long is not a line', () => {
    expect(linesIn([fromAscii(`${'x'.repeat(5000)}\rOK\r`)])).toEqual(['OK']);
  });

  test('however the octets are cut, the lines are the same', () => {
    const octets = fc.uint8Array({ maxLength: 60 });
    fc.assert(
      fc.property(octets, fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 60 }), (all, sizes) => {
        const chunks: Uint8Array[] = [];
        let at = 0;
        for (const size of sizes) {
          chunks.push(all.subarray(at, at + size));
          at += size;
        }
        chunks.push(all.subarray(at));
        expect(linesIn(chunks)).toEqual(linesIn([all]));
      }),
    );
  });

  test('only the line feed of the line itself belongs to it', () => {
    const restOf = (text: string): string => {
      const octets = fromAscii(text);
      const reader = new ResultReader();
      const { next } = reader.read(octets, 0);
      return text.slice(reader.skipLineFeed(octets, next));
    };
    expect(restOf('CONNECT\r\n\n~')).toBe('\n~');
    expect(restOf('CONNECT\r~')).toBe('~');
    expect(restOf('CONNECT\n\n~')).toBe('\n~');
  });
});
