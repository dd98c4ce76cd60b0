import type { Json } from '../base/json.ts';
import { byText, sortedUnique } from '../base/order.ts';
import type { WrittenCheck } from '../manifest/generated/written.ts';
import { DEFAULT_STATE_BRANCH } from '../model/data-branch.ts';
import type { Span } from '../model/diagnostic.ts';
import type { PartitionsDef } from '../model/partitions.ts';
import type { Asset, AssetKey, OutputPattern, Storage } from '../model/project.ts';
import { resolveDeps, type WrittenDep } from './asset-deps.ts';
import { resolveConnection, resolveRelation } from './asset-table.ts';
import type { Definition, SpecDefinition } from './definitions.ts';
import { below, definedAt, keyOf, type Place } from './findings.ts';
import { type AssetKeys, actionOf, type Found, isBroken, type Layer, layersOf, lookup, merged } from './layers.ts';
import { resolveAutomation } from './resolve-automation.ts';
import { resolvePartitions } from './resolve-partitions.ts';
import { resolveStorage } from './resolve-storage.ts';
import {
  checkSqlText,
  checkTemplate,
  didYouMean,
  type Resolving,
  reportInSql,
  resolvePath,
  resolveSql,
  type SqlSource,
} from './resolving.ts';
import { compileSqlTemplate, type SqlPart } from './sql-template.ts';
import { verifyAssetKeys } from './verify-keys.ts';

/** An asset before its checks are known. */
export interface AssetDraft {
  readonly asset: Omit<Asset, 'checks'>;
  readonly place: Place;
  readonly layers: readonly Layer[];
  /** Where each direct upstream is named. */
  readonly depPlaces: ReadonlyMap<AssetKey, () => Span>;
  readonly checks: Readonly<Record<string, WrittenCheck>>;
  readonly relationPlace?: Place;
  readonly outputPlaces: readonly Place[];
  /** Something that says where its data is was refused: what can be read of it cannot be told, and was said already. */
  readonly isDataUnknown: boolean;
  /** Only for an asset made by SQL. */
  readonly sql?: { readonly source: SqlSource; readonly parts: readonly SqlPart[] };
}

type Own = Definition<AssetKeys> & {
  readonly value: { readonly checks?: Readonly<Record<string, WrittenCheck>> | null };
};

/** An asset that is a step of its own, or external. */
export function resolveAsset(definition: Own, resolving: Resolving): AssetDraft {
  const layers = layersOf(definition, resolving.definitions);
  const action = actionOf(layers);
  const { findings, broken } = resolving;
  if (action === undefined && !isBroken(layers, broken)) {
    findings.error('nothing-makes-it', keyOf(definition.place), `nothing says how \`${definition.name}\` is made`, {
      help: 'write `run:`, `sql:`, or `external: true` when somebody else makes it',
    });
  } else if (action !== undefined && action.words.length > 1 && action.words.includes('external')) {
    findings.error(
      'external-is-made',
      below(action.layer.place, 'external'),
      `\`${definition.name}\` is external, and yet \`${action.words[0]}\` would make it`,
      {
        help: 'remove one of them',
      },
    );
  }
  const external = action?.words.includes('external') === true;
  const connection = resolveConnection(layers, resolving);
  const isSql = action?.words.includes('sql') === true;
  const cut = lookup(layers, 'partitions');
  const partitions = cut && resolvePartitions(cut.value, cut.place, resolving);
  const sql = isSql ? resolveSqlOf(definition.name, action.layer, layers, resolving) : undefined;
  const step = external || action === undefined ? {} : { step: definition.name };
  return draftOf(
    definition,
    {
      layers,
      connection,
      isSql,
      external,
      ...step,
      ...(sql ? { sql } : {}),
      ...(partitions ? { partitions } : {}),
      skippable: false,
      sharedDeps: [],
    },
    resolving,
  );
}

