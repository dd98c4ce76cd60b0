import type { RunRequest } from '../../model/plan.ts';
import type { AssetKey, Project } from '../../model/project.ts';
import type { RunRecord, StateView } from '../../model/state.ts';
import { isBackfillOver } from '../../state/backfill-fold.ts';
import { selectKeys } from '../../time/partitions/keys.ts';
import { WHOLE } from '../../time/partitions/mapping.ts';
import { accountOf } from '../backfill-advance.ts';
import type { PartitionReader } from '../partitioned.ts';

/** Who is at work on a key of an asset, or will be before it ends: the id of a run or backfill. */
export type OpenWork = (asset: AssetKey, key: string) => string | undefined;

/**
 * All that open runs and backfills will make: of a run that waits what its request selects, of one at work the steps that
 * have not ended, of a backfill what is left of it.
 */
export function openWork(
  project: Project,
  view: StateView,
  reader: PartitionReader,
  assetsOf: (request: RunRequest) => Iterable<AssetKey>,
): OpenWork {
  const whole = new Map<AssetKey, string>();
  const keys = new Map<AssetKey, Map<string, string>>();
  const add = (asset: AssetKey, partitions: readonly string[] | undefined, by: string): void => {
    if (partitions === undefined) {
      if (!whole.has(asset)) whole.set(asset, by);
      return;
    }
    const own = keys.get(asset) ?? new Map<string, string>();
    keys.set(asset, own);
    for (const key of partitions) if (!own.has(key)) own.set(key, by);
  };
  for (const run of view.openRuns.values())
    for (const [asset, partitions] of targetsOf(run, project, reader, assetsOf)) add(asset, partitions, run.run);
  for (const record of view.backfills?.values() ?? []) {
    if (isBackfillOver(record)) continue;
    const account = accountOf({ project, reader, record, openRuns: view.openRuns, isKnown: () => false });
    for (const { keys: all, targets } of account.groups)
      for (const [asset, states] of targets) {
        const left = (all ?? []).filter((_, place) => states[place] === 'waiting' || states[place] === 'in_progress');
        if (left.length > 0) add(asset, left[0] === WHOLE ? undefined : left, record.backfill);
      }
  }
  return (asset, key) => whole.get(asset) ?? keys.get(asset)?.get(key);
}

function* targetsOf(
  run: RunRecord,
  project: Project,
  reader: PartitionReader,
  assetsOf: (request: RunRequest) => Iterable<AssetKey>,
): Generator<readonly [AssetKey, readonly string[] | undefined]> {
  const steps = Object.values(run.steps);
  if (steps.length > 0) {
    for (const step of steps)
      if (step.state === 'STARTED' || step.state === 'PLANNED')
        for (const asset of step.assets) yield [asset, step.partitions];
    return;
  }
  // It has begun and found nothing to do yet, or nothing at all.
  if (run.state !== 'QUEUED') return;
  for (const asset of assetsOf(run.request))
    yield [
      asset,
      project.assets[asset]?.partitions === undefined ? undefined : askedKeys(run.request, reader.keysOf(asset)),
    ];
}

/** The keys of an asset, of all that it has, that a run which has not begun will make: the newest, where none are named. */
export function askedKeys(request: RunRequest, all: readonly string[]): readonly string[] {
  const text = 'partitions' in request ? request.partitions : undefined;
  const chosen = text === undefined ? undefined : selectKeys(all, text);
  return chosen?.ok ? chosen.value : all.slice(-1);
}
