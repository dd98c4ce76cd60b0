import type { EpochMs } from '../model/instant.ts';
import { USUAL_MANIFESTS } from '../model/manifest-patterns.ts';
import type { Project } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import { nextTicks } from '../plan/next-ticks.ts';
import { planTick } from '../plan/tick.ts';
import { openBackfills } from './backfills.ts';
import { encodeQuietNote, type NotedCommit, quietKey } from './quiet-note.ts';
import { missingRetries } from './release.ts';

/** Until when wake-ups have nothing to do, and what ends that. */
export interface Quiet {
  /** A wake-up before this instant would decide nothing. */
  readonly until: EpochMs;
  /** The schedule that is due then. */
  readonly schedule: string;
}

export interface QuietInput {
  readonly project: Project;
  /** The state once its newest commit counts. */
  readonly view: StateView;
  /** The instant of that commit. */
  readonly now: EpochMs;
  /** The code that is checked out. */
  readonly code: string | undefined;
}

/** Nothing of it makes a wake-up act. */
const never = (): boolean => true;

/**
 * Whether a part of the state leaves a wake-up nothing to do before the next tick of a schedule. Each part has its line, so
 * that a new one is judged before it compiles: whatever acts by time, or on what is left, is not quiet.
 */
const STATE: { readonly [Part in keyof Required<StateView>]: (view: StateView, input: QuietInput) => boolean } = {
  environment: never,
  head: never,
  seq: never,
  at: never,
  // They are released, lost, overdue, asked to stop, or go on.
  openRuns: ({ openRuns }) => openRuns.size === 0,
  // A retry that was decided and not asked for.
  endedRuns: (view) => missingRetries(view).length === 0,
  // Their holder may be gone.
  claims: ({ claims }) => claims.size === 0,
  // Judged by the wake-up's own planning, below.
  schedules: never,
  backfills: (view) => openBackfills(view).length === 0,
  // Only what is asked for, conditions and backfills look at these.
  partitions: never,
  dynamicKeys: never,
  connections: never,
  streams: never,
  streamDays: never,
  writers: never,
  days: never,
  // Older code judges nothing, and says so.
  codeCommit: ({ codeCommit }, { code }) => codeCommit === undefined || codeCommit.commit === code,
  // A rule of automation that counted and is gone is dropped by the next wake-up. Last, because it looks at all of them.
  assets: ({ assets }) => ![...assets.values()].some(({ onCron }) => onCron !== undefined),
};

/** The same of the project. */
const PROJECT: { readonly [Part in keyof Required<Project>]: (project: Project) => boolean } = {
  name: never,
  description: never,
  timezone: never,
  manifests: never,
  // Retention and a compact come with a commit that somebody else makes.
  state: never,
  // Monitoring and retries act on runs that are open.
  operations: never,
  runners: never,
  partitions: never,
  storage: never,
  maxParallel: never,
  prices: never,
  secrets: never,
  env: never,
  connections: never,
  // `build_on_push` acts on pushes.
  environments: never,
  // Conditions look at the clock, and at data that others make.
  assets: ({ assets }) => !Object.values(assets).some(({ automation }) => automation !== undefined),
  steps: never,
  groups: never,
  multiChecks: never,
  jobs: never,
  // Judged by the wake-up's own planning, below.
  schedules: never,
  selections: never,
  exposures: never,
};

/**
 * Until when wake-ups have nothing to do, as far as a state and a project tell: a lower bound. Undefined = not at all, or
 * nobody knows.
 */
export function quietUntil(input: QuietInput): Quiet | undefined {
  const { project, view, now } = input;
  for (const is of Object.values(PROJECT)) if (!is(project)) return undefined;
  for (const is of Object.values(STATE)) if (!is(view, input)) return undefined;
  if (!decidesNothing(input, now)) return undefined;
  const [first] = nextTicks(project, now);
  if (first?.tick === undefined || first.tick <= now) return undefined;
  return decidesNothing(input, first.tick - 1) ? { until: first.tick, schedule: first.schedule } : undefined;
}

export interface QuietNoteInput {
  readonly project: Project;
  /** The code that is checked out. */
  readonly code: string;
  /** Digest over the code, the manifests and who looks at them; undefined where these cannot be read. */
  readonly place: () => string | undefined;
}

/** What the message of a commit says of the wake-ups after it, as trailers; undefined = nothing. */
export function quietNoteOf(
  { project, code, place }: QuietNoteInput,
  view: StateView,
  commit: NotedCommit,
): string | undefined {
  const quiet = quietUntil({ project, view, now: commit.at, code });
  const digest = quiet && place();
  if (!quiet || digest === undefined) return undefined;
  const said = { ...quiet, seq: view.seq };
  const note = { ...said, key: quietKey(digest, said, commit), manifests: project.manifests };
  return encodeQuietNote(note, USUAL_MANIFESTS);
}

/** Whether judging the schedules at an instant records nothing, asks for nothing and has nothing to say. */
function decidesNothing({ project, view }: QuietInput, now: EpochMs): boolean {
  const { events, requests, notes, held } = planTick({
    project,
    records: view.schedules,
    openRuns: view.openRuns,
    now,
    nowIsTrusted: true,
    headAt: undefined,
    codeIsNewest: true,
  });
  return held === undefined && [events, requests, notes].every((each) => each.length === 0);
}
