import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DeadlineQueue } from '../../src/x25/deadline-queue.js';

test('always knows the earliest of what was set, moved and taken back', () => {
  const step = fc.record({ owner: fc.nat(20), at: fc.option(fc.nat(50), { nil: undefined }) });
  const wake = fc.record({ now: fc.nat(50) });
  fc.assert(
    fc.property(fc.array(fc.oneof({ weight: 5, arbitrary: step }, wake), { maxLength: 120 }), (steps) => {
      const queue = new DeadlineQueue<number>();
      const model = new Map<number, number>();
      for (const each of steps) {
        if ('now' in each) {
          const due = [...model].filter(([, at]) => at <= each.now);
          const taken = queue.takeDue(each.now);
          expect(taken.map((owner) => model.get(owner))).toEqual(
            due.map(([, at]) => at).sort((a, b) => a - b),
          );
          expect(new Set(taken)).toEqual(new Set(due.map(([owner]) => owner)));
          for (const owner of taken) model.delete(owner);
        } else {
          queue.set(each.owner, each.at);
          if (each.at === undefined) model.delete(each.owner);
          else model.set(each.owner, each.at);
        }
        expect(queue.next).toBe(model.size === 0 ? undefined : Math.min(...model.values()));
      }
    }),
    { numRuns: 300 },
  );
});
