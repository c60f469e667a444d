import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MOST_SERVERS, type MxRecord, orderMx } from '../../src/routing/index.js';
import { seeded } from '../support/random.js';

const nobody = (): boolean => false;
const mx = (exchange: string, preference: number): MxRecord => ({ exchange, preference });
const isUs = (name: string): boolean => name === 'gw.example';

function order(
  records: readonly MxRecord[],
  isOurs: (name: string) => boolean = nobody,
  random: () => number = () => 0,
) {
  const found = orderMx('Site.Example', records, isOurs, random);
  return found.type === 'servers' ? found.groups : found.type;
}

describe('mail servers of a domain', () => {
  test.each<[string, MxRecord[], unknown]>([
    ['no records: the domain itself', [], [['site.example']]],
    ['the lowest preference first', [mx('b', 20), mx('a', 10)], [['a'], ['b']]],
    ['equal ones together', [mx('c', 10), mx('b', 5), mx('a', 10)], [['b'], ['c', 'a']]],
    ['a name twice is one server', [mx('A.', 10), mx('a', 10)], [['a']]],
    ['null MX', [mx('', 0)], 'noMail'],
    ['null MX with its dot', [mx('.', 0)], 'noMail'],
    ['a dot beside a server means nothing', [mx('.', 0), mx('a', 10)], [['a']]],
    ['we: only those that are better', [mx('a', 10), mx('GW.example.', 20), mx('c', 30)], [['a']]],
    ['we: our equals go as well', [mx('a', 10), mx('b', 20), mx('gw.example', 20)], [['a']]],
    [
      'we at several places: the best counts',
      [mx('gw.example', 30), mx('a', 10), mx('gw.example', 10)],
      'loop',
    ],
    ['we are the best', [mx('gw.example', 0), mx('a', 10)], 'loop'],
  ])('%s', (_, records, expected) => {
    expect(order(records, isUs)).toEqual(expected);
  });

  test('a domain that is ours and has no records', () => {
    expect(orderMx('gw.example', [], isUs, () => 0)).toEqual({ type: 'loop' });
  });

  test('of very many only the best are tried', () => {
    const groups = order(Array.from({ length: 500 }, (_, i) => mx(`m${i}`, 500 - i)));
    expect([groups.length, groups[0]]).toEqual([MOST_SERVERS, ['m499']]);
  });

  const records = fc.array(
    fc.record({ exchange: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'gw.example'), preference: fc.nat(3) }),
    { minLength: 1, maxLength: 12 },
  );

  test('however they are listed: by preference, none that is not better than we are, none left out', () => {
    fc.assert(
      fc.property(
        records,
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        (all, numbers) => {
          const groups = order(all, isUs, () => numbers.next().value);
          const ours = Math.min(...all.filter(({ exchange }) => isUs(exchange)).map((one) => one.preference));
          const better = all.filter(({ preference }) => preference < ours);
          if (better.length === 0) {
            expect(groups).toBe('loop');
            return;
          }
          const asSets = (groups as string[][]).map((group) => new Set(group));
          const preferences = [...new Set(better.map(({ preference }) => preference))].sort();
          expect(asSets).toEqual(
            preferences.map(
              (each) =>
                new Set(
                  better.filter(({ preference }) => preference === each).map(({ exchange }) => exchange),
                ),
            ),
          );
        },
      ),
    );
  });

  test('equal ones come in every order, about as often', () => {
    const random = seeded(7);
    const seen = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const found = orderMx('x', [mx('a', 1), mx('b', 1), mx('c', 1)], nobody, random);
      const text = found.type === 'servers' ? found.groups.join() : '';
      seen.set(text, (seen.get(text) ?? 0) + 1);
    }
    expect(seen.size).toBe(6);
    for (const count of seen.values()) expect(count).toBeGreaterThan(850);
  });
});
