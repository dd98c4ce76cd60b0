import type { Json } from '../base/json.ts';
import { nearestWord } from '../base/nearest.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { automationText } from '../model/automation.ts';
import type { AutomationExplanation, Explanation } from '../model/explanation.ts';
import { type EpochMs, timestamp } from '../model/instant.ts';
import type { RunRequest } from '../model/plan.ts';
import type { Asset, AssetKey, Project } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import { explainCondition } from '../plan/automation/condition.ts';
import { cronRuleOf } from '../plan/automation/on-cron.ts';
import { askedKeys } from '../plan/automation/open-work.ts';
import { openConditions, passAutomation } from '../plan/automation/pass.ts';
import { assetSchedules } from '../plan/changes/policy.ts';
import { nextTicks } from '../plan/next-ticks.ts';
import { openPartitionReader, partitionName } from '../plan/partitioned.ts';
import { stalenessOf } from '../plan/staleness.ts';
import { readRule } from '../plan/tick-rule.ts';
import { listAssets } from '../project/listing.ts';
import { reasonText } from '../render/reason-text.ts';
import { nextTick } from '../time/cron.ts';
import { selectKeys } from '../time/partitions/keys.ts';
import { WHOLE } from '../time/partitions/mapping.ts';
import { askedAssets, assetsOfRun } from './asked-assets.ts';
import { automationInput, partitionsOfAutomation } from './automation.ts';
import { isAskedFor, nextScheduledKeys, type ScheduledKeys } from './explain-partition.ts';
import { type AppFailure, inputFailure } from './failure.ts';
import type { FindLost } from './find-lost.ts';
import { makePlan } from './make-plan.ts';
import { partitionSummaries } from './partition-commands.ts';
import { keysAt, type PlanningProject, selectAssets } from './planning.ts';
import { presentPartitions } from './present-partitions.ts';
import { describeQueue } from './queue-command.ts';
import { withoutBack } from './recorded-losses.ts';
import { partitionsOfQueue, waitingRunsOf, withDecidedRetries } from './release.ts';

export interface ExplainInput {
  readonly planning: PlanningProject;
  readonly view: StateView;
  readonly now: EpochMs;
  readonly environment: string;
  readonly findLost: FindLost;
  readonly asset: Asset;
  /** Undefined = the newest, of an asset that has partitions. */
  readonly partition?: string;
}

