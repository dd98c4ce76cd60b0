import type { EventDraft } from '../model/events.ts';
import type { Failure } from '../model/failure.ts';
import { type EpochMs, type Timestamp, timestamp } from '../model/instant.ts';
import { isFullRefresh, type Plan } from '../model/plan.ts';
import type { AssetKey, Project } from '../model/project.ts';
import { openPartitionReader, type PartitionReader, partitionName } from '../plan/partitioned.ts';
import { type KeysByAsset, readInFull, readsOf } from '../plan/reads.ts';
import { readsItself } from '../project/self-read.ts';
import { WHOLE } from '../time/partitions/mapping.ts';
import { connectionOf, readInFullByCheck, readsOfCheck } from './check-reads.ts';
import type { MoreToFind } from './find-lost.ts';
import { commandFor, keysText, lostKeysOf } from './lost-advice.ts';
import { madeBy } from './lost-besides.ts';
import { type LostWorld, lostUpstream } from './lost-upstream.ts';
import { lookDrafts } from './recorded-losses.ts';
import { type StepContext, targetOf } from './step-context.ts';
import type { UnknownData } from './unknown-data.ts';

/**
 * Where the runner that carries a run out looks for what its steps read. A plan may have been made on another machine or an
 * hour ago, and a database that came back empty does not say so by itself: a sum over what is left of it looks like a sum.
 */
export interface LostLook {
  /** What lies in tables of a connection that steps of this run read in full, and the state knows nothing of; found by the same look. */
  unknown(connection: string): Promise<readonly UnknownData[]>;
  /** Tables of a connection that steps of this run read and that are not there; looked for once, when its file is in place. */
  tables(connection: string): Promise<ReadonlyMap<string, string>>;
  /** All that is gone of these assets and of what is upstream of them: only asked when something is. */
  upstreamOf(assets: Iterable<AssetKey>): Promise<ReadonlyMap<string, string>>;
  /** What of it nobody has recorded yet, as events; each is told once a run. */
  unrecorded(lost: ReadonlyMap<string, string>, at: Timestamp): readonly EventDraft[];
}

export function openLostLook(
  world: LostWorld,
  run: {
    readonly plan: Plan;
    /** When the run began, by the clock of this machine. */
    readonly since: EpochMs;
    /** What was gone when the run was planned: that is recorded. */
    readonly known: ReadonlyMap<string, string>;
  },
): LostLook {
  const { project, view, at, findLost } = world;
  const { plan, since } = run;
  const told = new Set(run.known.keys());
  let reads: PlanReads | undefined;
  const looks = new Map<string, Promise<Looked>>();
  const atWorkOn = (connection: string): MoreToFind['atWork'] => {
    const holds = plan.steps.some(
      ({ step, verdict }) => verdict !== 'skip' && project.steps[step]?.connection === connection,
    );
    return { connection, since, run: plan.runId, holds };
  };
  const look = async (connection: string): Promise<Looked> => {
    reads ??= readsOfPlan(project, openPartitionReader(project, view, at), plan);
    const unknown: UnknownData[] = [];
    const lost = await findLost(view, reads.keys, {
      atWork: atWorkOn(connection),
      unknown: { assets: reads.inFull, onFound: (data) => unknown.push(data) },
    });
    return { lost, unknown };
  };
  const lookOnce = (connection: string): Promise<Looked> => {
    const known = looks.get(connection) ?? look(connection);
    looks.set(connection, known);
    return known;
  };
  return {
    tables: async (connection) => (await lookOnce(connection)).lost,
    unknown: async (connection) => (await lookOnce(connection)).unknown,
    unrecorded(lost, now) {
      const fresh = new Map([...lost].filter(([name]) => !told.has(name)));
      if (fresh.size === 0) return [];
      for (const name of fresh.keys()) told.add(name);
      const known = { reader: openPartitionReader(project, view, at), lost: fresh };
      const looked = new Map(Object.keys(project.assets).map((key) => [key, lostKeysOf(known, key)]));
      return lookDrafts({ project, view }, { looked, lost: fresh }, now);
    },
    upstreamOf(assets) {
      return lostUpstream(world, assets, async (newest, looked) => {
        const lost = new Map(await findLost(newest, looked));
        // Of a connection that this run holds nobody else is told: it looks for itself, once its file is in place.
        for (const connection of looks.keys())
          for (const [name, why] of await findLost(newest, looked, { atWork: atWorkOn(connection) }))
            lost.set(name, why);
        return lost;
      });
    },
  };
}

interface Looked {
  readonly lost: ReadonlyMap<string, string>;
  readonly unknown: readonly UnknownData[];
}

interface PlanReads {
  readonly keys: KeysByAsset;
  /** Of these all that is there. */
  readonly inFull: ReadonlySet<AssetKey>;
}

/** All that a plan reads: what is made of it, what its checks look into, and what assets add to that they made last. */
function readsOfPlan(project: Project, reader: PartitionReader, plan: Plan): PlanReads {
  const made = madeBy(plan);
  const all = new Map<AssetKey, ReadonlySet<string>>();
  const add = (reads: KeysByAsset): void => {
    for (const [key, keys] of reads) all.set(key, new Set([...(all.get(key) ?? []), ...keys]));
  };
  add(readsOf(project, reader, made));
  const inFull = new Set(readInFull(project, made.keys()));
  for (const [key, keys] of made) {
    const asset = project.assets[key];
    for (const check of asset?.checks ?? []) {
      add(readsOfCheck(project, reader, check));
      for (const each of readInFullByCheck(project, check)) inFull.add(each);
    }
    if (asset?.incremental) add(new Map([[key, keys]]));
    // Which of them it reads is asked when it begins.
    else if (asset && readsItself(project, asset)) add(new Map([[key, reader.keysOf(key)]]));
    // A full refresh takes out of its table what the state did not make.
    if (asset?.incremental || (asset?.partitions && isFullRefresh(plan.request))) inFull.add(key);
  }
  return { keys: new Map([...all].map(([key, keys]) => [key, [...keys]])), inFull };
}

