import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat } from '../../src/core/index.js';
import { ClearWatch } from '../../src/pad/clear-watch.js';

const GAP = 100;
const PAUSE = 2000;
const SIGNAL = '\r\nCLR DTE C:0 D:241\r\n';

const octets = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const text = (data: Uint8Array): string => Buffer.from(data).toString('latin1');

function watching(): { watch: ClearWatch; push: (line: string, now?: number) => string } {
  const watch = new ClearWatch(GAP, PAUSE);
  return { watch, push: (line, now = 0) => text(watch.push(octets(line), now)) };
}

describe('what is held', () => {
  test.each([
    ['250 OK', '250 OK', ''],
    ['250 OK\r', '250 OK', '\r'],
    ['250 OK\r\n', '250 OK', '\r\n'],
    ['a\r\nb', 'a\r\nb', ''],
    ['a\r\nC', 'a', '\r\nC'],
    ['a\r\nCL', 'a', '\r\nCL'],
    ['a\r\nCLEAR', 'a\r\nCLEAR', ''],
    ['a\r\nCLR', 'a', '\r\nCLR'],
    ['a\r\nCLRX', 'a\r\nCLRX', ''],
    ['a\r\r\nCLR D', 'a\r', '\r\nCLR D'],
    ['a\r\n\r\nCLR D', 'a\r\n', '\r\nCLR D'],
    ['a\r\nclr dte\r\n', 'a', '\r\nclr dte\r\n'],
    [`a${SIGNAL}`, 'a', SIGNAL],
    [`a${SIGNAL}\r\n* `, 'a', `${SIGNAL}\r\n* `],
    [`a${SIGNAL}b`, `a${SIGNAL}b`, ''],
    ['a\r\nCLR \xe4', 'a\r\nCLR \xe4', ''],
    [`a\r\nCLR ${'x'.repeat(81)}`, `a\r\nCLR ${'x'.repeat(81)}`, ''],
    // The end of one line is the beginning of the next.
    ['a\r\nCLR x\r\nCLR y', 'a\r\nCLR x', '\r\nCLR y'],
    [`a${SIGNAL}${SIGNAL}`, `a${SIGNAL}`, SIGNAL],
    ['CLR DTE\r\n', 'CLR DTE', '\r\n'], // no line end before it
  ])('of %j', (received, data, held) => {
    const { watch, push } = watching();
    expect(push(received)).toBe(data);
    expect(text(watch.release())).toBe(held);
  });

  test('nothing of it is sent on the heels of what may be the end', () => {
    const { watch, push } = watching();
    push('a\r\n');
    expect(watch.isSuspicious).toBe(false);
    push('C');
    expect(watch.isSuspicious).toBe(true);
    push('x');
    expect(watch.isSuspicious).toBe(false);
  });
});

describe('pauses', () => {
  test('a line end alone is let go after a gap', () => {
    const { watch, push } = watching();
    push('250 OK\r\n', 1000);
    expect(watch.nextDeadline()).toBe(1000 + GAP);
    expect(watch.handleTimeout(1000 + GAP - 1).data).toHaveLength(0);
    expect(text(watch.handleTimeout(1000 + GAP).data)).toBe('\r\n');
    expect(watch.nextDeadline()).toBeUndefined();
  });

  test('what was let go holds nobody up', () => {
    const { watch, push } = watching();
    push('mail\r\nCL');
    expect(watch.isSuspicious).toBe(true);
    watch.handleTimeout(GAP);
    expect(watch.isSuspicious).toBe(false);
    push('R x\r\n', 200);
    expect(watch.isSuspicious).toBe(true);
  });

  test('what comes after the gap still belongs to it', () => {
    const { watch, push } = watching();
    push('250 OK\r\n');
    watch.handleTimeout(GAP);
    expect(push('CLR NC C:5 D:0\r\n', 500)).toBe('');
    expect(watch.handleTimeout(500 + PAUSE).suspected).toEqual({ type: 'cleared', cause: 5, diagnostic: 0 });
    expect(text(watch.release())).toBe('CLR NC C:5 D:0\r\n');
  });

  test('a complete signal is a suspicion after a long pause, and no earlier', () => {
    const { watch, push } = watching();
    push(`data${SIGNAL}`);
    expect(watch.nextDeadline()).toBe(PAUSE);
    expect(watch.handleTimeout(PAUSE - 1).suspected).toBeUndefined();
    const { data, suspected } = watch.handleTimeout(PAUSE);
    expect(suspected).toEqual({ type: 'cleared', cause: 0, diagnostic: 0xf1 });
    expect(data).toHaveLength(0);
  });

  test('a signal whose last line feed is missing is one as well', () => {
    const { watch, push } = watching();
    push('\r\nCLR OCC\r');
    expect(watch.handleTimeout(PAUSE).suspected).toMatchObject({ cause: 1 });
  });

  test('a confirmation that nobody has asked for is data', () => {
    const { watch, push } = watching();
    push('\r\nCLR CONF\r\n');
    const { data, suspected } = watch.handleTimeout(PAUSE);
    expect(suspected).toBeUndefined();
    expect(text(data)).toBe('\r\nCLR CONF\r\n');
  });

  test('more data takes the suspicion away', () => {
    const { watch, push } = watching();
    push(SIGNAL);
    expect(push('more', PAUSE - 1)).toBe(`${SIGNAL}more`);
    expect(watch.nextDeadline()).toBeUndefined();
  });
});

/** Text in which signals and halves of them are frequent. */
const tricky = fc
  .array(fc.constantFrom('\r', '\n', '\r\n', 'C', 'CL', 'CLR', ' ', 'DTE', '*', SIGNAL, 'x', '\0', '\xff'), {
    maxLength: 40,
  })
  .map((parts) => parts.join(''));

test('however it is cut into chunks, the same is data and the same is held', () => {
  fc.assert(
    fc.property(tricky, fc.array(fc.nat(60), { maxLength: 10 }), (all, cuts) => {
      const whole = watching();
      const expected = whole.push(all);
      const cut = watching();
      const places = [0, ...cuts.filter((at) => at < all.length).sort((a, b) => a - b), all.length];
      const pieces = places.slice(1).map((end, i) => cut.push(all.slice(places[i], end)));
      expect(pieces.join('')).toBe(expected);
      expect(text(cut.watch.release())).toBe(text(whole.watch.release()));
    }),
  );
});

test('nothing is lost, repeated or out of order, whatever the pauses', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(tricky, fc.constantFrom(0, GAP, PAUSE)), { maxLength: 8 }), (steps) => {
      const { watch } = watching();
      const data: Uint8Array[] = [];
      let now = 0;
      for (const [chunk, pause] of steps) {
        data.push(watch.push(octets(chunk), now));
        now += pause;
        data.push(watch.handleTimeout(now).data);
      }
      data.push(watch.release());
      expect(text(concat(data))).toBe(steps.map(([chunk]) => chunk).join(''));
    }),
  );
});
