import { expect, test } from 'vitest';
import { type BranchlineEvent, type EventDraft, noCounts } from '../model/events.ts';
import { timestamp } from '../model/instant.ts';
import type { StateView } from '../model/state.ts';
import { renderExplanation } from '../render/explain-text.ts';
import { numberEvents, runStream } from '../state/codec.ts';
import { emptyView } from '../state/fold.ts';
import { projectOf, sourceTreeOf } from '../testing/project-builder.ts';
import { afterCommit } from '../testing/run-builder.ts';
import { withAutomation } from './automation.ts';
import { explainAsset } from './explain.ts';
import { buildPlanning } from './planning.ts';
import { isNewestCode } from './ticked-code.ts';

const NOW = Date.parse('2026-11-22T09:00:00.000Z');
const files = {
  'branchline.yaml': 'name: p\nassets: { a: { run: "true" }, b: { run: "true", deps: [a], automation: eager } }\n',
};
const project = projectOf(files);
const planning = buildPlanning(project, sourceTreeOf(files));
const old = { commit: 'a1b2c3d4', at: timestamp(NOW - 9_000_000) };
const newer = { commit: 'd4e5f607', at: timestamp(NOW - 1_000_000) };

const folded = (view: StateView, events: readonly BranchlineEvent[]): StateView => afterCommit(view, events, NOW);

/** A run that makes an asset, or fails to. */
function ran(run: string, asset: string, outcome: 'success' | 'failure', codeCommit: string): BranchlineEvent[] {
  const base = { at: timestamp(NOW - 5_000_000), run, epoch: 1 };
  const step = { id: asset, assets: [asset], verdict: 'run', reason: 'requested', detail: [] } as const;
  const request = { kind: 'push', commit: run, at: base.at, selection: '*' } as const;
  const made = {
    ...base,
    type: 'asset.materialized',
    step: asset,
    asset,
    materialization: `${run}/${asset}`,
    codeVersion: 'c',
    codeParts: {},
    dataVersion: run,
    upstream: {},
    metadata: {},
    durationMs: 1,
  } as const;
  const failedAssets = outcome === 'failure' ? [asset] : [];
  const drafts: EventDraft[] = [
    { ...base, type: 'run.requested', request, tags: {} },
    { ...base, type: 'run.started', planDigest: '', codeCommit, steps: [step] },
    { ...base, type: 'step.started', step: asset, attempt: 1 },
    ...(outcome === 'success' ? [made] : []),
    { ...base, type: 'step.ended', step: asset, outcome, failedAssets, durationMs: 1 },
    {
      ...base,
      type: 'run.ended',
      state: outcome === 'success' ? 'SUCCESS' : 'FAILURE',
      counts: noCounts,
      durationMs: 1,
    },
  ];
  return numberEvents(runStream(run, 1), 0, drafts);
}

test('without schedules, too, the code that asks is remembered, and an older one is known as such', () => {
  const view = folded(emptyView('local'), ran('r1', 'a', 'success', old.commit));
  expect(view.codeCommit).toBeUndefined();
  const by = { writer: 'w', now: NOW, code: newer };
  const { events, runs } = withAutomation(planning, view, { view, events: [] }, by);
  expect(runs.map(({ request }) => request.targets.map(({ asset }) => asset))).toEqual([['b']]);
  const after = folded(view, events);
  expect(after.codeCommit).toEqual(newer);
  expect(isNewestCode(old, after.codeCommit)).toBe(false);
  expect(isNewestCode(newer, after.codeCommit)).toBe(true);
});

test('an explanation says that the code has changed since it failed', async () => {
  let view = folded(emptyView('local'), ran('r1', 'a', 'success', old.commit));
  view = folded(view, ran('r2', 'b', 'failure', old.commit));
  const explained = async (at: StateView) => {
    const asset = project.assets['b']!;
    const findLost = async () => new Map<string, never>();
    const done = await explainAsset({ planning, view: at, now: NOW, environment: 'local', findLost, asset });
    if (!done.ok) throw new Error(done.error.message);
    return done.value;
  };
  expect((await explained(view)).failed).toEqual({ at: expect.any(String), run: 'r2' });
  const changed = await explained({ ...view, codeCommit: newer });
  expect(changed.failed).toMatchObject({ run: 'r2', codeChanged: { from: old.commit, to: newer.commit } });
  const text = renderExplanation(changed, { color: false, unicode: true }, 'local');
  expect(text).toContain('code changed since: a1b2c3d → d4e5f60');
});
