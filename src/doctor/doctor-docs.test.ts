import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DOCTOR_CODES } from './finding.ts';

test('docs/doctor.md explains each finding, and no other', () => {
  const page = readFileSync(new URL('../../docs/doctor.md', import.meta.url), 'utf8');
  const explained = [...page.matchAll(/^\| `([a-z-]+)` \| (.+) \|$/gm)];
  expect(explained.map(([, code]) => code)).toEqual([...DOCTOR_CODES]);
  expect(explained.filter(([, , text]) => text!.length < 40)).toEqual([]);
});
