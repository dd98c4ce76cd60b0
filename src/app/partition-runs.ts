import { byText } from '../base/order.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { RunRequest } from '../model/plan.ts';
import type { AssetKey, Project } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import { leaveOutKeyless } from '../plan/keyless.ts';
import { type PartitionRunsProblem, planPartitionRuns } from '../plan/partition-runs.ts';
import { openPartitionReader } from '../plan/partitioned.ts';
import type { SelectionStatus } from '../project/selection-evaluate.ts';
import { nameSome } from '../render/style.ts';
import type { KeysAt } from '../time/partitions/keys.ts';
import { type AppFailure, inputFailure } from './failure.ts';
import type { FindLost } from './find-lost.ts';
import { keylessCure, keylessText } from './keyless-text.ts';
import { type PlanningProject, partitionedAssets, selectAssets } from './planning.ts';
import { asksForMissing, type PresentState, presentPartitions } from './present-partitions.ts';

/** One run of several, as a request asks for it. */
export interface RequestPart {
  readonly selection: string;
  readonly partitions?: string;
  readonly group: number;
  readonly after: readonly number[];
}

/** The runs that a selection amounts to, and what is left out of it. */
export interface RequestParts {
  /** In their order; none when nothing is missing or failed. */
  readonly parts: readonly RequestPart[];
  /** Which assets have no partitions yet and are left out, with what to do; absent = none. */
  readonly leftOut?: string;
}

/** The runs that a selection with partitions amounts to. What has no partitions yet keeps nothing else from being made. */
export function partsOfSelection(
  planning: PlanningProject,
  view: StateView,
  at: KeysAt,
  asked: {
    readonly selection: string;
    readonly partitions: string | undefined;
    readonly statusOf?: (key: AssetKey) => readonly SelectionStatus[];
  },
): Result<RequestParts, AppFailure> {
  const { project } = planning;
  const selected = selectAssets(planning, asked.selection, asked.statusOf);
  if (!selected.ok) return selected;
  const reader = openPartitionReader(project, view, at);
  const keyless = leaveOutKeyless(project, reader, selected.value);
  const { rest } = keyless;
  const leftOut = keylessText(project, keyless);
  const isForNothing = asked.partitions !== undefined && ![...rest].some((key) => project.assets[key]?.partitions);
  if (leftOut !== undefined && (rest.size === 0 || isForNothing)) return fail(noKeysYet(project, keyless.assets));
  const runs = planPartitionRuns(project, reader, {
    selected: rest,
    partitions: asked.partitions,
    recordsOf: (asset) => view.partitions?.get(asset),
  });
  if (!runs.ok) return fail(partsFailure(project, runs.error, asked.partitions));
  const parts = runs.value.map((run) => ({
    selection: narrowed(asked.selection, run.assets, { selected: selected.value, rest }),
    group: run.group,
    after: run.after,
    ...(run.partitions === undefined ? {} : { partitions: run.partitions }),
  }));
  return ok({ parts, ...(leftOut === undefined ? {} : { leftOut }) });
}

/** The selection, down to the assets of one run: of a run of all that is left (undefined), what is left out, where that is less. */
function narrowed(
  selection: string,
  assets: readonly AssetKey[] | undefined,
  { selected, rest }: { readonly selected: ReadonlySet<AssetKey>; readonly rest: ReadonlySet<AssetKey> },
): string {
  if ((assets?.length ?? rest.size) === selected.size) return selection;
  const named = (keys: Iterable<AssetKey>): string => [...keys].map((key) => `key:"${key}"`).join(' or ');
  if (assets !== undefined) return `(${selection}) and (${named(assets)})`;
  const out = [...selected].filter((key) => !rest.has(key)).sort(byText);
  if (out.length < rest.size) return `(${selection}) and not (${named(out)})`;
  return `(${selection}) and (${named([...rest].sort(byText))})`;
}

function partsFailure(project: Project, problem: PartitionRunsProblem, text: string | undefined): AppFailure {
  switch (problem.kind) {
    case 'no_partitions':
      return inputFailure(
        'no-partitions',
        `Nothing that is selected has partitions, and \`${text ?? ''}\` names some.`,
      );
    case 'no_keys_yet':
      return noKeysYet(project, [problem.asset]);
    case 'several_definitions':
      return inputFailure(
        'other-partitions',
        `${problem.assets.slice(0, 5).join(', ')} are cut in different ways, and \`${text ?? ''}\` cannot name partitions of all of them.`,
        'Select those that are cut alike; what is downstream of them goes along, by its mapping.',
      );
    case 'unknown_keys':
      return inputFailure('unknown-partition', problem.messages.join('\n'));
  }
}

function noKeysYet(project: Project, assets: readonly AssetKey[]): AppFailure {
  const what = `${nameSome(assets)} ${assets.length === 1 ? 'has' : 'have'} no partitions yet.`;
  return inputFailure('partitions-none', what, keylessCure(project, assets));
}

/** Why a request with partitions is no run at all. */
export function nothingOf({ partitions }: { readonly partitions?: string | undefined }): string {
  return `Nothing to run: no partition is ${partitions ?? 'there'}.`;
}

/** Runs that one command carries out itself; more of them are a backfill, which goes on where it was left. */
export const RUNS_MAX = 100;

/** The state in which a request finds what is missing: what is gone counts as that, where somebody asks. */
export async function presentState(
  findLost: FindLost,
  planning: PlanningProject,
  view: StateView,
  request: RunRequest,
  at: KeysAt,
): Promise<PresentState> {
  const asksStatus = request.kind !== 'backfill' && /\bstatus\s*:/.test(request.selection);
  if (!asksStatus && !asksForMissing(request.partitions)) return { view, lost: new Map() };
  return presentPartitions(findLost, planning.project, view, partitionedAssets(planning, request), at);
}
