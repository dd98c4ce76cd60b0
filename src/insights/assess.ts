import type { Project } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import { type AssetChange, changesSinceYesterday } from './changes.ts';
import { type Health, type PartitionsOf, projectHealth } from './health.ts';
import { computeInsights, type Insights, type SelectedAssets } from './insights.ts';
import type { WindowDays } from './window.ts';

/** Everything that is computed from a state for people to read: what every form of the report shows. */
export interface Assessment {
  readonly health: Health;
  readonly insights: Insights;
  readonly changes: readonly AssetChange[];
}

/** Windows of the health report. `rollupDays(REPORT_WINDOWS)` says how many days of roll-ups it needs. */
export const REPORT_WINDOWS: readonly WindowDays[] = [7];

/** Health, figures and changes of a project at one state. Depends on nothing else: not on now, not on the order of files. */
export function assess(
  project: Project,
  view: StateView,
  selections: SelectedAssets,
  partitions: PartitionsOf,
  windows: readonly WindowDays[] = REPORT_WINDOWS,
): Assessment {
  return {
    health: projectHealth(project, view, selections, partitions),
    insights: computeInsights(project, view, windows, selections),
    changes: changesSinceYesterday(project, view),
  };
}
