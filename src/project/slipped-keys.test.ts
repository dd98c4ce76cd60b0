import { expect, test } from 'vitest';
import { definitionOf } from '../manifest/schema.ts';
import { SLIPPING_KEYS } from './slipped-keys.ts';

test('they are the keys of assets and checks', () => {
  const keys = ['Asset', 'Check'].flatMap((name) => Object.keys(definitionOf(name).properties ?? {}));
  expect([...SLIPPING_KEYS].sort()).toEqual([...new Set(keys)].sort());
});
