import { fail, ok, type Result } from '../base/result.ts';
import type { Failure } from '../model/failure.ts';
import type { StateView } from '../model/state.ts';
import type { ConnectionTarget, OutputFile, OutputFiles, SqlPool } from '../ports.ts';
import { STAMPS_EXIST } from '../sql/stamps.ts';
import { type ConnectionScope, connectionTarget } from './connections.ts';
import { escapePattern } from './outputs.ts';

/** Where the database file of a connection is kept between runs. */
export interface KeptFile {
  /** In its place: paths from the project's root. */
  readonly inPlace: OutputFiles;
  /** The same copies in a folder of this process, where nobody else looks. */
  readonly aside: OutputFiles;
  /** Absolute. */
  readonly asideFolder: string;
}

/** The file of a connection, when it is kept between runs; undefined = it stays where it is. */
export type KeptFileOf = (connection: string) => KeptFile | undefined;

/** A database file that is kept between runs, as this environment has it. */
export interface ConnectionFile extends KeptFile {
  readonly connection: string;
  readonly target: Extract<ConnectionTarget, { readonly type: 'duckdb' }>;
  /** From the project's root. */
  readonly path: string;
}

/** The kept file of a connection. Undefined: it has none (another kind of database, in memory, a file that stays). */
export function connectionFile(
  scope: ConnectionScope,
  keptFile: KeptFileOf,
  connection: string,
): Result<ConnectionFile | undefined, Failure> {
  const kept = keptFile(connection);
  if (kept === undefined) return ok(undefined);
  const target = connectionTarget(scope, connection);
  if (!target.ok) return target;
  if (target.value.type !== 'duckdb' || target.value.path === ':memory:') return ok(undefined);
  const { path } = target.value;
  if (path.startsWith(`${scope.root}/`))
    return ok({ ...kept, connection, target: target.value, path: path.slice(scope.root.length + 1) });
  const message = `connection ${connection}: its file ${path} is outside of the project, so it cannot be kept between runs. Put it inside, or write \`storage: { type: directory }\` on the connection`;
  return fail({ class: 'infrastructure', code: 'connection-outside', message });
}

/** The recorded file of a connection, as a store knows it. */
export function recordedFile(view: Pick<StateView, 'connections'>, connection: string): OutputFile | undefined {
  const file = view.connections.get(connection)?.file;
  if (file === undefined) return undefined;
  const { path, digest, bytes, blob } = file;
  return { path, digest, bytes, ...(blob === undefined ? {} : { blob }) };
}

/**
 * Puts the recorded file in place for a run that holds the connection. A file that is lost is not put in place: what
 * lies there, or an empty database, is begun with, and the stamps in it say what it holds.
 */
export async function placeConnectionFile(
  sql: SqlPool,
  file: ConnectionFile,
  recorded: OutputFile | undefined,
  warn: (text: string) => void,
): Promise<Failure | undefined> {
  if (recorded === undefined) return undefined;
  const placed = await putInPlace(sql, file, recorded);
  if (!placed.ok) return placed.error;
  if (placed.value === 'left' || !(await isDamaged(sql, file))) return undefined;
  // It stays in storage as it is: only that it comes back with each run has to end.
  const release = await sql.exclusive(file.target);
  await file.inPlace.remove(file.path).finally(release);
  warn(
    `What is kept of the database file of connection ${file.connection} is damaged, though it is what was saved (${recorded.digest.slice(0, 12)}): it is not put in place. The run begins with an empty database, which is kept instead of it at the end; what was in the damaged one counts as lost.`,
  );
  return undefined;
}

/** Whether the file in its place is no whole database. What keeps it from being opened otherwise may pass. */
async function isDamaged(sql: SqlPool, { target, connection }: ConnectionFile): Promise<boolean> {
  const opened = await sql.open(target, { tag: `branchline ${connection}` });
  if (!opened.ok) return opened.error.code === 'damaged';
  const stamps = await opened.value.query(STAMPS_EXIST);
  await opened.value.close();
  // A step that opens the file itself would be kept out by a session that idles.
  (await sql.exclusive(target))();
  return !stamps.ok && stamps.error.code === 'damaged';
}

/** `left`: it is lost, and what lies there stays. */
async function putInPlace(
  sql: SqlPool,
  file: ConnectionFile,
  recorded: OutputFile,
): Promise<Result<'placed' | 'left', Failure>> {
  const release = await sql.exclusive(file.target);
  try {
    // Where the file lies may have changed since; what it holds has not.
    const [outcome] = await file.inPlace.restore([{ ...recorded, path: file.path }]);
    const where = `the database file of connection ${file.connection}`;
    switch (outcome!.kind) {
      case 'unchanged':
      case 'restored':
        // What a process that was cut off left beside it belongs to a file that is no more.
        await file.inPlace.remove(`${file.path}.wal`);
        return ok('placed');
      case 'refused': {
        const message = `${where}, ${file.path}, is tracked by git or leads out of the repository, so it cannot be kept between runs (let it go with: git rm --cached ${file.path})`;
        return fail({ class: 'infrastructure', code: 'connection-refused', message });
      }
      case 'lost': {
        const { loss, message } = outcome as Extract<typeof outcome, { kind: 'lost' }>;
        if (loss !== 'unavailable') return ok('left');
        return fail({
          class: 'infrastructure',
          code: 'store-unavailable',
          message: `${where} cannot be had now: ${message}`,
        });
      }
    }
  } finally {
    release();
  }
}

/** Saves the file as it is now, and says what it is. Nobody uses it meanwhile. */
export async function saveConnectionFile(sql: SqlPool, file: ConnectionFile): Promise<Result<OutputFile, Failure>> {
  const refusal = (message: string): Result<never, Failure> =>
    fail({
      class: 'infrastructure',
      code: 'connection-not-kept',
      message: `the database file of connection ${file.connection} could not be kept: ${message}`,
    });
  // Closed by its last user, a database has written everything into its one file.
  const release = await sql.exclusive(file.target);
  try {
    const log = await file.inPlace.find(`${escapePattern(file.path)}.wal`);
    if (log.ok && log.value.length > 0) return refusal(`another process has it open (${file.path}.wal is there)`);
    const found = await file.inPlace.find(escapePattern(file.path));
    if (!found.ok)
      return refusal(
        found.error.code === 'tracked'
          ? `git tracks ${file.path}. Let it go (git rm --cached ${file.path}), or write \`storage: { type: none }\` on the connection`
          : `${file.path} leads out of the repository`,
      );
    const now = found.value[0];
    if (now === undefined) return refusal(`there is no ${file.path}`);
    const saved = await file.inPlace.save([now]);
    return saved.ok ? ok(saved.value[0]!) : refusal(saved.error.message);
  } finally {
    release();
  }
}
