import { unreachable } from '../base/result.ts';
import type { AssetLost, AssetMaterialized, BranchlineEvent, ConnectionSaved, EventDraft } from '../model/events.ts';
import type { PlannedStep } from '../model/plan.ts';
import type { Asset, AssetKey, Project } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import type { WaveRun, WaveShard } from '../model/wave.ts';
import { partitionName } from '../plan/partitioned.ts';
import { type Declared, type DeclaredPaths, declaredPaths } from '../project/declared-paths.ts';
import { keyProblem } from '../time/partitions/keys.ts';
import { namedBy } from './check-reads.ts';
import { type AppFailure, outsideFailure } from './failure.ts';
import { isPathInside } from './shard-data.ts';
import { partitionContext } from './step-context.ts';
import { dynamicSets, partitionOf, type StepPartition, stepPartition } from './step-partition.ts';

/** What a journal of a shard is worth: it is data that others could have written. */
export interface HeardShard {
  /** What the shard may say, in the order of the journal, with the ids of its stream still to come. */
  readonly drafts: readonly EventDraft[];
  /** What it may not say, in words for people; with each, all that the journal says of the same step is left out. */
  readonly refusals: readonly AppFailure[];
  /** Steps of the shard that count as not done for that. */
  readonly refusedSteps: ReadonlySet<string>;
}

type Verdict =
  | { readonly kind: 'taken' }
  /** A shard's own business, which is not of the record. */
  | { readonly kind: 'left' }
  | { readonly kind: 'refused'; readonly code: 'foreign-event' | 'undeclared-file'; readonly why: string };

const TAKEN: Verdict = { kind: 'taken' };
const LEFT: Verdict = { kind: 'left' };
const foreign = (why: string): Verdict => ({ kind: 'refused', code: 'foreign-event', why });
const undeclared = (why: string): Verdict => ({ kind: 'refused', code: 'undeclared-file', why });

/** Things of one journal that are named in a message. */
const NAMED_MAX = 5;
const NAME_LENGTH_MAX = 200;

/** What is known of one run of a wave when its journals are judged. */
export interface Hearing {
  readonly project: Project;
  readonly view: Pick<StateView, 'assets' | 'partitions' | 'connections'>;
  readonly run: WaveRun;
  /** Steps of its plan, by id. */
  readonly planned: ReadonlyMap<string, PlannedStep>;
  /** The commit of the code that the jobs carried out, where `project` is of another one: it may declare something else. */
  readonly otherCode?: string;
}

/**
 * Takes from a journal what its shard may say: of its own steps, their assets and partitions, in the epoch of its claim, with
 * files that these assets declare and database files where their connections lie. All that is said of a step is left out
 * where part of it is refused: half a step is no step.
 */
export function hearShard(hearing: Hearing, shard: WaveShard, journal: readonly BranchlineEvent[]): HeardShard {
  const own = new Map(shard.steps.flatMap((id) => stepOf(hearing, id)));
  const judge = judgeOf(hearing, own);
  const judged = journal.map((event) => ({ event, verdict: judge(event) }));
  const refused = judged.flatMap(({ event, verdict }) => (verdict.kind === 'refused' ? [{ event, ...verdict }] : []));
  const refusedSteps = new Set(
    refused.flatMap(({ event }) => ('step' in event && own.has(event.step) ? [event.step] : [])),
  );
  const drafts = judged.flatMap(({ event, verdict }) => {
    if (verdict.kind !== 'taken' || ('step' in event && refusedSteps.has(event.step))) return [];
    const { id: _id, v: _v, ...draft } = event;
    return [draft as EventDraft];
  });
  return { drafts, refusedSteps, refusals: refusalsOf(shard.id, refused, hearing.otherCode) };
}