/** One asset of a multi-asset: its step's connection and deps hold for it. */
export function resolveSpec(
  definition: SpecDefinition,
  step: {
    readonly connection?: string;
    readonly partitions?: PartitionsDef;
    readonly deps: readonly Found<WrittenDep>[];
  },
  resolving: Resolving,
): AssetDraft {
  const layers = layersOf(definition, resolving.definitions);
  const options = {
    layers,
    connection: step.connection,
    isSql: false,
    external: false,
    step: definition.multiAsset,
    skippable: definition.value.skippable === true,
    ...(step.partitions ? { partitions: step.partitions } : {}),
  };
  return draftOf(definition as Own, { ...options, sharedDeps: step.deps }, resolving);
}

interface DraftOptions {
  readonly layers: readonly Layer[];
  readonly connection: string | undefined;
  readonly isSql: boolean;
  readonly external: boolean;
  readonly step?: string;
  readonly sql?: { readonly source: SqlSource; readonly parts: readonly SqlPart[] };
  readonly skippable: boolean;
  readonly partitions?: PartitionsDef;
  readonly sharedDeps: readonly Found<WrittenDep>[];
}

function draftOf(definition: Own, options: DraftOptions, resolving: Resolving): AssetDraft {
  const { layers, connection, isSql, external, sql } = options;
  hintAtGroup(layers, resolving);
  const { places: depPlaces, mappings } = resolveDeps(definition.name, options, resolving);
  const { outputs, places: outputPlaces, isWhole } = resolveOutputs(layers, definition.name, resolving);
  const { relation, place: relationPlace } = resolveRelation(definition.name, options, resolving);
  const text = <K extends keyof AssetKeys>(key: K): NonNullable<AssetKeys[K]> | undefined => lookup(layers, key)?.value;
  const deps = [...depPlaces.keys()].sort(byText);
  const materialized = text('materialized') ?? 'table';
  // A script writes into a database by itself; what the engine cannot build aside is published at once.
  const direct = text('publish') === 'direct' || materialized === 'none' || (!isSql && connection !== undefined);
  const optional = {
    description: text('description'),
    group: text('group'),
    columns: text('columns'),
    step: options.step,
    connection,
    relation,
    partitions: options.partitions,
    partitionExpr: text('partition_expr'),
    automation: resolveAutomation(layers, { external }, resolving),
    mappings: Object.keys(mappings).length === 0 ? undefined : mappings,
  };
  const storage = storageOf(layers, external, resolving);
  const asset: Omit<Asset, 'checks'> = {
    key: definition.name,
    ...withoutUndefined(optional),
    owners: text('owners') ?? [],
    tags: textsOf(merged(layers, 'tags')),
    kinds: text('kinds') ?? [],
    metadata: Object.fromEntries(
      [...merged(layers, 'metadata')]
        .sort(([a], [b]) => byText(a, b))
        .map(([name, { value }]) => [name, value as Json]),
    ),
    deps,
    external,
    materialized,
    publish: direct ? 'direct' : 'audit',
    outputs,
    incremental: text('incremental') ?? false,
    ...(storage === undefined ? {} : { storage }),
    onLost: text('on_lost') ?? (deps.length > 0 ? 'rebuild' : 'fail'),
    materialize: text('materialize') ?? 'when_stale',
    skippable: options.skippable,
    definedAt: definedAt(definition.place),
    inherited: inheritedOf(layers),
  };
  if (!isBroken(layers, resolving.broken))
    verifyAssetKeys(asset, layers[0]!.keys, definition.value.checks, {
      place: definition.place,
      isSql,
      findings: resolving.findings,
    });
  return {
    asset,
    place: definition.place,
    layers,
    depPlaces,
    checks: definition.value.checks ?? {},
    outputPlaces,
    isDataUnknown:
      isBroken(layers, resolving.broken) ||
      !isWhole ||
      (connection === undefined && (isSql || lookup(layers, 'connection') !== undefined)),
    ...(relationPlace ? { relationPlace } : {}),
    ...(sql ? { sql } : {}),
  };
}

