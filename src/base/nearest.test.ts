import { expect, it } from 'vitest';
import { nearestWord } from './nearest.ts';

it.each([
  ['patitions', ['partitions', 'pools'], 'partitions'],
  ['lates', ['none', 'latest', 'all'], 'latest'],
  ['Outputs', ['output', 'outputs'], 'outputs'],
  ['warning', ['warn', 'error'], 'warn'],
  ['postgresql', ['duckdb', 'postgres'], 'postgres'],
  ['prod', ['local', 'production'], 'production'],
  ['xyz', ['warn', 'error'], undefined],
  ['raw/', ['raw/orders', 'raw/customers'], undefined],
  ['al', ['allowance', 'none'], undefined],
])('%s of %j: %s', (word, candidates, expected) => {
  expect(nearestWord(word, candidates)).toBe(expected);
});
