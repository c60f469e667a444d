import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HeaderCheck } from '../../src/gateway/header-check.js';

const LIMITS = { hops: 3, headerOctets: 200 };

const HEADER =
  'Received: from a\r\n\tby b; Received: c\r\nSubject: Received: x\r\nRECEIVED:x\r\nX-Received: y\r\nReceived:\r\n\r\n';

test.each([
  ['', 0],
  ['Received: from a\r\n', 1],
  [HEADER, 3],
  [`${HEADER}Received: in the body\r\n`, 3],
  ['\r\nReceived: in the body\r\n', 0],
])('%j', (text, hops) => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: text.length })), (cuts) => {
      const check = new HeaderCheck(LIMITS);
      let at = 0;
      for (const cut of [...cuts.toSorted((a, b) => a - b), text.length]) {
        check.pass(Buffer.from(text.slice(at, cut)));
        at = cut;
      }
      expect(check.hops).toBe(hops);
    }),
  );
});

test.each([
  ['as many systems as may be', 'Received: x\r\n'.repeat(3), undefined],
  ['one more', 'Received: x\r\n'.repeat(4), '554 5.4.6 the message goes round in circles'],
  ['a header as long as may be', `X: ${'x'.repeat(193)}\r\n\r\n`, undefined],
  ['longer by an octet', `X: ${'x'.repeat(194)}\r\n\r\n`, '552 5.3.4 header too long, 200 octets are taken'],
  ['a header without an end', 'x'.repeat(201), '552 5.3.4 header too long, 200 octets are taken'],
  ['a long body', `X: x\r\n\r\n${'x'.repeat(1000)}\r\n`, undefined],
])('%s', (_what, text, refusal) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), (step) => {
      const check = new HeaderCheck(LIMITS);
      for (let at = 0; at < text.length; at += step) check.pass(Buffer.from(text.slice(at, at + step)));
      const { code, status, text: words } = check.refusal?.reply ?? {};
      expect(code && `${code} ${status} ${words}`).toBe(refusal);
    }),
  );
});
