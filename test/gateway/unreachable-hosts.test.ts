import { expect, test } from 'vitest';
import { VirtualClock } from '../../src/core/index.js';
import { UnreachableHosts } from '../../src/gateway/unreachable-hosts.js';

const hosts = (text: string) => [...text].map((address) => ({ address }));
const order = (memory: UnreachableHosts, text: string): string =>
  memory
    .putLast(hosts(text))
    .map(({ address }) => address)
    .join('');

test('hosts that did not answer come last for five minutes, or until they answer', () => {
  const clock = new VirtualClock();
  const memory = new UnreachableHosts(clock);
  memory.tried('a', false);
  memory.tried('c', false);
  memory.tried('b', true);
  expect(order(memory, 'abcd')).toBe('bdac');
  memory.tried('a', true);
  expect(order(memory, 'abcd')).toBe('abdc');
  clock.runFor(5 * 60_000);
  expect(order(memory, 'abcd')).toBe('abcd');
});

test('a thousand are remembered, those that failed last', () => {
  const memory = new UnreachableHosts(new VirtualClock());
  memory.tried('a', false);
  memory.tried('b', false);
  memory.tried('a', false);
  for (let i = 0; i < 999; i++) memory.tried(`host ${i}`, false);
  expect(order(memory, 'abc')).toBe('bca');
});
