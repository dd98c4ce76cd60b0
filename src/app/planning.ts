import { fail, ok, type Result } from '../base/result.ts';
import type { ChangeReason } from '../model/changes.ts';
import { runId } from '../model/ids.ts';
import type { EpochMs, Timestamp } from '../model/instant.ts';
import {
  type OriginalRequest,
  originalOf,
  type Plan,
  type PlanRefusal,
  type RequestMode,
  type RunRequest,
} from '../model/plan.ts';
import type { AssetKey, Project } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import { layeredTags } from '../model/tags.ts';
import type { PartitionScope } from '../plan/partitioned.ts';
import { planRun } from '../plan/run-plan.ts';
import type { StepFingerprint } from '../plan/staleness.ts';
import { isWithUpstream } from '../plan/wanted-assets.ts';
import type { SourceTree } from '../ports.ts';
import { fingerprinter } from '../project/fingerprint.ts';
import { type AssetGraph, buildGraph } from '../project/graph.ts';
import { selectionScope } from '../project/listing.ts';
import { parseSelection, type SelectionPlace } from '../project/selection.ts';
import { type SelectionStatus, select } from '../project/selection-evaluate.ts';
import { unknownValues } from '../project/selection-values.ts';
import { type KeysAt, openPartitions, selectKeys } from '../time/partitions/keys.ts';
import { type AppFailure, inputFailure } from './failure.ts';

/** What a person asks of `plan` and `run`. */
export interface RunOptions {
  readonly select?: string;
  readonly job?: string;
  readonly stale?: boolean;
  readonly withUpstream?: boolean;
  readonly ignoreBlocking?: boolean;
  readonly fullRefresh?: boolean;
  /** Keys of partitions: one, or a range. */
  readonly partitions?: string;
}

/** A project with all that planning needs of its files. */
export interface PlanningProject {
  readonly project: Project;
  readonly graph: AssetGraph;
  /** Assets that ask for runs by themselves (`automation`), upstreams first. */
  readonly automated: readonly AssetKey[];
  /** Code version of a step, by name. */
  readonly fingerprintOf: (step: string) => StepFingerprint;
}

/** The project with its graph and its code versions, each worked out when it is asked for. */
export function buildPlanning(project: Project, tree: SourceTree): PlanningProject {
  const fingerprint = fingerprinter(project, tree);
  const known = new Map<string, StepFingerprint>();
  const of = (step: string): StepFingerprint => {
    const version = known.get(step) ?? fingerprint(step);
    known.set(step, version);
    return version;
  };
  const { graph } = buildGraph(project.assets);
  const automated = graph.order.filter((key) => project.assets[key]?.automation !== undefined);
  return { project, graph, automated, fingerprintOf: of };
}

/** The request of a command line; refuses names that do not exist. Without a selection and a job: all that is stale. */
export function requestOf(
  project: Project,
  options: RunOptions,
  identity: { readonly nonce: string; readonly at: Timestamp },
): Result<Extract<RunRequest, { kind: 'cli' }>, AppFailure> {
  const { select: selection, job: jobName } = options;
  if (selection !== undefined && jobName !== undefined) {
    return fail(
      inputFailure(
        'select-and-job',
        '`--select` and `--job` exclude each other.',
        `Select within a job by \`--select "job:${jobName} and …"\`.`,
      ),
    );
  }
  const job = jobName === undefined ? undefined : project.jobs[jobName];
  if (jobName !== undefined && job === undefined) {
    const known = Object.keys(project.jobs).sort();
    return fail(
      inputFailure(
        'unknown-job',
        `There is no job \`${jobName}\`.`,
        known.length > 0 ? `Jobs: ${known.join(', ')}.` : 'The manifests declare no jobs.',
      ),
    );
  }
  const nothing = selection === undefined && job === undefined;
  const mode: RequestMode =
    options.stale || nothing ? 'stale' : job === undefined || job.materialize === 'all' ? 'all' : 'job';
  return ok({
    kind: 'cli',
    ...identity,
    selection: selection ?? job?.selection ?? '*',
    ...(jobName === undefined ? {} : { job: jobName }),
    mode,
    withUpstream: options.withUpstream === true,
    ignoreBlocking: options.ignoreBlocking === true,
    ...(options.partitions === undefined ? {} : { partitions: options.partitions }),
    ...(options.fullRefresh ? { fullRefresh: true } : {}),
  });
}

