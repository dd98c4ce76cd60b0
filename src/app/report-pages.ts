import { assess } from '../insights/assess.ts';
import { type Health, projectHealth } from '../insights/health.ts';
import { epochMs, utcDay } from '../model/instant.ts';
import type { AssetKey, Project } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import { nextTicks } from '../plan/next-ticks.ts';
import { selectionScope } from '../project/listing.ts';
import { select } from '../project/selection-evaluate.ts';
import type { ReportInput } from '../render/report/facts.ts';
import { reportFiles } from '../render/report/pages.ts';
import type { PreparedCommit } from '../state/commit.ts';
import { version } from '../version.ts';
import { partitionsAt } from './partitions-at.ts';
import { standingOf } from './standing.ts';
import { statusesOf } from './statuses.ts';

/** What a report is made from, beside a state. */
export interface ReportSource {
  readonly project: Project;
  /** Commit of the code. */
  readonly codeCommit?: string;
  /** Web address of the code's repository, for links to commits and files. */
  readonly repository?: string;
}

/** Everything that a report of a state shows. It has no now of its own: next ticks are those after the state's instant. */
export function reportInput(source: ReportSource, view: StateView): ReportInput {
  const { project, codeCommit, repository } = source;
  const selections = selectedAssets(project, view);
  const standing = standingOf(project, view);
  return {
    project,
    view,
    selections,
    assessment: assess(project, view, selections, standing.partitions),
    standing,
    nextTicks: view.at === undefined ? [] : nextTicks(project, epochMs(view.at)),
    ...(codeCommit === undefined ? {} : { codeCommit }),
    ...(repository === undefined ? {} : { repository }),
    version,
  };
}

/** Members of each saved selection, in the graph's order. */
function selectedAssets(project: Project, view: StateView): ReadonlyMap<string, readonly AssetKey[]> {
  const scope = selectionScope(project, statusesOf(project, view));
  return new Map(
    Object.values(project.selections).map(({ name, selection }) => {
      const selected = select(selection, scope);
      return [name, selected.ok ? [...selected.value] : []];
    }),
  );
}

/** The pages that a commit writes (null = deletes), by the page rules of docs/state-format.md. */
export function reportPages(
  source: ReportSource,
  prepared: PreparedCommit,
  before: StateView,
): ReadonlyMap<string, string | null> {
  const input = reportInput(source, prepared.after.view);
  const known = before.seq === 0 ? undefined : healthOf(source.project, before);
  return reportFiles(input, {
    ...(known ? { before: known } : {}),
    existing: prepared.after.base.paths,
    isFirstOfDay: isFirstOfDay(prepared, before),
  });
}

function healthOf(project: Project, view: StateView): Health {
  return projectHealth(project, view, selectedAssets(project, view), partitionsAt(project, view));
}

/** No run had ended on this day: what closed the day before was a commit that claims, and those write no pages. */
function isFirstOfDay({ after }: PreparedCommit, before: StateView): boolean {
  const day = after.view.at === undefined ? undefined : utcDay(after.view.at);
  return ![...before.endedRuns.values()].some(({ recordedOn }) => recordedOn === day);
}
