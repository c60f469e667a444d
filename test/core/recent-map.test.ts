import { expect, test } from 'vitest';
import { RecentMap, Tally } from '../../src/core/index.js';

test('a bounded map forgets what was put longest ago; to be read is not to be put', () => {
  const map = new RecentMap<string, number>(2);
  map.put('a', 1);
  map.put('b', 2);
  map.put('a', 3);
  map.get('b');
  map.put('c', 4);
  expect([...map]).toEqual([
    ['a', 3],
    ['c', 4],
  ]);
  map.delete('a');
  expect([map.get('a'), map.get('c')]).toEqual([undefined, 4]);
  map.clear();
  expect([...map]).toEqual([]);
});

test('a tally counts up and down', () => {
  const tally = new Tally<string>();
  expect([tally.of('a'), tally.add('a'), tally.add('a'), tally.add('b', 5)]).toEqual([0, 1, 2, 5]);
  expect([tally.add('a', -1), tally.add('b', -5), tally.of('a'), tally.of('b')]).toEqual([1, 0, 1, 0]);
});
