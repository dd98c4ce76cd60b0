import { byText } from '../base/order.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { isHolding } from '../checks/judge.ts';
import type { Failure } from '../model/failure.ts';
import { timestamp } from '../model/instant.ts';
import type { Asset, AssetKey, Check } from '../model/project.ts';
import type { SqlSession } from '../ports.ts';
import type { AssetReport, StepReport } from '../run/step-report.ts';
import { duckdbDataVersion, ROW_ALIAS } from '../sql/data-version.ts';
import { quoteRelation } from '../sql/quote.ts';
import { keyProblem } from '../time/partitions/keys.ts';
import { rowsOf } from './partition-rows.ts';
import { zonedColumns } from './publish-partitions.ts';
import type { ScriptResult } from './run-script.ts';
import { judgeAsset } from './script-checks.ts';
import { attemptFailure } from './sql-failure.ts';
import type { CheckResult } from './sql-judge.ts';
import { ensureStamps, writeStampOnly } from './sql-publish.ts';
import { openSession } from './sql-step.ts';
import {
  atPartition,
  emitMaterialized,
  materializationId,
  type RunContext,
  relationIn,
  type StepContext,
  type StepEnd,
  targetOf,
} from './step-context.ts';
import { emitChecks } from './step-events.ts';
import { collectStepOutputs, publishStepOutputs, putBackOutputs } from './step-outputs.ts';
import { dynamicSets } from './step-partition.ts';
import { runOne } from './step-script.ts';

/** Makes assets by a script: runs it, takes what it wrote and said, judges files before they are published. */
export async function runScriptStep(context: StepContext): Promise<StepEnd> {
  const { run, step, assets } = context;
  const startedAt = run.clock.now();
  const release = await holdConnection(run, step.connection);
  if (!release.ok) return { failure: release.error, failedAssets: assets.map((asset) => asset.key) };
  let result: Result<ScriptResult, Failure>;
  try {
    result = await runOwnScript(context);
  } finally {
    release.value();
  }
  const durationMs = run.clock.now() - startedAt;
  if (!result.ok) return { failure: result.error, failedAssets: assets.map((asset) => asset.key) };
  const unknown = addDynamicKeys(context, result.value.report);
  if (unknown) return { failure: unknown, failedAssets: assets.map((asset) => asset.key) };
  return takeIn(context, result.value, durationMs);
}

/** Keys that the step has found for dynamic definitions. */
function addDynamicKeys({ run, emit }: StepContext, report: StepReport): Failure | undefined {
  const drafts = Object.entries(report.dynamicKeys ?? {});
  // Few steps find any; to look through a large project after each of its steps would be most of their price.
  if (drafts.length === 0) return undefined;
  const sets = dynamicSets(run.project);
  // All are judged before any is added.
  for (const [name, added] of drafts) {
    const set = sets.get(name);
    const problem =
      set === undefined
        ? `no partitions are \`dynamic: ${name}\``
        : added.map((key) => keyProblem(key, set.isDimension)).find((each) => each !== undefined);
    if (problem !== undefined)
      return { class: 'step', code: 'report-invalid', message: `the step adds keys to \`${name}\`, and ${problem}` };
  }
  for (const [name, added] of drafts)
    emit({
      type: 'partitions.changed',
      at: timestamp(run.clock.now()),
      run: run.run,
      epoch: run.epoch,
      name,
      added,
      removed: [],
    });
  return undefined;
}

/** While a script may write to a connection, the engine's own handle of it is closed (one process per DuckDB file). */
async function holdConnection(run: RunContext, connection: string | undefined): Promise<Result<() => void, Failure>> {
  if (connection === undefined) return ok(() => {});
  const target = targetOf(run, connection);
  if (!target.ok) return target;
  return ok(target.value.type === 'duckdb' ? await run.sql.exclusive(target.value) : () => {});
}

async function runOwnScript(context: StepContext): Promise<Result<ScriptResult, Failure>> {
  const { step, assets } = context;
  const checks = Object.fromEntries(
    assets.map((asset) => [
      asset.key,
      asset.checks.filter((check) => check.kind.type === 'reported').map((check) => check.name),
    ]),
  );
  const action = step.action;
  if (action.kind !== 'run') throw new Error(`step ${step.name} has no script`);
  return runOne(context, {
    ...action,
    name: step.name,
    env: step.env,
    secrets: step.secrets,
    oidc: step.oidc,
    checks,
    log: step.name,
    ...(step.timeoutMs === undefined ? {} : { timeoutMs: step.timeoutMs }),
  });
}

