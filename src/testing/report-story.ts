import { standingOf } from '../app/standing.ts';
import { type Assessment, assess } from '../insights/assess.ts';
import { daysUntil } from '../insights/window.ts';
import { epochMs, type Timestamp, timestamp } from '../model/instant.ts';
import type { Asset, Check, Project } from '../model/project.ts';
import type { AssetRecord, CheckRecord, HistoryEntry, RollupCell, StateView } from '../model/state.ts';
import type { ReportInput } from '../render/report/facts.ts';
import { addToBuckets, type Buckets, encodeSketch } from '../state/sketch.ts';
import { sketchProject } from './plan-builder.ts';

/** The instant of the state in these stories. */
export const STORY_AT: Timestamp = '2026-11-22T02:31:00.000Z';
const DAY_MS = 86_400_000;

/** How an asset did: every night at 02:23, the newest last. */
export interface AssetStory {
  readonly group?: string;
  readonly deps?: readonly string[];
  readonly rows?: number;
  /** Of one materialization, in milliseconds. */
  readonly ms?: number;
  /** Nights in a row, up to the last one, that it has been made. */
  readonly nights?: number;
  /** What differs from the plain asset. */
  readonly asset?: Partial<Asset>;
  /** By name. */
  readonly checks?: Readonly<Record<string, Partial<Check> & { readonly result?: Partial<CheckRecord> }>>;
  /** What differs from the record that follows from the rest. */
  readonly record?: Partial<AssetRecord>;
}

/** An instant so many nights before the last one. */
export function night(back: number): Timestamp {
  return timestamp(epochMs('2026-11-22T02:23:11.000Z') - back * DAY_MS);
}

export function runOf(back: number): string {
  return `${night(back).slice(0, 10).replaceAll('-', '')}-k7q2mzr4tw5ah3bd`;
}

function storyCheck(asset: string, name: string, check: Partial<Check>): Check {
  return {
    asset,
    name,
    severity: 'error',
    blocking: false,
    onError: 'error',
    samples: 0,
    env: {},
    secrets: [],
    kind: { type: 'reported' },
    definedAt: { file: 'pipelines/weather.yaml', line: 1, column: 1, length: 1 },
    ...check,
  };
}

/** A project of these assets; each is defined ten lines below the one before. */
export function storyProject(stories: Readonly<Record<string, AssetStory>>, more: Partial<Project> = {}): Project {
  const base = sketchProject(
    Object.fromEntries(Object.entries(stories).map(([key, { deps }]) => [key, { deps: deps ?? [] }])),
  );
  const assets: Record<string, Asset> = {};
  for (const [i, [key, story]] of Object.entries(stories).entries()) {
    const checks = Object.entries(story.checks ?? {}).map(([name, { result: _, ...check }]) =>
      storyCheck(key, name, check),
    );
    assets[key] = {
      ...base.assets[key]!,
      definedAt: { file: 'pipelines/weather.yaml', line: 2 + 10 * i, column: 3, length: key.length },
      ...(story.group === undefined ? {} : { group: story.group }),
      checks,
      ...story.asset,
    };
  }
  return { ...base, name: 'weather', assets, ...more };
}

function storyRecord(key: string, story: AssetStory): AssetRecord {
  const nights = story.nights ?? 14;
  const ms = story.ms ?? 300;
  const made = Array.from({ length: nights }, (_, i) => nights - 1 - i);
  const wobble = (back: number): number => ms + ((back * 37) % 11) * Math.round(ms / 25);
  const history: HistoryEntry[] = made
    .slice(-10)
    .reverse()
    .map((back) => ({
      at: night(back),
      run: runOf(back),
      outcome: 'success',
      durationMs: wobble(back),
      ...(story.rows === undefined ? {} : { rows: story.rows - back }),
      dataVersion: `duckdb-1.5.5:${(story.rows ?? 1) - back}`,
    }));
  const checks = Object.entries(story.checks ?? {}).map(([name, { result, ...check }]) => [
    name,
    {
      status: 'PASSED',
      severity: check.severity ?? 'error',
      blocking: check.blocking ?? false,
      stage: check.blocking ? 'audit' : 'published',
      run: runOf(0),
      at: night(0),
      materialization: `${runOf(0)}.1/${key}`,
      message: 'all rows pass',
      ...(check.blocking ? { published: true as const } : {}),
      ...result,
    } satisfies CheckRecord,
  ]);
  return {
    asset: key,
    materialized: {
      id: `${runOf(0)}.1/${key}`,
      run: runOf(0),
      at: night(0),
      codeVersion: 'c1',
      codeParts: {},
      codeCommit: 'a1b2c3d4e5f60718293a4b5c6d7e8f9012345678',
      dataVersion: `duckdb-1.5.5:${story.rows ?? 1}`,
      upstream: {},
      ...(story.rows === undefined ? {} : { rows: story.rows }),
      durationMs: wobble(0),
    },
    attempt: { run: runOf(0), at: night(0), outcome: 'success', failuresInRow: 0 },
    checks: Object.fromEntries(checks),
    durationsMs: made.slice(-14).map(wobble),
    succeededAt: made.slice(-14).map((back) => epochMs(night(back))),
    history,
    ...story.record,
  };
}