function refusalsOf(
  shard: string,
  refused: readonly { readonly code: 'foreign-event' | 'undeclared-file'; readonly why: string }[],
  otherCode: string | undefined,
): readonly AppFailure[] {
  const first =
    otherCode === undefined
      ? ''
      : `The job carried out other code (${named(String(otherCode).slice(0, 7))}) than takes it in: where the assets have changed since, nothing is wrong, and they are made again. Else: `;
  const whys = (code: string): string => {
    const all = [...new Set(refused.filter((each) => each.code === code).map(({ why }) => why))];
    const more = all.length > NAMED_MAX ? `; and ${all.length - NAMED_MAX} more` : '';
    return all.slice(0, NAMED_MAX).join('; ') + more;
  };
  const files = whys('undeclared-file');
  const events = whys('foreign-event');
  const failures: AppFailure[] = [];
  if (files !== '')
    failures.push(
      outsideFailure(
        'undeclared-file',
        `Job ${shard} recorded files that are not its own: ${files}. The steps that it says made them count as not done.`,
        `${first}Declare the files in \`outputs\`, if a step of yours writes them there. If none does, find out who uploaded the journal: anybody with write access, and whatever ran in that job, could.`,
      ),
    );
  if (events !== '')
    failures.push(
      outsideFailure(
        'foreign-event',
        `Job ${shard} recorded what is not its own to say: ${events}. That was left out.`,
        `${first}No version of Branchline records this: find out who uploaded the journal. Anybody with write access, and whatever ran in that job, could.`,
      ),
    );
  return failures;
}

function stepOf({ planned }: Hearing, id: string): (readonly [string, PlannedStep])[] {
  const step = planned.get(id);
  return step ? [[id, step]] : [];
}

function judgeOf(hearing: Hearing, own: Judging['own']): (event: BranchlineEvent) => Verdict {
  const { project, run } = hearing;
  const paths = declaredPaths({ project, environment: run.plan.environment });
  const context: Judging = { ...hearing, own, paths, cuts: new Map() };
  return (event) => {
    if (event.run === undefined || event.run === run.plan.runId) {
      if (event.epoch === run.claim.epoch) return judgeEvent(context, event);
      return foreign(`\`${event.type}\` of epoch ${event.epoch ?? 'none'}, and the claim is of ${run.claim.epoch}`);
    }
    return foreign(`\`${event.type}\` of run ${named(event.run)}`);
  };
}

interface Judging extends Hearing {
  /** The shard's steps, by id. */
  readonly own: ReadonlyMap<string, PlannedStep>;
  readonly paths: DeclaredPaths;
  /** What its partitioned steps make, by id, as far as anybody asked. */
  readonly cuts: Map<string, StepPartition | undefined>;
}

function judgeEvent(context: Judging, event: BranchlineEvent): Verdict {
  switch (event.type) {
    case 'step.started':
      return ofStep(context, event, Object.keys(event.versions ?? {}), event.partitions);
    case 'step.attempt-ended':
      return ofStep(context, event, []);
    case 'step.ended':
      return ofStep(context, event, event.failedAssets, event.failedPartitions);
    case 'step.skipped':
      // What the plan leaves out, every shard leaves out, and nobody has to say so.
      if (context.planned.get(event.step)?.verdict === 'skip') return LEFT;
      return ofStep(context, event, event.assets);
    case 'asset.materialized':
      return ofMaterialization(context, event);
    case 'check.judged':
      return ofStep(context, event, [event.asset], event.partitions);
    case 'connection.saved':
      return ofDatabase(context, event);
    case 'partitions.changed':
      return ofKeys(context.project, event);
    case 'asset.lost':
      return isItsToMiss(context, event) ? TAKEN : foreign(`the loss of ${named(event.asset)}`);
    case 'run.requeued':
    case 'run.ended':
    case 'assets.confirmed':
    case 'claim.renewed':
    case 'claim.closed':
    case 'cancel.requested':
      return LEFT;
    case 'run.requested':
    case 'run.started':
    case 'run.taken-over':
    case 'asset.observed':
    case 'asset.found':
    case 'tick.judged':
    case 'ticks.missed':
    case 'schedule.adopted':
    case 'schedule.dropped':
    case 'schedule.evaluated':
    case 'automation.adopted':
    case 'automation.dropped':
    case 'claim.opened':
    case 'claim.suspected':
    case 'backfill.requested':
    case 'backfill.cancel-requested':
    case 'backfill.ended':
    case 'journal.adopted':
      return foreign(`\`${event.type}\``);
    default:
      return unreachable(event);
  }
}

