import type { LimitHint } from '../model/standing.ts';
import { formatDuration } from '../time/format.ts';
import { formatAbout } from './figures-text.ts';

/** `p99 of the last 30 runs is 41 min; the limit is 4 h`. */
export function limitText({ of, p99Ms, limitMs, samples }: LimitHint): string {
  const what = of.kind === 'asset' ? 'successes' : 'runs';
  return `p99 of the last ${samples} ${what} is ${formatAbout(p99Ms)}; the limit is ${formatDuration(limitMs)}`;
}

/** What it means, as half a sentence. */
export function limitMeaning({ verdict }: LimitHint): string {
  return verdict === 'tight' ? 'what is only slow is stopped' : 'what hangs is found late';
}

/** Whose limit it is: `runs`, `job nightly`, `asset raw/orders`. */
export function limitSubject({ of }: LimitHint): string {
  return of.kind === 'runs' ? 'runs' : `${of.kind} ${of.kind === 'asset' ? of.asset : of.name}`;
}

/** The line of the manifest that sets it. */
export function limitSetting({ of }: LimitHint): string {
  if (of.kind === 'runs') return 'run_monitoring.max_runtime_seconds';
  return of.kind === 'asset' ? 'timeout' : 'tags: branchline/max_runtime';
}