/** The assets that a selection names, with `status:` answered from the state and `changed:` from a comparison. */
export function selectAssets(
  planning: Pick<PlanningProject, 'project' | 'graph'>,
  text: string,
  statusOf?: (key: AssetKey) => readonly SelectionStatus[],
  changedOf?: (key: AssetKey) => readonly ChangeReason[],
): Result<ReadonlySet<AssetKey>, AppFailure> {
  const { project, graph } = planning;
  const selected = select(text, {
    assets: project.assets,
    graph,
    jobs: project.jobs,
    schedules: project.schedules,
    exposures: project.exposures,
    partitions: project.partitions,
    ...(statusOf ? { statusOf } : {}),
    ...(changedOf ? { changedOf } : {}),
  });
  if (selected.ok) return selected;
  const { message, help } = selected.error;
  return fail(
    inputFailure('selection', `The selection does not work: ${message}\n${placeInText(text, selected.error)}`, help),
  );
}

/** As much of a selection as fits a screen. */
const SHOWN_MAX = 400;

/** A selection with a mark below the place of a problem; of a long one what is around it. */
function placeInText(text: string, { column, length }: SelectionPlace): string {
  const from = text.length <= SHOWN_MAX ? 0 : Math.max(0, column - 1 - SHOWN_MAX / 2);
  const shown = text.slice(from, from + SHOWN_MAX);
  const before = from > 0 ? '…' : '';
  const mark = ' '.repeat(before.length + column - 1 - from) + '^'.repeat(Math.max(1, Math.min(length, shown.length)));
  return `  ${before}${shown}${from + shown.length < text.length ? '…' : ''}\n  ${mark}`;
}

/** The assets that a request asks for: by its selection, or by name. */
export function requestedAssets(
  planning: Pick<PlanningProject, 'project' | 'graph'>,
  request: RunRequest,
  statusOf?: (key: AssetKey) => readonly SelectionStatus[],
): Result<ReadonlySet<AssetKey>, AppFailure> {
  const named = assetsNamed(originalOf(request));
  if (named === undefined) return selectAssets(planning, originalOf(request).selection, statusOf);
  return ok(new Set(named.filter((asset) => planning.project.assets[asset] !== undefined)));
}

/** Assets that a request names itself; undefined = they are selected. */
export function assetsNamed(request: OriginalRequest): readonly AssetKey[] | undefined {
  if (request.kind === 'backfill') return request.assets;
  return request.kind === 'automation' ? request.targets.map(({ asset }) => asset) : undefined;
}

/** A selection that names no asset, with the nearest names of what does not exist in it; `undone`: what was not done. */
export function emptySelection(
  { project }: Pick<PlanningProject, 'project'>,
  text: string,
  undone = 'Nothing was run.',
): AppFailure {
  const parsed = parseSelection(text);
  const unknown = parsed.ok ? unknownValues(parsed.value, selectionScope(project)) : [];
  const hints = unknown.map(({ message, help }) => `${message}${help === undefined ? '' : `; ${help}`}`);
  const none = Object.keys(project.assets).length === 0 ? ['the manifests declare no assets'] : [];
  const why = [...hints, ...none];
  return inputFailure(
    'empty-selection',
    `\`${text}\` selects no asset${why.length > 0 ? `: ${why.join('; ')}` : ''}${why.at(-1)?.endsWith('?') ? '' : '.'}`,
    `\`branchline list --select …\` shows what a selection names. ${undone}`,
  );
}

/** Plans a request on a state. `lost` says which published data is gone. */
export function planRequest(
  planning: PlanningProject,
  view: StateView,
  input: {
    readonly request: RunRequest;
    readonly environment: string;
    readonly selected: ReadonlySet<AssetKey>;
    readonly lost: ReadonlyMap<AssetKey, string>;
    readonly tags?: Readonly<Record<string, string>>;
    readonly now: EpochMs;
  },
): Result<Plan, AppFailure> {
  const { request, environment, selected, lost } = input;
  const at = keysAt(view, input.now);
  const scope = requestedPartitions(planning.project, selected, request, at);
  if (!scope.ok) return scope;
  const job = request.job === undefined ? undefined : planning.project.jobs[request.job];
  const plan = planRun({
    project: planning.project,
    view,
    environment,
    request,
    runId: runId(request),
    selected,
    fingerprintOf: planning.fingerprintOf,
    lost,
    ...(request.job === undefined ? {} : { job: request.job }),
    tags: layeredTags(job?.tags, input.tags),
    at,
    ...(scope.value ? { partitions: scope.value } : {}),
  });
  return plan.ok ? plan : fail(refusalFailure(plan.error));
}

/** Which keys exist: at an instant, with the dynamic ones of a state. */
export function keysAt(view: StateView, now: EpochMs): KeysAt {
  return { now, dynamic: (name) => view.dynamicKeys?.get(name) ?? [] };
}