function storageOf(layers: readonly Layer[], external: boolean, resolving: Resolving): Storage | undefined {
  const found = lookup(layers, 'storage');
  if (found === undefined || external) return undefined;
  const stateBranch = resolving.definitions.project?.value.state?.branch ?? DEFAULT_STATE_BRANCH;
  return resolveStorage(found.value, found.place, stateBranch, resolving);
}

/** A group needs no declaration; where some are declared, one that nearly has a declared name is probably meant to. */
function hintAtGroup(layers: readonly Layer[], { definitions, findings }: Resolving): void {
  const found = lookup(layers, 'group');
  const declared = Object.keys(definitions.project?.value.groups ?? {});
  if (found === undefined || declared.includes(found.value)) return;
  const help = didYouMean(found.value, declared);
  if (help !== undefined)
    findings.warning('undeclared-group', found.place, `no group \`${found.value}\` is declared`, { help });
}

function withoutUndefined<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}

function textsOf(values: ReadonlyMap<string, Found<unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...values].sort(([a], [b]) => byText(a, b)).map(([name, { value }]) => [name, String(value)]),
  );
}

const MERGING = new Set(['env', 'tags', 'metadata']);

/** Which values came from another layer, by key; of merging keys, by name: `tags.tier`. */
function inheritedOf(layers: readonly Layer[]): Readonly<Record<string, string>> {
  const inherited: Record<string, string> = {};
  const keys = sortedUnique(layers.slice(1).flatMap((layer) => Object.keys(layer.keys))) as (keyof AssetKeys)[];
  for (const key of keys) {
    if (MERGING.has(key)) {
      for (const [name, { layer }] of merged(layers, key as 'env'))
        if (layer.label !== undefined) inherited[`${key}.${name}`] = layer.label;
      continue;
    }
    const label = lookup(layers, key)?.layer.label;
    if (label !== undefined) inherited[key] = label;
  }
  return inherited;
}

function resolveSqlOf(key: AssetKey, layer: Layer, layers: readonly Layer[], resolving: Resolving): AssetDraft['sql'] {
  const at = below(layer.place, 'sql');
  const { findings, connections, broken } = resolving;
  if (lookup(layers, 'connection') === undefined && !isBroken(layers, broken)) {
    const [only] = Object.keys(connections);
    findings.error('sql-without-connection', at, `\`${key}\` is made by SQL and has no connection`, {
      help:
        only === undefined
          ? 'declare one under `connections:` in branchline.yaml, and name it with `connection:`'
          : `write \`connection: ${only}\``,
    });
  }
  const source = resolveSql(layer.keys.sql ?? '', at, resolving);
  if (source === undefined || !checkSqlText(source, resolving)) return undefined;
  const compiled = compileSqlTemplate(source.text);
  if (!compiled.ok) {
    reportInSql('bad-expression', source, compiled.error, resolving);
    return undefined;
  }
  return { source, parts: compiled.value.parts };
}

function resolveOutputs(
  layers: readonly Layer[],
  key: AssetKey,
  resolving: Resolving,
): { readonly outputs: readonly OutputPattern[]; readonly places: readonly Place[]; readonly isWhole: boolean } {
  const found = lookup(layers, 'outputs');
  const outputs: OutputPattern[] = [];
  const places: Place[] = [];
  found?.value.forEach((written, index) => {
    const place = typeof written === 'string' ? below(found.place, index) : below(found.place, index, 'path');
    const text = typeof written === 'string' ? written : written.path;
    if (!checkTemplate(text, place, resolving)) return;
    const path = resolvePath(text, place, resolving);
    if (path === undefined) return;
    if (path === '')
      resolving.findings.error(
        'outside-repository',
        place,
        `\`${text}\` is the whole project, not a file that \`${key}\` writes`,
      );
    outputs.push({ path, optional: typeof written !== 'string' && written.optional === true });
    places.push(place);
  });
  return { outputs, places, isWhole: outputs.length === (found?.value.length ?? 0) };
}
