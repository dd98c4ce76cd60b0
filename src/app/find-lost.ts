import { type EpochMs, epochMs } from '../model/instant.ts';
import type { Asset, AssetKey, Project } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import { partitionName } from '../plan/partitioned.ts';
import type { KeysByAsset } from '../plan/reads.ts';
import type { ConnectionTarget, SqlFailure, SqlPool } from '../ports.ts';
import { quoteRelation } from '../sql/quote.ts';
import { type ConnectionFile, connectionFile, type KeptFileOf, recordedFile } from './connection-files.ts';
import { type ConnectionScope, connectionTarget, relationOn } from './connections.ts';
import { escapePattern, verifyPresent } from './outputs.ts';
import { type PublishedThing, publishedThings } from './published-things.ts';
import { IN_MEMORY, recordedLosses } from './recorded-losses.ts';
import { type RelationStamp, readStamps } from './sql-stamps.ts';
import type { OutputsOf } from './step-context.ts';
import { stampsOf, type UnknownAsked, unknownIn } from './unknown-data.ts';

export interface FindLostPorts {
  readonly outputs: OutputsOf;
  readonly keptFile: KeptFileOf;
  readonly sql: SqlPool;
  /** Is there a file at this absolute path? */
  readonly fileExists: (path: string) => boolean;
  /** A database could not be asked, and why: nobody knows now whether its tables are still there. */
  readonly onUnasked: (connection: string, why: string) => void;
}

export interface MoreToFind {
  /** Looked for where a look costs next to nothing. */
  readonly besides?: KeysByAsset;
  /** What lies in tables and the state knows nothing of is looked for with the same question. */
  readonly unknown?: UnknownAsked;
  /** What a run that is at work knows better than one that only looks. */
  readonly atWork?: {
    /** Nothing but the tables of this connection is asked for: the run holds it, and its file lies in place. */
    readonly connection: string;
    /** When it began by the clock of this machine: what was made since, another run has made. */
    readonly since: EpochMs;
    readonly run: string;
    /** Whether its steps name the connection: of a DuckDB file it keeps all others out. */
    readonly holds: boolean;
  };
}

/** `findLost`, of what a command has at hand. */
export type FindLost = (
  view: StateView,
  looked: KeysByAsset,
  more?: MoreToFind,
) => Promise<ReadonlyMap<string, string>>;

/**
 * Which published data is gone, by asset, and of partitions by `asset@key`, with what was found: copies of files, and
 * tables whose database file is missing, damaged, older than the state, or written by another environment since (stamps,
 * semantics.md 13). A database that cannot be asked now (locked, unreachable, its variable not set) is not called lost:
 * that nobody knows is said. What the state says is lost counts as that until a look finds it there: what is asked for and
 * not among the answers is not lost.
 */
export async function findLost(
  ports: FindLostPorts,
  scope: ConnectionScope,
  view: StateView,
  looked: KeysByAsset,
  { besides, atWork, unknown }: MoreToFind = {},
): Promise<ReadonlyMap<string, string>> {
  const lost = new Map<string, string>();
  const unseen = new Map<string, string>();
  const stamped = new Map<string, PublishedThing[]>();
  for (const key of [...looked.keys()].sort()) {
    const asset = scope.project.assets[key];
    if (!asset || asset.external) continue;
    const { connection } = asset;
    if (atWork && connection !== atWork.connection) continue;
    const isCheap = asset.outputs.length === 0 || ports.outputs(asset).looks === 'local';
    const others = (isCheap && besides?.get(key)) || [];
    const things = publishedThings(view, asset, [...looked.get(key)!, ...others]);
    for (const keys of [looked.get(key)!, besides?.get(key) ?? []])
      for (const [name, why] of recordedLosses(view, asset, keys)) unseen.set(name, why);
    if (!atWork) await findLostFiles(ports, asset, things, { lost, unseen });
    if (connection === undefined || !isStamped(scope.project, key, ports.keptFile)) continue;
    const onIt = stamped.get(connection) ?? [];
    stamped.set(connection, onIt);
    for (const thing of things) onIt.push(thing);
  }
  const tables = tablesOf(ports, scope, unknown, atWork?.connection);
  for (const connection of new Set([...stamped.keys(), ...tables.keys()])) {
    const where = { connection, things: stamped.get(connection) ?? [], tables: tables.get(connection) ?? [] };
    if (isNothing(where)) continue;
    await findUnstamped(ports, scope, view, { ...where, lost, unseen, unknown, atWork, since: atWork?.since });
  }
  for (const [name, why] of unseen) if (!lost.has(name)) lost.set(name, why);
  return lost;
}

