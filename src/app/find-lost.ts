import type { AssetKey, Project } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import type { ConnectionTarget, SqlPool } from '../ports.ts';
import { type ConnectionFile, connectionFile, type KeptFileOf, recordedFile } from './connection-files.ts';
import { type ConnectionScope, connectionTarget } from './connections.ts';
import { escapePattern, verifyPresent } from './outputs.ts';
import { readStamps } from './sql-stamps.ts';
import type { OutputsOf } from './step-context.ts';

export interface FindLostPorts {
  readonly outputs: OutputsOf;
  readonly keptFile: KeptFileOf;
  readonly sql: SqlPool;
  /** Is there a file at this absolute path? */
  readonly fileExists: (path: string) => boolean;
}

/**
 * Which published data is gone, by asset, with what was found: copies of files, and tables whose database file is
 * missing, older than the state, or written by another environment since (stamps, semantics.md 13). A database that
 * cannot be asked now (locked, unreachable, its variable not set) is not called lost.
 */
export async function findLost(
  ports: FindLostPorts,
  scope: ConnectionScope,
  view: StateView,
  assets: ReadonlySet<AssetKey>,
): Promise<ReadonlyMap<AssetKey, string>> {
  const lost = new Map<AssetKey, string>();
  const stamped = new Map<string, AssetKey[]>();
  for (const key of [...assets].sort()) {
    const made = view.assets.get(key)?.materialized;
    const asset = scope.project.assets[key];
    // Partitions are looked at one by one, by who makes them.
    if (!made || !asset || asset.external || asset.partitions) continue;
    const presence = await verifyPresent(ports.outputs(asset), made);
    if (presence.kind !== 'ok') lost.set(key, `${presence.message} (${presence.paths.slice(0, 3).join(', ')})`);
    if (asset.connection !== undefined && isStamped(scope.project, key, ports.keptFile))
      stamped.set(asset.connection, [...(stamped.get(asset.connection) ?? []), key]);
  }
  for (const [connection, keys] of stamped) await findUnstamped(ports, scope, view, { connection, keys, lost });
  return lost;
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
  readonly keys: readonly AssetKey[];
  readonly lost: Map<AssetKey, string>;
}

async function findUnstamped(
  ports: FindLostPorts,
  scope: ConnectionScope,
  view: StateView,
  where: Where,
): Promise<void> {
  const file = connectionFile(scope, ports.keptFile, where.connection);
  if (!file.ok) return;
  if (file.value) return findInKept(ports, scope, view, { ...where, file: file.value });
  const target = connectionTarget(scope, where.connection);
  if (target.ok) await findInTarget(ports, scope, view, { ...where, target: target.value });
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
  if ([...view.claims.values()].some((claim) => claim.connections.some(({ name }) => name === connection))) return;
  const unsaved = view.connections.get(connection)?.unsaved ?? {};
  const isUnsaved = (key: AssetKey): boolean => view.assets.get(key)?.materialized?.id === unsaved[key];
  for (const key of where.keys.filter(isUnsaved))
    lost.set(key, `the run that made it ended before the database file of connection ${connection} was saved`);
  const keys = where.keys.filter((key) => !isUnsaved(key));
  const recorded = recordedFile(view, connection);
  if (keys.length === 0) return;
  if (recorded === undefined) return findInTarget(ports, scope, view, { ...where, keys, target: file.target });
  const here = await file.inPlace.find(escapePattern(file.path));
  if (here.ok && here.value[0]?.digest === recorded.digest)
    return findInTarget(ports, scope, view, { ...where, keys, target: file.target });
  // Nobody holds the connection yet, so its file is looked at elsewhere.
  const target = { ...file.target, path: `${file.asideFolder}/${recorded.path}` };
  const release = await ports.sql.exclusive(target);
  const [outcome] = await file.aside.restore([recorded]).finally(release);
  if (outcome!.kind !== 'lost') return findInTarget(ports, scope, view, { ...where, keys, target });
  if (outcome!.loss === 'unavailable') return;
  // What lies here may be older or newer than what was kept, and its stamps say what it holds.
  if (here.ok && here.value.length > 0)
    return findInTarget(ports, scope, view, { ...where, keys, target: file.target });
  for (const key of keys) lost.set(key, `${outcome!.message} (the database file of connection ${connection})`);
}

async function findInTarget(
  ports: FindLostPorts,
  scope: ConnectionScope,
  view: StateView,
  where: Where & { readonly target: ConnectionTarget },
): Promise<void> {
  const { connection, keys, lost, target } = where;
  if (target.type === 'duckdb') {
    if (target.path === ':memory:') {
      for (const key of keys) lost.set(key, 'its connection is in memory: it is gone when the run ends');
      return;
    }
    if (!ports.fileExists(target.path)) {
      for (const key of keys) lost.set(key, `the database file of connection ${connection} is gone`);
      return;
    }
  }
  const session = await ports.sql.open(target, { tag: `branchline ${scope.project.name}` });
  if (!session.ok) return;
  try {
    const stamps = await readStamps(session.value, scope.environment);
    if (!stamps.ok) return;
    for (const key of keys) {
      const made = view.assets.get(key)!.materialized!;
      const stamp = stamps.value.get(key);
      if (!stamp)
        lost.set(
          key,
          `connection ${connection} does not hold it (another environment wrote it since, or the file was replaced)`,
        );
      else if (stamp.materialization !== made.id && stamp.dataVersion !== made.dataVersion)
        lost.set(key, `connection ${connection} holds an older or unknown state of it (${stamp.materialization})`);
    }
  } finally {
    await session.value.close();
  }
}
