import type { AssetMaterialized, ConnectionSaved } from '../model/events.ts';
import type { ConnectionRecord } from '../model/state.ts';
import type { FoldDraft } from './fold-draft.ts';

function recordOf(draft: FoldDraft, connection: string): ConnectionRecord {
  return draft.connections.get(connection) ?? { connection, unsaved: {} };
}

/** Something new is in the database, and its file is not saved yet. */
export function applyUnsaved(draft: FoldDraft, event: AssetMaterialized): void {
  if (event.connection === undefined) return;
  const { asset, partition } = event;
  // What a newer one took the place of is nowhere looked for.
  if (partition === undefined && draft.assets.get(asset)?.materialized?.id !== event.materialization) return;
  const record = recordOf(draft, event.connection);
  const name = partition === undefined ? asset : `${asset}@${partition}`;
  const unsaved = { ...record.unsaved, [name]: event.materialization };
  draft.connections.set(event.connection, { ...record, unsaved });
}

/** The file is saved, with all that the same run put into it before, unless it began with a file that is not current. */
export function applySaved(draft: FoldDraft, event: ConnectionSaved): void {
  const record = recordOf(draft, event.connection);
  if ((record.file?.digest ?? '') !== event.startedFrom) return;
  const { path, digest, bytes, blob, run, at } = event;
  const file = { path, digest, bytes, ...(blob === undefined ? {} : { blob }), run, at };
  const own = `${run}.${event.epoch ?? 1}/`;
  const unsaved = Object.fromEntries(Object.entries(record.unsaved).filter(([, id]) => !id.startsWith(own)));
  draft.connections.set(event.connection, { connection: event.connection, file, unsaved });
}
