import { byText } from '../base/order.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { BackfillPolicy, PartitionsDef } from '../model/partitions.ts';
import type { AssetKey, Project } from '../model/project.ts';
import type { PartitionRecord } from '../model/state.ts';
import { narrowByDimension } from '../time/partitions/dimensions.ts';
import { chunkText, type KeysProblem, selectKeys } from '../time/partitions/keys.ts';
import { sameDefinition } from '../time/partitions/mapping.ts';
import { cutKeys, planBackfill } from './backfill-plan.ts';
import { keysByStatus } from './partition-status.ts';
import type { PartitionReader } from './partitioned.ts';

/** One run of what was asked for. */
export interface PartitionRun {
  /** Absent = all that is selected. */
  readonly assets?: readonly AssetKey[];
  /** A key, or `first...last`; absent = its assets have no partitions. */
  readonly partitions?: string;
  /** Number of its group, from 1, and the groups whose runs must have made what it reads. */
  readonly group: number;
  readonly after: readonly number[];
}

export interface PartitionRunsInput {
  readonly selected: ReadonlySet<AssetKey>;
  /** Keys, ranges, `all`, `missing`, `failed`; undefined = the newest of each definition. */
  readonly partitions: string | undefined;
  /** What is known of an asset's partitions; needed for `missing` and `failed`. */
  readonly recordsOf: (asset: AssetKey) => ReadonlyMap<string, PartitionRecord> | undefined;
}

export type PartitionRunsProblem =
  | { readonly kind: 'no_partitions' }
  | { readonly kind: 'no_keys_yet'; readonly asset: AssetKey }
  /** Roots are cut in different ways, so that one text cannot name keys of all of them. */
  | { readonly kind: 'several_definitions'; readonly assets: readonly AssetKey[] }
  | { readonly kind: 'unknown_keys'; readonly messages: readonly string[] };

/**
 * The runs that a selection with partitions amounts to: one where definition and policy let it be one, otherwise several
 * in the order in which they may run, cut as a backfill cuts them. No run: nothing is missing, or failed.
 */
export function planPartitionRuns(
  project: Project,
  reader: PartitionReader,
  input: PartitionRunsInput,
): Result<readonly PartitionRun[], PartitionRunsProblem> {
  const cut = [...input.selected]
    .filter((key) => project.assets[key]?.partitions !== undefined && !project.assets[key]?.external)
    .sort(byText);
  if (cut.length === 0)
    return input.partitions === undefined ? ok([{ group: 1, after: [] }]) : fail({ kind: 'no_partitions' });
  const defOf = (key: AssetKey): PartitionsDef => project.assets[key]!.partitions!;
  const isCut = new Set(cut);
  const roots = cut.filter((key) => !project.assets[key]!.deps.some((dep) => isCut.has(dep)));
  const first = roots[0]!;
  const others = roots.filter((key) => !sameDefinition(defOf(key), defOf(first)));
  if (input.partitions !== undefined && others.length > 0)
    return fail({ kind: 'several_definitions', assets: [first, ...others] });
  const empty = roots.find((key) => reader.keysOf(key).length === 0);
  if (empty !== undefined) return fail({ kind: 'no_keys_yet', asset: empty });
  const keys = wantedKeys(reader, roots, input);
  if (!keys.ok) return keys;
  if (keys.value.length === 0) return ok([]);
  const single = singleRun(project, reader, cut, keys.value);
  if (single !== undefined) return ok([{ partitions: single, group: 1, after: [] }]);
  const newest = (root: AssetKey): readonly string[] => reader.keysOf(root).slice(-1);
  const { chunks } = planBackfill(project, reader, {
    selected: input.selected,
    keys: input.partitions === undefined ? newest : keys.value,
  });
  return ok(
    chunks.map(({ assets, keys: own, group, after }) => {
      const partitions = chunkText(own);
      return { assets, group, after, ...(partitions === undefined ? {} : { partitions }) };
    }),
  );
}

function wantedKeys(
  reader: PartitionReader,
  roots: readonly AssetKey[],
  { partitions, recordsOf }: PartitionRunsInput,
): Result<readonly string[], PartitionRunsProblem> {
  const every = reader.keysOf(roots[0]!);
  if (partitions === undefined) return ok(every.slice(-1));
  const unknown = (problems: readonly KeysProblem[]): Result<never, PartitionRunsProblem> =>
    fail({ kind: 'unknown_keys', messages: problems.map(({ message }) => message) });
  const narrowed = narrowByDimension(reader.partitionsOf(roots[0]!), every, partitions);
  if (!narrowed.ok) return unknown(narrowed.error);
  const { keys: all, text } = narrowed.value;
  // A key that is called so is meant before the word.
  const byStatus = all.includes(text.trim()) ? undefined : keysByStatus(text, all, roots.map(recordsOf));
  if (byStatus !== undefined) return ok(byStatus);
  const chosen = selectKeys(all, text);
  return chosen.ok ? chosen : unknown(chosen.error);
}

/** The keys' text when all assets are cut alike and their policies let one run make them; the other assets go with it. */
function singleRun(
  project: Project,
  reader: PartitionReader,
  cut: readonly AssetKey[],
  keys: readonly string[],
): string | undefined {
  const def = project.assets[cut[0]!]!.partitions;
  if (!cut.every((key) => sameDefinition(project.assets[key]!.partitions, def))) return undefined;
  const all = reader.keysOf(cut[0]!);
  const chunks = cut.map((key) => cutKeys(all, keys, policyOf(project, key)));
  return chunks.every((own) => own.length === 1) ? chunkText(keys) : undefined;
}

function policyOf(project: Project, key: AssetKey): BackfillPolicy {
  const step = project.assets[key]?.step;
  return (step === undefined ? undefined : project.steps[step]?.backfillPolicy) ?? { kind: 'per_partition' };
}
