import type { Billed, BranchlineEvent, EventDraft } from '../model/events.ts';
import { timestamp } from '../model/instant.ts';
import type { RunRequest } from '../model/plan.ts';
import { numberEvents, runStream } from '../state/codec.ts';

/** 2026-11-22 09:00 UTC: when stories begin unless they say otherwise. */
export const STORY_START = Date.UTC(2026, 10, 22, 9);

export interface StoryAsset {
  readonly asset: string;
  /** `rejected`: a blocking check failed on the copy, so nothing was published. */
  readonly outcome: 'success' | 'failure' | 'canceled' | 'rejected';
  readonly dataVersion?: string;
}

export interface RunStory {
  readonly run: string;
  readonly assets: readonly StoryAsset[];
  readonly epoch?: number;
  /** Instant of the first event, in milliseconds; each later one is a second after. */
  readonly at?: number;
  readonly group?: string;
  readonly writer?: string;
  readonly confirmed?: readonly string[];
  readonly billed?: Billed;
}

/** The drafts of a whole run, from its request (or its taking over, from epoch 2 on) to the end of its claim. */
export function runDrafts(story: RunStory): EventDraft[] {
  const { run, epoch = 1, at = STORY_START, writer = 'w1' } = story;
  const assets = story.assets.map((a) => a.asset);
  const drafts: EventDraft[] = [];
  let now = at;
  const add = (draft: object): void => {
    drafts.push({ at: timestamp(now), run, epoch, ...draft } as unknown as EventDraft);
    now += 1000;
  };
  const request: RunRequest = {
    kind: 'schedule',
    schedule: 'hourly',
    tick: timestamp(at),
    selection: '*',
    materialize: 'when_stale',
  };
  if (epoch === 1) add({ type: 'run.requested', request, tags: {} });
  else add({ type: 'run.taken-over', reason: 'its runner is gone' });
  add({
    type: 'claim.opened',
    claim: {
      claim: `${run}.${epoch}`,
      environment: 'production',
      run,
      epoch,
      holder: { kind: 'process', machine: 'm1', boot: 'b1', pid: 4242, start: '171' },
      writer,
      assets,
      connections: [],
      at: timestamp(at),
    },
  });
  const groups = story.group === undefined ? {} : { groups: Object.fromEntries(assets.map((a) => [a, story.group])) };
  const steps = assets.map((id) => ({ id, assets: [id], verdict: 'run', reason: 'requested', detail: [] }));
  add({ type: 'run.started', planDigest: 'f'.repeat(64), steps, ...groups });
  for (const [i, asset] of story.assets.entries()) for (const draft of stepDrafts(story, asset, i)) add(draft);
  if (story.confirmed) add({ type: 'assets.confirmed', assets: story.confirmed });
  const failed = story.assets.filter((a) => a.outcome !== 'success').length;
  add({
    type: 'run.ended',
    state: failed > 0 ? 'FAILURE' : 'SUCCESS',
    counts: {
      materialized: assets.length - failed,
      failed,
      skipped: 0,
      upToDate: story.confirmed?.length ?? 0,
      checksPassed: assets.length,
      checksWarned: 0,
      checksFailed: 0,
    },
    durationMs: now - at,
    ...(story.billed ? { billed: story.billed } : {}),
  });
  add({ type: 'claim.closed', claim: `${run}.${epoch}`, reason: 'ended' });
  return drafts;
}

function stepDrafts(story: RunStory, { asset, outcome, dataVersion }: StoryAsset, i: number): object[] {
  const { run, epoch = 1 } = story;
  const step = asset;
  const materialization = `${run}.${epoch}/${asset}`;
  const durationMs = 900 + i * 37;
  const isPublished = outcome === 'success';
  const end = { success: 'success', failure: 'failure', rejected: 'failure', canceled: 'canceled' }[outcome];
  const failure = { class: 'step', code: 'exit-code', message: 'the command ended with exit code 1', exitCode: 1 };
  return [
    { type: 'step.started', step, attempt: 1 },
    ...(outcome === 'success' || outcome === 'rejected'
      ? [
          {
            type: 'check.judged',
            step,
            asset,
            check: 'rows',
            status: isPublished ? 'PASSED' : 'FAILED',
            severity: 'error',
            blocking: true,
            stage: 'audit',
            materialization,
            value: isPublished ? 0 : 2,
            of: 365,
            message: isPublished ? '' : '2 of 365 rows share a day (allowed 0)',
            metadata: {},
            durationMs: 12,
          },
        ]
      : []),
    ...(isPublished
      ? [
          {
            type: 'asset.materialized',
            step,
            asset,
            materialization,
            codeVersion: 'c'.repeat(64),
            codeParts: { sql: '0123456789ab' },
            dataVersion: dataVersion ?? `sha256:${run}`,
            upstream: {},
            rows: 365,
            metadata: { source: 'NOAA' },
            durationMs,
          },
        ]
      : []),
    {
      type: 'step.ended',
      step,
      outcome: end,
      failedAssets: isPublished ? [] : [asset],
      durationMs,
      ...(end === 'failure' ? { failure } : {}),
    },
  ];
}

/** A whole run's events, numbered in its stream. */
export function runEvents(story: RunStory): BranchlineEvent[] {
  return numberEvents(runStream(story.run, story.epoch ?? 1), 0, runDrafts(story));
}

/** What a tick of a schedule writes: adopted first if asked for, then judged and evaluated. */
export function tickDrafts(schedule: string, tick: number, options: { readonly adopt?: boolean } = {}): EventDraft[] {
  const at = timestamp(tick + 5000);
  return [
    ...(options.adopt ? [{ type: 'schedule.adopted', at, schedule, from: timestamp(tick - 1000) } as const] : []),
    { type: 'tick.judged', at, schedule, tick: timestamp(tick), outcome: 'requested', reason: 'due', latenessMs: 5000 },
    { type: 'schedule.evaluated', at, schedule, until: at, code: { commit: 'a1b2c3d', at: timestamp(tick) } },
  ];
}
