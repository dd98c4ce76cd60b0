import type { EventDraft } from '../model/events.js';
import { type EpochMs } from '../model/instant.js';
import type { RunRequest } from '../model/plan.js';
import type { Project, Schedule } from '../model/project.js';
import type { RunRecord, ScheduleRecord } from '../model/state.js';
/** All that judging the schedules depends on. Pure data. */
export interface TickInput {
    readonly project: Pick<Project, 'schedules' | 'jobs'>;
    /** Cursors of this environment, by schedule. */
    readonly records: ReadonlyMap<string, ScheduleRecord>;
    /** Runs of this environment that have not ended. */
    readonly openRuns: ReadonlyMap<string, RunRecord>;
    readonly now: EpochMs;
    /** True when `now` is the server's instant, or was given on purpose (`--now`). */
    readonly nowIsTrusted: boolean;
    /** Instant of the state branch's head; undefined before the first commit. */
    readonly headAt: EpochMs | undefined;
    /** False when a newer code commit has ticked before: then nothing is judged and no definition changes. */
    readonly codeIsNewest: boolean;
    /**
     * Since when these definitions are on the default branch, as far as that is known: new and edited rules count from
     * then on. Undefined (a laptop) = from `now`.
     */
    readonly codeSince?: EpochMs;
    /**
     * What one tick of a schedule over partitioned assets asks for, each a run; the words say why it asks for nothing.
     * Absent = the schedule's selection, as one run.
     */
    readonly partsOf?: (schedule: Schedule, tick: EpochMs) => TickParts | string;
    /** Schedules whose selection names no asset at all. */
    readonly selectingNothing?: ReadonlySet<string>;
}
/** One run of a tick: what it selects, and the partitions that it makes, as they were at the tick. */
export interface TickPart {
    readonly selection: string;
    readonly partitions?: string;
}
/** The runs of a tick; `leftOut`: which assets have no partitions yet, in words. */
export interface TickParts {
    readonly parts: readonly TickPart[];
    readonly leftOut?: string;
}
/** A run that a due tick asks for. */
export interface ScheduledRun {
    readonly run: string;
    readonly request: Extract<RunRequest, {
        kind: 'schedule';
    }>;
    /** Of the job, the schedule (which wins) and the engine. */
    readonly tags: Readonly<Record<string, string>>;
}
/** Something to tell the person who looks on. */
export interface TickNote {
    readonly kind: 'adopted' | 'dropped' | 'edited' | 'missed' | 'already_running' | 'parts_left' | 'held' | 'clock_behind' | 'no_partitions' | 'unreadable';
    readonly schedule?: string;
    readonly text: string;
}
export interface TickPlan {
    /** In the order to record: by schedule, its ticks oldest first, its cursor last. */
    readonly events: readonly EventDraft[];
    /** By schedule, oldest tick first. */
    readonly requests: readonly ScheduledRun[];
    readonly notes: readonly TickNote[];
    /** Why no schedule was judged at all; undefined = they were. */
    readonly held?: 'older_code' | 'clock_ahead';
}
/**
 * Judges every schedule at one instant (semantics.md 6): each tick in (evaluated until, now] once, whoever woke us.
 * Says what to record and which runs to ask for; does neither. Recording the events moves the cursors, so that
 * planning again at the same instant finds nothing.
 */
export declare function planTick(input: TickInput): TickPlan;
