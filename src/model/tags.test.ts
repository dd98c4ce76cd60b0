import { expect, test } from 'vitest';
import { layeredTags } from './tags.ts';

test('what is nearer wins, in whichever spelling either is written', () => {
  const farther = { 'branchline/priority': '1', 'dagster/max_runtime': '60', team: 'data' };
  expect(layeredTags(farther, { 'dagster/priority': '5', 'branchline/max_runtime': '90' })).toEqual({
    'dagster/priority': '5',
    'branchline/max_runtime': '90',
    team: 'data',
  });
  expect(layeredTags(farther, { 'branchline/priority': '5', 'dagster/priority': '5' })).toMatchObject({
    'branchline/priority': '5',
    'dagster/priority': '5',
  });
  expect(layeredTags(undefined, farther)).toEqual(farther);
  expect(layeredTags(farther, undefined)).toEqual(farther);
});
