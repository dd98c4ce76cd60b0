import { byText } from '../base/order.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { isHolding, judge } from '../checks/judge.ts';
import type { Failure } from '../model/failure.ts';
import { timestamp } from '../model/instant.ts';
import type { Asset, AssetKey, Check, MultiCheck, Template } from '../model/project.ts';
import type { ReportedCheck, StepReport } from '../run/step-report.ts';
import { duckdbDataVersion, ROW_ALIAS } from '../sql/data-version.ts';
import { quoteRelation } from '../sql/quote.ts';
import type { FileRecord } from './outputs.ts';
import { runScript, type ScriptResult } from './run-script.ts';
import type { CheckResult } from './sql-judge.ts';
import { emitChecks, errored, judgeSqlChecksOf, openSession } from './sql-step.ts';
import {
  emitMaterialized,
  evaluate,
  isSqlCheck,
  materializationId,
  type RunContext,
  relationIn,
  type StepContext,
  type StepEnd,
  targetOf,
} from './step-context.ts';
import { collectStepOutputs, publishStepOutputs, putBackOutputs } from './step-outputs.ts';

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
  return takeIn(context, result.value, durationMs);
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
    checks,
    log: step.name,
    ...(step.timeoutMs === undefined ? {} : { timeoutMs: step.timeoutMs }),
  });
}

interface Script {
  readonly run: string;
  readonly shell: string;
  readonly workingDirectory?: string;
  readonly name: string;
  readonly env: Readonly<Record<string, Template>>;
  readonly secrets: readonly string[];
  readonly timeoutMs?: number;
  readonly checks: Readonly<Record<AssetKey, readonly string[]>>;
  /** Part of the log file's name. */
  readonly log: string;
}

/** Runs one script of the step: its own, or that of a check. */
async function runOne(context: StepContext, script: Script): Promise<Result<ScriptResult, Failure>> {
  const { run, assets, planned, attempt, signal } = context;
  const env = environmentLayers(context, script);
  if (!env.ok) return env;
  return ok(
    await runScript(
      { processes: run.processes, scratch: run.scratch },
      {
        script: script.run,
        shell: script.shell,
        cwd: script.workingDirectory === undefined ? run.root : `${run.root}/${script.workingDirectory}`,
        ...(script.timeoutMs === undefined ? {} : { timeoutMs: script.timeoutMs }),
        log: `${run.logFolder}/${logName(script.log)}.log`,
        redactor: run.redactor,
        ...(run.onOutput ? { onOutput: (text: string) => run.onOutput?.(script.name, text) } : {}),
        environment: {
          host: run.env,
          secretNames: run.secretNames,
          step: { name: script.name, env: script.env, secrets: script.secrets },
          env: env.value,
          assets: assets.map((asset) => asset.key),
          runId: run.run,
          attempt,
          environment: run.environment,
          ...(run.plan.job === undefined ? {} : { job: run.plan.job }),
          codeVersions: Object.fromEntries(assets.map((asset) => [asset.key, planned.codeVersion])),
        },
        checks: script.checks,
      },
      signal,
    ),
  );
}

/** `env` of project, environment and step, evaluated, nearest last. */
function environmentLayers(context: StepContext, script: Script): Result<Record<string, string>[], Failure> {
  const { run, assets } = context;
  const layers: Record<string, string>[] = [];
  for (const layer of [run.project.env, run.project.environments[run.environment]?.env ?? {}, script.env]) {
    const values: Record<string, string> = {};
    for (const [name, template] of Object.entries(layer)) {
      const value = evaluate(
        run,
        template,
        assets.length === 1 ? assets[0] : undefined,
        `env.${name} of ${script.name}`,
      );
      if (!value.ok) return value;
      values[name] = value.value;
    }
    layers.push(values);
  }
  return ok(layers);
}

/** A step's name as a file's: `raw/orders` → `raw.orders`. */
function logName(name: string): string {
  return name
    .replaceAll('/', '.')
    .replace(/[^A-Za-z0-9_.-]/g, '_')
    .slice(0, 120);
}

