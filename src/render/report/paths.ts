import { sha256 } from '../../base/digest.ts';
import type { AssetKey } from '../../model/project.ts';
import { escapeName, HEALTH_FOLDER } from '../../state/layout.ts';

/** Paths of the derived pages on the state branch (docs/report.md). */
export const README_PATH = 'README.md';
export const UNGROUPED_PATH = `${HEALTH_FOLDER}ungrouped.md`;
/** Pages of assets, in folders. */
export const ASSETS_FOLDER = `${HEALTH_FOLDER}assets`;
export const PROJECT_BADGE = 'badges/project';

/**
 * Page of an asset, in one of 256 folders by the first two hex digits of its key's digest: a page that changes makes git
 * write its folder's listing anew, and so no listing grows long, however keys are chosen.
 */
export function assetPath(asset: AssetKey): string {
  return `${assetFolder(asset)}/${escapeName(asset)}.md`;
}
/** Run time of the last materializations as a picture, beside the asset's page. */
export function assetChartPath(asset: AssetKey): string {
  return `${assetFolder(asset)}/${escapeName(asset)}.svg`;
}
/** One digit a level: with few assets, 256 folders side by side would themselves be a long listing. */
function assetFolder(asset: AssetKey): string {
  const digits = sha256(asset);
  return `${ASSETS_FOLDER}/${digits[0]}/${digits[1]}`;
}
/** The page of the assets of a group; undefined = of those without one. */
export function groupPath(group: string | undefined): string {
  return group === undefined ? UNGROUPED_PATH : `${HEALTH_FOLDER}groups/${escapeName(group)}.md`;
}
export function selectionPath(selection: string): string {
  return `${HEALTH_FOLDER}selections/${escapeName(selection)}.md`;
}
/** Without its ending: there is one in `.json` for shields.io and one in `.svg`. */
export function selectionBadge(selection: string): string {
  return `badges/selection-${escapeName(selection)}`;
}

/** Everything on the branch that is derived by the report: what may be deleted when its subject is gone. */
export function isReportPath(path: string): boolean {
  return path === README_PATH || path.startsWith(HEALTH_FOLDER) || path.startsWith('badges/');
}

/** A link from one page to another as GitHub resolves it: relative, and a `%` in a file's name written `%25`. */
export function hrefOf(from: string, to: string): string {
  const source = from.split('/').slice(0, -1);
  const target = to.split('/');
  let shared = 0;
  while (shared < source.length && shared < target.length - 1 && source[shared] === target[shared]) shared++;
  const up = source.slice(shared).map(() => '..');
  return [...up, ...target.slice(shared)].map(encodeURIComponent).join('/');
}