/** The asset of that key; refused with the nearest one. */
export function assetToExplain({ assets }: Pick<Project, 'assets'>, key: string): Result<Asset, AppFailure> {
  const asset = Object.hasOwn(assets, key) ? assets[key] : undefined;
  if (asset) return ok(asset);
  const near = nearestWord(key, Object.keys(assets));
  return fail(
    inputFailure(
      'unknown-asset',
      `There is no asset \`${key}\`${near === undefined ? '' : `; did you mean \`${near}\`?`}`,
      '`branchline list` shows all of them.',
    ),
  );
}

/** Assets whose partitions an explanation looks at: its own, what is made by itself, and what waits. */
export function partitionsToExplain(
  planning: PlanningProject,
  asset: Asset,
  view: Pick<StateView, 'openRuns'> | undefined,
): ReadonlySet<AssetKey> {
  const own = [asset.key, ...asset.deps].filter((key) => planning.project.assets[key]?.partitions !== undefined);
  const queued = view === undefined ? [] : partitionsOfQueue(planning, waitingRunsOf(view));
  return new Set([...own, ...partitionsOfAutomation(planning), ...queued]);
}

/** Why an asset is as it is, and what becomes of it next. Reads, and changes nothing. */
export async function explainAsset(input: ExplainInput): Promise<Result<Explanation, AppFailure>> {
  const { planning, view, now, asset } = input;
  const { project } = planning;
  const at = keysAt(view, now);
  const partition = partitionOf(input);
  if (!partition.ok) return partition;
  const queue = await describeQueue(planning, view, now);
  if (!queue.ok) return queue;
  const shown = { ...input, view: withDecidedRetries(view, now).view };
  const key = partition.value;
  const record = view.assets.get(asset.key);
  const present = await presentPartitions(input.findLost, project, view, [asset.key], at);
  const cut = key === undefined ? undefined : view.partitions?.get(asset.key)?.get(key);
  const made = asset.partitions === undefined ? record?.materialized : cut?.materialized;
  const scheduled = asset.partitions ? nextScheduledKeys(input, asset.key) : undefined;
  const automation = asset.automation ? automationOf(input, asset, key) : undefined;
  const runs = queue.value.runs
    .filter(({ run }) => makes(shown, run, input.partition === undefined ? undefined : key))
    .map(({ run, state, trigger, wait }) => ({ run, state, trigger, ...(wait ? { wait: wait.text } : {}) }));
  const isKnown = asset.partitions === undefined || key !== undefined;
  return ok({
    asset: asset.key,
    ...(key === undefined ? {} : { partition: key }),
    definition: listAssets(project, new Set([asset.key]))[0] as unknown as Record<string, Json>,
    ...(asset.partitions ? { partitions: partitionSummaries(project, present.view, [asset.key], at)[0]! } : {}),
    madeBy: madeBy(input, scheduled),
    ...(made ? { made: { at: made.at, run: made.run } } : {}),
    ...failedOf(input, key),
    ...(asset.external || !isKnown ? {} : await planned(input, key)),
    ...(automation ? { automation } : {}),
    ...(key === undefined || asset.external
      ? {}
      : {
          comesByItself:
            [...(scheduled?.values() ?? [])].some(({ keys }) => keys.has(key)) ||
            isAskedFor(automation, key, openPartitionReader(project, view, at).keysOf(asset.key)) ||
            runs.some(({ run }) => makes(shown, run, key)),
        }),
    runs,
  });
}

function partitionOf({ planning, view, now, asset, partition }: ExplainInput): Result<string | undefined, AppFailure> {
  if (asset.partitions === undefined) {
    if (partition === undefined) return ok(undefined);
    return fail(inputFailure('no-partitions', `${asset.key} has no partitions.`, 'Leave `--partition` away.'));
  }
  const keys = openPartitionReader(planning.project, view, keysAt(view, now)).keysOf(asset.key);
  if (partition === undefined) return ok(keys.at(-1));
  const chosen = selectKeys(keys, partition);
  if (!chosen.ok) return fail(inputFailure('unknown-partition', chosen.error.map(({ message }) => message).join('\n')));
  if (chosen.value.length === 1) return ok(chosen.value[0]);
  return fail(
    inputFailure(
      'unknown-partition',
      `\`${partition}\` is ${chosen.value.length} partitions of ${asset.key}, and one is explained at a time.`,
      'Name one key; `branchline partitions status` shows all of them.',
    ),
  );
}

function madeBy(
  { planning, now, asset }: ExplainInput,
  scheduled: ReadonlyMap<string, ScheduledKeys> | undefined,
): Explanation['madeBy'] {
  const { project } = planning;
  const next = new Map(nextTicks(project, now).map(({ schedule, tick }) => [schedule, tick]));
  const rules = assetSchedules(project).get(asset.key) ?? {};
  const jobs = Object.values(project.jobs).filter(({ selection }) => {
    const selected = selectAssets(planning, selection);
    return selected.ok && selected.value.has(asset.key);
  });
  return {
    schedules: Object.entries(rules).map(([schedule, rule]) => {
      const tick = next.get(schedule);
      const keys = scheduled?.get(schedule);
      return {
        schedule,
        rule,
        ...(tick === undefined ? {} : { next: timestamp(tick) }),
        ...(keys === undefined ? {} : { partitions: keys.ranges }),
      };
    }),
    jobs: jobs.map(({ name }) => name),
  };
}

function failedOf({ view, asset }: ExplainInput, key: string | undefined): Pick<Explanation, 'failed'> {
  if (key !== undefined) {
    const failed = view.partitions?.get(asset.key)?.get(key)?.failed;
    return failed ? { failed: { at: failed.at, run: failed.run, ...codeChanged(view, failed.run) } } : {};
  }
  const attempt = view.assets.get(asset.key)?.attempt;
  if (!attempt || attempt.outcome === 'success') return {};
  const message = attempt.failure === undefined ? {} : { message: attempt.failure.message };
  return { failed: { at: attempt.at, run: attempt.run, ...message, ...codeChanged(view, attempt.run) } };
}

