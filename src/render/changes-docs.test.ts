import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CHANGE_REASONS } from '../model/changes.ts';
import { REASON_WORDS } from './changes-text.ts';

test('docs/pull-requests.md explains each reason of a change, and no other', () => {
  const page = readFileSync(new URL('../../docs/pull-requests.md', import.meta.url), 'utf8');
  const [, table = ''] = /\| reason \| when \|\n\|---\|---\|\n((?:\|.*\n)+)/.exec(page) ?? [];
  const words = [...table.matchAll(/^\| ([a-z, ]+) \|/gm)].flatMap(([, cell]) => cell!.split(', '));
  expect(words.sort()).toEqual(CHANGE_REASONS.map((reason) => REASON_WORDS[reason]).sort());
});
