import { type ScopeHealth, scopeHealth } from '../../insights/health.ts';
import type { Windows } from '../../insights/insights.ts';
import { utf8Bytes } from '../../state/layout.ts';
import { verdictText } from '../figures-text.ts';
import { type Markdown, own, text } from '../markdown.ts';
import { count } from '../style.ts';
import { assetTable } from './asset-table.ts';
import { attention } from './attention.ts';
import { byUrgency, type ReportInput } from './facts.ts';
import { scopeFigures } from './figures-table.ts';
import { ASSETS_FOLDER, groupPath, hrefOf, selectionPath } from './paths.ts';
import { subPage } from './readme.ts';

/** Bound of a page of assets, in bytes of UTF-8. */
const PAGE_BYTES_MAX = 256 * 1024;
const DEGRADED_MAX = 10;

interface ScopePage {
  readonly page: string;
  readonly title: Markdown;
  readonly description?: string;
  readonly keys: readonly string[];
  readonly health: ScopeHealth;
  readonly windows?: Windows;
}

/** The page of a saved selection. */
export function renderSelectionPage(input: ReportInput, name: string): string {
  const saved = input.project.selections[name];
  const keys = input.selections.get(name) ?? [];
  const { health, insights } = input.assessment;
  const windows = insights.selections.get(name);
  return renderScope(input, {
    page: selectionPath(name),
    title: own(`${saved?.icon ? `${text(saved.icon, 8)} ` : ''}${text(name, 80)}`),
    ...(saved?.description === undefined ? {} : { description: saved.description }),
    keys,
    health: health.selections.get(name) ?? scopeHealth(keys, health.assets),
    ...(windows ? { windows } : {}),
  });
}

/** The page of a group, or of the assets without one. */
export function renderGroupPage(input: ReportInput, group: string | undefined, keys: readonly string[]): string {
  const description = group === undefined ? undefined : input.project.groups[group]?.description;
  const { health, insights } = input.assessment;
  const windows = group === undefined ? undefined : insights.groups.get(group);
  return renderScope(input, {
    page: groupPath(group),
    title: group === undefined ? own('Assets without a group') : text(group, 80),
    ...(description === undefined ? {} : { description }),
    keys,
    health: scopeHealth(keys, health.assets),
    ...(windows ? { windows } : {}),
  });
}

function renderScope(input: ReportInput, scope: ScopePage): string {
  const facts = byUrgency(input, scope.keys);
  const degraded = facts.filter(({ health }) => health.status === 'degraded').slice(0, DEGRADED_MAX);
  // Halved until it fits: at most some 12 rounds for 4,096 assets.
  for (let most = facts.length; ; most = Math.floor(most / 2)) {
    const shown = facts.slice(0, most);
    const more = facts.length - shown.length;
    const page = subPage(input, scope.page, [
      own(`# ${scope.title}: ${verdictText(scope.health)}`),
      scope.description === undefined ? undefined : text(scope.description, 1000),
      ...degraded.map((fact) => attention(input, scope.page, fact, false)),
      scopeFigures(scope.windows, input.assessment.insights.windows),
      shown.length === 0 ? undefined : own(`## Assets\n\n${assetTable(scope.page, shown)}`),
      more > 0
        ? own(
            `And ${count(more, 'asset')} more, each with a page in [${ASSETS_FOLDER}](${hrefOf(scope.page, ASSETS_FOLDER)}): \`branchline report --asset <key>\` prints it.`,
          )
        : undefined,
    ]);
    if (most === 0 || utf8Bytes(page) <= PAGE_BYTES_MAX) return page;
  }
}
