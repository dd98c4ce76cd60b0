import { fail, ok, type Result } from '../base/result.ts';
import type { Failure } from '../model/failure.ts';
import { timestamp } from '../model/instant.ts';
import type { PartitionsDef } from '../model/partitions.ts';
import type { Asset, Check } from '../model/project.ts';
import { partitionName } from '../plan/partitioned.ts';
import type { SqlSession } from '../ports.ts';
import { evaluateExpression } from '../project/expressions.ts';
import { compileSqlTemplate, type SqlPart as WrittenSqlPart } from '../project/sql-template.ts';
import { bindPartition, type PartitionBinds } from '../sql/partition-binds.ts';
import type { SqlPart, SqlTemplate } from '../sql/render.ts';
import { connectionOf } from './check-reads.ts';
import { judgePublished } from './judge-published.ts';
import { unlessLost } from './lost-checks.ts';
import { materializeSql } from './materialize-sql.ts';
import type { FileRecord } from './outputs.ts';
import { rowsOf, rowsOfAny, type ZonedColumns } from './partition-rows.ts';
import { type KeepOnly, zonedColumns } from './publish-partitions.ts';
import type { SqlMaterialization, SqlMaterializationInput, SqlStage } from './sql-attempt.ts';
import { attemptFailure, type SqlOrigin } from './sql-failure.ts';
import type { CheckResult, SqlCheck } from './sql-judge.ts';
import {
  atPartition,
  contextsOf,
  emitMaterialized,
  evaluate,
  expressionFailure,
  filesSource,
  isSqlCheck,
  materializationId,
  queryTag,
  type RunContext,
  relationIn,
  type StepContext,
  type StepEnd,
  sourceOf,
  targetOf,
} from './step-context.ts';
import { emitChecks, emitPartitions, emitResults, errored } from './step-events.ts';
import { collectStepOutputs, publishStepOutputs, putBackOutputs } from './step-outputs.ts';
import type { StepPartition } from './step-partition.ts';

/** Makes an asset by SQL: write–audit–publish, its checks, and any files that its statements wrote. */
export async function runSqlStep(
  context: StepContext,
  onStage?: (stage: SqlStage) => void | Promise<void>,
): Promise<StepEnd> {
  const { run } = context;
  if (run.partition && run.partition.keys.length > 1 && isOneByOne(context)) return runEach(context);
  return runSqlOnce(context, onStage);
}

/** Whether the SQL can only be meant for one partition at a time. */
function isOneByOne({ run, step, assets }: StepContext): boolean {
  const asset = assets[0]!;
  if (run.partition!.partitions.def.kind === 'multi') return true;
  // What statements alone do, and what they write into files, is for the key that they are told.
  if (asset.materialized === 'none' || asset.outputs.length > 0) return true;
  const texts = [step.action, ...asset.checks.map(({ kind }) => kind)].map((part) => ('text' in part ? part.text : ''));
  return texts.some((text) => /\$partition_key\b|\bpartition\.keys?\b/.test(text));
}

/** One partition after the other; one that fails stops none of the others. */
async function runEach(context: StepContext): Promise<StepEnd> {
  const { keys } = context.run.partition!;
  const lacking: string[] = [];
  let first: Failure | undefined;
  for (const key of keys) {
    if (context.signal.aborted) {
      lacking.push(...keys.slice(keys.indexOf(key)));
      first ??= { class: 'cancel', code: 'canceled', message: `canceled before ${key}` };
      break;
    }
    const { failure } = await runSqlOnce(atPartition(context, key));
    if (failure === undefined) continue;
    lacking.push(key);
    first ??= { ...failure, message: `${key}: ${failure.message}` };
  }
  if (first === undefined) return { failedAssets: [] };
  return { failure: first, failedAssets: [context.assets[0]!.key], failedPartitions: lacking };
}

