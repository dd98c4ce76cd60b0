import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { findPlan } from '../adapters/plan-files.ts';
import type { KnownRun } from '../app/claim-run.ts';
import { type AppFailure, inputFailure } from '../app/failure.ts';
import { type LeftOfRun, leftOfRuns } from '../app/made-good.ts';
import { nothingOf, type RequestPart, type RequestParts } from '../app/partition-runs.ts';
import { buildPlanning, type RunOptions, requestOf } from '../app/planning.ts';
import { partsOfRequest } from '../app/request-parts.ts';
import { knownText } from '../app/run-message.ts';
import type { RunOutcome, RunSettings } from '../app/run-ports.ts';
import { runRequest, type TriedRun } from '../app/run-request.ts';
import { cliIdentity } from '../app/wanted-run.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { type OpenProject, openHost, openProject } from '../compose/open-project.ts';
import { branchRefusal, interruptSignal } from '../compose/surroundings.ts';
import { openWorld, type World } from '../compose/wiring.ts';
import type { ManualRequest, Plan, RunRequest } from '../model/plan.ts';
import type { Host } from '../ports.ts';
import { parseDuration } from '../time/duration.ts';
import { printDiagnostics } from './check.ts';
import type { GlobalOptions } from './command.ts';
import { isConfirmed } from './confirm.ts';
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
    const own = { ...settings, failFast: options.failFast === true };
    // A plan that was previewed is one run.
    const asked: Result<RequestParts, AppFailure> =
      expected.value === undefined
        ? await partsOfRequest(world.run, own, request.value)
        : ok({ parts: [{ ...request.value, group: 1, after: [] }] });
    if (!asked.ok) return printFailure(host, asked.error, options.json);
    const { parts, leftOut } = asked.value;
    if (leftOut !== undefined) host.progress(leftOut);
    if (parts.length !== 1)
      return runParts(opened, world, own, {
        options,
        request: request.value,
        parts,
      });
    const { selection, partitions } = parts[0]!;
    const only = { ...request.value, selection, ...(partitions === undefined ? {} : { partitions }) };
    const outcome = await runOne(opened, world, own, { options, request: only, expected: expected.value });
    if (!outcome.ok) return printFailure(host, outcome.error, options.json);
    if (outcome.value.kind === 'known') return printKnown(opened, outcome.value, options.json);
    if (options.json) printJson({ version: 1, ...outcomeJson(outcome.value) });
    return exitCodeOf(outcome.value.tries, options.failOn, world.run.signal.aborted);
  });
}

interface OneRun {
  readonly options: RunCommandOptions;
  readonly request: ManualRequest;
  readonly expected?: Plan | undefined;
}

async function runOne(
  opened: OpenProject,
  world: World,
  settings: RunSettings,
  { options, request, expected }: OneRun,
): Promise<Result<TriedRun | KnownRun, AppFailure>> {
  const reporter = runReporter(opened, world, options.json === true);
  const outcome = await runRequest(world.run, settings, request, reporter, expected === undefined ? {} : { expected });
  reporter.end();
  if (!outcome.ok) return outcome;
  if (outcome.value.kind !== 'known') reporter.summary(outcome.value);
  return outcome;
}

/** It waited in the queue, and somebody else was faster. */
function printKnown({ host }: OpenProject, known: KnownRun, json: boolean | undefined): number {
  const { delivery } = known;
  if (json) printJson({ version: 1, run: delivery.run, state: delivery.kind === 'done' ? delivery.state : 'STARTED' });
  else host.print(knownText(known));
  return delivery.kind === 'done' && delivery.state === 'SUCCESS' ? 0 : 1;
}

/**
 * Several runs, one after the other: what definitions and policies do not let be one. One that fails stops those that
 * would read what it was to make, and no others.
 */
async function runParts(
  opened: OpenProject,
  world: World,
  settings: RunSettings,
  { options, request, parts }: OneRun & { readonly parts: readonly RequestPart[] },
): Promise<number> {
  const { host } = opened;
  const say = (text: string): void => (options.json ? undefined : host.print(text));
  if (parts.length === 0) {
    if (options.json) printJson({ version: 1, runs: [], leftOut: [] });
    say(nothingOf(options));
    return 0;
  }
  const failed = new Set<number>();
  const outcomes: TriedRun[] = [];
  const leftOut: RequestPart[] = [];
  for (const [index, part] of parts.entries()) {
    if (
      world.run.signal.aborted ||
      (settings.failFast && failed.size > 0) ||
      part.after.some((group) => failed.has(group))
    ) {
      failed.add(part.group);
      leftOut.push(part);
      continue;
    }
    say(
      `${index === 0 ? '' : '\n'}Run ${index + 1} of ${parts.length}${part.partitions === undefined ? '' : `: ${part.partitions}`}`,
    );
    const { selection, partitions } = part;
    const identity = index === 0 ? {} : cliIdentity(opened.clock.now(), randomBytes(10).toString('hex'));
    const { partitions: _all, ...rest } = request;
    const own = { ...rest, ...identity, selection, ...(partitions === undefined ? {} : { partitions }) };
    const outcome = await runOne(opened, world, settings, { options, request: own });
    if (!outcome.ok) return printFailure(host, outcome.error, options.json);
    if (outcome.value.kind === 'known') {
      const { delivery } = outcome.value;
      say(knownText(outcome.value));
      if (delivery.kind !== 'done' || delivery.state !== 'SUCCESS') failed.add(part.group);
      continue;
    }
    outcomes.push(outcome.value);
    if (outcome.value.state !== 'SUCCESS') failed.add(part.group);
  }
  const count = outcomes.filter(({ state }) => state === 'SUCCESS').length;
  const others = [
    outcomes.length > count ? `${outcomes.length - count} failed` : '',
    leftOut.length > 0 ? `${leftOut.length} left out` : '',
  ].filter((text) => text !== '');
  say(`\n${count} of ${parts.length} runs succeeded${others.length > 0 ? `; ${others.join(', ')}` : ''}.`);
  if (options.json)
    printJson({
      version: 1,
      runs: outcomes.map(outcomeJson),
      leftOut: leftOut.map(({ selection, partitions }) => ({ selection, partitions: partitions ?? null })),
    });
  const tries = outcomes.flatMap((outcome) => outcome.tries);
  const code = exitCodeOf(tries, options.failOn, world.run.signal.aborted);
  return Math.max(code, leftOut.length > 0 && options.failOn !== 'never' ? 1 : 0);
}

/** What was asked for: by a plan that was previewed, or by options. */
function wantedRequest(
  opened: OpenProject,
  options: RunCommandOptions,
  plan: Plan | undefined,
  world: World,
): Result<Extract<RunRequest, { kind: 'cli' }>, AppFailure> {
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
  const opened = await openProject(options);
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

/** Exit code of runs that were carried out together (docs/exit-codes.md): by what is left failed at the end. */
export function exitCodeOf(
  runs: readonly RunOutcome[],
  failOn: ExecutionOptions['failOn'],
  interrupted: boolean,
): number {
  if (interrupted && runs.length > 0) return 130;
  return Math.max(0, ...leftOfRuns(runs).map((left) => codeOf(left, failOn)));
}

function codeOf(outcome: LeftOfRun, failOn: ExecutionOptions['failOn']): number {
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
