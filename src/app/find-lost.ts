import type { AssetKey, Project } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import type { SqlPool } from '../ports.ts';
import { type ConnectionScope, connectionTarget } from './connections.ts';
import { verifyPresent } from './outputs.ts';
import { readStamps } from './sql-stamps.ts';
import type { OutputsOf } from './step-context.ts';

export interface FindLostPorts {
  readonly outputs: OutputsOf;
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
    if (isStamped(scope.project, key) && asset.connection !== undefined)
      stamped.set(asset.connection, [...(stamped.get(asset.connection) ?? []), key]);
  }
  for (const [connection, keys] of stamped) await findUnstamped(ports, scope, view, { connection, keys, lost });
  return lost;
}

/** Only what the engine published itself carries a stamp. */
function isStamped(project: Project, key: AssetKey): boolean {
  const step = project.assets[key]?.step;
  return step !== undefined && project.steps[step]?.action.kind === 'sql';
}

async function findUnstamped(
  ports: FindLostPorts,
  scope: ConnectionScope,
  view: StateView,
  where: { readonly connection: string; readonly keys: readonly AssetKey[]; readonly lost: Map<AssetKey, string> },
): Promise<void> {
  const { connection, keys, lost } = where;
  const target = connectionTarget(scope, connection);
  if (!target.ok) return;
  if (target.value.type === 'duckdb') {
    if (target.value.path === ':memory:') {
      for (const key of keys) lost.set(key, 'its connection is in memory: it is gone when the run ends');
      return;
    }
    if (!ports.fileExists(target.value.path)) {
      for (const key of keys) lost.set(key, `the database file of connection ${connection} is gone`);
      return;
    }
  }
  const session = await ports.sql.open(target.value, { tag: `branchline ${scope.project.name}` });
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
