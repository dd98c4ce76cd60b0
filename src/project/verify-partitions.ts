import type { MultiPartitions, PartitionsDef } from '../model/partitions.ts';
import type { Asset } from '../model/project.ts';
import { impossibleKeys, openPartitions } from '../time/partitions/keys.ts';
import { below, keyOf, type Place } from './findings.ts';
import { actionOf, lookup } from './layers.ts';
import type { AssetDraft } from './resolve-assets.ts';
import { didYouMean, type Resolving } from './resolving.ts';
import { hasExpression, parseTemplate } from './template.ts';

/** Reports what cannot be meant about how assets are cut. */
export function verifyPartitioned(drafts: ReadonlyMap<string, AssetDraft>, resolving: Resolving): void {
  for (const draft of drafts.values()) {
    if (draft.asset.partitions === undefined) verifyWhole(draft, resolving);
    else verifyCut(draft, resolving);
  }
}

/** An asset without partitions: what would need some says nothing there. */
function verifyWhole(draft: AssetDraft, { findings }: Resolving): void {
  const { asset, layers, outputPlaces, sql } = draft;
  const cut = lookup(layers, 'partitions');
  // A definition that could not be read was told already.
  if (cut !== undefined) return;
  const expr = lookup(layers, 'partition_expr');
  // An inherited one is meant for those that are cut.
  if (expr !== undefined && expr.layer === layers[0])
    findings.error(
      'key-without-effect',
      keyOf(expr.place),
      `\`partition_expr\` does nothing: \`${asset.key}\` has no partitions`,
      { help: 'write `partitions:`, or remove it' },
    );
  const policy = lookup(layers, 'backfill_policy');
  if (policy !== undefined && policy.layer === layers[0])
    findings.warning(
      'key-without-effect',
      keyOf(policy.place),
      `\`backfill_policy\` does nothing: \`${asset.key}\` has no partitions`,
      { help: 'write `partitions:`, or remove it' },
    );
  const help = 'write `partitions:`, or take it out';
  for (const [index, { path }] of asset.outputs.entries())
    if (readsPartition(path))
      findings.error(
        'partition-of-none',
        outputPlaces[index]!,
        `\`${asset.key}\` has no partitions, so there is no \`partition\` here`,
        { help },
      );
  if (sql?.parts.some((part) => part.kind === 'bind' && part.expression.accesses.some(isPartition)))
    findings.error(
      'partition-of-none',
      keyOf(below(draft.place, 'sql')),
      `\`${asset.key}\` has no partitions, and its SQL reads \`partition\``,
      { help },
    );
}

function verifyCut(draft: AssetDraft, resolving: Resolving): void {
  const { asset, layers, place, sql, outputPlaces } = draft;
  const { findings } = resolving;
  if (asset.external) {
    findings.error(
      'key-without-effect',
      keyOf(lookup(layers, 'partitions')?.place ?? place),
      `\`${asset.key}\` is external: it is not made partition by partition here`,
      { help: 'remove `partitions:`' },
    );
    return;
  }
  for (const [index, { path }] of asset.outputs.entries())
    if (!readsPartition(path))
      findings.error(
        'outputs-of-partitions',
        outputPlaces[index]!,
        `every partition of \`${asset.key}\` would write \`${path}\`: each one takes the place of the one before`,
        { help: 'put the key into the path: `${{ partition.key }}`' },
      );
  verifyExpression(draft, asset.partitions!, resolving);
  // SQL that has a mistake is SQL all the same: what else is wrong is said with it.
  if (sql === undefined && !actionOf(layers)?.words.includes('sql')) return;
  if (asset.materialized === 'view')
    findings.error(
      'partitioned-view',
      keyOf(below(place, 'materialized')),
      `\`${asset.key}\` is a view, which has no partitions of its own`,
      { help: 'make it a table, or remove `partitions:`' },
    );
  else if (asset.materialized === 'table' && lookup(layers, 'partition_expr') === undefined)
    findings.error(
      'missing-key',
      keyOf(place),
      `\`${asset.key}\` is a partitioned table and needs \`partition_expr\``,
      { help: exprHelp(asset.partitions!) },
    );
}

