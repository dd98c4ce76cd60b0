import type { StepStarted } from '../model/events.ts';
import type { Failure } from '../model/failure.ts';
import { timestamp } from '../model/instant.ts';
import type { AssetKey, Check } from '../model/project.ts';
import { usedDigest } from '../model/versions.ts';
import { partitionName } from '../plan/partitioned.ts';
import { OVERDUE } from '../run/monitor.ts';
import { decideStepRetry } from '../run/step-retry.ts';
import { connectionOf } from './check-reads.ts';
import type { Emit } from './execute.ts';
import { prepareIncremental } from './incremental.ts';
import { commandFor } from './lost-advice.ts';
import { lostFiles, lostReads, recordLosses, withOwnTables } from './lost-reads.ts';
import { lostSelf } from './lost-self.ts';
import { judgeScripts } from './script-checks.ts';
import { runScriptStep } from './script-step.ts';
import { judgeSqlChecksOf, runSqlStep } from './sql-step.ts';
import {
  atPartition,
  type RunContext,
  type StepContext,
  type StepEnd,
  upstreamRead,
  versionsOf,
} from './step-context.ts';
import { emitChecks } from './step-events.ts';
import { restoreInputs } from './step-outputs.ts';
import { stepPartition } from './step-partition.ts';
import { unknownReads } from './unknown-reads.ts';

export interface ExecuteStepInput {
  readonly step: string;
  readonly assets: readonly AssetKey[];
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** From 1. */
  readonly attempt: number;
  /** Those of its attempts by which it had ended before it was to be made again: its policy counts from there. */
  readonly attemptsBefore: number;
  /** In [0, 1): spreads retries. */
  readonly random: () => number;
  /** Assets whose published data is gone. */
  readonly lost: ReadonlyMap<AssetKey, string>;
}

/**
 * Carries out one attempt of a step and records all that comes of it; one that its policy repeats ends without the step.
 * Never throws: what is a bug of ours fails the step and says so.
 */
export async function executeStep(run: RunContext, input: ExecuteStepInput): Promise<void> {
  const { step: id, emit, signal, attempt, attemptsBefore } = input;
  const startedAt = run.clock.now();
  const base = { run: run.run, epoch: run.epoch, step: id };
  const former = attemptsBefore > 0 ? { attemptsBefore } : {};
  emit({ ...base, type: 'step.started', at: timestamp(startedAt), attempt, ...former, ...versionsThere(run, input) });
  let end: StepEnd;
  try {
    end = await perform(run, input);
  } catch (error) {
    const message = `a bug of Branchline: ${error instanceof Error ? (run.env['BRANCHLINE_DEBUG'] ? error.stack : error.message) : String(error)}`;
    end = { failure: { class: 'infrastructure', code: 'internal', message }, failedAssets: input.assets };
  }
  const durationMs = run.clock.now() - startedAt;
  // Its run was at work for too long: that is a failure, and nothing is tried again in it.
  const isOverdue = signal.aborted && signal.reason === OVERDUE && end.failure !== undefined;
  const canceled = !isOverdue && (end.failure?.class === 'cancel' || (signal.aborted && end.failure !== undefined));
  const outcome = end.failure === undefined ? 'success' : canceled ? 'canceled' : 'failure';
  const failure =
    end.failure === undefined
      ? {}
      : { failure: isOverdue ? asOverdue(end.failure) : canceled ? asCanceled(end.failure) : end.failure };
  const now = run.clock.now();
  const at = timestamp(now);
  const policy = run.project.steps[run.planned.get(id)?.step ?? id]?.retryPolicy;
  const again =
    outcome === 'failure' && !isOverdue
      ? decideStepRetry(policy, { attempt: attempt - attemptsBefore, failureClass: end.failure!.class }, input.random())
      : undefined;
  const retry = again?.kind === 'retry' ? { retryAt: timestamp(now + again.delayMs) } : {};
  emit({ ...base, type: 'step.attempt-ended', at, attempt, outcome, ...failure, durationMs, ...retry });
  if (again?.kind === 'retry') return;
  const keys = run.planned.get(id)?.partitions;
  const failedPartitions =
    keys && end.failedAssets.length > 0 ? { failedPartitions: end.failedPartitions ?? keys } : {};
  emit({
    ...base,
    type: 'step.ended',
    at,
    outcome,
    ...failure,
    failedAssets: end.failedAssets,
    ...failedPartitions,
    durationMs,
  });
}

/** What assets that are made by themselves find to read: for these versions they are not asked for again. */
function versionsThere(
  run: RunContext,
  { step, assets }: Pick<ExecuteStepInput, 'step' | 'assets'>,
): Pick<StepStarted, 'versions' | 'partitions'> {
  const keys = run.planned.get(step)?.partitions;
  const versions = assets.flatMap((key) => {
    const asset = run.project.assets[key];
    if (asset?.automation === undefined) return [];
    const read = (partition: string | undefined): string => usedDigest(versionsOf(upstreamRead(run, asset, partition)));
    return [[key, keys?.map(read) ?? [read(undefined)]] as const];
  });
  if (versions.length === 0) return {};
  return { versions: Object.fromEntries(versions), ...(keys ? { partitions: keys } : {}) };
}