async function runSqlOnce(context: StepContext, onStage?: (stage: SqlStage) => void | Promise<void>): Promise<StepEnd> {
  const { run, step, signal } = context;
  const asset = context.assets[0]!;
  const failed = (failure: Failure): StepEnd => ({ failure, failedAssets: [asset.key] });
  const action = step.action;
  if (action.kind !== 'sql') throw new Error(`step ${step.name} has no SQL`);
  const startedAt = run.clock.now();
  const template = sqlTemplate(run, asset, action.text, { env: step.env, of: step.name });
  if (!template.ok) return failed(template.error);
  // Those on another connection are judged after publication, when this session is given back.
  const own = sqlChecks(run, asset, (check) => connectionOf(check, asset) === step.connection);
  const checks = await unlessLost(context, asset, own);
  const partition = await partitionInput(run, asset);
  const session = await openSession(run, step.connection, step.name);
  if (!session.ok) return failed(session.error);
  try {
    const origin: SqlOrigin = { template: template.value, startsAt: action.startsAt };
    const done = await materializeSql(session.value, {
      asset: asset.key,
      environment: run.environment,
      ...(asset.materialized === 'none' || !asset.relation ? {} : { relation: relationIn(run, asset) }),
      materialized: asset.materialized,
      publish: asset.publish,
      origin,
      checks,
      source: sourceOf(run, step.connection),
      materialization: materializationId(run, asset.key),
      codeVersion: context.planned.codeVersion,
      ...partition,
      upstream: Object.fromEntries(asset.deps.map((dep) => [dep, run.published.get(dep)?.dataVersion ?? 'external'])),
      clock: run.clock,
      signal,
      ...(step.timeoutMs === undefined ? {} : { timeoutMs: step.timeoutMs }),
      ...(onStage ? { onStage } : {}),
    });
    const isPublished = done.failure === undefined || done.partitions !== undefined;
    if (!isPublished) {
      emitResults(context, done, 'audit');
      await putBackOutputs(context, asset);
      return failed(done.failure!);
    }
    const end = await finish(context, asset, { ...done, dataVersion: done.dataVersion!, startedAt });
    if (done.failure === undefined || end.failure !== undefined) return end;
    const lacking = run.partition!.keys.filter((key) => !done.partitions?.has(key));
    return { failure: done.failure, failedAssets: [asset.key], failedPartitions: lacking };
  } finally {
    await session.value.close();
  }
}

interface Published extends Pick<SqlMaterialization, 'rows' | 'checks' | 'checksOf' | 'partitions'> {
  readonly dataVersion: string;
  readonly startedAt: number;
}

/** The partitions that SQL is to replace: one without a table has none to replace. */
async function partitionInput(run: RunContext, asset: Asset): Promise<Pick<SqlMaterializationInput, 'partition'>> {
  const { partition } = run;
  if (partition === undefined || asset.materialized === 'none') return {};
  return {
    partition: {
      // `check` asks for `partition_expr` where a table is cut.
      rowsOf: (keys, zoned) => rowsOf(asset, partition.partitions, keys, zoned)!,
      partitions: partition.keys.map((key) => ({ key, materialization: materializationId(run, asset.key, key) })),
      ...(await keepOnlyKnown(run, asset, partition.partitions.def)),
    },
  };
}

/**
 * What a full refresh leaves of a table that holds more than this state knows: what it has made, and nobody has written over
 * since. A table without strangers is left alone: rows without any stamp may be somebody's own.
 */
async function keepOnlyKnown(
  run: RunContext,
  asset: Asset,
  def: PartitionsDef,
): Promise<{ readonly keepOnly?: KeepOnly }> {
  if (!run.fullRefresh || asset.connection === undefined) return {};
  const unknown = await run.lostLook.unknown(asset.connection);
  const others = new Set(unknown.flatMap((data) => (data.asset === asset.key ? [data.key] : [])));
  if (others.size === 0) return {};
  const isKnown = (key: string): boolean => !others.has(key) || run.ledger.isMadeHere(partitionName(asset.key, key));
  const keys = run.ledger.madeKeys(asset.key).filter(isKnown);
  return { keepOnly: { keys, rowsOf: (of, zoned) => rowsOfAny(asset, def, of, zoned) } };
}