/** A column for each dimension, where there are several; one column where there is none. */
function verifyExpression(
  { asset, layers, isDataUnknown }: AssetDraft,
  def: PartitionsDef,
  { findings }: Resolving,
): void {
  const expr = lookup(layers, 'partition_expr');
  if (expr === undefined) return;
  const { value, place } = expr;
  if (asset.relation === undefined && !isDataUnknown && expr.layer === layers[0])
    findings.error(
      'key-without-effect',
      keyOf(place),
      `\`partition_expr\` does nothing: \`${asset.key}\` has no table whose rows it could find`,
      { help: 'remove it, or name its `connection:` if it writes a table' },
    );
  if (def.kind !== 'multi') {
    if (typeof value !== 'string')
      findings.error(
        'bad-partition-expr',
        place,
        `the partitions of \`${asset.key}\` have no dimensions, and \`partition_expr\` names some`,
        { help: exprHelp(def) },
      );
    return;
  }
  const dimensions = dimensionNames(def);
  if (typeof value === 'string') {
    findings.error(
      'bad-partition-expr',
      place,
      `the partitions of \`${asset.key}\` have several dimensions, and one column cannot hold them`,
      { help: exprHelp(def) },
    );
    return;
  }
  for (const name of Object.keys(value))
    if (!dimensions.includes(name)) {
      const near = didYouMean(name, dimensions);
      findings.error('bad-partition-expr', keyOf(below(place, name)), `there is no dimension \`${name}\``, {
        help: near ?? `there ${dimensions.length === 1 ? 'is' : 'are'} ${dimensions.join(', ')}`,
      });
    }
  const missing = dimensions.filter((name) => !Object.hasOwn(value, name));
  if (missing.length > 0)
    findings.error(
      'bad-partition-expr',
      place,
      `\`partition_expr\` names no column for the ${missing.length === 1 ? 'dimension' : 'dimensions'} ${missing.join(', ')}`,
      { help: exprHelp(def) },
    );
}

function exprHelp(def: PartitionsDef): string {
  if (def.kind !== 'multi') return 'name the column that holds the time or key of a row: `partition_expr: order_date`';
  return `name the column of each: \`partition_expr: { ${dimensionNames(def)
    .map((name) => `${name}: ${name}`)
    .join(', ')} }\``;
}

function dimensionNames(def: MultiPartitions): readonly string[] {
  return Object.keys(def.dimensions).sort();
}

/** Reports schedules that ask for partitions which what they run does not have. */
export function verifyScheduled(
  schedules: ReadonlyMap<string, { readonly value: { readonly partitions?: string }; readonly place: Place }>,
  assetsOf: (schedule: string) => readonly Pick<Asset, 'key' | 'partitions'>[] | undefined,
  { findings, broken }: Resolving,
): void {
  if (!broken.isNothing) return;
  for (const [name, { value, place }] of schedules) {
    const { partitions: text } = value;
    const assets = text === undefined ? undefined : assetsOf(name);
    if (text === undefined || assets === undefined || assets.length === 0) continue;
    const at = below(place, 'partitions');
    const cut = assets.filter(({ partitions }) => partitions !== undefined);
    if (cut.length === 0)
      findings.error('key-without-effect', keyOf(at), 'nothing that this schedule runs has partitions', {
        help: 'remove `partitions`, or give the assets some',
      });
    if (/^\s*(all|missing|failed)\s*$/.test(text)) continue;
    const defs = [...new Set(cut.map(({ partitions }) => partitions!))];
    // Of assets that are cut in several ways the keys are those of the first ones upstream: one definition must fit.
    const problems = defs.map((def) => impossibleKeys(openPartitions(def), text));
    if (problems.some((each) => each.length === 0) || problems.length === 0) continue;
    findings.error('bad-partition-key', at, problems[0]!.map(({ message }) => message).join('; '));
  }
}

function isPartition({ context }: { readonly context: string }): boolean {
  return context.toLowerCase() === 'partition';
}

function readsPartition(text: string): boolean {
  const parsed = hasExpression(text) ? parseTemplate(text) : undefined;
  return (
    parsed?.ok === true &&
    parsed.value.some((part) => part.kind === 'expression' && part.expression.accesses.some(isPartition))
  );
}