function asCanceled(failure: Failure): Failure {
  return { ...failure, class: 'cancel' };
}

function asOverdue(failure: Failure): Failure {
  const message = 'stopped: its run was at work for longer than its maximum';
  return { ...failure, class: 'timeout', code: 'max-runtime', message };
}

async function perform(run: RunContext, input: ExecuteStepInput): Promise<StepEnd> {
  const planned = run.planned.get(input.step)!;
  const step = run.project.steps[planned.step]!;
  const assets = input.assets.map((key) => run.project.assets[key]!);
  const partition = stepPartition(step, planned);
  const context: StepContext = {
    run: { ...run, attempt: input.attempt, readers: assets, ...(partition ? { partition } : {}) },
    step,
    planned,
    assets,
    attempt: input.attempt,
    emit: input.emit,
    signal: input.signal,
  };
  const lost = lostSource(context, input.lost);
  if (lost) return { failure: lost, failedAssets: input.assets };
  const unplaced = await placeConnections(context);
  if (unplaced) return { failure: unplaced, failedAssets: input.assets };
  const missing =
    (await lostReads(context)) ??
    (await lostSelf(context)) ??
    (await unknownReads(context)) ??
    (await unrestored(context));
  if (missing) return { failure: missing, failedAssets: input.assets };
  const gone = await withOwnTables(context, input.lost);
  const unprepared = await prepareIncremental(context, gone);
  if (unprepared?.code === 'data-lost') recordLosses(context, ofStep(context, gone));
  if (unprepared) return { failure: unprepared, failedAssets: input.assets };
  if (step.action.kind === 'run') return runScriptStep(context);
  const end = await runSqlStep(context);
  if (end.failure && partition === undefined) return end;
  const asset = assets[0]!;
  // Of several partitions those that were published are judged, each for itself.
  const lacking = new Set(end.failure ? (end.failedPartitions ?? partition?.keys) : []);
  const judged = partition
    ? partition.keys.filter((key) => !lacking.has(key)).map((key) => atPartition(context, key))
    : [context];
  for (const each of judged) {
    // What SQL on the step's own connection could not judge: other connections, scripts.
    const isElsewhere = (check: Check): boolean => connectionOf(check, asset) !== step.connection;
    emitChecks(each, await judgeSqlChecksOf(each, asset, isElsewhere), 'published');
    emitChecks(each, await judgeScripts(each, asset, () => true), 'published');
  }
  return end;
}

/** Of what is gone, that which the step is to make. */
function ofStep({ run, assets }: StepContext, gone: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const names = assets.flatMap(({ key }) => run.partition?.keys.map((each) => partitionName(key, each)) ?? [key]);
  return new Map(names.flatMap((name) => (gone.has(name) ? [[name, gone.get(name)!]] : [])));
}

/** Files that the step reads are put in place; of what is gone all is named, not only the first of it. */
async function unrestored(context: StepContext): Promise<Failure | undefined> {
  const failure = await restoreInputs(context);
  return failure?.code === 'data-lost' ? ((await lostFiles(context)) ?? failure) : failure;
}

/** The database files that the step and its checks open. */
async function placeConnections({ run, step, assets }: StepContext): Promise<Failure | undefined> {
  const ofChecks = assets.flatMap((asset) => asset.checks.map((check) => connectionOf(check, asset)));
  for (const name of new Set([step.connection, ...ofChecks])) {
    const failure = name === undefined ? undefined : await run.placeConnection(name);
    if (failure) return failure;
  }
  return undefined;
}

/** Who names partitions to be made, in a run or in a backfill, means those that are lost as well. */
function isAskedFor(reason: string | undefined): boolean {
  return reason === 'requested' || reason === 'backfill';
}

/** A source whose data is gone may not give its past again: making it anew has to be asked for (`on_lost: fail`). */
function lostSource({ assets, planned, run }: StepContext, lost: ReadonlyMap<string, string>): Failure | undefined {
  for (const asset of assets) {
    // It has its own word for it (see `incremental.ts`).
    if (asset.incremental) continue;
    const verdict = planned.assets.find((candidate) => candidate.asset === asset.key);
    if (asset.onLost !== 'fail') continue;
    // Of several partitions the verdict names the first that is not up to date; any of them may be the lost one.
    const gone =
      run.partition === undefined
        ? verdict?.reason === 'data_lost'
        : !isAskedFor(verdict?.reason) && run.partition.keys.some((key) => lost.has(partitionName(asset.key, key)));
    if (!gone) continue;
    const named = run.partition?.keys.find((key) => lost.has(partitionName(asset.key, key)));
    const what = named === undefined ? lost.get(asset.key) : `${named}: ${lost.get(partitionName(asset.key, named))}`;
    // What the verdict alone knows is gone as well: the plan may have been made on another machine.
    const known = { project: run.project, environment: run.environment, reader: run.ledger.reader, lost };
    return {
      class: 'step',
      code: 'data-lost',
      message: `data lost: ${what ?? verdict?.detail[0] ?? 'it is gone from storage'}. Its source may not give the past again, so it is not made anew by itself (\`on_lost: fail\`); \`${commandFor(known, [asset.key])}\` makes it`,
    };
  }
  return undefined;
}
