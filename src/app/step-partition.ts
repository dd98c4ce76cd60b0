import { copyOfMap } from '../base/layered-map.ts';
import type { PartitionsDef } from '../model/partitions.ts';
import type { PlannedStep } from '../model/plan.ts';
import type { Asset, AssetKey, Project, StepDef } from '../model/project.ts';
import type { PartitionRecord, StateView } from '../model/state.ts';
import { shortVersion, usedDigest } from '../model/versions.ts';
import { openPartitionReader, type PartitionReader, partitionName } from '../plan/partitioned.ts';
import type { PipesPartition } from '../run/pipes.ts';
import {
  dimensionVariable,
  type KeysAt,
  openPartitions,
  type Partitions,
  RANGE_SEPARATOR,
} from '../time/partitions/keys.ts';
import { instantToWall, offsetAt } from '../time/zone.ts';
import type { FileRecord } from './outputs.ts';

/** The partitions that one step makes, as it and its SQL see them. */
export interface StepPartition {
  readonly keys: readonly string[];
  /** The key, or `first...last`. */
  readonly text: string;
  /** Window of the whole range; only where time is what it is cut by. */
  readonly window?: {
    /** Instants with the offset of the definition's zone: `2026-01-01T00:00:00+01:00`. */
    readonly start: string;
    readonly end: string;
    /** What the wall shows then: `2026-01-01 00:00:00`. */
    readonly startWall: string;
    readonly endWall: string;
  };
  /** Key of each dimension, of one multi key. */
  readonly dimensions?: Readonly<Record<string, string>>;
  readonly partitions: Partitions;
}

/** What a planned step is to make of the definition; undefined = it has no partitions. */
export function stepPartition(step: StepDef, planned: PlannedStep): StepPartition | undefined {
  const { partitions: keys } = planned;
  if (step.partitions === undefined || keys === undefined || keys.length === 0) return undefined;
  return partitionOf(openPartitions(step.partitions), keys);
}

/** The same for some of its keys: one at a time for what is written apart. */
export function partitionOf(partitions: Partitions, keys: readonly string[]): StepPartition {
  const [first, last] = [keys[0]!, keys.at(-1)!];
  const dimensions = keys.length === 1 ? partitions.split(first) : undefined;
  const window = windowOf(partitions, first, last);
  return {
    keys,
    partitions,
    text: keys.length === 1 ? first : `${first}${RANGE_SEPARATOR}${last}`,
    ...(window ? { window } : {}),
    ...(dimensions ? { dimensions } : {}),
  };
}

function windowOf(partitions: Partitions, first: string, last: string): StepPartition['window'] | undefined {
  const { windows, def } = partitions;
  if (windows === undefined) return undefined;
  const timeKey = (key: string): string => (def.kind === 'multi' ? timePart(def, partitions, key) : key);
  const [from, to] = [windows.find(timeKey(first)), windows.find(timeKey(last))];
  if (from === undefined || to === undefined) return undefined;
  const { timezone } = windows.def;
  const [start, end] = [instantsOf(timezone, from.start), instantsOf(timezone, to.end)];
  return { start: start.offset, end: end.offset, startWall: start.wall, endWall: end.wall };
}

/** An instant in a zone: as the wall shows it, and with the zone's offset then. */
export interface Instants {
  readonly wall: string;
  readonly offset: string;
}

export function instantsOf(timezone: string, at: number): Instants {
  return { wall: wallText(timezone, at), offset: withOffset(timezone, at) };
}

function timePart(def: PartitionsDef & { kind: 'multi' }, partitions: Partitions, key: string): string {
  const dimension = Object.keys(def.dimensions)
    .sort()
    .find((name) => def.dimensions[name]!.kind === 'time')!;
  return partitions.split(key)?.[dimension] ?? '';
}

function wallText(timezone: string, at: number): string {
  return new Date(instantToWall(timezone, at)).toISOString().slice(0, 19).replace('T', ' ');
}

