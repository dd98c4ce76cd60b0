import { describe, expect, it } from 'vitest';
import { fail, ok, type Result } from '../base/result.ts';
import type { StateView } from '../model/state.ts';
import type { SourceTree } from '../ports.ts';
import { emptyView } from '../state/fold.ts';
import { sourceTreeOf } from '../testing/project-builder.ts';
import { type Push, planPush } from './build-on-push.ts';
import { loadProject } from './load-project.ts';
import { buildPlanning } from './planning.ts';

const manifest = (a: string): string => `name: shop
assets:
  a: { run: "echo ${a}" }
  b: { deps: [a], run: "true" }
  c: { run: "true" }
`;
const OLD = 'a'.repeat(40);
const NEW = 'b'.repeat(40);
const push: Push = { commit: NEW, at: '2026-11-22T09:00:00.000Z', before: OLD };
const ticked = (commit: string, at = '2026-11-21T09:00:00.000Z'): StateView => ({
  ...emptyView('production'),
  codeCommit: { commit, at },
});

async function planned(given: {
  readonly view?: StateView;
  readonly selection?: string;
  readonly push?: Push;
  readonly code?: Readonly<Record<string, Result<SourceTree, string>>>;
}): Promise<{ readonly selection: string | undefined; readonly note: string }> {
  const tree = sourceTreeOf({ 'branchline.yaml': manifest('2') });
  const loaded = loadProject(tree);
  const asked: string[] = [];
  const made = await planPush({
    planning: buildPlanning(loaded.project!, tree),
    loaded,
    tree,
    view: given.view ?? emptyView('production'),
    selection: given.selection ?? 'changed:any+',
    push: given.push ?? push,
    codeAt: async (commit) => {
      asked.push(commit);
      return given.code?.[commit] ?? fail('it is gone');
    },
  });
  if (!made.ok) throw new Error(made.error.message);
  return { selection: made.value.request?.selection, note: made.value.note };
}

describe('build_on_push', () => {
  const code = { [OLD]: ok(sourceTreeOf({ 'branchline.yaml': manifest('1') })) };

  it('selects what differs from the code that ticked last, and what is downstream', async () => {
    const older = 'c'.repeat(40);
    const made = await planned({ view: ticked(older), code: { [older]: code[OLD]! } });
    expect(made.selection).toBe('key:"a" or key:"b"');
    expect(made.note).toBe('`build_on_push` selects 2 of the assets: compared with the code of ccccccc.');
  });

  it('compares with what the branch was before the first tick', async () => {
    expect((await planned({ code })).selection).toBe('key:"a" or key:"b"');
    expect((await planned({ code, selection: 'changed:code_version' })).selection).toBe('key:"a"');
    expect((await planned({ code, selection: 'key:c' })).selection).toBe('key:"c"');
  });

  it('asks for nothing when nothing of it was changed', async () => {
    const same = { [OLD]: ok(sourceTreeOf({ 'branchline.yaml': manifest('2') })) };
    expect(await planned({ code: same })).toEqual({
      selection: undefined,
      note: 'Nothing is to be built for this push: compared with the code of aaaaaaa.',
    });
  });

  it('takes everything for new where there is nothing to compare with', async () => {
    const { before: _, ...first } = push;
    const made = await planned({ push: first });
    expect(made.selection).toBe('key:"a" or key:"b" or key:"c"');
    expect((await planned({})).note).toContain('the code of aaaaaaa cannot be read (it is gone)');
  });

  it('builds nothing of old code', async () => {
    const made = await planned({ view: ticked('d'.repeat(40), '2026-11-23T09:00:00.000Z'), code });
    expect(made).toEqual({
      selection: undefined,
      note: 'Nothing was built for this push: a newer commit of the code has ticked before.',
    });
  });

  it('has an identity of its own: the commit', async () => {
    const tree = sourceTreeOf({ 'branchline.yaml': manifest('2') });
    const loaded = loadProject(tree);
    const input = { planning: buildPlanning(loaded.project!, tree), loaded, tree, selection: '*', push };
    const made = await planPush({ ...input, view: emptyView('production'), codeAt: async () => fail('no') });
    expect(made.ok && made.value.request).toMatchObject({ kind: 'push', commit: NEW, at: push.at });
  });
});
