import type { Figures, Quantiles } from '../insights/figures.ts';
import type { HealthStatus, ScopeHealth } from '../insights/health.ts';
import type { Billed } from '../model/events.ts';
import { formatDuration } from '../time/format.ts';
import { count, formatCount, safeLine } from './style.ts';

export const NO_DATA = 'no data';

/** `98.6 %`. Only what is all is 100 %, and only what is nothing is 0 %. */
export function formatShare(share: number | undefined): string {
  if (share === undefined) return NO_DATA;
  if (share >= 1) return '100 %';
  if (share <= 0) return '0 %';
  const tenths = Math.min(999, Math.max(1, Math.round(share * 1000)));
  return `${tenths % 10 === 0 ? tenths / 10 : (tenths / 10).toFixed(1)} %`;
}

/** `6 s / 9 s`: the median and the 99th percentile. */
export function formatSpread(quantiles: Quantiles | undefined): string {
  return quantiles === undefined ? NO_DATA : `${formatAbout(quantiles.p50)} / ${formatAbout(quantiles.p99)}`;
}

/** A duration from a sketch, which is up to 0.8 % off: no more digits than are true. */
export function formatAbout(ms: number): string {
  const step = ms >= 36_000_000 ? 3_600_000 : ms >= 600_000 ? 60_000 : ms >= 60_000 ? 10_000 : 1;
  return formatDuration(Math.round(ms / step) * step);
}

/** `3 (0.4 a day)`: so many runs in a window, and what that is a day. */
export function formatRuns(runs: number | undefined, aDay: number | undefined): string {
  if (runs === undefined) return NO_DATA;
  return runs === 0 || aDay === undefined || aDay === runs
    ? formatCount(runs)
    : `${formatCount(runs)} (${formatRate(aDay)} a day)`;
}

/** `$0.006`, `$0.41`, `$12`, `$1,234`: no more digits than a bill needs; a small sum is never shown as nothing. */
export function formatUsd(usd: number | undefined): string {
  if (usd === undefined) return NO_DATA;
  if (usd === 0) return '$0';
  if (usd < 0.001) return 'under $0.001';
  if (usd < 0.0995) return `$${usd.toFixed(3)}`;
  return usd < 99.995 ? `$${usd.toFixed(2)}` : `$${formatCount(Math.round(usd))}`;
}

/** `12 min`, `0.4 min`: billed minutes, or somebody's share of them. */
export function formatMinutes(minutes: number | undefined): string {
  if (minutes === undefined) return NO_DATA;
  if (minutes > 0 && minutes < 0.05) return 'under 0.1 min';
  const shown = minutes >= 100 ? Math.round(minutes) : Math.round(minutes * 10) / 10;
  return `${formatCount(shown)} min`;
}

/** `$0.41`, `$0 (free)`, `$0.41 (3 min of unknown price)`: what runner minutes have cost. */
export function formatCost(figures: Pick<Figures, 'billedMinutes' | 'usd' | 'unpricedMinutes'>): string {
  const { billedMinutes, usd, unpricedMinutes } = figures;
  if (billedMinutes === undefined) return NO_DATA;
  if (usd === undefined) return 'no price known';
  const free = usd === 0 ? ' (free)' : '';
  return `${formatUsd(usd)}${unpricedMinutes === undefined ? free : ` (${formatMinutes(unpricedMinutes)} of unknown price)`}`;
}

/** `2 min on ubuntu-latest, $0.012`: what a run was billed for, for summaries. Free minutes are called free. */
export function billedText({ runner, minutes, usd }: Billed): string {
  const price = usd === undefined ? 'no price known' : usd === 0 && minutes > 0 ? 'free' : formatUsd(usd);
  return `${formatCount(minutes)} min on ${safeLine(runner, 60)}, ${price}`;
}

/** `0.3`, `12`, `1,440`: how many a day. */
export function formatRate(rate: number | undefined): string {
  if (rate === undefined) return NO_DATA;
  if (rate >= 10 || rate === Math.round(rate)) return formatCount(Math.round(rate));
  return rate < 0.1 ? 'under 0.1' : rate.toFixed(1);
}

/** `all 8 assets are healthy`, `1 asset needs a hand, 2 warn`: the verdict of a page, one sentence without a full stop. */
export function verdictText(health: ScopeHealth): string {
  const { counts, assets } = health;
  const known = assets - counts.unknown;
  if (assets === 0) return 'no assets';
  if (known === 0)
    return assets === 1
      ? 'nothing is known of its only asset yet'
      : `nothing is known of its ${formatCount(assets)} assets yet`;
  const warn =
    counts.warning > 0 ? `${formatCount(counts.warning)} ${counts.warning === 1 ? 'warns' : 'warn'}` : undefined;
  if (counts.degraded > 0) {
    const hand = `${count(counts.degraded, 'asset')} ${counts.degraded === 1 ? 'needs' : 'need'} a hand`;
    return warn ? `${hand}, ${warn}` : hand;
  }
  if (warn) return counts.warning === 1 ? '1 asset warns' : `${formatCount(counts.warning)} assets warn`;
  if (counts.unknown > 0)
    return `${formatCount(counts.healthy)} of ${count(assets, 'asset')} ${counts.healthy === 1 ? 'is' : 'are'} healthy, nothing is known of the rest yet`;
  return assets === 1 ? 'its only asset is healthy' : `all ${formatCount(assets)} assets are healthy`;
}

/** Words first: the mark is for the eye that skims. */
export function healthMark(status: HealthStatus): string {
  switch (status) {
    case 'degraded':
      return '✗\u00a0';
    case 'warning':
      return '!\u00a0';
    case 'healthy':
    case 'unknown':
      return '';
  }
}
