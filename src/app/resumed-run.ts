import { type EpochMs, epochMs } from '../model/instant.ts';
import type { Plan } from '../model/plan.ts';
import type { RunRecord, StateView } from '../model/state.ts';
import { currentResults, type ResumedRun, settledSteps } from '../run/resume.ts';

/** Where a run stood that was given back, or whose runner was lost; undefined = nothing of it was begun. */
export function resumedRun(plan: Plan, record: RunRecord, view: StateView): ResumedRun | undefined {
  if (Object.keys(record.steps).length === 0) return undefined;
  const isCurrent = currentResults(record, (asset, key) =>
    key === undefined ? view.assets.get(asset)?.materialized : view.partitions?.get(asset)?.get(key)?.materialized,
  );
  const lastAt = newestOf(record, view);
  return {
    record,
    ...(lastAt === undefined ? {} : { lastAt }),
    settled: settledSteps(plan, record, isCurrent),
    madeOf: (asset) => {
      const made = view.assets.get(asset)?.materialized;
      return made && { kind: 'materialized', versions: made.dataVersion, materialization: made.id };
    },
  };
}

/** The newest instant of what the run has made, or failed to make. */
function newestOf({ run, steps }: RunRecord, view: StateView): EpochMs | undefined {
  let newest: EpochMs | undefined;
  const take = (fact: { readonly run: string; readonly at: string } | undefined): void => {
    if (fact?.run === run) newest = Math.max(newest ?? 0, epochMs(fact.at));
  };
  for (const { assets, partitions } of Object.values(steps))
    for (const asset of assets) {
      const record = view.assets.get(asset);
      take(record?.materialized);
      take(record?.attempt);
      const ofKeys = view.partitions?.get(asset);
      for (const key of partitions ?? []) {
        const facts = ofKeys?.get(key);
        take(facts?.materialized);
        take(facts?.failed);
      }
    }
  return newest;
}
