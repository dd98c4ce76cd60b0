import { expect, test } from 'vitest';
import { timestamp } from '../model/instant.ts';
import { type CheckedOutCode, isNewestCode, tickedCode } from './ticked-code.ts';

const AT = timestamp(Date.parse('2026-11-22T09:00:00.000Z'));

function checkedOut(commit: string, at: typeof AT | undefined): CheckedOutCode & { asked: number } {
  const code = {
    commit,
    asked: 0,
    async at() {
      code.asked++;
      return at;
    },
  };
  return code;
}

test('the time of code that has ticked is on record, and nobody is asked for it', async () => {
  const code = checkedOut('a1b2', timestamp(0));
  expect(await tickedCode(code, { commit: 'a1b2', at: AT }, true)).toEqual({ commit: 'a1b2', at: AT });
  expect(code.asked).toBe(0);
});

test('other code is asked for its time, which says whether it is older', async () => {
  const code = checkedOut('c3d4', timestamp(Date.parse(AT) - 1));
  const ticked = await tickedCode(code, { commit: 'a1b2', at: AT }, false);
  expect(ticked).toEqual({ commit: 'c3d4', at: '2026-11-22T08:59:59.999Z' });
  expect(code.asked).toBe(1);
  expect(isNewestCode(ticked, { commit: 'a1b2', at: AT })).toBe(false);
  expect(await tickedCode(code, undefined, true)).toEqual(ticked);
});

test('code whose time nobody knows counts as none', async () => {
  expect(await tickedCode(checkedOut('c3d4', undefined), { commit: 'a1b2', at: AT }, true)).toBeUndefined();
  expect(await tickedCode(undefined, { commit: 'a1b2', at: AT }, true)).toBeUndefined();
});

test('where no code has ticked yet, nothing is compared: its time is only asked for to record it', async () => {
  const code = checkedOut('c3d4', AT);
  expect(await tickedCode(code, undefined, false)).toBeUndefined();
  expect(code.asked).toBe(0);
  expect(isNewestCode(undefined, undefined)).toBe(true);
});
