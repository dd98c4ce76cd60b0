import { describe, expect, test } from 'vitest';
import { sha256 } from '../base/digest.ts';
import type { EventDraft } from '../model/events.ts';
import type { StateView } from '../model/state.ts';
import { numberEvents } from '../state/codec.ts';
import { emptyView, fold } from '../state/fold.ts';
import { fakeOutputFiles } from '../testing/fake-output-files.ts';
import { projectOf } from '../testing/project-builder.ts';
import { findLost } from './find-lost.ts';
import { lookDrafts, withoutBack } from './recorded-losses.ts';

const at = '2026-11-22T09:00:00.000Z';
const project = projectOf({
  'branchline.yaml': `name: shop
assets:
  days: { run: "true", partitions: { static: [a, b, c] }, outputs: ["data/\${{ partition.key }}.csv"] }
  whole: { run: "true", outputs: [data/whole.csv] }
`,
});
const keys = ['a', 'b', 'c'];

/** A small state, the files that it knows, and looks at them. */
function openStory() {
  const files = fakeOutputFiles();
  const port = files;
  let view: StateView = emptyView('local');
  const commit = (drafts: readonly EventDraft[]): void => {
    const seq = view.seq + 1;
    const applied = fold(view, { seq, writer: 'w', tx: seq, at, events: numberEvents(`w${seq}`, 0, drafts) });
    if (!applied.ok) throw new Error(JSON.stringify(applied.error));
    view = applied.value;
  };
  const make = (run: string, asset: string, partition?: string): void => {
    const text = `${run} ${asset} ${partition ?? ''}`;
    const digest = sha256(text);
    files.control.copies.set(digest, text);
    const request = { kind: 'schedule', schedule: 's', tick: at, selection: '*', materialize: 'all' } as const;
    const step = { id: asset, assets: [asset], verdict: 'run', reason: 'requested', detail: [] } as const;
    commit([
      { type: 'run.requested', at, run, epoch: 1, request, tags: {} },
      { type: 'run.started', at, run, epoch: 1, planDigest: '', steps: [step] },
      {
        type: 'asset.materialized',
        at,
        run,
        epoch: 1,
        step: asset,
        asset,
        ...(partition === undefined ? {} : { partition }),
        materialization: `${run}.1/${asset}${partition === undefined ? '' : `@${partition}`}`,
        codeVersion: 'c',
        codeParts: {},
        dataVersion: digest,
        upstream: {},
        files: { [`data/${partition ?? 'whole'}.csv`]: { digest, bytes: Buffer.byteLength(text) } },
        metadata: {},
        durationMs: 1,
      },
    ]);
  };
  const looked = new Map([
    ['days', keys],
    ['whole', ['']],
  ]);
  const look = async (holds = port) => {
    const ports = { outputs: () => holds, keptFile: () => undefined, fileExists: () => true, onUnasked: () => {} };
    const scope = { project, environment: 'local', root: '/p' };
    const lost = await findLost({ ...ports, sql: {} } as never, scope as never, view, looked);
    return { looked, lost };
  };
  return { files, commit, make, look, view: () => view, port };
}

const unreachable = { holdsEach: async (each: readonly unknown[][]) => each.map((of) => of.map(() => UNKNOWN)) };
const UNKNOWN = { kind: 'lost', loss: 'unavailable', message: 'no answer' } as const;

describe('data that is gone', () => {
  const begin = async () => {
    const story = openStory();
    for (const key of keys) story.make('r1', 'days', key);
    story.make('r1', 'whole');
    const copies = new Map(story.files.control.copies);
    story.files.control.copies.clear();
    const first = await story.look();
    const drafts = lookDrafts({ project, view: story.view() }, first, at);
    story.commit(drafts);
    return { ...story, copies, drafts };
  };

  test('is recorded once: of all partitions in one event, with what they have in common', async () => {
    const { drafts, look, view } = await begin();
    expect(drafts).toEqual([
      {
        type: 'asset.lost',
        at,
        asset: 'days',
        partitions: { a: [1, 1, 1], b: [1, 1, 1], c: [1, 1, 1] },
        message: 'gone from storage',
      },
      {
        type: 'asset.lost',
        at,
        asset: 'whole',
        materialization: 'r1.1/whole',
        message: 'gone from storage (data/whole.csv)',
      },
    ]);
    expect(numberEvents('w', 0, drafts).map(({ v }) => v)).toEqual([2, 1]);
    expect(view().assets.get('days')?.partitions).toEqual({
      made: 0,
      failed: 0,
      newest: keys,
      failing: [],
      lost: 3,
      losing: keys,
    });
    expect(lookDrafts({ project, view: view() }, await look(), at)).toEqual([]);
  });

  test('counts as that for who cannot look, and not for who finds it there again', async () => {
    const { look, view, files, copies, commit, port } = await begin();
    for (const [digest, text] of copies) files.control.copies.set(digest, text);
    const asked = await look({ ...port, ...unreachable } as never);
    expect([...asked.lost.keys()].sort()).toEqual(['days@a', 'days@b', 'days@c', 'whole']);
    expect(lookDrafts({ project, view: view() }, asked, at)).toEqual([]);
    const again = await look();
    expect(again.lost).toEqual(new Map());
    const seen = withoutBack(project, view(), again);
    expect(seen.assets.get('whole')).not.toHaveProperty('lost');
    expect(seen.partitions?.get('days')?.get('b')).not.toHaveProperty('lost');
    commit(lookDrafts({ project, view: view() }, again, at));
    expect(view().assets.get('whole')).not.toHaveProperty('lost');
    expect(view().assets.get('days')?.partitions).toEqual({ made: 3, failed: 0, newest: keys, failing: [] });
  });

  test('that comes back and goes again is told each time', async () => {
    const { look, view, files, copies, commit } = await begin();
    const tell = async (): Promise<void> => commit(lookDrafts({ project, view: view() }, await look(), at));
    for (const [digest, text] of copies) files.control.copies.set(digest, text);
    await tell();
    files.control.copies.clear();
    await tell();
    expect(view().assets.get('days')?.partitions).toMatchObject({ made: 0, lost: 3 });
    expect(view().partitions?.get('days')?.get('a')?.lost?.times).toBe(3);
  });

  test('is not lost any more once it is made again', async () => {
    const { view, make, look } = await begin();
    make('r2', 'days', 'b');
    make('r2', 'whole');
    expect(view().assets.get('days')?.partitions).toMatchObject({ made: 1, lost: 2, losing: ['a', 'c'] });
    expect(view().assets.get('whole')).not.toHaveProperty('lost');
    expect([...(await look()).lost.keys()].sort()).toEqual(['days@a', 'days@c']);
  });
});
