import type { EventDraft, LostPartitions } from '../model/events.ts';
import type { Timestamp } from '../model/instant.ts';
import type { Asset, Project } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import { partitionName } from '../plan/partitioned.ts';
import type { KeysByAsset } from '../plan/reads.ts';
import { copyOfRecords } from '../state/late-records.ts';
import { lossOf } from '../state/partition-fold.ts';
import { factsOf, withRecords } from '../state/partition-records.ts';

// That data is gone is a fact of the state: whoever looked has recorded it, and whoever cannot look knows it from there.

/** What is found of a connection in memory: it forgets everything, and nobody takes that for a loss to be told of. */
export const IN_MEMORY = 'its connection is in memory: it is gone when the run ends';

type Of = Pick<Asset, 'key' | 'partitions'>;

/** Which of these keys the state says are lost, by `asset` or `asset@key`, with what was found. */
export function recordedLosses(view: StateView, asset: Of, keys: readonly string[]): ReadonlyMap<string, string> {
  const record = view.assets.get(asset.key);
  if (asset.partitions === undefined) {
    const why = record?.lost?.message;
    return new Map(why === undefined ? [] : [[asset.key, why]]);
  }
  // Most assets have lost nothing, and none of their partitions is looked at then.
  if (record?.partitions?.lost === undefined) return new Map();
  const records = view.partitions?.get(asset.key);
  return new Map(
    keys.flatMap((key): [string, string][] => {
      const why = lossOf(factsOf(records, key));
      return why === undefined ? [] : [[partitionName(asset.key, key), why]];
    }),
  );
}

/** What a look found, by what was looked for. */
export interface Look {
  readonly looked: KeysByAsset;
  readonly lost: ReadonlyMap<string, string>;
}

/** Keys of an asset whose look says something else than the state. */
function changedBy({ lost }: Look, view: StateView, asset: Of, keys: readonly string[]) {
  const known = recordedLosses(view, asset, keys);
  const nameOf = (key: string): string => partitionName(asset.key, key);
  return {
    gone: lost.size === 0 ? [] : keys.filter((key) => isToTell(lost.get(nameOf(key))) && !known.has(nameOf(key))),
    back: known.size === 0 ? [] : keys.filter((key) => known.has(nameOf(key)) && !lost.has(nameOf(key))),
  };
}

/** What a look found that the state does not say yet. */
export function lookDrafts(
  { project, view }: { readonly project: Project; readonly view: StateView },
  look: Look,
  at: Timestamp,
): EventDraft[] {
  const drafts: EventDraft[] = [];
  for (const [key, keys] of look.looked) {
    const asset = project.assets[key];
    if (asset === undefined) continue;
    const { gone, back } = changedBy(look, view, asset, keys);
    for (const [message, of] of byCause(gone, (each) => look.lost.get(partitionName(key, each))!))
      for (const what of whatOf(view, asset, of)) drafts.push({ type: 'asset.lost', at, asset: key, ...what, message });
    for (const what of whatOf(view, asset, back)) drafts.push({ type: 'asset.found', at, asset: key, ...what });
  }
  return drafts;
}

/** Keys by what was found: of many partitions, each of which lost files of its own, the files are not named. */
function byCause(keys: readonly string[], whyOf: (key: string) => string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, { readonly whole: string; readonly keys: string[] }>();
  for (const key of keys) {
    const whole = whyOf(key);
    const cause = whole.replace(/ \([^()]*\)$/, '');
    const known = found.get(cause);
    if (known === undefined) found.set(cause, { whole, keys: [key] });
    else {
      known.keys.push(key);
      if (known.whole !== whole) found.set(cause, { whole: cause, keys: known.keys });
    }
  }
  return new Map([...found.values()].map(({ whole, keys: of }) => [whole, of]));
}

function isToTell(why: string | undefined): boolean {
  return why !== undefined && why !== IN_MEMORY;
}

/** What was looked for, as an event names it; none where nothing of it was made. */
function whatOf(
  view: StateView,
  { key: asset, partitions }: Of,
  keys: readonly string[],
): ({ readonly materialization: string } | { readonly partitions: LostPartitions })[] {
  if (keys.length === 0) return [];
  if (partitions === undefined) {
    const id = view.assets.get(asset)?.materialized?.id;
    return id === undefined ? [] : [{ materialization: id }];
  }
  const records = view.partitions?.get(asset);
  const all: Record<string, LostPartitions[string]> = {};
  for (const key of keys) {
    const record = records?.get(key);
    if (record?.materialized) all[key] = [...record.materialized.turn, (record.lost?.times ?? 0) + 1];
  }
  return Object.keys(all).length === 0 ? [] : [{ partitions: all }];
}

/** The state without losses that a look did not bear out: what was looked for and found is not lost. */
export function withoutBack(project: Project, view: StateView, look: Look): StateView {
  const assets = copyOfRecords(view.assets);
  const partitions = new Map(view.partitions);
  let hasChanged = false;
  for (const [key, keys] of look.looked) {
    const asset = project.assets[key];
    const { back } = asset ? changedBy(look, view, asset, keys) : { back: [] };
    if (back.length === 0) continue;
    hasChanged = true;
    if (asset?.partitions === undefined) assets.set(key, withoutLoss(view.assets.get(key)!));
    else {
      const records = view.partitions?.get(key);
      partitions.set(key, withRecords(records, new Map(back.map((each) => [each, withoutLoss(records!.get(each)!)]))));
    }
  }
  return hasChanged ? { ...view, assets, ...(view.partitions === undefined ? {} : { partitions }) } : view;
}

function withoutLoss<R extends { readonly lost?: unknown }>({ lost: _back, ...rest }: R): Omit<R, 'lost'> {
  return rest;
}
