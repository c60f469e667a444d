import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/core/index.js';
import type { GatewayEvent } from '../../src/gateway/events.js';
import { RetryPolicy } from '../../src/gateway/retry-policy.js';
import { retryAfter } from '../../src/rfc1090/index.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const schedule = [1 * MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR];

function policy() {
  const clock = new VirtualClock(0);
  const events: GatewayEvent[] = [];
  const retries = new RetryPolicy(
    schedule,
    clock,
    () => 0,
    (event) => events.push(event),
  );
  return { clock, events, retries };
}

const BUSY = [1, 2, 5, 10, 10, 10];
const SCHEDULE = [1, 5, 15, 60, 240, 240];
const FROM_15_MINUTES = [15, 15, 15, 60, 240, 240];
const FROM_4_HOURS = [240, 240, 240, 240, 240, 240];

/** Cause, diagnostic, minutes waited after the first, second, ... failure, operator told. All numbers hexadecimal. */
const TABLE: [number, number, number[], boolean][] = [
  [0x01, 0x00, BUSY, false],
  [0x01, 0x42, BUSY, false], // busy is busy, whatever facility is named
  [0x05, 0x00, SCHEDULE, false],
  [0x05, 0x41, SCHEDULE, false],
  [0x11, 0x00, SCHEDULE, false],
  [0x13, 0x00, SCHEDULE, false],
  [0x09, 0x00, FROM_15_MINUTES, false],
  [0x09, 0x49, FROM_15_MINUTES, false],
  [0x15, 0x00, FROM_15_MINUTES, false],
  [0x39, 0x00, FROM_15_MINUTES, false],
  [0x0b, 0x00, FROM_4_HOURS, true],
  [0x0d, 0x00, FROM_4_HOURS, true],
  [0x19, 0x00, FROM_4_HOURS, true],
  [0x29, 0x00, FROM_4_HOURS, true],
  [0x00, 0xa2, SCHEDULE, false],
  [0x00, 0xa3, SCHEDULE, false],
  [0x00, 0xf4, SCHEDULE, false],
  [0x00, 0xf3, FROM_4_HOURS, true],
  [0x00, 0xf5, FROM_4_HOURS, true],
  [0x00, 0xf8, FROM_4_HOURS, true],
  [0x00, 0xf9, FROM_4_HOURS, true],
  [0x80, 0xf9, FROM_4_HOURS, true],
  [0xff, 0xf9, FROM_4_HOURS, true],
  [0x00, 0xf1, SCHEDULE, false],
  [0x00, 0x00, SCHEDULE, false],
  [0x05, 0xf9, SCHEDULE, false], // from the network a diagnostic of the DTE's means nothing
  [0x03, 0x00, SCHEDULE, false], // when no facility set is left to try
  [0x21, 0x00, SCHEDULE, false],
  [0x13, 0x41, SCHEDULE, false],
  [0x00, 0x42, SCHEDULE, false],
  [0x80, 0x45, SCHEDULE, false],
  [0x7f, 0x00, SCHEDULE, false],
];

describe('what a clear means for mail', () => {
  test.each(TABLE)('%x/%x: again after %j minutes', (cause, diagnostic, minutes, operator) => {
    const { retries, events } = policy();
    const retry = retryAfter({ by: 'peer', cause, diagnostic, facilities: {}, userData: new Uint8Array() });
    const end = { inOrder: false, reason: 'cleared', retry };
    const waits = minutes.map((_, failures) => retries.afterFailure('peer:b', failures, end) / MINUTE);
    expect(waits).toEqual(minutes);
    expect(events).toEqual(operator ? [{ type: 'attention', destination: 'peer:b', reason: 'cleared' }] : []);
  });

  test('the operator is told again only when it went well in between', () => {
    const { retries, events } = policy();
    const retry = retryAfter({
      by: 'peer',
      cause: 0x0d,
      diagnostic: 0,
      facilities: {},
      userData: new Uint8Array(),
    });
    const fail = () => retries.afterFailure('peer:b', 0, { inOrder: false, reason: 'cleared', retry });
    fail();
    fail();
    retries.wentWell('peer:b');
    fail();
    expect(events).toHaveLength(2);
  });

  test('a recipient put off by the other end follows the schedule', () => {
    const { retries } = policy();
    expect([0, 1, 9].map((attempts) => retries.afterReply(attempts) / MINUTE)).toEqual([1, 5, 240]);
  });
});
