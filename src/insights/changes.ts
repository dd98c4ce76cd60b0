import { byText } from '../base/order.ts';
import { epochMs, type Timestamp, timestamp } from '../model/instant.ts';
import type { AssetKey, Project } from '../model/project.ts';
import type { AssetRecord, HistoryEntry, StateView } from '../model/state.ts';
import { citedVersion } from '../model/versions.ts';

const DAY_MS = 86_400_000;

/** What happened to an asset in the 24 hours before the view's instant. */
export interface AssetChange {
  readonly asset: AssetKey;
  /** It began to fail, or succeeded after failures. */
  readonly health?: { readonly to: 'failing' | 'recovered'; readonly at: Timestamp };
  /** Its published data differs; `rowsBefore` as far as they were known. */
  readonly data?: {
    readonly at: Timestamp;
    readonly first: boolean;
    readonly rows?: number;
    readonly rowsBefore?: number;
  };
  /** It was made because its code had changed; the parts that had, as far as they are known. */
  readonly code?: { readonly at: Timestamp; readonly parts: readonly string[] };
  readonly lost?: { readonly at: Timestamp };
}

/**
 * What changed since yesterday, by asset: in the 24 hours that end with the view's commit. A change of code is told by the
 * runs that the view holds (those of the open day, and of the closed days that were read).
 */
export function changesSinceYesterday(project: Project, view: StateView): readonly AssetChange[] {
  if (view.at === undefined) return [];
  const since = timestamp(epochMs(view.at) - DAY_MS);
  const code = codeChanges(view, since);
  return Object.keys(project.assets)
    .sort(byText)
    .flatMap((asset) => {
      const record = view.assets.get(asset);
      if (!record) return [];
      const change: AssetChange = {
        asset,
        ...healthChange(record, since),
        ...dataChange(record, since),
        ...(code.has(asset) ? { code: code.get(asset)! } : {}),
        ...(record.lost && record.lost.at > since ? { lost: { at: record.lost.at } } : {}),
      };
      return Object.keys(change).length > 1 ? [change] : [];
    });
}

function healthChange(record: AssetRecord, since: Timestamp): Pick<AssetChange, 'health'> {
  const { attempt } = record;
  if (!attempt) return {};
  if (attempt.failuresInRow > 0) {
    const at = attempt.failingSince;
    return at !== undefined && at > since ? { health: { to: 'failing', at } } : {};
  }
  // Newest first; the failure that a success in these hours put right may be older.
  const judged = record.history.filter((entry) => entry.outcome !== 'canceled');
  for (const [i, entry] of judged.entries()) {
    if (entry.at <= since) return {};
    if (entry.outcome === 'success' && judged[i + 1]?.outcome === 'failure')
      return { health: { to: 'recovered', at: entry.at } };
  }
  return {};
}

function dataChange(record: AssetRecord, since: Timestamp): Pick<AssetChange, 'data'> {
  const made = record.history.filter((entry) => entry.outcome === 'success');
  const newest = made[0];
  if (!newest || newest.at <= since) return {};
  const before = made.find((entry) => entry.at <= since);
  if (before && isSameVersion(before, newest)) return {};
  // The list is cut at its end: with ten of today, what was there yesterday is not known.
  const first = before === undefined && record.history.every((entry) => entry.at > since);
  if (first && record.history.length >= 10 && sameVersions(made)) return {};
  return {
    data: {
      at: newest.at,
      first: first && record.history.length < 10,
      ...(newest.rows === undefined ? {} : { rows: newest.rows }),
      ...(before?.rows === undefined ? {} : { rowsBefore: before.rows }),
    },
  };
}

function sameVersions(entries: readonly HistoryEntry[]): boolean {
  return entries.every((entry) => isSameVersion(entry, entries[0]!));
}

/** Entries that were folded cite their version. */
function isSameVersion(a: HistoryEntry, b: HistoryEntry): boolean {
  if (a.dataVersion === undefined || b.dataVersion === undefined) return a.dataVersion === b.dataVersion;
  return citedVersion(a.dataVersion) === citedVersion(b.dataVersion);
}

function codeChanges(view: StateView, since: Timestamp): ReadonlyMap<AssetKey, NonNullable<AssetChange['code']>> {
  const changes = new Map<AssetKey, NonNullable<AssetChange['code']>>();
  const runs = [...view.endedRuns.values(), ...view.openRuns.values()].sort((a, b) => byText(a.run, b.run));
  for (const run of runs) {
    for (const step of Object.values(run.steps)) {
      if (step.reason !== 'code_changed') continue;
      for (const asset of step.materialized) {
        const at = run.endedAt ?? run.startedAt ?? run.requestedAt;
        const known = changes.get(asset);
        if (at > since && (known === undefined || known.at < at)) changes.set(asset, { at, parts: step.detail ?? [] });
      }
    }
  }
  return changes;
}