/** Assets whose tables may hold what the state knows nothing of, by connection. */
function tablesOf(
  { keptFile }: FindLostPorts,
  { project }: ConnectionScope,
  unknown: UnknownAsked | undefined,
  only: string | undefined,
): ReadonlyMap<string, readonly Asset[]> {
  const tables = new Map<string, Asset[]>();
  for (const key of [...(unknown?.assets ?? [])].sort()) {
    const { connection, relation, external } = project.assets[key]!;
    if (connection === undefined || relation === undefined || external || (only ?? connection) !== connection) continue;
    if (isStamped(project, key, keptFile))
      tables.set(connection, [...(tables.get(connection) ?? []), project.assets[key]!]);
  }
  return tables;
}

function isNothing({ things, tables }: Pick<Where, 'things' | 'tables'>): boolean {
  return things.length + tables.length === 0;
}

async function findLostFiles(
  ports: FindLostPorts,
  asset: Asset,
  things: readonly PublishedThing[],
  { lost, unseen }: Pick<Where, 'lost' | 'unseen'>,
): Promise<void> {
  // Most assets have no files, and then nobody has to know where files are.
  const kept = things.filter(({ files }) => files !== undefined);
  if (kept.length === 0) return;
  const found = await verifyPresent(
    ports.outputs(asset),
    kept.map(({ files }) => files!),
  );
  for (const [i, presence] of found.entries()) {
    const { name } = kept[i]!;
    if (presence.kind === 'ok') unseen.delete(name);
    else if (presence.kind === 'missing' || presence.kind === 'damaged')
      lost.set(name, `${presence.message} (${presence.paths.slice(0, 3).join(', ')})`);
  }
}

/** What the engine published itself carries a stamp; what a script made, only in a file that is kept between runs. */
function isStamped(project: Project, key: AssetKey, keptFile: KeptFileOf): boolean {
  const asset = project.assets[key];
  if (asset?.step === undefined || asset.connection === undefined) return false;
  if (project.steps[asset.step]?.action.kind === 'sql') return true;
  return asset.relation !== undefined && asset.materialized !== 'none' && keptFile(asset.connection) !== undefined;
}

interface Where {
  readonly connection: string;
  readonly things: readonly PublishedThing[];
  readonly tables: readonly Asset[];
  readonly unknown: UnknownAsked | undefined;
  readonly atWork: MoreToFind['atWork'];
  /** Since when a run that asks is at work; undefined = none is. */
  readonly since: EpochMs | undefined;
  readonly lost: Map<string, string>;
  /** What the state says is lost and no look has found since. */
  readonly unseen: Map<string, string>;
}

async function findUnstamped(
  ports: FindLostPorts,
  scope: ConnectionScope,
  view: StateView,
  where: Where,
): Promise<void> {
  const file = connectionFile(scope, ports.keptFile, where.connection);
  if (!file.ok) return sayUnasked(ports, view, where, file.error.message);
  if (file.value && where.since === undefined) return findInKept(ports, scope, view, { ...where, file: file.value });
  const target = connectionTarget(scope, where.connection);
  if (target.ok) await findInTarget(ports, scope, view, { ...where, target: target.value });
  else sayUnasked(ports, view, where, target.error.message);
}

/** Who is at work in it keeps others out, and looks for itself: of that nobody has to be told. */
function sayUnasked(ports: FindLostPorts, view: StateView, { connection, since }: Where, why: string): void {
  if (since === undefined && !isClaimed(view, connection)) ports.onUnasked(connection, why);
}

function isClaimed(view: StateView, connection: string): boolean {
  return [...view.claims.values()].some((claim) => claim.connections.some(({ name }) => name === connection));
}

/** In a file that is kept between runs: what the state says of it comes first, then the stamps of the file itself. */
async function findInKept(
  ports: FindLostPorts,
  scope: ConnectionScope,
  view: StateView,
  where: Where & { readonly file: ConnectionFile },
): Promise<void> {
  const { connection, file, lost } = where;
  // Somebody is at work in it: what it will hold is known when that run has ended.
  if (isClaimed(view, connection)) return;
  const unsaved = view.connections.get(connection)?.unsaved ?? {};
  const isUnsaved = ({ name, isId }: PublishedThing): boolean => isId(unsaved[name] ?? '');
  for (const { name } of where.things.filter(isUnsaved))
    lost.set(name, `the run that made it ended before the database file of connection ${connection} was saved`);
  const things = where.things.filter((thing) => !isUnsaved(thing));
  const recorded = recordedFile(view, connection);
  if (isNothing({ ...where, things })) return;
  if (recorded === undefined) return findInTarget(ports, scope, view, { ...where, things, target: file.target });
  const here = await file.inPlace.find(escapePattern(file.path));
  if (here.ok && here.value[0]?.digest === recorded.digest)
    return findInTarget(ports, scope, view, { ...where, things, target: file.target });
  // Nobody holds the connection yet, so its file is looked at elsewhere.
  const target = { ...file.target, path: `${file.asideFolder}/${recorded.path}` };
  const release = await ports.sql.exclusive(target);
  const [outcome] = await file.aside.restore([recorded]).finally(release);
  if (outcome!.kind !== 'lost') return findInTarget(ports, scope, view, { ...where, things, target, isAside: true });
  if (outcome!.loss === 'unavailable') return sayUnasked(ports, view, where, outcome!.message);
  // What lies here may be older or newer than what was kept, and its stamps say what it holds.
  if (here.ok && here.value.length > 0)
    return findInTarget(ports, scope, view, { ...where, things, target: file.target });
  for (const { name } of things) lost.set(name, `${outcome!.message} (the database file of connection ${connection})`);
}

