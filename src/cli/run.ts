import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { findPlan } from '../adapters/plan-files.ts';
import { type AppFailure, inputFailure } from '../app/failure.ts';
import { buildPlanning, type RunOptions, requestOf } from '../app/planning.ts';
import { cliIdentity, type RunOutcome, type RunSettings } from '../app/run.ts';
import { knownText } from '../app/run-message.ts';
import { runRequest } from '../app/run-request.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { branchRefusal } from '../compose/surroundings.ts';
import { interruptSignal, type OpenProject, openHost, openProject, openWorld, type World } from '../compose/wiring.ts';
import type { Plan, RunRequest } from '../model/plan.ts';
import type { Host } from '../ports.ts';
import { parseDuration } from '../time/duration.ts';
import { printDiagnostics } from './check.ts';
import { isConfirmed } from './confirm.ts';
import type { GlobalOptions } from './main.ts';
import { printFailure, printJson } from './print.ts';
import { runReporter } from './run-reporter.ts';

export interface ExecutionOptions extends GlobalOptions {
  readonly environment: 'local' | 'production';
  readonly maxParallel?: number;
  readonly wait: string;
  readonly failOn: 'error' | 'warning' | 'never';
  readonly yes?: boolean;
  readonly logs?: boolean;
}
interface RunCommandOptions extends ExecutionOptions, RunOptions {
  readonly plan?: string;
  readonly failFast?: boolean;
}

/** `branchline run`. */
export async function run(options: RunCommandOptions): Promise<number> {
  return withWorld(options, {}, async (opened, world, settings) => {
    const { host } = opened;
    const expected =
      options.plan === undefined ? ok(undefined) : findPlan(join(world.privateFolder, 'plans'), options.plan);
    if (!expected.ok)
      return printFailure(
        host,
        inputFailure(expected.error.code, expected.error.message, expected.error.help),
        options.json,
      );
    const request = wantedRequest(opened, options, expected.value, world);
    if (!request.ok) return printFailure(host, request.error, options.json);
    const reporter = runReporter(opened, world, options.json === true);
    const outcome = await runRequest(
      world.run,
      { ...settings, failFast: options.failFast === true },
      request.value,
      reporter,
      expected.value === undefined ? {} : { expected: expected.value },
    );
    reporter.end();
    if (!outcome.ok) return printFailure(host, outcome.error, options.json);
    // It waited in the queue, and somebody else was faster.
    if (outcome.value.kind === 'known') {
      const { delivery } = outcome.value;
      if (options.json)
        printJson({ version: 1, run: delivery.run, state: delivery.kind === 'done' ? delivery.state : 'STARTED' });
      else host.print(`${knownText(outcome.value)}`);
      return delivery.kind === 'done' && delivery.state === 'SUCCESS' ? 0 : 1;
    }
    reporter.summary(outcome.value);
    if (options.json) printJson({ version: 1, ...outcomeJson(outcome.value) });
    return exitCodeOf(outcome.value, options.failOn, world.run.signal.aborted);
  });
}

/** What was asked for: by a plan that was previewed, or by options. */
function wantedRequest(
  opened: OpenProject,
  options: RunCommandOptions,
  plan: Plan | undefined,
  world: World,
): Result<RunRequest, AppFailure> {
  const identity = cliIdentity(opened.clock.now(), randomBytes(10).toString('hex'));
  if (plan === undefined) return requestOf(world.project, options, identity);
  const also = (['select', 'job', 'stale', 'withUpstream', 'ignoreBlocking', 'fullRefresh'] as const).filter(
    (name) => options[name] !== undefined,
  );
  if (also.length > 0)
    return fail(
      inputFailure(
        'plan-and-selection',
        '`--plan` says already what is to run.',
        'Leave the other options of the selection away.',
      ),
    );
  if (plan.request.kind !== 'cli')
    return fail(inputFailure('plan-of-schedule', 'This plan is a schedule’s; `branchline tick` runs it.'));
  return ok({ ...plan.request, ...identity });
}

/** Opens all that an executing command needs, asks before production is written, and closes it again. */
export async function withWorld(
  options: ExecutionOptions,
  more: { readonly now?: number },
  work: (opened: OpenProject, world: World, settings: RunSettings) => Promise<number>,
): Promise<number> {
  const opened = openProject(options);
  if (!opened.ok) return printFailure(openHost().host, opened.error, options.json);
  const { loaded, host, tree } = opened.value;
  if (!loaded.project) return printDiagnostics(opened.value, options.json);
  if (loaded.diagnostics.length > 0 && !options.json) printDiagnostics(opened.value);
  // Not to wait at all is fine here, though no duration of a manifest may be zero.
  const wait = /^0[smhd]?$/.test(options.wait) ? ok(0) : parseDuration(options.wait);
  if (!wait.ok)
    return printFailure(host, inputFailure('duration', `--wait ${options.wait}: ${wait.error}`), options.json);
  const refusal = await branchRefusal(opened.value.root, loaded.project, options.environment, process.env);
  if (refusal) return printFailure(host, refusal, options.json);
  if (!(await mayWrite(host, options)))
    return printFailure(
      host,
      inputFailure('not-confirmed', 'Nothing was run: production was not confirmed.', 'In a script say `--yes`.'),
      options.json,
    );
  const signal = interruptSignal(host);
  const world = await openWorld(opened.value, loaded.project, {
    environment: options.environment,
    signal,
    records: true,
    logs: options.logs ?? (!host.interactive && process.env['CI'] !== undefined && !options.json),
    ...more,
  });
  if (!world.ok) return printFailure(host, world.error, options.json);
  try {
    const settings: RunSettings = {
      planning: buildPlanning(loaded.project, tree),
      environment: options.environment,
      ...(world.value.codeCommit === undefined ? {} : { codeCommit: world.value.codeCommit.commit }),
      maxParallel: options.maxParallel ?? loaded.project.maxParallel ?? world.value.cores,
      failFast: false,
      waitMs: wait.value,
    };
    return await work(opened.value, world.value, settings);
  } finally {
    await world.value.close();
  }
}

/** Production is asked for on a terminal, and takes `--yes` elsewhere. */
async function mayWrite(host: Host, options: ExecutionOptions): Promise<boolean> {
  if (options.environment === 'local') return true;
  return isConfirmed(host, 'This writes production: its data and the state branch. Go on?', options.yes);
}

/** Exit code of a run (docs/exit-codes.md). */
export function exitCodeOf(
  outcome: Pick<RunOutcome, 'state' | 'counts'>,
  failOn: ExecutionOptions['failOn'],
  interrupted: boolean,
): number {
  if (interrupted) return 130;
  // What waits for the next tick did not fail, unless a part of it has.
  const hasFailed = outcome.state === 'QUEUED' ? outcome.counts.failed > 0 : outcome.state !== 'SUCCESS';
  if (hasFailed && failOn !== 'never') return 1;
  if (outcome.state === 'CANCELED') return 1;
  if (failOn === 'never') return 0;
  if (outcome.counts.checksFailed > 0) return 1;
  return failOn === 'warning' && outcome.counts.checksWarned > 0 ? 1 : 0;
}

/** A run as `--json` shows it (docs/json.md). */
export function outcomeJson(outcome: RunOutcome): Record<string, unknown> {
  const { plan, state, counts, durationMs, commit } = outcome;
  return {
    run: plan.runId,
    environment: plan.environment,
    state,
    counts,
    durationMs,
    planDigest: plan.digest,
    stateCommit: commit ?? null,
    events: outcome.drafts,
  };
}
