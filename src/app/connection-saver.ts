import type { Claim, EventDraft } from '../model/events.ts';
import type { Failure } from '../model/failure.ts';
import { type EpochMs, timestamp } from '../model/instant.ts';
import type { AssetKey } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import type { Clock, SqlPool } from '../ports.ts';
import {
  type ConnectionFile,
  connectionFile,
  type KeptFileOf,
  placeConnectionFile,
  recordedFile,
  saveConnectionFile,
} from './connection-files.ts';
import type { ConnectionScope } from './connections.ts';
import type { Emit } from './execute.ts';

/** Database files of one run: in place before its first step needs them, saved with what it made in them. */
export interface ConnectionSaver {
  /** Puts the file of a connection in place, once a run; undefined = the step may go on. */
  place(connection: string): Promise<Failure | undefined>;
  /** Told of each event of a step: what is made in a kept file waits for its save. */
  note(event: EventDraft): void;
  /** Begins a save beside the work when the last one is long ago. */
  pause(emit: Emit): void;
  /** Saves what is not saved yet; yields why something could not be. */
  finish(emit: Emit): Promise<Failure | undefined>;
  /** What was saved last, by connection: a state that says something else took another run's file. */
  readonly saved: ReadonlyMap<string, string>;
}

export interface ConnectionSaverInput {
  readonly scope: ConnectionScope;
  readonly keptFile: KeptFileOf;
  readonly sql: SqlPool;
  readonly clock: Clock;
  readonly claim: Claim;
  readonly view: Pick<StateView, 'connections'>;
  readonly warn: (text: string) => void;
}

/** A large file is not saved after every step. */
const SAVE_AGAIN_MS = 10 * 60_000;

export function openConnectionSaver(input: ConnectionSaverInput): ConnectionSaver {
  const { scope, keptFile, sql, clock, claim, view, warn } = input;
  const placed = new Map<string, Promise<Failure | undefined>>();
  /** Made in a kept file and not saved: materialization by asset, by connection. */
  const waiting = new Map<string, Map<AssetKey, string>>();
  const saved = new Map<string, string>();
  let savedAt: EpochMs = clock.now();
  let underway: Promise<Failure | undefined> | undefined;

  const startedFrom = (connection: string): string =>
    saved.get(connection) ?? claim.connections.find(({ name }) => name === connection)?.startedFrom ?? '';

  const placeOnce = async (connection: string): Promise<Failure | undefined> => {
    const file = connectionFile(scope, keptFile, connection);
    if (!file.ok) return file.error;
    return file.value && placeConnectionFile(sql, file.value, recordedFile(view, connection), warn);
  };

  const saveOne = async (file: ConnectionFile, emit: Emit): Promise<Failure | undefined> => {
    const { connection } = file;
    const made = new Map(waiting.get(connection));
    const now = await saveConnectionFile(sql, file);
    if (!now.ok) return now.error;
    const at = timestamp(clock.now());
    const from = startedFrom(connection);
    const { path, digest, bytes, blob } = now.value;
    emit({
      type: 'connection.saved',
      at,
      run: claim.run,
      connection,
      path,
      digest,
      bytes,
      ...(blob === undefined ? {} : { blob }),
      startedFrom: from,
    });
    saved.set(connection, digest);
    for (const [asset, materialization] of made)
      if (waiting.get(connection)?.get(asset) === materialization) waiting.get(connection)?.delete(asset);
    return undefined;
  };

  const saveAll = async (emit: Emit): Promise<Failure | undefined> => {
    let first: Failure | undefined;
    for (const [connection, made] of waiting) {
      if (made.size === 0) continue;
      const file = connectionFile(scope, keptFile, connection);
      const failure = !file.ok ? file.error : file.value && (await saveOne(file.value, emit));
      first ??= failure;
    }
    savedAt = clock.now();
    return first;
  };

  return {
    saved,
    place(connection) {
      const known = placed.get(connection) ?? placeOnce(connection);
      placed.set(connection, known);
      return known;
    },
    note(event) {
      if (event.type !== 'asset.materialized' || event.connection === undefined) return;
      const made = waiting.get(event.connection) ?? new Map<AssetKey, string>();
      waiting.set(event.connection, made.set(event.asset, event.materialization));
    },
    pause(emit) {
      if (underway || clock.now() - savedAt < SAVE_AGAIN_MS) return;
      underway = saveAll(emit).finally(() => {
        underway = undefined;
      });
    },
    async finish(emit) {
      // What a save in the middle could not do is tried once more, and then it counts.
      await underway;
      const failure = await saveAll(emit);
      const at = timestamp(clock.now());
      for (const made of waiting.values())
        for (const [asset, materialization] of made)
          emit({ type: 'asset.lost', at, asset, materialization, message: failure?.message ?? 'not saved' });
      return failure;
    },
  };
}
