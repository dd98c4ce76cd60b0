import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatBound, parseBound } from './bounds.ts';

describe('parseBound', () => {
  it('reads every form', () => {
    const check = (text: string, value: object): void => expect(parseBound(text)).toEqual({ ok: true, value });
    check('> 10', { op: '>', value: 10, percent: false });
    check(' >=-1.5e3 ', { op: '>=', value: -1500, percent: false });
    check('> 0.1%', { op: '>', value: 0.1, percent: true });
    check('!= 0', { op: '!=', value: 0, percent: false });
    check('not between 1 and 3', { op: 'not between', low: 1, high: 3, percent: false });
    check('not between 1% and 3 %', { op: 'not between', low: 1, high: 3, percent: true });
  });
  it('says what is wrong', () => {
    const refused = (text: string, message: RegExp, help: RegExp): void =>
      expect(parseBound(text)).toMatchObject({
        ok: false,
        error: { message: expect.stringMatching(message), help: expect.stringMatching(help) },
      });
    refused('10', /does not say when it fails/, /> 10/);
    refused('== 1', /no comparison/, /write `=`/);
    refused('between 1 and 3', /what is wrong/, /not between/);
    refused('not between 3 and 1', /3 is more than 1/, /smaller/);
    refused('not between 1% and 3', /percentage/, /both/);
    refused('lots', /not a bound/, /> 10/);
    refused('', /not a bound/, /> 10/);
  });
  it('reads back what it writes', () => {
    const number = fc
      .double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 })
      .map((n) => Number(n.toFixed(3)) + 0);
    const comparison = fc.record({
      op: fc.constantFrom('>', '>=', '<', '<=', '=', '!='),
      value: number,
      percent: fc.boolean(),
    });
    const between = fc
      .tuple(number, number, fc.boolean())
      .map(([a, b, percent]) => ({ op: 'not between' as const, low: Math.min(a, b), high: Math.max(a, b), percent }));
    fc.assert(
      fc.property(fc.oneof(comparison, between), (bound) => {
        expect(parseBound(formatBound(bound as never))).toEqual({ ok: true, value: bound });
      }),
    );
  });
});
