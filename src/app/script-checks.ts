import { byText } from '../base/order.ts';
import { judge } from '../checks/judge.ts';
import type { Asset, Check, MultiCheck } from '../model/project.ts';
import type { ReportedCheck, StepReport } from '../run/step-report.ts';
import type { FileRecord } from './outputs.ts';
import type { CheckResult } from './sql-judge.ts';
import { judgeSqlChecksOf } from './sql-step.ts';
import { isSqlCheck, type StepContext } from './step-context.ts';
import { errored } from './step-events.ts';
import { runOne, type Script } from './step-script.ts';

/** All results of an asset's checks that match: SQL, scripts, and what its own step reported. */
export async function judgeAsset(
  context: StepContext,
  asset: Asset,
  report: StepReport,
  files: FileRecord,
  which: (check: Check) => boolean,
): Promise<readonly CheckResult[]> {
  const reported = asset.checks
    .filter((check) => check.kind.type === 'reported' && which(check))
    .map((check) => reportedResult(check, report, context.run.partition?.keys));
  const sql = await judgeSqlChecksOf(context, asset, (check) => isSqlCheck(check) && which(check), files);
  return [...reported, ...sql, ...(await judgeScripts(context, asset, which))];
}

/** What was said of the partition itself is nearer than what was said of all that the step makes. */
function reportedResult(check: Check, report: StepReport, partitions: readonly string[] | undefined): CheckResult {
  const all = report.checks.filter((result) => result.asset === check.asset && result.check === check.name);
  const own = all.find(({ partition }) => partition !== undefined && partitions?.includes(partition));
  const said = own ?? all.find(({ partition }) => partition === undefined);
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
    oidc: false,
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
    oidc: false,
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
