import { expect, test } from 'vitest';
import { assetOutputs } from './asset-outputs.ts';

test('assets are named once each, in the order of their names', () => {
  expect(assetOutputs(['b', 'a', 'b'])).toEqual({
    outputs: { 'changed-assets': '["a","b"]', 'changed-count': '2' },
    notes: [],
  });
  expect(assetOutputs([]).outputs).toEqual({ 'changed-assets': '[]', 'changed-count': '0' });
});

test('a list that GitHub would drop is cut between two names, counted whole, and told', () => {
  const keys = Array.from({ length: 20_000 }, (_, n) => `group/${'é"'.repeat(20)}/${String(n).padStart(5, '0')}`);
  const { outputs, notes } = assetOutputs(keys);
  const named = JSON.parse(outputs['changed-assets']) as string[];
  expect(named).toEqual(keys.slice(0, named.length));
  expect(named.length).toBeGreaterThan(2000);
  expect(outputs['changed-assets'].length).toBeLessThanOrEqual(200_000);
  expect(outputs['changed-count']).toBe('20000');
  expect(notes).toEqual([expect.stringContaining(`the first ${named.length} of 20,000 assets`)]);
});
