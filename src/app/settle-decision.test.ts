import { expect, it } from 'vitest';
import type { StateStore } from '../ports-state.ts';
import { must } from '../testing/contracts/state-changes.ts';
import { memoryState } from '../testing/memory-state.ts';
import type { PagesOf } from './state-ports.ts';
import { openStateSession } from './state-session.ts';

it('the names of pages are looked for by a commit that writes some, and by nobody else', async () => {
  const state = memoryState();
  const asked: string[] = [];
  const open = () => {
    const inner = state.server.open();
    const store: StateStore = {
      ...inner,
      list(commit, prefix, without) {
        asked.push(`${prefix} but ${without}`);
        return inner.list(commit, prefix, without);
      },
    };
    return openStateSession(state.ports(store));
  };
  const names: string[][] = [];
  const write = (pages: Record<string, string | null>) => {
    const pagesOf: PagesOf = ({ after }) => {
      names.push([...after.base.paths].filter((path) => path.startsWith('health/')));
      return new Map(Object.entries(pages));
    };
    return async () => ({ kind: 'commit' as const, events: [], message: 'pages\n', value: undefined, pages: pagesOf });
  };
  const first = open();
  must(await first.transact(write({ 'health/a.md': '1', 'health/b.md': '1', 'README.md': '1' })));
  expect(asked).toEqual([]);
  // Its own commit it reads no more, but for the pages.
  must(await first.transact(write({ 'health/c.md': '1' })));
  expect(asked.splice(0)).toEqual(['health/ but undefined']);

  const other = open();
  const idle = must(await other.transact(async ({ read }) => ({ kind: 'nothing', value: read.base.paths })));
  expect([...idle.value].some((path) => path.startsWith('health/'))).toBe(false);
  expect(idle.value.has('README.md')).toBe(true);
  expect(asked.splice(0)).toEqual([' but health/']);
  must(await other.transact(write({ 'health/b.md': null })));
  must(await other.transact(write({})));
  expect(names).toEqual([
    [],
    ['health/a.md', 'health/b.md'],
    ['health/a.md', 'health/b.md', 'health/c.md'],
    ['health/a.md', 'health/c.md'],
  ]);
  expect([...state.server.files().keys()].filter((path) => path.startsWith('health/'))).toEqual([
    'health/a.md',
    'health/c.md',
  ]);
});
