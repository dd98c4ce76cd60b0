import { fail, ok, type Result } from '../base/result.ts';
import type { BackfillProgress } from '../model/backfills.ts';
import type { EpochMs } from '../model/instant.ts';
import type { StateView } from '../model/state.ts';
import type { StateRead } from '../state/read.ts';
import { type AskedBackfill, askBackfill, type BackfillOptions } from './ask-backfill.ts';
import { backfillsOf, doBackfillsMove, partitionsOfBackfills, withBackfills } from './backfills.ts';
import { type AppFailure, outsideFailure } from './failure.ts';
import { findBackfill, unknownBackfill } from './find-backfill.ts';
import type { FindLost } from './find-lost.ts';
import { keysAt, type PlanningProject, selectAssets } from './planning.ts';
import { asksForMissing, presentPartitions } from './present-partitions.ts';
import { recoverFirst } from './recover-first.ts';
import { after, ofWriter } from './release.ts';
import type { RunOutcome, RunPorts, RunSettings } from './run-ports.ts';
import type { QueueObserver } from './runs-at-work.ts';
import { workQueue } from './work-queue.ts';

/** A backfill that is on record. */
export interface StartedBackfill {
  readonly backfill: string;
  /** `known`: the same request was delivered before. */
  readonly outcome: 'started' | 'known';
  readonly after: StateRead;
}

/** Records a backfill with its first runs; nothing when anything of it is wrong, or it is not what was looked at. */
export async function startBackfill(
  ports: RunPorts,
  settings: RunSettings,
  wanted: { readonly id: string; readonly options: BackfillOptions; readonly previewed?: AskedBackfill },
): Promise<Result<StartedBackfill, AppFailure>> {
  const { planning } = settings;
  const { id, options, previewed } = wanted;
  for (const asset of backfillAssets(planning, options.select)) ports.partitions.add(asset);
  const recorded = await ports.session.transact<'started' | 'known'>(async (state) => {
    const { view } = state.read;
    if (view.backfills?.has(id)) return { kind: 'nothing', value: 'known' };
    const present = await presentForBackfill(ports.findLost, planning, view, state.now, options);
    const asked = askBackfill(planning, present, state.now, { options, id });
    if (!asked.ok) return { kind: 'stop', failure: asked.error };
    const { draft } = asked.value;
    if (previewed && JSON.stringify(previewed.draft.groups) !== JSON.stringify(draft.groups))
      return { kind: 'stop', failure: outdated() };
    const events = ofWriter(view, ports.writer, [], [draft]);
    const by = { writer: ports.writer, now: state.now };
    const preview = { view: after(view, events, state.now), events };
    const carried = withBackfills(planning.project, view, preview, by);
    return { kind: 'commit', events: carried.events, message: startMessage(asked.value), value: 'started' };
  });
  if (!recorded.ok) return recorded;
  return ok({ backfill: id, outcome: recorded.value.value, after: recorded.value.after });
}

/** The state in which a backfill finds what is missing: what is gone counts as that, where somebody asks. */
export async function presentForBackfill(
  findLost: FindLost,
  planning: PlanningProject,
  view: StateView,
  now: EpochMs,
  { select, partitions }: BackfillOptions,
): Promise<StateView> {
  if (!asksForMissing(partitions)) return view;
  const assets = backfillAssets(planning, select);
  return (await presentPartitions(findLost, planning.project, view, assets, keysAt(view, now))).view;
}

function outdated(): AppFailure {
  return outsideFailure(
    'backfill-outdated',
    'The state has changed since the preview: the backfill would make other runs now.',
    'Nothing was queued. Look at it again by `branchline backfill preview`.',
  );
}

function startMessage({ draft, plan }: AskedBackfill): string {
  const { backfill, selection, partitions, reason } = draft;
  const runs = `${plan.chunks.length} ${plan.chunks.length === 1 ? 'run' : 'runs'}`;
  const what = `${selection}${partitions === '' ? '' : ` ${partitions}`}`;
  return `… backfill ${what}: ${runs}${reason === undefined ? '' : `, ${reason}`}\n\nBackfill: ${backfill}`;
}

/** Partitioned assets that settling a backfill looks at: what is selected, and what that reads. */
export function backfillAssets(planning: PlanningProject, selection: string): ReadonlySet<string> {
  const { assets } = planning.project;
  const selected = selectAssets(planning, selection);
  const keys = selected.ok ? [...selected.value] : Object.keys(assets);
  const steps = keys.flatMap((key) => planning.project.steps[assets[key]?.step ?? '']?.assets ?? [key]);
  const all = steps.flatMap((key) => [key, ...(assets[key]?.deps ?? [])]);
  return new Set(all.filter((key) => assets[key]?.partitions !== undefined));
}

/** Told of the runs of a backfill, and of how far it is. */
export interface BackfillObserver extends QueueObserver {
  onProgress(progress: BackfillProgress): void;
}

export interface CarriedBackfill {
  readonly progress: BackfillProgress;
  readonly runs: readonly RunOutcome[];
  /** Why runs of it still wait; empty when it is over. */
  readonly waits: readonly string[];
}

/** Carries a recorded backfill on until it is over, the time is, or what it needs is held by others. */
export async function carryOnBackfill(
  ports: RunPorts,
  settings: RunSettings,
  backfill: string,
  observer: BackfillObserver,
): Promise<Result<CarriedBackfill, AppFailure>> {
  const recovered = await recoverFirst(ports);
  if (!recovered.ok) return recovered;
  const { project } = settings.planning;
  const now = (): EpochMs => ports.clock.now();
  const known = await ports.session.transact<undefined>(async () => ({ kind: 'nothing', value: undefined }), {
    follows: true,
  });
  if (!known.ok) return known;
  const found = findBackfill(known.value.after.view.backfills, backfill);
  if (!found.ok) return found;
  for (const asset of partitionsOfBackfills(project, known.value.after.view)) ports.partitions.add(asset);
  const tell = (read: StateRead): BackfillProgress | undefined =>
    backfillsOf(project, read.view, now()).find((each) => each.backfill === backfill);
  const told = tell(known.value.after);
  if (told) observer.onProgress(told);
  const worked = await workQueue(
    ports,
    settings,
    {
      isMine: ({ tags }) => tags['branchline/backfill'] === backfill,
      takesAlong: true,
      details: new Map(),
    },
    {
      ...observer,
      onRunEnd(outcome) {
        observer.onRunEnd(outcome);
        const progress = tell(outcome.after);
        if (progress) observer.onProgress(progress);
      },
    },
  );
  if (!worked.ok) return worked;
  const { after: read, runs, left, why } = worked.value;
  const progress = tell(read);
  if (!progress) return fail(unknownBackfill(backfill, []));
  const waits = left.map(({ run }) => why.get(run) ?? 'it may start');
  return ok({ progress, runs, waits: doBackfillsMove(project, read.view, now()) ? ['it goes on', ...waits] : waits });
}