/** Whether newer code has ticked since a run: of runs whose records are kept. */
function codeChanged(view: StateView, run: string): Pick<NonNullable<Explanation['failed']>, 'codeChanged'> {
  const from = (view.endedRuns.get(run) ?? view.openRuns.get(run))?.codeCommit;
  const to = view.codeCommit?.commit;
  return from === undefined || to === undefined || from === to ? {} : { codeChanged: { from, to } };
}

/** What a job or schedule that selects it would do, and whether it is up to date by itself. */
async function planned(
  { planning, view, now, environment, findLost, asset }: ExplainInput,
  key: string | undefined,
): Promise<Pick<Explanation, 'verdict' | 'refusal' | 'stale'>> {
  const request: RunRequest = {
    kind: 'schedule',
    schedule: '',
    tick: timestamp(now),
    selection: `key:"${asset.key}"`,
    materialize: 'when_stale',
    ...(key === undefined ? {} : { partitions: key }),
  };
  const made = await makePlan({ planning, view, now, environment, request, tags: {}, findLost });
  if (!made.ok) return { refusal: made.error.message };
  const { plan, lost } = made.value;
  const found = plan.steps.flatMap(({ assets }) => assets).find((each) => each.asset === asset.key);
  if (!found) return { refusal: 'no run can make it' };
  const { verdict, reason, detail } = found;
  const reader = openPartitionReader(planning.project, view, keysAt(view, now));
  const seen = withoutBack(planning.project, view, made.value);
  const fingerprint = planning.fingerprintOf(asset.step!);
  const stale =
    key === undefined
      ? stalenessOf(asset, fingerprint, seen, lost, (dep) => reader.read(asset.key, dep, [WHOLE]).version ?? undefined)
      : reader.staleness(asset, key, fingerprint, lost);
  return { verdict: { verdict, reason, detail, text: reasonText(found) }, stale: stale ?? null };
}

function automationOf(
  { planning, view, now }: ExplainInput,
  asset: Asset,
  key: string | undefined,
): AutomationExplanation {
  const input = automationInput(planning, view, now);
  const { runs, left, asked } = passAutomation(input);
  const since = view.assets.get(asset.key)?.onCron?.from;
  // What a pass asks for comes upstreams first: only these does the asset see.
  const before = new Map([...asked].filter(([name]) => name !== partitionName(asset.key, key ?? WHOLE)));
  const rule = asset.automation!;
  return {
    rule: automationText(rule),
    ...(since === undefined ? {} : { since }),
    ...nextTickOf(asset, now),
    ...(asset.partitions !== undefined && key === undefined
      ? {}
      : { condition: explainCondition(openConditions(input, before), asset, rule, key ?? WHOLE) }),
    asksFor: runs
      .filter(({ request }) => request.targets.some((target) => target.asset === asset.key))
      .map(({ request: { targets, partitions } }) => ({
        assets: targets.map((target) => target.asset),
        ...(partitions === undefined ? {} : { partitions }),
      })),
    left: left.get(asset.key) ?? 0,
  };
}

/** When the cron of an `on_cron` comes next. */
function nextTickOf(asset: Asset, now: EpochMs): Pick<AutomationExplanation, 'next'> {
  const rule = cronRuleOf(asset);
  const at = rule && nextTick(readRule(rule) ?? [], rule.timezone, now);
  return at === undefined ? {} : { next: { at: timestamp(at), timezone: rule!.timezone } };
}

/** Whether an open run makes the asset, or that key of it. */
function makes({ planning, view, now, asset }: ExplainInput, run: string, key: string | undefined): boolean {
  const record = view.openRuns.get(run);
  if (!record) return false;
  const steps = Object.values(record.steps);
  if (steps.length > 0)
    return steps.some(
      ({ assets, partitions }) =>
        assets.includes(asset.key) && (key === undefined || partitions === undefined || partitions.includes(key)),
    );
  if (
    !assetsOfRun(
      record,
      askedAssets(() => planning, view, keysAt(view, now)),
    ).includes(asset.key)
  )
    return false;
  if (key === undefined) return true;
  const all = openPartitionReader(planning.project, view, keysAt(view, now)).keysOf(asset.key);
  return askedKeys(record.request, all).includes(key);
}
