import { expect, test } from 'vitest';
import { cacheFolder } from './cache-folder.ts';

test('the cache folder follows the conventions of the system', () => {
  expect(cacheFolder({ BRANCHLINE_CACHE: '/x' })).toBe('/x');
  if (process.platform === 'linux') expect(cacheFolder({ XDG_CACHE_HOME: '/c' })).toBe('/c/branchline');
});
