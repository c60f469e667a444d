import { expect, test } from 'vitest';
import { SignalReader } from '../../src/pad/signal-reader.js';

function read(octets: Iterable<number>): string[] {
  const reader = new SignalReader();
  return [...octets].flatMap((octet) => reader.push(octet)?.type ?? []);
}

test.each([
  ['\r\nFREE\r\n', ['acknowledgement', 'free']],
  ['\nFREE\n', ['acknowledgement', 'free']],
  ['FREE\rENGAGED\r', ['free', 'engaged']],
  ['\r\n\0\0FREE\r\n\0\0', ['acknowledgement', 'free']],
  ['\r\n\r\n', ['acknowledgement', 'acknowledgement']],
  ['\x07* FREE \x7f\r\n', ['free']],
  ['FREE', []],
])('%j', (text, types) => {
  expect(read(Buffer.from(text, 'latin1'))).toEqual(types);
});

test('a parity bit does not matter', () => {
  const parity = (octet: number): number => octet | 0x80;
  expect(read(Buffer.from('\r\nFREE\r\n').map(parity))).toEqual(['acknowledgement', 'free']);
});

test('a line without end takes no memory without end', () => {
  const reader = new SignalReader();
  for (let i = 0; i < 100_000; i++) reader.push(0x58);
  expect(reader.push(0x0d)).toEqual({ type: 'unknown' });
});

test('the second half of a line end is not yet data, once', () => {
  const reader = new SignalReader();
  for (const octet of Buffer.from('COM\r')) reader.push(octet);
  expect(reader.takeLineFeed(0x0a)).toBe(true);
  expect(reader.takeLineFeed(0x0a)).toBe(false);
});
