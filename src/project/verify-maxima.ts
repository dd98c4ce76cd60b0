import type { AssetKey, Project } from '../model/project.ts';
import { formatDuration } from '../time/format.ts';
import { beyondHosted, isHosted } from '../time/hosted.ts';
import { below, type Place } from './findings.ts';
import { lookup } from './layers.ts';
import type { AssetDraft } from './resolve-assets.ts';
import type { Resolving } from './resolving.ts';
import type { Tagged } from './verify-operations.ts';

/**
 * Reports maxima of runs that no machine lets them reach, where the manifests say so: every step that it could hold for
 * names a runner, and each of these is one of GitHub's own. What the workflow decides is judged by the doctor.
 */
export function verifyMaxima(
  { operations, runners, steps }: Pick<Project, 'operations' | 'runners' | 'steps'>,
  tagged: readonly Tagged[],
  { definitions, findings, broken }: Resolving,
): void {
  if (!broken.isNothing) return;
  const hosted = new Set(
    Object.entries(runners).flatMap(([name, { runsOn }]) =>
      runsOn.length === 1 && isHosted(runsOn[0]!) ? [name] : [],
    ),
  );
  const isOnHosted = (name: string | undefined): boolean => hosted.has(steps[name ?? '']?.runner ?? '');
  const names = Object.keys(steps);
  const isAllHosted = names.length > 0 && names.every(isOnHosted);
  const { enabled, maxRuntimeMs } = operations.monitoring;
  const long =
    enabled && isAllHosted && maxRuntimeMs !== undefined
      ? beyondHosted(maxRuntimeMs, '`run_monitoring.max_runtime_seconds`')
      : undefined;
  const pointer = ['run_monitoring', 'max_runtime_seconds'];
  if (long !== undefined)
    findings.error('maximum-too-long', { document: definitions.project!, pointer }, long.message, { help: long.help });
  for (const { tags, step, placeOf } of tagged) {
    if (!(step === undefined ? isAllHosted : isOnHosted(step))) continue;
    for (const [tag, ms] of maximaOf(tags)) {
      const beyond = beyondHosted(ms, `\`${tag}\``);
      if (beyond !== undefined) findings.error('maximum-too-long', placeOf(tag), beyond.message, { help: beyond.help });
    }
  }
}

/** Milliseconds by the tag that says so, of what has tags. */
function maximaOf(tags: Readonly<Record<string, string>>): readonly (readonly [string, number])[] {
  return ['branchline/max_runtime', 'dagster/max_runtime'].flatMap((tag) => {
    const text = tags[tag]?.trim() ?? '';
    return /^[1-9]\d{0,9}$/.test(text) ? [[tag, Number(text) * 1000] as const] : [];
  });
}

/** Reports a `timeout` of a step that is longer than any run may be at work, once where several inherit it. */
export function verifyTimeouts(
  { operations, steps }: Pick<Project, 'operations' | 'steps'>,
  tagged: readonly Tagged[],
  drafts: ReadonlyMap<AssetKey, AssetDraft>,
  { definitions, findings, broken }: Resolving,
): void {
  const { enabled, maxRuntimeMs } = operations.monitoring;
  if (!enabled || maxRuntimeMs === undefined || !broken.isNothing) return;
  // One by one: a project may have more assets than a call takes arguments.
  let longestMs = maxRuntimeMs;
  for (const { tags } of tagged) for (const [, ms] of maximaOf(tags)) longestMs = Math.max(longestMs, ms);
  const placeOf = ({ asset, layers }: AssetDraft): Place => {
    const made = definitions.multiAssets.get(asset.step ?? '');
    const own = made?.value.timeout === undefined ? undefined : below(made.place, 'timeout');
    return own ?? lookup(layers, 'timeout')!.place;
  };
  const told = new Set<string>();
  for (const draft of drafts.values()) {
    const { timeoutMs } = steps[draft.asset.step ?? ''] ?? {};
    if (timeoutMs === undefined || timeoutMs <= longestMs) continue;
    const place = placeOf(draft);
    const key = `${place.document.path} ${place.pointer.join('/')}`;
    if (told.has(key)) continue;
    told.add(key);
    findings.warning(
      'timeout-not-reached',
      place,
      `\`timeout\`: ${formatDuration(timeoutMs)} are never over, because the whole run is ended after ${formatDuration(longestMs)} (\`run_monitoring.max_runtime_seconds\` or a tag \`branchline/max_runtime\`)`,
      { help: 'write less here, or more there' },
    );
  }
}