/** What was found to be gone, with what the machine that carries the step out sees of the step's own tables. */
export async function withOwnTables(
  { run, step, assets }: StepContext,
  lost: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string>> {
  if (step.connection === undefined || !assets.some(({ incremental }) => incremental)) return lost;
  return new Map([...lost, ...(await run.lostLook.tables(step.connection))]);
}

/** What one step reads. */
export function readsOfStep({ run, assets }: StepContext): KeysByAsset {
  const keys = run.partition?.keys ?? [WHOLE];
  return readsOf(run.project, run.ledger.reader, new Map(assets.map(({ key }) => [key, keys])));
}

/** A step that would read tables which are gone fails before it begins: nothing is made from what is left. */
export async function lostReads(context: StepContext): Promise<Failure | undefined> {
  const { run, step, assets } = context;
  const own = new Set(step.assets);
  const found = new Map<string, string>();
  for (const [dep, keys] of readsOfStep(context)) {
    const connection = run.project.assets[dep]?.connection;
    if (connection === undefined || own.has(dep) || !isInPlace(context, connection)) continue;
    const lost = await run.lostLook.tables(connection);
    await closeFor(context, connection);
    if (lost.size === 0) continue;
    for (const key of keys) {
      const name = partitionName(dep, key);
      const message = lost.get(name);
      if (message !== undefined && !run.ledger.isMadeHere(name)) found.set(name, message);
    }
  }
  return found.size === 0 ? undefined : lostFailure(context, found, assets[0]!.key);
}

/** The file of a connection that is kept between runs is only there for a step that names it. */
export function isInPlace({ run, step, assets }: StepContext, connection: string): boolean {
  if (run.keptFile(connection) === undefined || step.connection === connection) return true;
  return assets.some((asset) => asset.checks.some((check) => connectionOf(check, asset) === connection));
}

/** A script opens the file itself: a session of ours that idles would keep it out. */
export async function closeFor({ run, step }: StepContext, connection: string): Promise<void> {
  const target = step.action.kind === 'run' ? targetOf(run, connection) : undefined;
  if (target?.ok) (await run.sql.exclusive(target.value))();
}

/** Why a step cannot have the files that it reads; undefined = nobody can say which of them are gone. */
export async function lostFiles(context: StepContext): Promise<Failure | undefined> {
  const reads = readsOfStep(context);
  const gone = await context.run.lostLook.upstreamOf(reads.keys());
  const found = new Map<string, string>();
  for (const [dep, keys] of reads)
    for (const name of keys.map((key) => partitionName(dep, key)))
      if (gone.has(name) && !context.run.ledger.isMadeHere(name)) found.set(name, gone.get(name)!);
  return found.size === 0 ? undefined : lostFailure(context, found, context.assets[0]!.key);
}

/** What a step fails by that would read lost data. */
export async function lostFailure(
  context: StepContext,
  found: ReadonlyMap<string, string>,
  reader: AssetKey,
): Promise<Failure> {
  const reads = readsOfStep(context);
  const end = 'Nothing is made from what is left';
  return { class: 'step', code: 'data-lost', message: await lostMessage(context, { reader, reads, found, end }) };
}

/** What is gone of what somebody reads, the one command that makes it again, what is not done for it, and why it is gone. */
export async function lostMessage(
  context: StepContext,
  what: {
    readonly reader: string;
    readonly reads: KeysByAsset;
    readonly found: ReadonlyMap<string, string>;
    readonly end: string;
  },
): Promise<string> {
  const { reader, reads, found, end } = what;
  const { run } = context;
  const direct = [...reads].filter(([dep, keys]) => keys.some((key) => found.has(partitionName(dep, key))));
  const deps = direct.map(([dep]) => dep);
  const lost = new Map([...(await run.lostLook.upstreamOf(deps)), ...found]);
  for (const name of lost.keys()) if (run.ledger.isMadeHere(name)) lost.delete(name);
  recordLosses(context, lost);
  const known = { project: run.project, environment: run.environment, reader: run.ledger.reader, lost };
  const gone = direct.map(([dep, keys]) => lostText(dep, keys, lost));
  const [why] = found.values();
  // The way out before the cause: a line may be cut at its end.
  return `data lost: ${reader} reads ${gone.join(', and ')}; \`${commandFor(known, deps)}\` makes it again. ${end}: ${why}`;
}

/** That data is gone is a fact of the state, whatever becomes of the step that found it. */
export function recordLosses({ run, emit }: StepContext, lost: ReadonlyMap<string, string>): void {
  for (const draft of run.lostLook.unrecorded(lost, timestamp(run.clock.now()))) emit(draft);
}

function lostText(dep: AssetKey, read: readonly string[], lost: ReadonlyMap<string, string>): string {
  const gone = read.filter((key) => lost.has(partitionName(dep, key)));
  const [only] = gone;
  if (gone.length > 1) return `${dep}, of which ${gone.length} partitions (${keysText(gone)}) are gone`;
  return only === WHOLE ? `${dep}, which is gone` : `${dep}, of which the partition ${only} is gone`;
}