/** After publication: files that the statements wrote, the event, the results. */
async function finish(context: StepContext, asset: Asset, done: Published): Promise<StepEnd> {
  const outputs = await collectStepOutputs(context, asset);
  if (!outputs.ok) return { failure: outputs.error, failedAssets: [asset.key] };
  const saved = await publishStepOutputs(context, asset, outputs.value.files);
  if (!saved.ok) return { failure: saved.error, failedAssets: [asset.key] };
  const now = context.run.clock.now();
  // Statements alone have no data version of their own: what they wrote is the better one.
  const dataVersion =
    asset.materialized === 'none' && outputs.value.dataVersion !== undefined
      ? outputs.value.dataVersion
      : done.dataVersion;
  if (context.run.partition) {
    const { partitions } = done;
    emitPartitions(context, asset, {
      dataVersion,
      ...(partitions ? { partitions, keys: [...partitions.keys()] } : {}),
      files: saved.value,
      durationMs: now - done.startedAt,
    });
    emitResults(context, done, 'published');
    return { failedAssets: [] };
  }
  emitMaterialized(
    context,
    {
      asset,
      dataVersion,
      files: saved.value,
      ...(done.rows === undefined ? {} : { rows: done.rows }),
      metadata: {},
      durationMs: now - done.startedAt,
    },
    timestamp(now),
  );
  emitChecks(context, done.checks, 'published');
  return { failedAssets: [] };
}

/** A session on the connection that a step or check names; DuckDB in memory where it names none. */
export async function openSession(
  run: RunContext,
  connection: string | undefined,
  name: string,
): Promise<Result<SqlSession, Failure>> {
  const target =
    connection === undefined
      ? ok({ type: 'duckdb' as const, path: ':memory:', extensions: [] })
      : targetOf(run, connection);
  if (!target.ok) return target;
  const opened = await run.sql.open(target.value, { tag: queryTag(run, name), onProgress: run.say });
  return opened.ok ? opened : fail(attemptFailure(opened.error));
}

/** Judges the SQL checks of an asset that is published already (a table made by a script, files). */
export async function judgeSqlChecksOf(
  context: StepContext,
  asset: Asset,
  which: (check: Check) => boolean,
  files?: FileRecord,
): Promise<readonly CheckResult[]> {
  const checks = asset.checks.filter((check) => isSqlCheck(check) && which(check));
  const results: CheckResult[] = [];
  for (const connection of new Set(checks.map((check) => connectionOf(check, asset)))) {
    const here = checks.filter((check) => connectionOf(check, asset) === connection);
    results.push(...(await judgeOn(context, asset, connection, here, files)));
  }
  return results;
}

/** Files that an attempt has just written are judged before they are published: they stand in for the asset's own. */
function sourceWith(
  run: RunContext,
  connection: string | undefined,
  asset: Asset,
  files: FileRecord | undefined,
): ReturnType<typeof sourceOf> {
  const source = sourceOf(run, connection);
  const own = files && filesSource(run, files);
  return own ? (key) => (key === asset.key ? own : source(key)) : source;
}

async function judgeOn(
  context: StepContext,
  asset: Asset,
  connection: string | undefined,
  checks: readonly Check[],
  files: FileRecord | undefined,
): Promise<readonly CheckResult[]> {
  const { run, signal } = context;
  const erroredAll = (message: string): CheckResult[] => checks.map((check) => errored(check, message));
  const compiled = await unlessLost(
    context,
    asset,
    sqlChecks(run, asset, (check) => checks.includes(check)),
  );
  const session = await openSession(run, connection, asset.key);
  if (!session.ok) return erroredAll(session.error.message);
  try {
    const judged = await judgePublished(session.value, {
      asset: asset.key,
      ...(run.partition && asset.relation && connection === asset.connection
        ? rowsInput(asset, run.partition, await zonedColumns(session.value, relationIn(run, asset)))
        : {}),
      checks: compiled,
      source: sourceWith(run, connection, asset, files),
      clock: run.clock,
      signal,
    });
    return judged.results;
  } finally {
    await session.value.close();
  }
}

