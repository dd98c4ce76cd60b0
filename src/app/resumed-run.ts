import type { Plan } from '../model/plan.ts';
import type { RunRecord, StateView } from '../model/state.ts';
import { currentResults, type ResumedRun, settledSteps } from '../run/resume.ts';

/** Where a run stood that was given back, or whose runner was lost; undefined = nothing of it was begun. */
export function resumedRun(plan: Plan, record: RunRecord, view: StateView): ResumedRun | undefined {
  if (Object.keys(record.steps).length === 0) return undefined;
  const isCurrent = currentResults(record, (asset, key) =>
    key === undefined ? view.assets.get(asset)?.materialized : view.partitions?.get(asset)?.get(key)?.materialized,
  );
  return {
    record,
    settled: settledSteps(plan, record, isCurrent),
    madeOf: (asset) => {
      const made = view.assets.get(asset)?.materialized;
      return made && { kind: 'materialized', versions: made.dataVersion, materialization: made.id };
    },
  };
}