/** Which assets a script has made, and what becomes of each. */
async function takeIn(context: StepContext, result: ScriptResult, durationMs: number): Promise<StepEnd> {
  const { assets } = context;
  const { report, failure } = result;
  const failedAssets: AssetKey[] = [];
  const failedPartitions = new Set<string>();
  let first: Failure | undefined = failure;
  for (const asset of [...assets].sort((a, b) => byText(a.key, b.key))) {
    if (context.run.partition) {
      const lacking = await takeInPartitions(context, asset, result, durationMs);
      if (lacking.keys.length === 0) continue;
      failedAssets.push(asset.key);
      for (const key of lacking.keys) failedPartitions.add(key);
      first ??= lacking.failure;
      continue;
    }
    const handedOver = report.assets[asset.key]?.materialized === true;
    if (failure ? !handedOver : asset.skippable && !handedOver) {
      if (failure) {
        failedAssets.push(asset.key);
        await putBackOutputs(context, asset);
      } else skipUnreported(context, asset);
      continue;
    }
    const refused = await publishAsset(context, asset, report, durationMs);
    if (!refused) continue;
    failedAssets.push(asset.key);
    first ??= refused;
  }
  return {
    ...(first === undefined ? {} : { failure: first }),
    failedAssets,
    ...(failedPartitions.size === 0 ? {} : { failedPartitions: [...failedPartitions] }),
  };
}

/**
 * Partitions one after the other: each is judged and published for itself. Of a step that failed, those are published
 * that it had handed over by then (semantics.md 5: each partition's result as it completes).
 */
async function takeInPartitions(
  context: StepContext,
  asset: Asset,
  { report, failure }: ScriptResult,
  durationMs: number,
): Promise<{ readonly keys: readonly string[]; readonly failure?: Failure }> {
  const { keys } = context.run.partition!;
  const handedOver = report.assets[asset.key]?.partitions ?? {};
  const lacking: string[] = [];
  let first: Failure | undefined;
  for (const key of keys) {
    const at = atPartition(context, key);
    if (failure && !Object.hasOwn(handedOver, key)) {
      lacking.push(key);
      await putBackOutputs(at, asset);
      continue;
    }
    const refused = await publishAsset(at, asset, report, Math.round(durationMs / keys.length));
    if (!refused) continue;
    lacking.push(key);
    first ??= keys.length === 1 ? refused : { ...refused, message: `${key}: ${refused.message}` };
  }
  return { keys: lacking, ...(first ? { failure: first } : {}) };
}

/** A `skippable` asset that a successful step did not hand over: there was nothing new for it. */
function skipUnreported({ run, planned, emit }: StepContext, asset: Asset): void {
  emit({
    type: 'step.skipped',
    at: timestamp(run.clock.now()),
    run: run.run,
    epoch: run.epoch,
    step: planned.id,
    assets: [asset.key],
    reason: 'up_to_date',
    cause: 'its step did not report it',
  });
}

/** Judges what can be judged before publication, publishes, judges the rest. Yields why it was not published. */
async function publishAsset(
  context: StepContext,
  asset: Asset,
  report: StepReport,
  durationMs: number,
): Promise<Failure | undefined> {
  const outputs = await collectStepOutputs(context, asset);
  if (!outputs.ok) {
    await putBackOutputs(context, asset);
    return outputs.error;
  }
  const { files } = outputs.value;
  // What went into a database is published already; files are published when their blocking checks have passed.
  const audited = Object.keys(files).length > 0 && !asset.relation && asset.publish === 'audit';
  const early = audited ? await judgeAsset(context, asset, report, files, (check) => check.blocking) : [];
  const holding = early.filter((result) =>
    isHolding(asset.checks.find((check) => check.name === result.check)!, result),
  );
  if (holding.length > 0) {
    const rest = await judgeAsset(context, asset, report, files, (check) => !check.blocking);
    emitChecks(context, [...early, ...rest], 'audit');
    await putBackOutputs(context, asset);
    return notPublished(early, holding);
  }
  const kept = await publishStepOutputs(context, asset, files);
  if (!kept.ok) return kept.error;
  const partition = context.run.partition?.keys[0];
  const said = saidOf(report, asset.key, partition);
  const version = await versionOf(context, asset, said?.dataVersion ?? outputs.value.dataVersion);
  if (!version.ok) return version.error;
  const rows = said?.rows ?? version.value.rows;
  const unstamped = await stampTable(context, asset, version.value.dataVersion);
  if (unstamped) return unstamped;
  emitMaterialized(
    context,
    {
      asset,
      ...(partition === undefined ? {} : { partition }),
      dataVersion: version.value.dataVersion,
      files: kept.value,
      ...(rows === undefined ? {} : { rows }),
      metadata: said?.metadata ?? {},
      durationMs,
    },
    timestamp(context.run.clock.now()),
  );
  emitChecks(context, early, 'published');
  const late = audited ? (check: Check): boolean => !check.blocking : () => true;
  const results = await judgeAsset(context, asset, report, files, late);
  emitChecks(
    context,
    [...results].sort((a, b) => Number(b.blocking) - Number(a.blocking)),
    'published',
  );
  return undefined;
}

