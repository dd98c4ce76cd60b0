import { askBackfill, type BackfillOptions } from '../app/ask-backfill.ts';
import type { AppFailure } from '../app/failure.ts';
import type { PlanningProject } from '../app/planning.ts';
import type { WrittenStartedBackfill, WrittenStartedRun } from '../manifest/generated/written.ts';
import type { EpochMs } from '../model/instant.ts';
import type { StateView } from '../model/state.ts';
import type { StartedByHand } from './scenario-plan.ts';

/** A run of a scenario as a job's work. */
export function startedRun(written: WrittenStartedRun, at: EpochMs): StartedByHand {
  const { select, partitions, with_upstream: withUpstream } = written;
  const cut = partitions === undefined ? {} : { partitions };
  return { at, work: { kind: 'run', selection: select, withUpstream: withUpstream === true, ...cut } };
}

/** A backfill of a scenario as a job's work. */
export function startedBackfill(written: Omit<WrittenStartedBackfill, 'at'>, at: EpochMs): StartedByHand {
  const { select, partitions, priority, tags } = written;
  const options: BackfillOptions = {
    select,
    ...(partitions === undefined ? {} : { partitions }),
    ...(priority === undefined ? {} : { priority: String(priority) }),
    ...(tags === undefined ? {} : { tags: Object.entries(tags).map(([name, value]) => `${name}=${value}`) }),
  };
  return { at, work: { kind: 'backfill', options } };
}

/**
 * Why a backfill would be refused, whatever happens before it is started; undefined = it would not. What is `missing` or
 * `failed` is only known then.
 */
export function refusalOf(
  planning: PlanningProject,
  view: StateView,
  { at, work }: StartedByHand,
): AppFailure | undefined {
  if (work.kind !== 'backfill') return undefined;
  const asked = askBackfill(planning, view, at, { options: work.options, id: '' });
  if (asked.ok) return undefined;
  const isOpen = /\b(missing|failed)\b/.test(work.options.partitions ?? '');
  return isOpen && asked.error.code === 'backfill-of-nothing' ? undefined : asked.error;
}
