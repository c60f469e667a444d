import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HopCounter } from '../../src/gateway/hop-counter.js';

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
      const counter = new HopCounter();
      let at = 0;
      for (const cut of [...cuts.toSorted((a, b) => a - b), text.length]) {
        counter.pass(Buffer.from(text.slice(at, cut)));
        at = cut;
      }
      expect(counter.hops).toBe(hops);
    }),
  );
});
