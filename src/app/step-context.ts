import type { Json } from '../base/json.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { EventDraft } from '../model/events.ts';
import type { Failure } from '../model/failure.ts';
import type { Plan, PlannedStep } from '../model/plan.ts';
import type { Asset, AssetKey, Check, Project, Relation, StepDef } from '../model/project.ts';
import { partitionName } from '../plan/partitioned.ts';
import type { Clock, ConnectionTarget, OutputFiles, ProcessRunner, Scratch, SqlPool } from '../ports.ts';
import type { EvaluationContexts } from '../project/expressions.ts';
import { evaluateTemplate } from '../project/template.ts';
import type { Redactor } from '../run/redact.ts';
import type { KeptFileOf } from './connection-files.ts';
import { connectionTarget, relationOn, setVariable } from './connections.ts';
import type { Emit } from './execute.ts';
import type { LostLook } from './lost-reads.ts';
import type { FileRecord } from './outputs.ts';
import type { SqlSource } from './sql-sources.ts';

import { type PartitionLedger, partitionOf, type StepPartition } from './step-partition.ts';

/** What is published of an asset now: from the state, and from this run once it has made it. */
export interface Published {
  readonly materialization: string;
  readonly dataVersion: string;
  readonly files: FileRecord;
}

/** The output files of an asset, with the store that keeps them (docs/storage.md). */
export type OutputsOf = (asset: Pick<Asset, 'key' | 'storage'>) => OutputFiles;

/** All that carrying out steps of one run takes. */
export interface RunContext {
  readonly project: Project;
  readonly plan: Plan;
  /** The plan's steps by id. */
  readonly planned: ReadonlyMap<string, PlannedStep>;
  readonly environment: string;
  readonly run: string;
  readonly epoch: number;
  readonly codeCommit?: string;
  readonly clock: Clock;
  readonly sql: SqlPool;
  readonly outputs: OutputsOf;
  readonly keptFile: KeptFileOf;
  /** Puts the database file of a connection in place, when it is kept between runs. */
  readonly placeConnection: (connection: string) => Promise<Failure | undefined>;
  readonly processes: ProcessRunner;
  readonly scratch: Scratch;
  /** The host's environment variables (with those of `.env`). */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute folder of the project. */
  readonly root: string;
  /** What is published now, by asset; grows as the run goes. */
  readonly published: Map<AssetKey, Published>;
  /** Names of all secrets, and what takes their values out of text. */
  readonly secretNames: readonly string[];
  readonly redactor: Redactor;
  /** Absolute folder for log files of steps. */
  readonly logFolder: string;
  /** Output of steps as it comes, redacted. */
  readonly onOutput?: (step: string, text: string) => void;
  /** Progress for people: `fetching DuckDB …`. */
  readonly say: (text: string) => void;
  readonly ignoreBlocking: boolean;
  /** Incremental assets start empty. */
  readonly fullRefresh: boolean;
  /** What is published of partitions, and what is read of them. */
  readonly ledger: PartitionLedger;
  /** Looks for what steps read and is gone. */
  readonly lostLook: LostLook;
  /** The partitions of the step under way; undefined = it has none. */
  readonly partition?: StepPartition;
  /** Attempt of the step under way, from 1; absent = the first. */
  readonly attempt?: number;
  /** Assets of the step under way: whose partitions are read follows from them. */
  readonly readers?: readonly Asset[];
}