function rowsInput(asset: Asset, partition: StepPartition, zoned: ZonedColumns): { readonly rows?: string } {
  const rows = rowsOf(asset, partition.partitions, partition.keys, zoned);
  return rows === undefined ? {} : { rows };
}

/** The SQL checks of an asset, each with its own select compiled for this environment. One whose values are not there cannot be judged. */
function sqlChecks(run: RunContext, asset: Asset, which: (check: Check) => boolean): SqlCheck[] {
  return asset.checks
    .filter((candidate) => isSqlCheck(candidate) && which(candidate))
    .map((check) => {
      if (check.kind.type !== 'sql') return { check };
      const own = { env: check.env, of: `check ${check.name} of ${asset.key}` };
      const template = sqlTemplate(run, asset, check.kind.text, own);
      return template.ok ? { check, template: template.value } : { check, problem: template.error.message };
    });
}

function bindsOf({ keys, window }: StepPartition): PartitionBinds {
  return {
    ...(keys.length === 1 ? { partition_key: keys[0]! } : {}),
    ...(window ? { partition_start: window.startWall, partition_end: window.endWall } : {}),
  };
}

/** `env` of the asset or check itself, which is nearer than the project's. */
interface OwnEnv {
  readonly env: Readonly<Record<string, string>>;
  /** Whose, in messages. */
  readonly of: string;
}

/** Of these variables, those that the SQL reads: one that is not needed may hold what is not set here. */
function ownEnv(
  run: RunContext,
  asset: Asset,
  parts: readonly WrittenSqlPart[],
  own: OwnEnv,
): Result<Record<string, string>, Failure> {
  const accesses = parts.flatMap((part) => (part.kind === 'bind' ? part.expression.accesses : []));
  const values: Record<string, string> = {};
  for (const [name, template] of Object.entries(own.env)) {
    // `env[…]` with a computed name may read any of them.
    if (!accesses.some(({ context, property }) => context === 'env' && (property ?? name) === name)) continue;
    const value = evaluate(run, template, asset, `env.${name} of ${own.of}`);
    if (!value.ok) return value;
    values[name] = value.value;
  }
  return ok(values);
}

/** SQL as its author wrote it, cut at its expressions; each value is evaluated here and becomes a bind variable. */
function sqlTemplate(run: RunContext, asset: Asset, text: string, own: OwnEnv): Result<SqlTemplate, Failure> {
  const compiled = compileSqlTemplate(text);
  if (!compiled.ok) return fail({ class: 'step', code: 'expression', message: compiled.error.message });
  const env = ownEnv(run, asset, compiled.value.parts, own);
  if (!env.ok) return env;
  const shared = contextsOf(run, asset);
  const contexts = { ...shared, env: { ...shared.env, ...env.value } };
  const parts: SqlPart[] = [];
  for (const part of compiled.value.parts) {
    if (part.kind !== 'bind') {
      parts.push(part);
      continue;
    }
    const value = evaluateExpression(part.expression, contexts);
    if (!value.ok)
      return fail(expressionFailure(value.error, `\${{ ${part.expression.source} }} in the SQL of ${asset.key}`));
    parts.push({ kind: 'bind', value: value.value, offset: part.offset });
  }
  const bound = bindPartition({ source: text, parts }, run.partition && bindsOf(run.partition));
  if (bound.ok) return bound;
  return fail({ class: 'step', code: 'expression', message: `the SQL of ${asset.key}: ${bound.error}` });
}
