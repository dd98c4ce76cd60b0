import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openStepPlaces } from './step-places.ts';

describe('places of steps', () => {
  test('all are for one run that is alone', () => {
    const places = openStepPlaces(4);
    places.join('a', () => undefined);
    expect(places.mostOf('a')).toBe(4);
    places.started('a');
    expect(places.mostOf('a')).toBe(4);
  });

  test('are shared by runs that want them, and what one does not want is for the other', () => {
    const places = openStepPlaces(4);
    for (const run of ['a', 'b']) places.join(run, () => undefined);
    expect(places.mostOf('a')).toBe(4);
    places.setHungry('b', true);
    expect(places.mostOf('a')).toBe(2);
    for (let n = 0; n < 2; n++) places.started('b');
    // It has its part.
    expect(places.mostOf('a')).toBe(2);
    places.setHungry('b', false);
    places.ended('b');
    expect(places.mostOf('a')).toBe(3);
  });

  test('that become free wake who wants them', () => {
    const places = openStepPlaces(1);
    const woken: string[] = [];
    for (const run of ['a', 'b', 'c']) places.join(run, () => woken.push(run));
    places.started('a');
    places.setHungry('b', true);
    places.ended('a');
    expect(woken).toEqual(['b']);
    places.leave('a');
    expect(woken).toEqual(['b', 'b', 'c']);
  });

  test('are never more than there are, and somebody who wants one always finds one that is free', () => {
    const move = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('start', 'end', 'hungry', 'full'));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(move, { maxLength: 60 }), (total, moves) => {
        const places = openStepPlaces(total);
        const running = new Map(['a', 'b', 'c'].map((run) => [run, 0]));
        const hungry = new Set<string>();
        for (const run of running.keys()) places.join(run, () => undefined);
        for (const [run, what] of moves) {
          const own = running.get(run)!;
          if (what === 'start' && places.mostOf(run) > own) {
            places.started(run);
            running.set(run, own + 1);
          } else if (what === 'end' && own > 0) {
            places.ended(run);
            running.set(run, own - 1);
          } else if (what === 'hungry' || what === 'full') {
            places.setHungry(run, what === 'hungry');
            if (what === 'hungry') hungry.add(run);
            else hungry.delete(run);
          }
          const used = [...running.values()].reduce((sum, n) => sum + n, 0);
          expect(used).toBeLessThanOrEqual(total);
          if (used < total && hungry.size > 0)
            expect([...hungry].some((each) => places.mostOf(each) > running.get(each)!)).toBe(true);
        }
      }),
    );
  });
});