/** The request with its partitions named, as they are at this instant: what it means later does not change. */
export function pinPartitions(
  planning: PlanningProject,
  view: StateView,
  request: RunRequest,
  now: EpochMs,
): RunRequest {
  if (request.partitions !== undefined) return request;
  const selected = requestedAssets(planning, request);
  const cut = selected.ok
    ? [...selected.value].sort().find((key) => planning.project.assets[key]?.partitions)
    : undefined;
  if (cut === undefined) return request;
  const newest = openPartitions(planning.project.assets[cut]!.partitions!).keys(keysAt(view, now)).at(-1);
  return newest === undefined ? request : { ...request, partitions: newest };
}

const PARTITIONED = new WeakMap<Project, boolean>();

/** Most projects have none: they are not looked through for each request. */
export function hasPartitions(project: Project): boolean {
  const known = PARTITIONED.get(project) ?? Object.values(project.assets).some(({ partitions }) => partitions);
  PARTITIONED.set(project, known);
  return known;
}

/**
 * Partitioned assets that a request has to look at: those that it selects, and what they read; of one that makes what is
 * missing before them, all before them.
 */
export function partitionedAssets(planning: PlanningProject, request: RunRequest): ReadonlySet<AssetKey> {
  const { assets } = planning.project;
  if (!hasPartitions(planning.project)) return new Set();
  // What depends on the state may be any of them.
  const selected = requestedAssets(planning, request);
  const keys = selected.ok ? [...selected.value] : Object.keys(assets);
  const all = new Set(keys.flatMap((key) => [key, ...(assets[key]?.deps ?? [])]));
  // Who reads a view reads through it.
  for (const key of all) if (assets[key]?.materialized === 'view') for (const dep of assets[key].deps) all.add(dep);
  // A set goes on with what is added to it meanwhile.
  if (isWithUpstream(request)) for (const key of all) for (const dep of assets[key]?.deps ?? []) all.add(dep);
  return new Set([...all].filter((key) => assets[key]?.partitions !== undefined));
}

/** The keys that a request asks for, in the definition of its partitioned assets. Refuses keys that do not exist. */
export function requestedPartitions(
  project: Project,
  selected: ReadonlySet<AssetKey>,
  request: RunRequest,
  at: KeysAt,
): Result<PartitionScope | undefined, AppFailure> {
  const cut = [...selected].sort().find((key) => project.assets[key]?.partitions !== undefined);
  const text = 'partitions' in request ? request.partitions : undefined;
  if (cut === undefined) {
    if (text === undefined) return ok(undefined);
    return fail(inputFailure('no-partitions', `Nothing that is selected has partitions, and \`${text}\` names some.`));
  }
  const def = project.assets[cut]!.partitions!;
  const keys = openPartitions(def).keys(at);
  if (keys.length === 0)
    return fail(
      inputFailure(
        'partitions-none',
        `${cut} has no partitions yet.`,
        'Add keys by `branchline partitions add`, or look at `start:` of its partitions.',
      ),
    );
  // The newest, as a schedule asks for it.
  if (text === undefined) return ok({ def, keys: keys.slice(-1) });
  if (text === '')
    return fail(
      inputFailure(
        'partitions-needed',
        `${cut} has partitions, and the run names none.`,
        'Say which: `--partitions <key>`, a range `<first>...<last>`, `all`, `missing` or `failed`.',
      ),
    );
  const chosen = selectKeys(keys, text);
  if (chosen.ok) return ok({ def, keys: chosen.value });
  return fail(inputFailure('unknown-partition', chosen.error.map(({ message }) => message).join('\n')));
}

function refusalFailure(refusal: PlanRefusal): AppFailure {
  switch (refusal.code) {
    case 'upstream-never-materialized':
      return inputFailure(
        refusal.code,
        `${refusal.asset} reads ${refusal.upstream.join(', ')}, which ${refusal.upstream.length === 1 ? 'was' : 'were'} never materialized and ${refusal.upstream.length === 1 ? 'is' : 'are'} not selected.`,
        'Add `--with-upstream`, or select it as well (`+key:…`).',
      );
    case 'selection':
    case 'empty-selection':
      return inputFailure(refusal.code, refusal.message);
    case 'other-partitions':
      return inputFailure(
        refusal.code,
        `${refusal.assets.slice(0, 5).join(', ')} ${refusal.assets.length === 1 ? 'is' : 'are'} cut into other partitions than this run makes.`,
        'A run makes partitions of one definition; `branchline backfill` makes a run for each.',
      );
  }
}
