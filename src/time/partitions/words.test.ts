import { expect, test } from 'vitest';
import { projectOf } from '../../testing/project-builder.ts';
import { definitionWords } from './words.ts';

test.each([
  ['hourly: { start: 2026-01-01, minute_offset: 15 }', 'hourly from 2026-01-01'],
  ['daily: { start: 2026-01-01, hour_offset: 6 }', 'daily from 2026-01-01'],
  ['weekly: { start: 2026-10-01 }', 'weekly from 2026-10-01'],
  ['monthly: { start: 2026-10-01, day_offset: 3 }', 'monthly from 2026-10-01'],
  ['cron: { schedule: "0 6 * * 1-5", start: 2026-10-01, format: "%Y-%m-%d" }', 'cron 0 6 * * 1-5 from 2026-10-01'],
  ['static: [a, b]', 'static'],
  ['dynamic: customers', 'dynamic customers'],
  ['multi: { region: { static: [n, s] }, day: { daily: { start: 2026-01-01 } } }', 'day × region'],
])('%s', (written, words) => {
  const project = projectOf({ 'branchline.yaml': `name: x\npartitions: { p: { ${written} } }\n` });
  expect(definitionWords(project.partitions['p']!)).toBe(words);
});