/** One step under way. */
export interface StepContext {
  readonly run: RunContext;
  readonly step: StepDef;
  readonly planned: PlannedStep;
  /** Those of its assets that it is to make now. */
  readonly assets: readonly Asset[];
  readonly attempt: number;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/** How a step ended: what it failed to make, and why. */
export interface StepEnd {
  readonly failure?: Failure;
  readonly failedAssets: readonly AssetKey[];
  /** Of a partitioned step: the keys that its failed assets lack; absent = all of them. */
  readonly failedPartitions?: readonly string[];
}

/** The step as it is for one of its partitions. */
export function atPartition(context: StepContext, key: string): StepContext {
  const { run } = context;
  return { ...context, run: { ...run, partition: partitionOf(run.partition!.partitions, [key]) } };
}

/** Files of an asset that are published now, of a partitioned one those of the partitions under way. */
export function publishedFiles(run: RunContext, asset: AssetKey): FileRecord | undefined {
  if (run.partition === undefined) return run.published.get(asset)?.files;
  const all: Record<string, FileRecord[string]> = {};
  for (const key of run.partition.keys) Object.assign(all, run.ledger.files(asset, key));
  return all;
}

/** Of a partition the key is part of it, of a further attempt its number: an attempt that failed may have published too. */
export function materializationId(run: RunContext, asset: AssetKey, partition?: string): string {
  const again = run.attempt === undefined || run.attempt === 1 ? '' : `#${run.attempt}`;
  return `${run.run}.${run.epoch}/${partition === undefined ? asset : partitionName(asset, partition)}${again}`;
}

export function queryTag(run: RunContext, name: string): string {
  return `branchline ${run.project.name} ${name} ${run.run}`;
}

/** What expressions of an asset or step may read. */
export function contextsOf(run: RunContext, asset?: Asset): EvaluationContexts {
  const name = asset?.key.split('/').at(-1) ?? '';
  const without = {
    environment: run.environment,
    ...(run.partition ? { partition: partitionContext(run.partition) } : {}),
    ...(asset ? { asset: { key: asset.key, name, ...(asset.group === undefined ? {} : { group: asset.group }) } } : {}),
  };
  return { ...without, env: { ...run.env, ...evaluatedProjectEnv(run, without) } };
}

/** A partition as expressions read it. */
export function partitionContext({
  text,
  window,
  dimensions,
}: StepPartition): NonNullable<EvaluationContexts['partition']> {
  return {
    key: text,
    ...(window ? { start: window.start, end: window.end } : {}),
    ...(dimensions ? { keys: dimensions } : {}),
  };
}

/** `env` of the project and of the environment, as far as it can be evaluated: nearest wins. */
function evaluatedProjectEnv(run: RunContext, contexts: Omit<EvaluationContexts, 'env'>): Record<string, string> {
  const values: Record<string, string> = {};
  const layers = [run.project.env, run.project.environments[run.environment]?.env ?? {}];
  for (const layer of layers) {
    for (const [name, template] of Object.entries(layer)) {
      const value = evaluateTemplate(template, { ...contexts, env: { ...run.env, ...values } });
      if (value.ok) values[name] = value.value;
    }
  }
  return values;
}

/** The text of a template, or the failure that names the variable to set. */
export function evaluate(
  run: RunContext,
  template: string,
  asset: Asset | undefined,
  where: string,
): Result<string, Failure> {
  const value = evaluateTemplate(template, contextsOf(run, asset));
  return value.ok ? ok(value.value) : fail(expressionFailure(value.error, where));
}

export function expressionFailure(
  problem: { readonly message: string; readonly missingEnv?: string },
  where: string,
): Failure {
  const line = problem.missingEnv === undefined ? '' : `. ${setVariable(problem.missingEnv)}`;
  return {
    class: 'step',
    code: problem.missingEnv === undefined ? 'expression' : 'missing-env',
    message: `${where}: ${problem.message}${line}`,
  };
}

/** Where a connection leads in this environment. */
export function targetOf(run: RunContext, name: string): Result<ConnectionTarget, Failure> {
  return connectionTarget(run, name);
}

/** What SQL on a connection can read of an asset: its relation there, or its single file. */
export function sourceOf(run: RunContext, connection: string | undefined): (key: AssetKey) => SqlSource | undefined {
  return (key) => {
    const asset = run.project.assets[key];
    if (!asset) return undefined;
    if (asset.relation && asset.connection === connection)
      return { kind: 'relation', relation: relationIn(run, asset) };
    if (asset.external) return externalFile(run, asset);
    return filesSource(run, asset.partitions ? partitionFiles(run, asset) : (run.published.get(key)?.files ?? {}));
  };
}

/** Files of an upstream that the step's partitions read; of the asset itself those of its own. */
function partitionFiles(run: RunContext, asset: Asset): FileRecord {
  const keys = run.partition?.keys ?? [''];
  const all: Record<string, FileRecord[string]> = {};
  for (const reader of run.readers ?? []) {
    if (reader.key === asset.key) for (const key of keys) Object.assign(all, run.ledger.files(asset.key, key));
    else if (reader.deps.includes(asset.key)) Object.assign(all, run.ledger.filesRead(reader.key, asset.key, keys));
  }
  return all;
}

/** The file of an asset that others make lies where it says: nothing of it is stored here. */
function externalFile(run: RunContext, asset: Asset): SqlSource | undefined {
  const [only] = asset.outputs;
  const path = only && evaluate(run, only.path, asset, `outputs of ${asset.key}`);
  return path?.ok ? { kind: 'files', paths: [`${run.root}/${path.value}`] } : undefined;
}

/** Files that DuckDB can read in the place of a relation. */
export function filesSource(run: RunContext, files: FileRecord): SqlSource | undefined {
  const paths = Object.keys(files).map((path) => `${run.root}/${path}`);
  return paths.length === 0 ? undefined : { kind: 'files', paths };
}

/** An asset's relation with the schema of its connection's target filled in. */
export function relationIn(run: RunContext, asset: Asset): Relation {
  const relation = asset.relation!;
  if (relation.schema !== undefined || asset.connection === undefined) return relation;
  const target = targetOf(run, asset.connection);
  return target.ok ? relationOn(target.value, relation) : relation;
}

export interface MaterializedFacts {
  readonly asset: Asset;
  readonly dataVersion: string;
  readonly files?: FileRecord;
  readonly rows?: number;
  readonly metadata: Readonly<Record<string, Json>>;
  readonly durationMs: number;
  /** The partition that it is; absent = the asset has none. */
  readonly partition?: string;
}

type UpstreamRead = Record<AssetKey, { dataVersion: string; materialization?: string }>;

/** What an asset, or one partition of it, reads as things stand: of each upstream its version. */
export function upstreamRead(run: RunContext, asset: Asset, partition: string | undefined): UpstreamRead {
  const isCut = asset.partitions !== undefined;
  const versions =
    isCut || asset.deps.some((dep) => run.project.assets[dep]?.partitions)
      ? run.ledger.upstreamOf(asset, partition ?? '')
      : {};
  // Partitions are read by version alone: which of them, follows from the mapping. A key that reads nothing of an upstream
  // has used nothing of it.
  if (isCut) return Object.fromEntries(Object.entries(versions).map(([dep, dataVersion]) => [dep, { dataVersion }]));
  const upstream: UpstreamRead = {};
  for (const dep of asset.deps) {
    const current = run.published.get(dep);
    const cut = run.project.assets[dep]?.partitions === undefined ? undefined : versions[dep];
    if (cut !== undefined) upstream[dep] = { dataVersion: cut };
    else if (current) upstream[dep] = { dataVersion: current.dataVersion, materialization: current.materialization };
    else upstream[dep] = { dataVersion: 'external' };
  }
  return upstream;
}

export function versionsOf(upstream: UpstreamRead): Record<AssetKey, string> {
  return Object.fromEntries(Object.entries(upstream).map(([dep, { dataVersion }]) => [dep, dataVersion]));
}

/** Records that an asset, or one partition of it, was published; from here on downstream reads it. */
export function emitMaterialized(context: StepContext, facts: MaterializedFacts, at: string): void {
  const { run, planned } = context;
  const { asset, partition } = facts;
  const materialization = materializationId(run, asset.key, partition);
  const upstream = upstreamRead(run, asset, partition);
  const files = facts.files ?? {};
  if (partition === undefined) run.ledger.wholeMade(asset.key, facts.dataVersion);
  else
    run.ledger.made(asset.key, partition, {
      run: run.run,
      at,
      codeVersion: planned.codeVersion,
      dataVersion: facts.dataVersion,
      upstream: versionsOf(upstream),
      files,
    });
  run.published.set(asset.key, { materialization, dataVersion: facts.dataVersion, files });
  const event: EventDraft = {
    type: 'asset.materialized',
    at,
    run: run.run,
    epoch: run.epoch,
    step: planned.id,
    asset: asset.key,
    ...(partition === undefined ? {} : { partition }),
    materialization,
    codeVersion: planned.codeVersion,
    codeParts: planned.codeParts,
    ...(run.codeCommit === undefined ? {} : { codeCommit: run.codeCommit }),
    dataVersion: facts.dataVersion,
    upstream,
    ...(Object.keys(files).length === 0 ? {} : { files }),
    ...(asset.connection !== undefined && run.keptFile(asset.connection) ? { connection: asset.connection } : {}),
    ...(facts.rows === undefined ? {} : { rows: facts.rows }),
    metadata: facts.metadata,
    durationMs: facts.durationMs,
    ...(run.ignoreBlocking ? { ignoredBlocking: true } : {}),
  };
  context.emit(event);
}

/** The checks of an asset that SQL can judge: everything but scripts and what a step reports. */
export function isSqlCheck(check: Check): boolean {
  return check.kind.type !== 'run' && check.kind.type !== 'reported' && check.kind.type !== 'multi';
}