function withOffset(timezone: string, at: number): string {
  const minutes = Math.round(offsetAt(timezone, at) / 60_000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const offset = `${minutes < 0 ? '-' : '+'}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
  return `${wallText(timezone, at).replace(' ', 'T')}${offset}`;
}

/** Variables of a step that makes partitions (vocabulary.md, "What a step sees"). */
export function partitionVariables(partition: StepPartition): Record<string, string> {
  const { keys, window, dimensions } = partition;
  return {
    ...(keys.length === 1 ? { BRANCHLINE_PARTITION: keys[0]! } : {}),
    BRANCHLINE_PARTITIONS: JSON.stringify(keys),
    BRANCHLINE_PARTITION_RANGE_START: keys[0]!,
    BRANCHLINE_PARTITION_RANGE_END: keys.at(-1)!,
    ...(window ? { BRANCHLINE_PARTITION_START: window.start, BRANCHLINE_PARTITION_END: window.end } : {}),
    ...Object.fromEntries(Object.entries(dimensions ?? {}).map(([name, key]) => [dimensionVariable(name), key])),
  };
}

/** The same for a Dagster Pipes client. */
export function pipesPartition({ keys, window }: StepPartition): PipesPartition {
  return {
    first: keys[0]!,
    last: keys.at(-1)!,
    ...(window ? { window: { start: window.start, end: window.end } } : {}),
  };
}

/** What is published of partitions now, and what a step of this run reads of them; grows as the run goes. */
export interface PartitionLedger {
  readonly reader: PartitionReader;
  /** Versions that one partition of an asset reads, by upstream. */
  upstreamOf(asset: Asset, key: string): Record<AssetKey, string>;
  files(asset: AssetKey, key: string): FileRecord;
  /** Keys that were ever made of an asset, also those that its definition has no longer. */
  madeKeys(asset: AssetKey): readonly string[];
  /** Files of all partitions of an upstream that these keys of an asset read. */
  filesRead(asset: AssetKey, dep: AssetKey, keys: readonly string[]): FileRecord;
  made(
    asset: AssetKey,
    key: string,
    made: {
      readonly run: string;
      readonly at: string;
      readonly codeVersion: string;
      readonly dataVersion: string;
      readonly upstream: Readonly<Record<AssetKey, string>>;
      readonly files: FileRecord;
    },
  ): void;
  /** An unpartitioned asset was made: those that read it read that. */
  wholeMade(asset: AssetKey, dataVersion: string): void;
  /** Whether one of these two said that this was made: an asset, or of partitions `asset@key`. */
  isMadeHere(name: string): boolean;
}

export function openPartitionLedger(project: Project, view: StateView, at: KeysAt): PartitionLedger {
  const partitions = new Map<AssetKey, Map<string, PartitionRecord>>();
  for (const [asset, records] of view.partitions ?? []) partitions.set(asset, new Map(records));
  const assets = copyOfMap(view.assets);
  const madeHere = new Set<string>();
  const reader = openPartitionReader(project, { ...view, assets, partitions }, at);
  const files: PartitionLedger['files'] = (asset, key) => partitions.get(asset)?.get(key)?.materialized?.files ?? {};
  return {
    reader,
    files,
    madeKeys: (asset) =>
      [...(partitions.get(asset) ?? [])].flatMap(([key, { materialized }]) => (materialized ? [key] : [])),
    upstreamOf(asset, key) {
      const upstream: Record<AssetKey, string> = {};
      for (const dep of asset.deps) {
        const { version } = reader.read(asset.key, dep, [key]);
        if (version !== null) upstream[dep] = version;
        else if (project.assets[dep]?.external) upstream[dep] = 'external';
      }
      return upstream;
    },
    filesRead(asset, dep, keys) {
      const all: Record<string, { readonly digest: string; readonly bytes: number }> = {};
      for (const key of keys)
        for (const upstream of reader.upstreamKeys(asset, dep, key)) Object.assign(all, files(dep, upstream));
      return all;
    },
    made(asset, key, { run, at: when, codeVersion, dataVersion, upstream, files: written }) {
      madeHere.add(partitionName(asset, key));
      const records = partitions.get(asset) ?? new Map<string, PartitionRecord>();
      partitions.set(asset, records);
      const turn = [Number.MAX_SAFE_INTEGER, 1] as const;
      records.set(key, {
        materialized: {
          run,
          at: when,
          codeVersion,
          dataVersion: shortVersion(dataVersion),
          used: usedDigest(upstream),
          ...(Object.keys(written).length === 0 ? {} : { files: written }),
          turn,
        },
      });
    },
    isMadeHere: (name) => madeHere.has(name),
    wholeMade(asset, dataVersion) {
      madeHere.add(asset);
      const record = assets.get(asset);
      const made = record?.materialized;
      if (record && made) assets.set(asset, { ...record, materialized: { ...made, dataVersion } });
      else
        assets.set(asset, {
          asset,
          checks: {},
          durationsMs: [],
          history: [],
          materialized: {
            id: '',
            run: '',
            at: '',
            codeVersion: '',
            codeParts: {},
            dataVersion,
            upstream: {},
            durationMs: 0,
          },
        });
    },
  };
}

/** Sets of dynamic keys of a project, by name: whether one is a dimension, whose keys may hold less. */
export function dynamicSets(project: Project): ReadonlyMap<string, { readonly isDimension: boolean }> {
  const sets = new Map<string, { readonly isDimension: boolean }>();
  const visit = (def: PartitionsDef | undefined, isDimension: boolean): void => {
    if (def?.kind === 'dynamic')
      sets.set(def.name, { isDimension: isDimension || sets.get(def.name)?.isDimension === true });
    if (def?.kind === 'multi') for (const each of Object.values(def.dimensions)) visit(each, true);
  };
  for (const def of Object.values(project.partitions)) visit(def, false);
  for (const asset of Object.values(project.assets)) visit(asset.partitions, false);
  return sets;
}
