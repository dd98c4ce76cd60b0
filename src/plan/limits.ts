import type { Span } from '../model/diagnostic.ts';
import { epochMs } from '../model/instant.ts';
import type { Project } from '../model/project.ts';
import type { LimitHint } from '../model/standing.ts';
import type { RunRecord, StateView } from '../model/state.ts';
import { maxRuntimeOf } from '../run/monitor.ts';
import { PROJECT_SCOPE } from '../state/rollup.ts';
import { addSketch, type Buckets, encodeSketch, sketchQuantile } from '../state/sketch.ts';

/** So many of the newest runs are looked at. */
const SAMPLES_MAX = 30;
/** Fewer say nothing of a limit. */
const SAMPLES_MIN = 10;
const TIGHT_SHARE = 0.8;
const LOOSE_FACTOR = 4;
/** A limit that is loose by less than this finds what hangs soon enough. */
const LOOSE_MS_MIN = 30 * 60_000;

interface Measured {
  readonly p99Ms: number;
  readonly samples: number;
}

/** Limits that are too tight or far too loose, by the newest runs and successes that the state has. */
export function limitHints(project: Project, view: StateView): readonly LimitHint[] {
  const hints: LimitHint[] = [];
  const judge = (
    of: LimitHint['of'],
    limitMs: number | undefined,
    measured: Measured | undefined,
    span?: Span,
  ): void => {
    if (limitMs === undefined || measured === undefined || measured.samples < SAMPLES_MIN) return;
    const { p99Ms, samples } = measured;
    const isTight = p99Ms >= TIGHT_SHARE * limitMs;
    const isLoose = limitMs > LOOSE_FACTOR * p99Ms && limitMs - p99Ms >= LOOSE_MS_MIN;
    if (!isTight && !isLoose) return;
    hints.push({ of, verdict: isTight ? 'tight' : 'loose', limitMs, p99Ms, samples, ...(span ? { span } : {}) });
  };
  const { monitoring } = project.operations;
  judge({ kind: 'runs' }, maxRuntimeOf(monitoring, {}), runsOfProject(view));
  const unmonitored = { ...monitoring, enabled: false };
  for (const { name, tags, definedAt } of Object.values(project.jobs))
    judge(
      { kind: 'job', name },
      maxRuntimeOf(unmonitored, tags),
      runsWhere(view, ({ job }) => job === name),
      definedAt,
    );
  for (const { name, tags, definedAt } of Object.values(project.schedules)) {
    const isOf = ({ request }: RunRecord): boolean => request.kind === 'schedule' && request.schedule === name;
    judge({ kind: 'schedule', name }, maxRuntimeOf(unmonitored, tags), runsWhere(view, isOf), definedAt);
  }
  for (const asset of Object.keys(project.assets).sort()) {
    const { step, definedAt } = project.assets[asset]!;
    const limitMs = step === undefined ? undefined : project.steps[step]?.timeoutMs;
    judge({ kind: 'asset', asset }, limitMs, measure(view.assets.get(asset)?.durationsMs ?? []), definedAt);
  }
  return hints;
}

/** Runs of the newest days, day by day until there are enough. */
function runsOfProject({ days }: StateView): Measured | undefined {
  const buckets: Buckets = new Map();
  let samples = 0;
  for (const day of [...days.keys()].sort().reverse()) {
    const sketch = days.get(day)?.get(PROJECT_SCOPE)?.durations;
    if (sketch !== undefined) addSketch(buckets, sketch);
    samples = [...buckets.values()].reduce((sum, count) => sum + count, 0);
    if (samples >= SAMPLES_MAX) break;
  }
  const p99Ms = sketchQuantile(encodeSketch(buckets), 0.99);
  return p99Ms === undefined ? undefined : { p99Ms, samples };
}

function runsWhere({ endedRuns }: StateView, isOf: (run: RunRecord) => boolean): Measured | undefined {
  const ended = [...endedRuns.values()]
    .filter((run) => run.startedAt !== undefined && run.endedAt !== undefined && isOf(run))
    .sort((a, b) => (a.endedAt! < b.endedAt! ? -1 : 1));
  return measure(ended.slice(-SAMPLES_MAX).map(({ startedAt, endedAt }) => epochMs(endedAt!) - epochMs(startedAt!)));
}

/** Of fewer than a hundred values the 99th percentile is the longest. */
function measure(durationsMs: readonly number[]): Measured | undefined {
  return durationsMs.length === 0 ? undefined : { p99Ms: Math.max(...durationsMs), samples: durationsMs.length };
}