/** Sums of a day, from what was done on it. */
export function dayCell(of: {
  readonly materialized?: number;
  readonly failed?: number;
  readonly checks?: readonly [passed: number, executed: number];
  readonly runs?: readonly [succeeded: number, ended: number];
  readonly ms?: readonly number[];
  readonly lateMs?: readonly number[];
  readonly billed?: { readonly minutes: number; readonly usd?: number };
}): RollupCell {
  const sketch = (values: readonly number[]): string | undefined => {
    const buckets: Buckets = new Map();
    for (const value of values) addToBuckets(buckets, value);
    return encodeSketch(buckets);
  };
  const durations = sketch(of.ms ?? []);
  const lateness = sketch(of.lateMs ?? []);
  return {
    materialized: of.materialized ?? 0,
    failed: of.failed ?? 0,
    checksPassed: of.checks?.[0] ?? 0,
    checksExecuted: of.checks?.[1] ?? 0,
    runs: of.runs?.[1] ?? 0,
    runsSucceeded: of.runs?.[0] ?? 0,
    ...(durations === undefined ? {} : { durations }),
    ...(lateness === undefined ? {} : { lateness }),
    ...billedOf(of.billed),
  };
}

function billedOf(billed: { readonly minutes: number; readonly usd?: number } | undefined): Partial<RollupCell> {
  if (!billed) return {};
  const billedMs = billed.minutes * 60_000;
  return billed.usd === undefined ? { billedMs, unpricedMs: billedMs } : { billedMs, microUsd: billed.usd * 1e6 };
}

/** Sums of each of the last 14 days: every asset is made once a night; what an asset's record says of today holds today. */
function storyDays(
  stories: Readonly<Record<string, AssetStory>>,
  records: ReadonlyMap<string, AssetRecord>,
): StateView['days'] {
  return new Map(
    daysUntil(STORY_AT, 14).map((day, i) => {
      const cells = new Map<string, RollupCell>();
      const nights = 13 - i;
      let worked = 0;
      for (const [key, story] of Object.entries(stories)) {
        const record = records.get(key);
        if (!record || (story.nights ?? 14) <= nights) continue;
        const failed = nights === 0 && record.attempt?.outcome === 'failure';
        const results = Object.values(record.checks);
        const passed = nights === 0 ? results.filter(({ status }) => status === 'PASSED').length : results.length;
        const ms = (story.ms ?? 300) + nights * 3;
        worked += ms;
        cells.set(
          `asset:${key}`,
          dayCell({
            materialized: failed ? 0 : 1,
            failed: failed ? 1 : 0,
            checks: [passed, results.length],
            runs: [failed ? 0 : 1, 1],
            ms: failed ? [] : [ms],
          }),
        );
      }
      cells.set('project', dayCell({ runs: [1, 1], ms: [worked], lateMs: [420_000 + ((nights * 53) % 7) * 60_000] }));
      return [day, cells] as const;
    }),
  );
}

/** The state after these stories. */
export function storyView(stories: Readonly<Record<string, AssetStory>>, more: Partial<StateView> = {}): StateView {
  const assets = new Map(
    Object.entries(stories).flatMap(([key, story]) =>
      story.nights === 0 ? [] : [[key, storyRecord(key, story)] as const],
    ),
  );
  return {
    environment: 'production',
    head: '4be1d07aa0c4d2b39e5f60718293a4b5c6d7e8f9',
    seq: 42,
    at: STORY_AT,
    assets,
    openRuns: new Map(),
    endedRuns: new Map(),
    claims: new Map(),
    schedules: new Map(),
    connections: new Map(),
    streams: new Map(),
    writers: new Map(),
    days: storyDays(stories, assets),
    ...more,
  };
}

/** Everything that the report is made of. */
export function reportOf(
  project: Project,
  view: StateView,
  selections: ReadonlyMap<string, readonly string[]> = new Map(),
  more: Partial<ReportInput> = {},
): ReportInput {
  const standing = standingOf(project, view);
  const assessment: Assessment = assess(project, view, selections, standing.partitions);
  return {
    project,
    view,
    assessment,
    standing,
    selections,
    nextTicks: Object.values(project.schedules).map(({ name, timezone }) => ({
      schedule: name,
      timezone,
      tick: epochMs('2026-11-23T02:23:00.000Z'),
    })),
    codeCommit: 'a1b2c3d4e5f60718293a4b5c6d7e8f9012345678',
    version: '1.0.0',
    repository: 'https://github.com/acme/weather',
    ...more,
  };
}
