import { fail, ok, type Result } from '../base/result.ts';
import { type EpochMs, timestamp } from '../model/instant.ts';
import type { StateArchive, StoreUnreachable } from '../ports-state.ts';
import { commitsSinceCompact } from '../state/compact.ts';
import type { DroppedEvents } from '../state/retention.ts';
import { type AppFailure, stateUnreachable } from './failure.ts';
import { cutAt } from './retention.ts';
import type { PagesOf } from './state-ports.ts';
import type { StatePlace } from './state-reading.ts';
import type { StateSession } from './state-session.ts';

/** Makes the first commit of a state, with its witness. `undefined`: it was there already. */
export async function createState(
  session: StateSession,
  options: { readonly anew: boolean; readonly pages?: PagesOf },
): Promise<Result<string | undefined, AppFailure>> {
  const recorded = await session.transact<undefined>(
    async (state) => {
      if (state.head.commit !== undefined) return { kind: 'nothing', value: undefined };
      return {
        kind: 'commit',
        events: [],
        message: options.anew && state.head.witness ? '● created anew: the branch before was deleted' : '● created',
        value: undefined,
        ...(options.pages ? { pages: options.pages } : {}),
      };
    },
    { anew: options.anew },
  );
  return recorded.ok ? ok(recorded.value.commit) : recorded;
}

export interface CompactPlan {
  /** Commits that the archive would take away from the branch. */
  readonly commits: number;
  /** Number of the archive. */
  readonly seq: number;
  /** Archives to delete, newest first. */
  readonly drop: readonly StateArchive[];
  /** Events that `state.retention` drops from the branch; the archive still has them. */
  readonly events?: DroppedEvents;
}

export interface Compacted extends CompactPlan {
  /** The new head; undefined when there was nothing to compact, or in a preview. */
  readonly commit?: string;
  readonly dropped: readonly StateArchive[];
}

export interface CompactOptions {
  /** Archives whose newest commit is older than this are deleted; undefined keeps all. */
  readonly keepMs: number | undefined;
  readonly now: EpochMs;
  readonly dryRun: boolean;
  /** Events of days older than this are dropped; undefined keeps all. */
  readonly retentionMs?: number | undefined;
}

/**
 * Begins the history of a state anew: one commit without parent and with the same files, and the old history under a ref
 * of its own. Events older than the retention leave the branch. Runs may be open: their writers read again and go on.
 */
export async function compactState(
  place: StatePlace,
  session: StateSession,
  options: CompactOptions,
): Promise<Result<Compacted, AppFailure>> {
  const { store } = place;
  const archives = await store.archives();
  if (!archives.ok) return fail(unreachable(archives.error));
  const oldest = options.keepMs === undefined ? undefined : options.now - options.keepMs;
  const drop = archives.value.filter((archive) => oldest !== undefined && archive.committedAt < oldest);
  const recorded = await session.transact<CompactPlan>(async (state) => {
    const { seq } = state.read.view;
    const commits = commitsSinceCompact(state.read);
    // A history of one commit has nothing before it.
    if (commits <= 1) return { kind: 'nothing', value: { commits, seq, drop } };
    const cut = await cutAt(place, state, options.retentionMs);
    if (!cut.ok) return { kind: 'stop', failure: 'exit' in cut.error ? cut.error : unreachable(cut.error) };
    const plan = { commits, seq, drop, ...(cut.value ? { events: cut.value.dropped } : {}) };
    if (options.dryRun) return { kind: 'nothing', value: plan };
    return {
      kind: 'commit',
      events: [],
      compact: cut.value?.files ?? new Map(),
      message: `◇ compacted: ${commits} commits are in archive ${seq}\n\nArchive: ${seq}`,
      value: plan,
    };
  });
  if (!recorded.ok) return recorded;
  const { value: plan, commit } = recorded.value;
  const made = { ...plan, ...(commit === undefined ? {} : { commit }) };
  if (options.dryRun) return ok({ ...made, dropped: [] });
  const dropped = await store.dropArchives(drop);
  return dropped.ok ? ok({ ...made, dropped: dropped.value }) : fail(unreachable(dropped.error));
}

const unreachable = (error: StoreUnreachable): AppFailure => stateUnreachable(error);

/** One line for people about an archive. */
export function archiveText({ seq, committedAt }: StateArchive): string {
  return `archive/${seq}, up to ${timestamp(committedAt).slice(0, 10)}`;
}
