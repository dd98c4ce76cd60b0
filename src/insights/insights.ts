import { byText } from '../base/order.ts';
import type { AssetKey, Project } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import { type Figures, figuresOf, type Scope } from './figures.ts';
import { daysUntil, type Sums, sumDays, type WindowDays } from './window.ts';

/** One window against the equal one before it. */
export interface Comparison {
  readonly now: Figures;
  readonly before: Figures;
}

/** By length of the window in days; windows that were not asked for are absent. */
export type Windows = Readonly<Partial<Record<WindowDays, Comparison>>>;

export interface Insights {
  readonly windows: readonly WindowDays[];
  readonly project: Windows;
  readonly groups: ReadonlyMap<string, Windows>;
  readonly selections: ReadonlyMap<string, Windows>;
  /** Undefined for an asset that the project does not have. Worked out where it is asked for: most pages need none. */
  readonly assets: { readonly get: (asset: AssetKey) => Windows | undefined };
  /** The project day by day, oldest first: 7 days, the last one being the view's. */
  readonly daily: readonly { readonly day: string; readonly figures: Figures }[];
}

const TREND_DAYS = 7;

/** Members of each saved selection, by name. */
export type SelectedAssets = ReadonlyMap<string, readonly AssetKey[]>;

/**
 * Figures for the project, its groups, saved selections and assets. Windows end with the UTC day of the view's commit, so
 * the same state gives the same figures whenever somebody looks. The view must hold the roll-ups of twice the longest
 * window (`rollupDays`); a day that it does not hold counts as a day without work.
 */
export function computeInsights(
  project: Project,
  view: StateView,
  windows: readonly WindowDays[],
  selections: SelectedAssets,
): Insights {
  const keys = Object.keys(project.assets).sort(byText);
  const groups = assetsByGroup(project);
  const sums = windows.map((days) => ({
    days,
    now: view.at === undefined ? new Map() : sumDays(view.days, daysUntil(view.at, days)),
    before: view.at === undefined ? new Map() : sumDays(view.days, daysUntil(view.at, days, days)),
  }));
  const compare = (scope: Scope): Windows => windowsOf(sums, scope);
  const whole: Scope = { kind: 'project', assets: keys };
  const trend = view.at === undefined ? [] : daysUntil(view.at, TREND_DAYS);
  return {
    windows,
    project: compare(whole),
    groups: new Map([...groups].map(([group, assets]) => [group, compare({ kind: 'group', group, assets })])),
    selections: new Map([...selections].map(([name, assets]) => [name, compare({ kind: 'selection', assets })])),
    assets: {
      get: (asset) => (Object.hasOwn(project.assets, asset) ? compare({ kind: 'asset', asset }) : undefined),
    },
    daily: trend.map((day) => ({ day, figures: figuresOf(sumDays(view.days, [day]), whole, 1) })),
  };
}

/** How many of the newest days' roll-ups the view must hold for these windows. */
export function rollupDays(windows: readonly WindowDays[]): number {
  return Math.max(TREND_DAYS, ...windows.map((days) => 2 * days));
}

function windowsOf(
  sums: readonly { readonly days: WindowDays; readonly now: Sums; readonly before: Sums }[],
  scope: Scope,
): Windows {
  const windows: Partial<Record<WindowDays, Comparison>> = {};
  for (const { days, now, before } of sums) {
    windows[days] = { now: figuresOf(now, scope, days), before: figuresOf(before, scope, days) };
  }
  return windows;
}

/** Assets of each group, both in order of their names. Assets without a group are in none. */
export function assetsByGroup(project: Project): ReadonlyMap<string, readonly AssetKey[]> {
  const groups = new Map<string, AssetKey[]>();
  for (const asset of Object.values(project.assets)) {
    if (asset.group === undefined) continue;
    const keys = groups.get(asset.group);
    if (keys) keys.push(asset.key);
    else groups.set(asset.group, [asset.key]);
  }
  return new Map([...groups].sort(([a], [b]) => byText(a, b)).map(([group, keys]) => [group, keys.sort(byText)]));
}