/** What a step reported of an asset; of a partition, with what it said of the asset as a whole below it. */
function saidOf(report: StepReport, asset: AssetKey, partition: string | undefined): AssetReport | undefined {
  const whole = report.assets[asset];
  const own = partition === undefined ? undefined : whole?.partitions?.[partition];
  return own && whole ? { ...whole, ...own, metadata: { ...whole.metadata, ...own.metadata } } : whole;
}

/**
 * The engine's mark beside a table that a script made, in a database file that is kept between runs: whether a file that
 * comes back holds it is known by that alone.
 */
async function stampTable(
  { run, planned }: StepContext,
  asset: Asset,
  dataVersion: string,
): Promise<Failure | undefined> {
  const { connection } = asset;
  if (connection === undefined || !run.keptFile(connection) || !isInTable(asset)) return undefined;
  const session = await openSession(run, connection, planned.id);
  if (!session.ok) return session.error;
  try {
    const ensured = await ensureStamps(session.value);
    const stamp = {
      environment: run.environment,
      asset: asset.key,
      partition: run.partition?.keys[0] ?? '',
      materialization: materializationId(run, asset.key, run.partition?.keys[0]),
      dataVersion,
      at: timestamp(run.clock.now()),
    };
    const done = ensured.ok ? await writeStampOnly(session.value, stamp, relationIn(run, asset)) : ensured;
    return done.ok ? undefined : attemptFailure(done.error);
  } finally {
    await session.value.close();
  }
}

/** Is what a script makes a table, as far as anybody knows? */
function isInTable(asset: Asset): boolean {
  return asset.relation !== undefined && asset.materialized !== 'none';
}

function notPublished(results: readonly CheckResult[], holding: readonly CheckResult[]): Failure {
  const blocking = results.filter((result) => result.blocking);
  const first = holding[0]!;
  const could = holding.every((result) => result.status === 'ERRORED');
  return {
    class: 'step',
    code: could ? 'check-errored' : 'check-failed',
    message: `not published: ${holding.length} of ${blocking.length} blocking ${blocking.length === 1 ? 'check' : 'checks'} ${could ? 'could not be judged' : 'failed'} (${first.check}: ${first.message})`,
  };
}

/** An asset's table, of a partition its rows where `partition_expr` finds them. */
async function rowsIn(run: RunContext, asset: Asset, session: SqlSession): Promise<string> {
  const relation = relationIn(run, asset);
  const table = quoteRelation(relation);
  const { partition } = run;
  const rows = partition && rowsOf(asset, partition.partitions, partition.keys, await zonedColumns(session, relation));
  return rows === undefined ? table : `(select * from ${table} where ${rows})`;
}

/** Data version by semantics.md 13: reported, else of the files, else of the table, else the materialization. */
async function versionOf(
  context: StepContext,
  asset: Asset,
  known: string | undefined,
): Promise<Result<{ readonly dataVersion: string; readonly rows?: number }, Failure>> {
  const { run } = context;
  if (known !== undefined) return ok({ dataVersion: known });
  const materialization = materializationId(run, asset.key, run.partition?.keys[0]);
  if (!asset.relation || asset.connection === undefined || asset.materialized === 'none')
    return ok({ dataVersion: materialization });
  const session = await openSession(run, asset.connection, asset.key);
  if (!session.ok) return session;
  try {
    const { dialect, engineVersion } = session.value;
    // Postgres has no hash of rows that is stable and cheap: there the materialization is the version.
    const version = dialect === 'duckdb' ? duckdbDataVersion(engineVersion) : 'null';
    const from = await rowsIn(run, asset, session.value);
    const answer = await session.value.query(`select count(*), ${version} from ${from} as ${ROW_ALIAS}`);
    if (!answer.ok) {
      return fail({
        class: 'step',
        code: 'relation-missing',
        message: `it ended well and its table ${quoteRelation(relationIn(run, asset))} cannot be read: ${answer.error.message}. If it makes no table, write \`materialized: none\`; if the table has another name, write \`relation:\``,
      });
    }
    const [rows, dataVersion] = answer.value.rows[0] ?? [];
    return ok({ dataVersion: typeof dataVersion === 'string' ? dataVersion : materialization, rows: Number(rows) });
  } finally {
    await session.value.close();
  }
}