/** A step finds that what it reads is gone, or what is read for that; of what it made itself, that it could not be saved. */
function isItsToMiss(context: Judging, { asset, materialization }: AssetLost): boolean {
  const own = assetsOf(context);
  if (materialization?.startsWith(`${context.run.plan.runId}.${context.run.claim.epoch}/`)) return own.has(asset);
  const { assets } = context.project;
  const all = new Set(own);
  for (const key of own)
    for (const check of assets[key]?.checks ?? []) for (const each of namedBy(check)) all.add(each);
  // A set goes on with what is added to it meanwhile.
  for (const key of all) for (const dep of assets[key]?.deps ?? []) all.add(dep);
  return all.has(asset);
}

function ofStep(
  { own }: Judging,
  { step, type }: { readonly step: string; readonly type: string },
  assets: readonly AssetKey[],
  partitions: readonly string[] = [],
): Verdict {
  const planned = own.get(step);
  if (planned === undefined) return foreign(`\`${type}\` of step ${named(step)}`);
  const other = assets.find((asset) => !planned.assets.some((each) => each.asset === asset));
  if (other !== undefined) return foreign(`\`${type}\` of ${named(other)} by step ${named(step)}`);
  const key = partitions.find((each) => planned.partitions?.includes(each) !== true);
  return key === undefined ? TAKEN : foreign(`\`${type}\` of partition ${named(key)} by step ${named(step)}`);
}