/** Which assets a script has made, and what becomes of each. */
async function takeIn(context: StepContext, result: ScriptResult, durationMs: number): Promise<StepEnd> {
  const { assets } = context;
  const { report, failure } = result;
  const failedAssets: AssetKey[] = [];
  let first: Failure | undefined = failure;
  for (const asset of [...assets].sort((a, b) => byText(a.key, b.key))) {
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
  return { ...(first === undefined ? {} : { failure: first }), failedAssets };
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
  const refused = await publishStepOutputs(context, files);
  if (!refused.ok) return refused.error;
  const said = report.assets[asset.key];
  const version = await versionOf(context, asset, said?.dataVersion ?? outputs.value.dataVersion);
  if (!version.ok) return version.error;
  const rows = said?.rows ?? version.value.rows;
  emitMaterialized(
    context,
    {
      asset,
      dataVersion: version.value.dataVersion,
      files,
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

/** Data version by semantics.md 13: reported, else of the files, else of the table, else the materialization. */
async function versionOf(
  context: StepContext,
  asset: Asset,
  known: string | undefined,
): Promise<Result<{ readonly dataVersion: string; readonly rows?: number }, Failure>> {
  const { run } = context;
  if (known !== undefined) return ok({ dataVersion: known });
  const materialization = materializationId(run, asset.key);
  if (!asset.relation || asset.connection === undefined || asset.materialized === 'none')
    return ok({ dataVersion: materialization });
  const session = await openSession(run, asset.connection, asset.key);
  if (!session.ok) return session;
  try {
    const { dialect, engineVersion } = session.value;
    // Postgres has no hash of rows that is stable and cheap: there the materialization is the version.
    const version = dialect === 'duckdb' ? duckdbDataVersion(engineVersion) : 'null';
    const answer = await session.value.query(
      `select count(*), ${version} from ${quoteRelation(relationIn(run, asset))} as ${ROW_ALIAS}`,
    );
    if (!answer.ok) {
      return fail({
        class: 'step',
        code: 'relation-missing',
        message: `it ended well and its relation cannot be read: ${answer.error.message}`,
      });
    }
    const [rows, dataVersion] = answer.value.rows[0] ?? [];
    return ok({ dataVersion: typeof dataVersion === 'string' ? dataVersion : materialization, rows: Number(rows) });
  } finally {
    await session.value.close();
  }
}

/** All results of an asset's checks that match: SQL, scripts, and what its own step reported. */
async function judgeAsset(
  context: StepContext,
  asset: Asset,
  report: StepReport,
  files: FileRecord,
  which: (check: Check) => boolean,
): Promise<readonly CheckResult[]> {
  const reported = asset.checks
    .filter((check) => check.kind.type === 'reported' && which(check))
    .map((check) => reportedResult(check, report));
  const sql = await judgeSqlChecksOf(context, asset, (check) => isSqlCheck(check) && which(check), files);
  return [...reported, ...sql, ...(await judgeScripts(context, asset, which))];
}

function reportedResult(check: Check, report: StepReport): CheckResult {
  const said = report.checks.find((result) => result.asset === check.asset && result.check === check.name);
  return said ? resultOf(check, said, 0) : errored(check, 'its step reported no result for it');
}

function resultOf(check: Check, said: ReportedCheck, durationMs: number): CheckResult {
  const verdict =
    said.passed === undefined && said.value === undefined
      ? judge(check, { kind: 'raised', message: 'neither `passed` nor `value` was reported' })
      : judge(check, {
          kind: 'passed',
          passed: said.passed ?? true,
          ...(said.value === undefined ? {} : { value: said.value }),
          ...(said.message === undefined ? {} : { message: said.message }),
        });
  return {
    asset: check.asset,
    check: check.name,
    status: verdict.status,
    severity: verdict.severity,
    blocking: check.blocking,
    stage: 'published',
    ...(verdict.value === undefined ? {} : { value: verdict.value }),
    ...(said.of === undefined ? {} : { of: said.of }),
    message: verdict.message,
    metadata: said.metadata,
    durationMs,
  };
}

/** Checks by scripts: of one check (`run:`), and of several in one execution (`multi_checks`). */
export async function judgeScripts(
  context: StepContext,
  asset: Asset,
  which: (check: Check) => boolean,
): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  const multi = new Set<string>();
  for (const check of asset.checks.filter(which)) {
    if (check.kind.type === 'run')
      results.push(...(await judgeScript(context, asset, [check], scriptOf(check, asset))));
    if (check.kind.type === 'multi') multi.add(check.kind.multiCheck);
  }
  for (const name of [...multi].sort(byText)) {
    const definition = context.run.project.multiChecks[name];
    if (!definition) continue;
    const checks = asset.checks.filter((check) => check.kind.type === 'multi' && check.kind.multiCheck === name);
    const judged = await judgeScript(context, asset, checks, scriptOfMulti(definition));
    results.push(...judged.filter((result) => which(checks.find((check) => check.name === result.check)!)));
  }
  return results;
}

function scriptOf(check: Check, asset: Asset): Script {
  if (check.kind.type !== 'run') throw new Error(`check ${check.name} is no script`);
  const { run, shell, workingDirectory } = check.kind;
  return {
    run,
    shell,
    ...(workingDirectory === undefined ? {} : { workingDirectory }),
    name: asset.key,
    env: check.env,
    secrets: check.secrets,
    checks: { [asset.key]: [check.name] },
    log: `${asset.key}.${check.name}`,
    ...(check.timeoutMs === undefined ? {} : { timeoutMs: check.timeoutMs }),
  };
}

function scriptOfMulti(definition: MultiCheck): Script {
  const { run, shell, workingDirectory, name, env, secrets, timeoutMs, asset, checks } = definition;
  return {
    run,
    shell,
    ...(workingDirectory === undefined ? {} : { workingDirectory }),
    name,
    env,
    secrets,
    checks: { [asset]: checks },
    log: name,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

/**
 * Results of one execution. What the script reported counts; without a report, exit code 0 is a pass and 1 a fail of a
 * single check. Any other end, and a declared check that got no result of several, could not be judged.
 */
async function judgeScript(
  context: StepContext,
  asset: Asset,
  checks: readonly Check[],
  script: Script,
): Promise<readonly CheckResult[]> {
  // The script is about one asset, whatever else the step makes.
  const ran = await runOne({ ...context, assets: [asset] }, script);
  if (!ran.ok) return checks.map((check) => errored(check, ran.error.message));
  const { report, exit, failure } = ran.value;
  return checks.map((check) => {
    const said = report.checks.find((result) => result.check === check.name);
    if (failure && !(failure.code === 'exit-code' && (said || (checks.length === 1 && exit.code === 1))))
      return errored(check, failure.message);
    if (said) return resultOf(check, said, exit.durationMs);
    if (checks.length > 1) return errored(check, 'the script reported no result for it');
    const last = exit.tail.trimEnd().split('\n').at(-1) ?? '';
    const message = exit.code === 0 ? 'exit code 0' : `exit code ${exit.code}${last === '' ? '' : `: ${last}`}`;
    return resultOf(
      check,
      { asset: asset.key, check: check.name, passed: exit.code === 0, message, metadata: {} },
      exit.durationMs,
    );
  });
}
