import type { Health, HealthStatus, ScopeHealth } from '../../insights/health.ts';
import { assetsByGroup } from '../../insights/insights.ts';
import type { AssetKey, Project } from '../../model/project.ts';
import { hasChart, renderAssetPage } from './asset-page.ts';
import { badgeJson, badgeSvg } from './badge.ts';
import { durationChart } from './duration-chart.ts';
import { factsOf, type ReportInput, shownSelections } from './facts.ts';
import {
  assetChartPath,
  assetPath,
  groupPath,
  isReportPath,
  PROJECT_BADGE,
  README_PATH,
  selectionBadge,
  selectionPath,
} from './paths.ts';
import { renderReadme } from './readme.ts';
import { renderGroupPage, renderSelectionPage } from './scope-page.ts';

/**
 * The pages of the report, by path on the state branch: all of them, or those of `paths` (see `pagesToWrite`). The same
 * input gives the same bytes.
 */
export function renderReport(input: ReportInput, paths?: ReadonlySet<string>): ReadonlyMap<string, string> {
  const pages = new Map<string, string>();
  for (const [path, render] of pageTable(input)) if (paths === undefined || paths.has(path)) pages.set(path, render());
  return pages;
}

/** Every page with how it is made, so that what is not wanted costs nothing. */
function pageTable(input: ReportInput): [path: string, render: () => string][] {
  const { project, assessment } = input;
  const { health } = assessment;
  const table: [string, () => string][] = [[README_PATH, () => renderReadme(input)]];
  const badge = (path: string, label: string, of: ScopeHealth): void => {
    table.push([`${path}.json`, () => badgeJson(label, of)], [`${path}.svg`, () => badgeSvg(label, of)]);
  };
  badge(PROJECT_BADGE, project.name, health.project);
  for (const { name } of shownSelections(project)) {
    table.push([selectionPath(name), () => renderSelectionPage(input, name)]);
    const of = health.selections.get(name);
    if (of) badge(selectionBadge(name), name, of);
  }
  for (const [group, keys] of groupsWithRest(project)) {
    table.push([groupPath(group), () => renderGroupPage(input, group, keys)]);
  }
  for (const key of Object.keys(project.assets)) {
    const facts = factsOf(input, key);
    if (!facts) continue;
    table.push([assetPath(key), () => renderAssetPage(input, facts)]);
    const { record } = facts;
    if (record && hasChart(record)) table.push([assetChartPath(key), () => durationChart(key, record)]);
  }
  return table;
}

function groupsWithRest(project: Project): [string | undefined, readonly AssetKey[]][] {
  const rest = Object.values(project.assets)
    .filter(({ group }) => group === undefined)
    .map(({ key }) => key);
  return [...assetsByGroup(project), ...(rest.length > 0 ? [[undefined, rest] as [undefined, string[]]] : [])];
}

/** What a commit that records the end of a run or of a day knows about the pages. */
export interface PageChange {
  /** Health at the commit before, under the project of now; undefined = not known. */
  readonly before?: Health;
  /** Report paths that the branch has. */
  readonly existing: ReadonlySet<string>;
  /** The first end of a run in a day brings every page up to date. */
  readonly isFirstOfDay: boolean;
}

/**
 * Which pages a commit writes and which it deletes (page rules of the state branch): the first record of a day, a repair and
 * the first commit all of them; another record the front page, the badges, the pages of what changed its health, and those that are linked and do
 * not exist yet. Commits that only claim or report progress write none and do not ask.
 */
export function pagesToWrite(
  input: ReportInput,
  change: PageChange,
): { readonly write: ReadonlySet<string>; readonly remove: readonly string[] } {
  const all = pageTable(input).map(([path]) => path);
  const known = new Set(all);
  const remove = [...change.existing].filter((path) => isReportPath(path) && !known.has(path)).sort();
  if (change.isFirstOfDay || change.before === undefined) return { write: known, remove };
  const write = new Set(
    all.filter((path) => path === README_PATH || path.startsWith('badges/') || !change.existing.has(path)),
  );
  for (const path of pagesOfChangedHealth(input, change.before)) if (known.has(path)) write.add(path);
  return { write, remove: [] };
}

function pagesOfChangedHealth({ project, assessment, selections }: ReportInput, before: Health): string[] {
  const now = assessment.health;
  const changed = new Set<AssetKey>();
  for (const [key, { status }] of now.assets) if (before.assets.get(key)?.status !== status) changed.add(key);
  const pages: string[] = [];
  for (const key of changed) pages.push(assetPath(key), assetChartPath(key));
  for (const [group, keys] of groupsWithRest(project))
    if (keys.some((key) => changed.has(key))) pages.push(groupPath(group));
  for (const [name, keys] of selections) {
    const isSame = sameCounts(before.selections.get(name)?.counts, now.selections.get(name)?.counts);
    if (!isSame || keys.some((key) => changed.has(key))) pages.push(selectionPath(name));
  }
  return pages;
}

function sameCounts(
  a: Readonly<Record<HealthStatus, number>> | undefined,
  b: Readonly<Record<HealthStatus, number>> | undefined,
): boolean {
  return (
    a?.healthy === b?.healthy && a?.warning === b?.warning && a?.degraded === b?.degraded && a?.unknown === b?.unknown
  );
}

/** The files of a commit that records or folds: pages with their text, and those to delete as null. */
export function reportFiles(input: ReportInput, change: PageChange): ReadonlyMap<string, string | null> {
  const { write, remove } = pagesToWrite(input, change);
  return new Map<string, string | null>([
    ...remove.map((path) => [path, null] as const),
    ...renderReport(input, write),
  ]);
}