function ofMaterialization(context: Judging, event: AssetMaterialized): Verdict {
  const { project, run, own } = context;
  const { asset: key, partition } = event;
  const known = ofStep(context, event, [key], partition === undefined ? [] : [partition]);
  if (known.kind !== 'taken') return known;
  const planned = own.get(event.step)!;
  const name = partition === undefined ? key : partitionName(key, partition);
  const asset = project.assets[key];
  if (asset === undefined) return foreign(`${named(name)}, which the project does not have`);
  if ((partition === undefined) !== (planned.partitions === undefined))
    return foreign(
      `${named(name)}, which is ${partition === undefined ? 'made by partitions' : 'not cut in partitions'}`,
    );
  const id = `${run.plan.runId}.${run.claim.epoch}/${name}`;
  if (!event.materialization.startsWith(id) || !/^(?:#\d+)?$/.test(event.materialization.slice(id.length)))
    return foreign(`${named(name)} as materialization ${named(event.materialization)}`);
  if (event.connection !== undefined && event.connection !== asset.connection)
    return foreign(`${named(name)} on connection ${named(event.connection)}`);
  for (const path of Object.keys(event.files ?? {})) {
    const why = fileProblem(context, { asset, planned, partition }, path);
    if (why !== undefined) return undeclared(`${named(path)} for ${named(name)} (${why})`);
  }
  return TAKEN;
}

/** Why a file cannot be one of an asset, or of a partition of it. */
function fileProblem(
  { paths, view, project, cuts }: Judging,
  of: { readonly asset: Asset; readonly planned: PlannedStep; readonly partition: string | undefined },
  path: string,
): string | undefined {
  if (!isPathInside(path)) return 'it leads out of the project';
  const { asset, planned, partition } = of;
  const step = project.steps[planned.step];
  const all = cuts.get(planned.id) ?? (step && stepPartition(step, planned));
  cuts.set(planned.id, all);
  // Whatever writes files is run, or looked at, for one partition after the other.
  const cut = all && partitionOf(all.partitions, [partition!]);
  return declaredProblem(paths.ofAsset(asset, cut && partitionContext(cut), path), path, {
    paths,
    view,
    but: { asset: asset.key },
    name: partition === undefined ? asset.key : partitionName(asset.key, partition),
  });
}

function ofDatabase(context: Judging, event: ConnectionSaved): Verdict {
  const { project, own, paths, view, run } = context;
  const { connection, path } = event;
  const used = [...own.values()].flatMap(({ step, assets }) => [
    project.steps[step]?.connection,
    ...assets.map(({ asset }) => project.assets[asset]?.connection),
  ]);
  if (!used.includes(connection) || !run.claim.connections.some(({ name }) => name === connection))
    return foreign(`\`connection.saved\` of connection ${named(connection)}`);
  const name = `connection ${connection}`;
  const why = isPathInside(path)
    ? declaredProblem(paths.ofConnection(connection, path), path, { paths, view, but: { connection }, name })
    : 'it leads out of the project';
  return why === undefined ? TAKEN : undeclared(`${named(path)} for ${name} (${why})`);
}

function declaredProblem(
  declared: Declared,
  path: string,
  of: Pick<Judging, 'paths' | 'view'> & {
    readonly but: Parameters<DeclaredPaths['otherOwner']>[1];
    readonly name: string;
  },
): string | undefined {
  switch (declared) {
    case 'own':
      return undefined;
    case 'foreign': {
      const owner = of.paths.otherOwner(path, of.but) ?? recordedOwner(of.view, path, of.name);
      return owner === undefined ? 'it is not declared' : `it is a file of ${named(owner)}`;
    }
    case 'open': {
      // A variable decides that only the machine of the step knows: at least it is nobody else's.
      const owner = of.paths.otherOwner(path, of.but) ?? recordedOwner(of.view, path, of.name);
      return owner === undefined ? undefined : `it is a file of ${named(owner)}`;
    }
    default:
      return unreachable(declared);
  }
}

type View = Hearing['view'];

const RECORDED = new WeakMap<View, ReadonlyMap<string, readonly string[]>>();

/** Whose file the state knows there, if it is another's than that of `but`. */
function recordedOwner(view: View, path: string, but: string): string | undefined {
  const owners = RECORDED.get(view) ?? recordedOwners(view);
  RECORDED.set(view, owners);
  return owners.get(path)?.find((owner) => owner !== but);
}

/** By path, whose files the state knows. All journals of a wave are held against the same state. */
function recordedOwners(view: View): ReadonlyMap<string, readonly string[]> {
  const owners = new Map<string, string[]>();
  const add = (path: string, owner: string): void => {
    const known = owners.get(path);
    if (known) known.push(owner);
    else owners.set(path, [owner]);
  };
  for (const [asset, { materialized }] of view.assets)
    for (const path of Object.keys(materialized?.files ?? {})) add(path, asset);
  for (const [asset, records] of view.partitions ?? [])
    for (const [key, { materialized }] of records)
      for (const path of Object.keys(materialized?.files ?? {})) add(path, partitionName(asset, key));
  for (const [name, { file }] of view.connections) if (file) add(file.path, `connection ${name}`);
  return owners;
}

/** A step may find keys for the dynamic sets of the project, and takes none away. */
function ofKeys(project: Project, event: Extract<BranchlineEvent, { type: 'partitions.changed' }>): Verdict {
  const set = dynamicSets(project).get(event.name);
  const isSound = set && event.added.every((key) => keyProblem(key, set.isDimension) === undefined);
  return isSound && event.removed.length === 0 ? TAKEN : foreign(`keys of \`${cut(event.name)}\``);
}

function assetsOf({ own }: Judging): ReadonlySet<AssetKey> {
  return new Set([...own.values()].flatMap(({ assets }) => assets.map(({ asset }) => asset)));
}

/** Text of a stranger, on one line and not too long. */
function named(text: string): string {
  return /^[\w./@-]+$/.test(text) ? cut(text) : JSON.stringify(cut(text));
}

function cut(text: string): string {
  return text.length > NAME_LENGTH_MAX ? `${text.slice(0, NAME_LENGTH_MAX)}…` : text;
}
