import { byText } from '../../base/order.ts';
import type { EventDraft, ScheduleRule } from '../../model/events.ts';
import { type EpochMs, epochMs, type Timestamp, timestamp } from '../../model/instant.ts';
import type { Asset, AssetKey, Project } from '../../model/project.ts';
import type { StateView } from '../../model/state.ts';
import { dueTicks } from '../../time/cron.ts';
import { readRule, sameRule } from '../tick-rule.ts';

const DAY_MS = 86_400_000;
/** Days that are looked back for the newest tick, in turn: most rules have one within a day. */
const LOOK_BACK_DAYS = [2, 40, 400, 3000] as const;

/** When an asset's `on_cron` is due; undefined = it has none. */
export function cronRuleOf({ automation }: Pick<Asset, 'automation'>): ScheduleRule | undefined {
  return automation?.kind === 'on_cron' ? { crons: [automation.cron], timezone: automation.timezone } : undefined;
}

/**
 * Rules that begin to count, and those that are gone: like a schedule an `on_cron` counts from when it is first seen, and
 * an edit replays no tick (semantics.md 6).
 */
export function adoptions(
  project: Pick<Project, 'assets'>,
  automated: readonly AssetKey[],
  view: Pick<StateView, 'assets'>,
  now: EpochMs,
): EventDraft[] {
  const at = timestamp(now);
  const fresh = new Map<string, { readonly rule: ScheduleRule; readonly assets: AssetKey[] }>();
  for (const key of automated) {
    const rule = cronRuleOf(project.assets[key]!);
    const known = view.assets.get(key)?.onCron;
    if (rule === undefined || (known && sameRule(known.rule, rule))) continue;
    const text = `${rule.timezone} ${rule.crons.join(',')}`;
    const group = fresh.get(text) ?? { rule, assets: [] };
    fresh.set(text, group);
    group.assets.push(key);
  }
  const gone: AssetKey[] = [];
  for (const [key, { onCron }] of view.assets)
    if (onCron !== undefined && cronRuleOf(project.assets[key] ?? {}) === undefined) gone.push(key);
  return [
    ...[...fresh]
      .sort(([a], [b]) => byText(a, b))
      .map(([, { rule, assets }]): EventDraft => {
        const sorted = [...assets].sort(byText);
        return { type: 'automation.adopted', at, assets: sorted, from: at, rule };
      }),
    ...(gone.length > 0 ? [{ type: 'automation.dropped' as const, at, assets: gone.sort(byText) }] : []),
  ];
}

/** Newest ticks that count, by asset; each rule is worked out once. */
export function openTicks(view: Pick<StateView, 'assets'>, now: EpochMs): (asset: Asset) => Timestamp | undefined {
  const known = new Map<string, EpochMs | undefined>();
  return (asset) => {
    const rule = cronRuleOf(asset);
    const counted = view.assets.get(asset.key)?.onCron;
    if (rule === undefined || counted === undefined || !sameRule(counted.rule, rule)) return undefined;
    const text = `${rule.timezone} ${rule.crons.join(',')} ${counted.from}`;
    if (!known.has(text)) known.set(text, newestTick(rule, epochMs(counted.from), now));
    const tick = known.get(text);
    return tick === undefined ? undefined : timestamp(tick);
  };
}

function newestTick(rule: ScheduleRule, from: EpochMs, now: EpochMs): EpochMs | undefined {
  const crons = readRule(rule);
  if (crons === undefined) return undefined;
  for (const days of LOOK_BACK_DAYS) {
    const after = Math.max(from, now - days * DAY_MS);
    const { ticks } = dueTicks(crons, rule.timezone, { after, until: now, limit: 1 });
    if (ticks.length > 0 || after === from) return ticks.at(-1);
  }
  return undefined;
}
