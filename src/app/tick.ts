import { ok, type Result } from '../base/result.ts';
import type { BackfillProgress } from '../model/backfills.ts';
import type { TickedCode } from '../model/events.ts';
import { type EpochMs, epochMs, type Timestamp, timestamp } from '../model/instant.ts';
import type { RunRequest } from '../model/plan.ts';
import type { AssetKey } from '../model/project.ts';
import type { AutomationRun } from '../plan/automation/pass.ts';
import { nextTicks } from '../plan/next-ticks.ts';
import type { TickNote } from '../plan/tick.ts';
import { doesAutomationMove, partitionsOfAutomation, withAutomation } from './automation.ts';
import { backfillsOf, doBackfillsMove } from './backfills.ts';
import type { KnownRun } from './claim-run.ts';
import type { AppFailure } from './failure.ts';
import { judgeTick, type TickOptions } from './judge-tick.ts';
import type { JudgedTick } from './judged-before.ts';
import type { PlanningProject } from './planning.ts';
import { recoverFirst } from './recover-first.ts';
import type { WaitingRun } from './release.ts';
import type { QueueAutomation } from './release-commit.ts';
import type { RunObserver, RunOutcome, RunPorts, RunSettings } from './run-ports.ts';
import { assetsByStatus } from './scheduled-partitions.ts';
import { workQueue } from './work-queue.ts';

export interface TickObserver extends RunObserver {
  onRun(request: RunRequest, run: string): void;
  onRunEnd(outcome: RunOutcome): void;
}

export interface TickOutcome {
  /** The instant at which the schedules were judged. */
  readonly now: EpochMs;
  readonly notes: readonly TickNote[];
  /** What was due and asked for, oldest first. */
  readonly due: readonly { readonly schedule: string; readonly tick: Timestamp; readonly selection: string }[];
  /** Runs that an earlier wake-up left waiting, oldest first. */
  readonly waiting: readonly { readonly run: string; readonly request: RunRequest }[];
  readonly runs: readonly RunOutcome[];
  /** Runs that somebody else carries out, or has. */
  readonly known: readonly KnownRun[];
  /** Runs that could not be planned, and are over: their end is on record as a failure. */
  readonly broken: readonly { readonly run: string; readonly failure: AppFailure }[];
  /** Runs for which there was no time: they wait for the next tick. */
  readonly left: readonly RunRequest[];
  /** Runs that wait for something else, with what. */
  readonly held: readonly { readonly run: string; readonly request: RunRequest; readonly why: string }[];
  /** Backfills that are under way, or ended in this wake-up. */
  readonly backfills: readonly BackfillProgress[];
  /** True when a backfill has more to ask for than there was time for. */
  readonly goesOn: boolean;
  /** Runs that assets ask for by themselves at the beginning, and partitions of them that later passes ask for. */
  readonly automation: {
    readonly asked: readonly {
      readonly run: string;
      readonly request: AutomationRun['request'];
      readonly tags: Readonly<Record<string, string>>;
    }[];
    readonly left: readonly { readonly asset: AssetKey; readonly partitions: number }[];
  };
  /** When each schedule is due next, soonest first. */
  readonly next: readonly { readonly schedule: string; readonly tick: Timestamp }[];
  /** The newest tick of each schedule that was judged before this wake-up, and what came of its run. */
  readonly before: readonly JudgedTick[];
}

/**
 * One wake-up: judges every tick since the last one, exactly once whoever woke us, and carries the queue out. Judging and
 * the first release are one commit; further runs follow as places become free.
 */
export async function runTick(
  ports: RunPorts,
  settings: RunSettings,
  options: TickOptions,
  observer: TickObserver,
): Promise<Result<TickOutcome, AppFailure>> {
  for (const asset of [...assetsByStatus(settings.planning), ...partitionsOfAutomation(settings.planning)])
    ports.partitions.add(asset);
  if (!options.dryRun) {
    const recovered = await recoverFirst(ports);
    if (!recovered.ok) return recovered;
  }
  const judged = await judgeTick(ports, settings, options);
  if (!judged.ok) return judged;
  const { value, after, commit } = judged.value;
  const { plan, queue, waiting, known, release, now, before, asking, left: later } = value;
  const due = [...waiting, ...plan.requests].flatMap(({ request }) =>
    request.kind === 'schedule'
      ? [{ schedule: request.schedule, tick: request.tick, selection: request.selection }]
      : [],
  );
  const next = nextTicks(settings.planning.project, now).flatMap(({ schedule, tick }) =>
    tick === undefined ? [] : [{ schedule, tick: timestamp(tick) }],
  );
  const automation = {
    asked: asking.map(({ run, request, tags }) => ({ run, request, tags })),
    left: [...later].map(([asset, partitions]) => ({ asset, partitions })),
  };
  const told = { now, notes: plan.notes, due, waiting, known, next, before, automation };
  if (options.dryRun) return ok({ ...told, runs: [], broken: [], left: [], held: [], backfills: [], goesOn: false });
  const worked = await workQueue(
    ports,
    settings,
    {
      isMine: () => true,
      details: new Map(),
      first: { release, waiting: queue, after, commit },
      isFirstQuiet: value.isQuiet,
      ...(plan.held ? {} : { automation: automationOf(settings.planning, value.code) }),
    },
    { ...observer, onRun: ({ request, run }) => observer.onRun(request, run) },
  );
  if (!worked.ok) return worked;
  const { runs, left, why, broken } = worked.value;
  for (const { run, failure } of broken) ports.warn(`Run ${run.run} cannot be planned and is over: ${failure.message}`);
  const isDue = ({ due: at }: WaitingRun): boolean => at === undefined || epochMs(at) <= ports.clock.now();
  const held = left.flatMap(({ run, request }) => {
    const text = why.get(run);
    return text === undefined ? [] : [{ run, request, why: text }];
  });
  const outOfTime = left.filter((run) => isDue(run) && !why.has(run.run));
  const { project } = settings.planning;
  const { view } = worked.value.after;
  return ok({
    ...told,
    runs,
    broken: broken.map(({ run, failure }) => ({ run: run.run, failure })),
    left: outOfTime.map(({ request }) => request),
    held,
    backfills: backfillsOf(project, view, ports.clock.now()).filter(
      ({ endedAt }) => endedAt === undefined || epochMs(endedAt) >= now,
    ),
    goesOn: doBackfillsMove(project, view, ports.clock.now()),
  });
}

/** The wake-up looks at the conditions again with each commit: what was made has people who read it. */
function automationOf(planning: PlanningProject, code: TickedCode | undefined): QueueAutomation {
  // Conditions follow the graph, which has no cycle; should a step never come to rest, the next wake-up goes on.
  let passes = 0;
  return {
    with(base, preview, by) {
      const next = withAutomation(planning, base, preview, { ...by, ...(code ? { code } : {}) });
      if (next.runs.length > 0) passes++;
      return next;
    },
    moves: (view, now) => passes < PASSES_MAX && doesAutomationMove(planning, view, now),
  };
}

/** Passes of one wake-up that ask for runs. */
const PASSES_MAX = 1000;
