import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitHeader } from '../../src/mime/index.js';

async function* inPieces(text: string, cuts: readonly number[] = []): AsyncGenerator<Uint8Array, void, void> {
  const places = [0, ...cuts.filter((cut) => cut < text.length).toSorted((a, b) => a - b), text.length];
  for (const [i, from] of places.entries()) yield Buffer.from(text.slice(from, places[i + 1]), 'latin1');
}

async function split(text: string, cuts?: readonly number[]) {
  const { fields, rest } = await splitHeader(inPieces(text, cuts));
  const pieces: Uint8Array[] = [];
  for await (const piece of rest) pieces.push(piece);
  return { fields, rest: Buffer.concat(pieces).toString('latin1') };
}

test.each([
  ['A: 1\r\nB: 2\r\n 3\r\n\r\ntext\r\n', ['A: 1\r\n', 'B: 2\r\n 3\r\n'], '\r\ntext\r\n'],
  ['A: 1\r\n', ['A: 1\r\n'], ''],
  ['A: 1\r\nno field\r\n', ['A: 1\r\n'], 'no field\r\n'],
  [' A: 1\r\n\r\n', [], ' A: 1\r\n\r\n'],
  ['\r\ntext\r\n', [], '\r\ntext\r\n'],
  ['A: no end', [], 'A: no end'],
  ['', [], ''],
])('%j', async (text, fields, rest) => {
  expect(await split(text)).toEqual({ fields, rest });
});

test('a header that has no end is left alone', async () => {
  const text = 'X: y\r\n'.repeat(60_000);
  expect(await split(text)).toEqual({ fields: [], rest: text });
});

test('however a message comes, it is cut alike, and both parts are all of it', async () => {
  const line = fc.constantFrom('A: b', ' c', '\td', '', 'no field', 'From x', 'B:', '\r', 'Å: 1');
  const end = fc.constantFrom('\r\n', '\n', '\r');
  const text = fc
    .array(fc.tuple(line, fc.oneof({ weight: 5, arbitrary: fc.constant('\r\n') }, end)), { maxLength: 12 })
    .map((lines) => lines.map((parts) => parts.join('')).join(''));
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.nat(60), { maxLength: 8 }), async (whole, cuts) => {
      const { fields, rest } = await split(whole, cuts);
      expect(fields.join('') + rest).toBe(whole);
      expect({ fields, rest }).toEqual(await split(whole));
    }),
  );
});
