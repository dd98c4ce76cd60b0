import { byText, sortedEntries } from '../base/order.ts';
import type { RunReason } from '../model/plan.ts';
import type { Asset, AssetKey, Project } from '../model/project.ts';
import type { AssetRecord, StateView } from '../model/state.ts';
import { checkInForce } from '../state/asset-fold.ts';

/** What the definition of a step amounts to: its code version and what that was made of. */
export interface StepFingerprint {
  readonly version: string;
  /** Part name → first 12 hex digits of its digest. */
  readonly parts: Readonly<Record<string, string>>;
}

/** Why an asset is not up to date by itself, without regard to what this run does upstream. */
export interface Staleness {
  readonly reason: Extract<
    RunReason,
    'never_materialized' | 'failed_last' | 'data_lost' | 'code_changed' | 'deps_changed' | 'upstream_changed'
  >;
  /** For people: changed parts, the upstreams that are newer, the failure's message. */
  readonly detail: readonly string[];
}

/**
 * Staleness by semantics.md 10, in the order in which a person would want to hear it. `lost` holds the assets whose
 * published data was found to be gone. Undefined = up to date.
 */
export function stalenessOf(
  asset: Asset,
  fingerprint: StepFingerprint,
  view: StateView,
  lost: ReadonlyMap<AssetKey, string>,
  versionOf: (dep: AssetKey) => string | undefined = (dep) => currentDataVersion(view, dep),
): Staleness | undefined {
  const record = view.assets.get(asset.key);
  const made = record?.materialized;
  if (!record || !made) {
    if (record?.attempt?.outcome === 'failure') return { reason: 'failed_last', detail: failureDetail(record) };
    // Its step ended well and had nothing for it: that was recorded as a confirmation.
    if (asset.skippable && record?.confirmedAt !== undefined && record.attempt === undefined) return undefined;
    return { reason: 'never_materialized', detail: [] };
  }
  const gone = lost.get(asset.key) ?? record.lost?.message;
  if (gone !== undefined) return { reason: 'data_lost', detail: [gone] };
  if (record.attempt?.outcome === 'failure') return { reason: 'failed_last', detail: failureDetail(record) };
  if (made.codeVersion !== fingerprint.version) {
    return { reason: 'code_changed', detail: changedParts(made.codeParts, fingerprint.parts) };
  }
  const before = Object.keys(made.upstream).sort(byText);
  if (before.join('\n') !== [...asset.deps].sort(byText).join('\n')) {
    return { reason: 'deps_changed', detail: changedNames(before, asset.deps) };
  }
  const newer = asset.deps.filter((dep) => {
    const current = versionOf(dep);
    return current !== undefined && current !== made.upstream[dep]?.dataVersion;
  });
  return newer.length > 0 ? { reason: 'upstream_changed', detail: newer } : undefined;
}

/** The published data version of an asset, when it has one. */
export function currentDataVersion(view: StateView, key: AssetKey): string | undefined {
  return view.assets.get(key)?.materialized?.dataVersion;
}

/**
 * The blocking check that holds what is downstream of an asset: its newest result failed, it judged data that was
 * already published, and it is still declared and still blocking (semantics.md 7, stored gating).
 */
export function holdingCheck(project: Project, view: StateView, key: AssetKey): string | undefined {
  const record = view.assets.get(key);
  if (!record) return undefined;
  for (const [name] of sortedEntries(record.checks)) {
    // A copy that failed its audit was never published: the result about the published data stays in force.
    const result = checkInForce(record, name);
    if (result?.stage !== 'published') continue;
    const bad = (result.status === 'FAILED' && result.severity === 'error') || result.status === 'ERRORED';
    if (!bad) continue;
    const declared = project.assets[key]?.checks.find((check) => check.name === name);
    if (!declared?.blocking) continue;
    return name;
  }
  return undefined;
}

function failureDetail(record: AssetRecord): readonly string[] {
  const message = record.attempt?.failure?.message;
  return message ? [message] : [];
}

/**
 * What changed in the code since a partition was made. A partition knows its code version alone; what that was made of is
 * known where the asset's newest materialization had the same one.
 */
export function changedSince(
  view: StateView,
  key: AssetKey,
  codeVersion: string,
  fingerprint: StepFingerprint,
): readonly string[] {
  const made = view.assets.get(key)?.materialized;
  return made?.codeVersion === codeVersion ? changedParts(made.codeParts, fingerprint.parts) : [];
}

/** Names of the parts of a code version that differ; a file part is named by its path alone. */
function changedParts(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const changed = [...names].filter((name) => before[name] !== after[name]).sort(byText);
  return changed.map((name) => name.replace(/^(file|code|script):/, ''));
}

function changedNames(before: readonly string[], after: readonly string[]): string[] {
  const added = after.filter((name) => !before.includes(name)).map((name) => `+ ${name}`);
  const removed = before.filter((name) => !after.includes(name)).map((name) => `- ${name}`);
  return [...added, ...removed];
}
