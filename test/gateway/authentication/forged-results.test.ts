import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ForgedResults } from '../../../src/gateway/authentication/forged-results.js';

/** What is passed on, octet for octet, of a message in pieces. */
function passed(message: string, cuts: readonly number[] = []): string {
  const forged = new ForgedResults('gw-a.example');
  const octets = Buffer.from(message, 'latin1');
  const places = [0, ...cuts.map((cut) => cut % (octets.length + 1)).sort((a, b) => a - b), octets.length];
  const pieces = places.slice(1).map((end, i) => forged.pass(octets.subarray(places[i], end)));
  return Buffer.concat([...pieces, forged.end()]).toString('latin1');
}

const OURS = 'Authentication-Results: gw-a.example; spf=pass smtp.mailfrom=bank.example\r\n';
const REST = 'Subject: x\r\n\r\nAuthentication-Results: gw-a.example; spf=pass\r\n';

const FORGED: readonly string[] = [
  OURS,
  'authentication-RESULTS:gw-a.example;dkim=pass\r\n',
  'Authentication-Results: GW-A.Example; spf=pass\r\n',
  'Authentication-Results:\r\n\t gw-a.example;\r\n spf=pass\r\n',
  'Authentication-Results: (a (deep) \\) one) gw-a.example; none\r\n',
  'Authentication-Results: gw-a.example 1; none\r\n',
  'Authentication-Results: gw-a.example(1); none\r\n',
  'Authentication-Results: "gw-a.example"; none\r\n',
  'Authentication-Results: "gw\\-a.example"; none\r\n',
  'Authentication-Results \t: gw-a.example; none\r\n',
  'Authentication-Results: gw-a.example\r\n',
  `Authentication-Results: (${'x'.repeat(3000)}) gw-a.example; none\r\n`,
];

const OTHERS: readonly string[] = [
  'Authentication-Results: mx.elsewhere.example; spf=pass\r\n',
  'Authentication-Results: gw-a.example.elsewhere.example; spf=pass\r\n',
  'Authentication-Results: x; spf=pass (gw-a.example)\r\n',
  'Authentication-Results-More: gw-a.example; spf=pass\r\n',
  'X-Authentication-Results: gw-a.example; spf=pass\r\n',
  'Authentication: gw-a.example\r\n',
  'Authentication-Results:\r\nSubject: gw-a.example\r\n',
  ` folded\r\nA: ${'long '.repeat(1000)}\r\n`,
];

describe('results in our name', () => {
  test.each(FORGED)('are renamed, and nothing else: %j', (field) => {
    const text = passed(`A: b\r\n${field}${REST}`);
    expect(text).toBe(`A: b\r\nX-Untrusted-AuthResult${field.slice('X-Untrusted-AuthResult'.length)}${REST}`);
  });

  test.each(OTHERS)('are not there: %j', (field) => {
    expect(passed(field + REST)).toBe(field + REST);
  });

  test('in a message that ends within its header', () => {
    expect(passed('Authentication-Results: gw-a.example')).toBe('X-Untrusted-AuthResult: gw-a.example');
    expect(passed('Authentication-Res')).toBe('Authentication-Res');
    expect(passed('A: b\r')).toBe('A: b\r');
  });

  test('are found however the message is cut', () => {
    const field = fc.constantFrom(...FORGED, ...OTHERS, 'From: a@b.example\r\n');
    fc.assert(
      fc.property(
        fc.array(field, { maxLength: 4 }),
        fc.array(fc.nat(4000), { maxLength: 20 }),
        (fields, cuts) => {
          const message = fields.join('') + REST;
          expect(passed(message, cuts)).toBe(passed(message));
        },
      ),
    );
  });

  test('whatever comes, it keeps its length', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.array(fc.nat(200)), (octets, cuts) => {
        const message = `${OURS}${Buffer.from(octets).toString('latin1')}`;
        expect(passed(message, cuts)).toHaveLength(message.length);
      }),
    );
  });
});

describe('a message that goes on', () => {
  /** @param stored so much of it an earlier session has passed on: all that it knew, unless told otherwise. */
  function resumed(message: string, cut: number, stored?: number): string {
    const octets = Buffer.from(message, 'latin1');
    const first = Buffer.from(new ForgedResults('gw-a.example').pass(octets.subarray(0, cut)));
    const kept = first.subarray(0, stored);
    const second = new ForgedResults('gw-a.example');
    for (let at = 0; at < kept.length; at += 100) second.passedBefore(kept.subarray(at, at + 100));
    const rest = Buffer.from(second.pass(octets.subarray(kept.length)));
    return Buffer.concat([kept, rest, second.end()]).toString('latin1');
  }

  test('is as it would be at once', () => {
    const field = fc.constantFrom(...FORGED, ...OTHERS, 'From: a@b.example\r\n');
    fc.assert(
      fc.property(fc.array(field, { maxLength: 4 }), fc.nat(4000), (fields, cut) => {
        const message = fields.join('') + REST;
        expect(resumed(message, cut % message.length)).toBe(passed(message));
      }),
    );
  });

  test('keeps every octet once, wherever the disk has lost the end of what was stored', () => {
    const message = `${OURS}${OTHERS[0]}${REST}`;
    for (let stored = 0; stored <= message.length; stored++)
      expect(resumed(message, message.length, stored)).toHaveLength(message.length);
  });
});
