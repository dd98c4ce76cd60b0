import { ok, type Result } from '../base/result.ts';
import type { Failure } from '../model/failure.ts';
import type { AssetKey, Template } from '../model/project.ts';
import { runScript, type ScriptResult } from './run-script.ts';
import { evaluate, type StepContext } from './step-context.ts';
import { partitionVariables, pipesPartition } from './step-partition.ts';

/** A script that a step runs: its own, or that of a check. */
export interface Script {
  readonly run: string;
  readonly shell: string;
  readonly workingDirectory?: string;
  readonly name: string;
  readonly env: Readonly<Record<string, Template>>;
  readonly secrets: readonly string[];
  /** It may ask GitHub for OIDC tokens. */
  readonly oidc: boolean;
  readonly timeoutMs?: number;
  readonly checks: Readonly<Record<AssetKey, readonly string[]>>;
  /** Part of the log file's name. */
  readonly log: string;
}

/** Runs one script of the step in the environment that a step sees. */
export async function runOne(context: StepContext, script: Script): Promise<Result<ScriptResult, Failure>> {
  const { run, assets, planned, attempt, signal } = context;
  const env = environmentLayers(context, script);
  if (!env.ok) return env;
  const { job } = run.plan;
  // A job that says so gives its steps the right, for its own runs.
  const oidc = script.oidc || (job !== undefined && run.project.jobs[job]?.oidc === true);
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
          step: { name: script.name, env: script.env, secrets: script.secrets, oidc },
          env: env.value,
          assets: assets.map((asset) => asset.key),
          runId: run.run,
          attempt,
          environment: run.environment,
          ...(job === undefined ? {} : { job }),
          fullRefresh: run.fullRefresh,
          ...(run.partition
            ? { partition: { variables: partitionVariables(run.partition), pipes: pipesPartition(run.partition) } }
            : {}),
          codeVersions: Object.fromEntries(assets.map((asset) => [asset.key, planned.codeVersion])),
        },
        checks: script.checks,
        ...(run.partition ? { partitions: run.partition.keys } : {}),
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