async function findInTarget(
  ports: FindLostPorts,
  scope: ConnectionScope,
  view: StateView,
  where: Where & {
    readonly target: ConnectionTarget /** A copy where nobody else looks. */;
    readonly isAside?: boolean;
  },
): Promise<void> {
  const { connection, things, since, lost, unseen, target } = where;
  if (target.type === 'duckdb') {
    if (target.path === ':memory:') {
      for (const { name } of things) lost.set(name, IN_MEMORY);
      return;
    }
    if (!ports.fileExists(target.path)) {
      for (const { name } of things) lost.set(name, `the database file of connection ${connection} is gone`);
      return;
    }
  }
  const path = target.type === 'duckdb' ? pathInProject(scope, target.path) : undefined;
  const session = await ports.sql.open(target, { tag: `branchline ${scope.project.name}` });
  if (!session.ok) return findUnread(ports, view, { ...where, path }, session.error);
  try {
    const stamps = await readStamps(session.value, {
      environment: scope.environment,
      partitions: keysAsked(things),
      relations: where.tables.map((asset) => quoteRelation(relationOn(target, asset.relation!))),
    });
    if (!stamps.ok) return findUnread(ports, view, { ...where, path }, stamps.error);
    for (const { name, at, isId, isVersion } of things) {
      const stamp = stamps.value.own.get(name);
      unseen.delete(name);
      // Another run may have replaced it since the state was read.
      const isNewer = stamp !== undefined && stamp.at > at;
      if (isNewer && (target.type !== 'duckdb' || (since !== undefined && epochMs(stamp.at) >= since))) continue;
      if (!stamp)
        lost.set(
          name,
          `connection ${connection} does not hold it (another environment wrote it since, or the file was replaced)`,
        );
      else if (!isId(stamp.materialization) && !isVersion(stamp.dataVersion))
        lost.set(name, `connection ${connection} holds an older or unknown state of it (${stamp.materialization})`);
    }
    findUnknown(scope, view, where, stamps.value.ofRelations);
  } finally {
    await session.value.close();
  }
}

/** What lies in the tables and the state knows nothing of. While somebody is at work there, only he looks. */
function findUnknown(
  { environment }: ConnectionScope,
  view: StateView,
  { connection, tables, unknown, lost, atWork, target }: Where & { readonly target: ConnectionTarget },
  stamps: readonly RelationStamp[],
): void {
  if (atWork === undefined && isClaimed(view, connection)) return;
  const isAlone = target.type === 'duckdb' && atWork?.holds === true;
  const since = isAlone ? undefined : atWork?.since;
  const onlooker = {
    view,
    environment,
    ...(atWork ? { run: atWork.run } : {}),
    ...(since === undefined ? {} : { since }),
  };
  // Another state of what the state has made itself is lost, and told as that.
  for (const asset of tables)
    for (const data of unknownIn(onlooker, asset, stampsOf(asset, target, stamps)))
      if (!lost.has(partitionName(data.asset, data.key))) unknown?.onFound(data);
}

/** Messages are recorded, and other machines have other folders. */
function pathInProject({ root }: ConnectionScope, path: string): string {
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
}

/** A damaged database holds nothing that could be trusted. What keeps it from being read otherwise may pass. */
function findUnread(
  ports: FindLostPorts,
  view: StateView,
  where: Where & { readonly isAside?: boolean; readonly path: string | undefined },
  { code, message }: SqlFailure,
): void {
  const { connection, things, lost, isAside, path } = where;
  if (code !== 'damaged') {
    sayUnasked(ports, view, where, message);
    return;
  }
  const file = `the database file of connection ${connection}`;
  // The way out before the cause: a line may be cut at its end.
  const why = isAside
    ? `what is kept of ${file} is damaged`
    : `${file} is damaged, move ${path ?? 'it'} to another place first (${message})`;
  for (const { name } of things) lost.set(name, why);
}

/** With more keys than this it is less to read all stamps than to name those that are wanted. */
const KEYS_NAMED_MAX = 2_000;

function keysAsked(things: readonly PublishedThing[]): readonly string[] | undefined {
  const keys = new Set(things.map(({ key }) => key));
  return keys.size > KEYS_NAMED_MAX ? undefined : [...keys];
}
