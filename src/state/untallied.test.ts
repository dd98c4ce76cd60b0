import { expect, test } from 'vitest';
import type { BranchlineEvent, EventDraft } from '../model/events.ts';
import { timestamp } from '../model/instant.ts';
import { STORY_START } from '../testing/state-story.ts';
import { numberEvents } from './codec.ts';
import { prepareCommit } from './commit.ts';
import { neededLeaves, neededPaths } from './needed-paths.ts';
import { assembleView, type StateRead } from './read.ts';

const DAY = 86_400_000;
type Tree = Map<string, string>;

/** As a command reads: what is needed alone. */
function readOf(tree: Tree): { readonly read: StateRead; readonly leaves: readonly string[] } {
  const listing = [...tree.keys()].sort();
  const texts = new Map(neededPaths(listing).map((path) => [path, tree.get(path)!]));
  const leaves = neededLeaves(listing, texts);
  for (const path of leaves) texts.set(path, tree.get(path)!);
  const read = assembleView({ listing, texts, environment: 'production' });
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return { read: read.value, leaves };
}

function commit(tree: Tree, at: number, drafts: readonly EventDraft[]): void {
  const { read } = readOf(tree);
  const stream = `r.${drafts[0]!.epoch}`;
  const events: BranchlineEvent[] = numberEvents(stream, read.view.streams.get(stream) ?? 0, drafts);
  const done = prepareCommit({
    read,
    project: 'shop',
    events,
    writer: 'w',
    tx: read.view.seq + 1,
    now: at,
    message: 'm',
  });
  if (!done.ok) throw new Error(done.error.message);
  for (const [path, text] of done.value.change.files) {
    if (text === null) tree.delete(path);
    else tree.set(path, text);
  }
}

const epochOf = (at: number): number => 1 + Math.floor((at - STORY_START) / DAY);
const made = (at: number, partition: string): EventDraft => ({
  type: 'asset.materialized',
  at: timestamp(at),
  run: 'r',
  // The newer day counts.
  epoch: epochOf(at),
  step: `days@${partition}`,
  asset: 'days',
  partition,
  materialization: `r.${epochOf(at)}/days@${partition}`,
  codeVersion: 'c',
  codeParts: {},
  dataVersion: 'd',
  upstream: {},
  metadata: {},
  durationMs: 1,
});
const failed = (at: number, partition: string): EventDraft => ({
  type: 'step.ended',
  at: timestamp(at),
  run: 'r',
  epoch: epochOf(at),
  step: `days@${partition}`,
  outcome: 'failure',
  failedAssets: ['days'],
  failedPartitions: [partition],
  durationMs: 1,
});

/** Two days of partitions, folded; the same as a version wrote it that counted none of them. */
function trees(): { readonly now: Tree; readonly old: Tree } {
  const now: Tree = new Map();
  const keys = Array.from({ length: 100 }, (_, i) => `k${String(i).padStart(3, '0')}`);
  commit(
    now,
    STORY_START,
    keys.map((key) => made(STORY_START, key)),
  );
  commit(now, STORY_START + DAY, [failed(STORY_START + DAY, 'k007')]);
  commit(now, STORY_START + 2 * DAY, [failed(STORY_START + 2 * DAY, 'k099')]);
  let stripped = 0;
  const old = new Map(
    [...now].map(([path, text]) => [
      path,
      path.startsWith('snapshot/')
        ? text.replace(/"partitions":\{"failed":\d[^}]*\},?/g, () => {
            stripped++;
            return '';
          })
        : text,
    ]),
  );
  expect(stripped).toBe(1);
  return { now, old };
}
const tallyIn = (tree: Tree) => readOf(tree).read.view.assets.get('days')?.partitions;

test('a state whose snapshot has no tallies reads as one that has them', () => {
  const { now, old } = trees();
  expect(tallyIn(now)).toMatchObject({ made: 98, failed: 2, failing: ['k099'] });
  expect(tallyIn(old)).toEqual(tallyIn(now));
  // Only there all leaves are read for it.
  expect(readOf(now).leaves.length).toBeLessThanOrEqual(readOf(old).leaves.length);
});

test('it goes on from there, and the next fold writes the tally', () => {
  const { now, old } = trees();
  for (const tree of [now, old]) {
    commit(tree, STORY_START + 3 * DAY, [made(STORY_START + 3 * DAY, 'k007'), made(STORY_START + 3 * DAY, 'k100')]);
    commit(tree, STORY_START + 4 * DAY, [failed(STORY_START + 4 * DAY, 'k050')]);
  }
  expect(tallyIn(now)).toMatchObject({ made: 99, failed: 2 });
  expect(tallyIn(old)).toEqual(tallyIn(now));
  expect([...old]).toEqual([...now]);
  expect(readOf(old).leaves).toEqual(readOf(now).leaves);
});
