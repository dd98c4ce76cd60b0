import { byText } from '../base/order.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Asset, AssetKey } from '../model/project.ts';
import type { MaterializationRecord, StateView } from '../model/state.ts';
import { partitionName } from '../plan/partitioned.ts';
import type { OutputFile } from '../ports.ts';
import { factsOf } from '../state/partition-records.ts';
import { narrowByDimension } from '../time/partitions/dimensions.ts';
import { type KeysAt, openPartitions, selectKeys } from '../time/partitions/keys.ts';
import { sameDefinition, WHOLE } from '../time/partitions/mapping.ts';
import { type AppFailure, inputFailure } from './failure.ts';
import { listOf } from './outputs.ts';
import { keysAt, type PlanningProject, selectAssets } from './planning.ts';
import type { StateAt } from './state-reading.ts';
import { statusesOf } from './statuses.ts';

/** Published files of one asset, or of one partition of it. */
export interface PublishedOutputs {
  readonly asset: Asset;
  /** Its key, of an asset with partitions. */
  readonly partition?: string;
  /** As `asset`, or `asset@partition`. */
  readonly name: string;
  /** The data version of a partition is a digest of 12 characters, as the state keeps it. */
  readonly made: Pick<MaterializationRecord, 'run' | 'at' | 'dataVersion'>;
  /** In the order of their paths. */
  readonly files: readonly OutputFile[];
}

export interface OutputsAsked {
  readonly selection: string;
  /** Keys and ranges, or `all`, of the selected assets that have partitions; default: all. */
  readonly partitions?: string;
}

/** Assets whose partitions have to be read for a selection: what depends on the state may be any of them. */
export function partitionsOfOutputs(planning: PlanningProject, selection: string): ReadonlySet<AssetKey> {
  const { assets } = planning.project;
  const selected = selectAssets(planning, selection);
  const keys = selected.ok ? [...selected.value] : Object.keys(assets);
  return new Set(keys.filter((key) => assets[key]?.partitions !== undefined));
}

/**
 * Published files of the assets that a selection names: by key, and partitions in the order of their definition. Those
 * without files are left out. The view must hold what `partitionsOfOutputs` names.
 */
export function publishedOutputs(
  planning: PlanningProject,
  asked: OutputsAsked,
  { read: { view }, now }: StateAt,
): Result<readonly PublishedOutputs[], AppFailure> {
  const { project } = planning;
  const at = keysAt(view, now);
  const selected = selectAssets(planning, asked.selection, statusesOf(project, view, at));
  if (!selected.ok) return selected;
  const assets = [...selected.value].sort(byText).map((key) => project.assets[key]!);
  const keys = keysToShow(assets, asked.partitions, at);
  if (!keys.ok) return keys;
  const found = assets.flatMap((asset) =>
    asset.partitions === undefined
      ? outputsOf(view, asset, WHOLE)
      : keys.value(asset).flatMap((key) => outputsOf(view, asset, key)),
  );
  if (found.length > 0) return ok(found);
  const which = asked.partitions === undefined ? '' : ` in \`${asked.partitions}\``;
  return fail(
    inputFailure(
      'no-outputs',
      `\`${asked.selection}\` selects no asset with published files${which}.`,
      'An asset has files when it declares `outputs` and has been materialized in this environment (`--environment`).',
    ),
  );
}

/** Which keys of each asset are asked for. Named keys are of one definition: what is cut otherwise has none of them. */
function keysToShow(
  assets: readonly Asset[],
  text: string | undefined,
  at: KeysAt,
): Result<(asset: Asset) => readonly string[], AppFailure> {
  const keysOf = ({ partitions }: Asset): readonly string[] => openPartitions(partitions!).keys(at);
  if (text === undefined) return ok(keysOf);
  const cut = assets.filter(({ partitions }) => partitions !== undefined);
  const [first] = cut;
  if (first === undefined)
    return fail(inputFailure('no-partitions', `Nothing that is selected has partitions, and \`${text}\` names some.`));
  if (text.trim() === 'all') return ok(keysOf);
  const others = cut.filter(({ partitions }) => !sameDefinition(partitions, first.partitions));
  if (others.length > 0)
    return fail(
      inputFailure(
        'other-partitions',
        `${[first, ...others]
          .slice(0, 5)
          .map(({ key }) => key)
          .join(', ')} are cut in different ways, and \`${text}\` cannot name partitions of all of them.`,
        'Select those that are cut alike, or leave `--partitions` away: then it is all of them.',
      ),
    );
  const narrowed = narrowByDimension(first.partitions && openPartitions(first.partitions), keysOf(first), text);
  const chosen = narrowed.ok ? selectKeys(narrowed.value.keys, narrowed.value.text) : narrowed;
  if (chosen.ok) return ok(() => chosen.value);
  return fail(inputFailure('unknown-partition', chosen.error.map(({ message }) => message).join('\n')));
}

function outputsOf(view: StateView, asset: Asset, key: string): readonly PublishedOutputs[] {
  const isWhole = key === WHOLE;
  const records = view.partitions?.get(asset.key);
  // Most partitions of a long history were never made: no record is put together for them.
  if (!isWhole && factsOf(records, key)?.materialized === undefined) return [];
  const made = isWhole ? view.assets.get(asset.key)?.materialized : records?.get(key)?.materialized;
  const files = listOf(made?.files ?? {});
  if (made === undefined || files.length === 0) return [];
  return [{ asset, ...(isWhole ? {} : { partition: key }), name: partitionName(asset.key, key), made, files }];
}
