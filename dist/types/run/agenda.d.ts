import type { EpochMs } from '../model/instant.js';
import type { Plan, PlannedStep } from '../model/plan.js';
/**
 * Which waiting steps are worth a look, so that the price of an event does not grow with the plan. Derived from the
 * steps alone: it changes how fast `decide` answers, never what.
 */
export interface Agenda {
    readonly planned: ReadonlyMap<string, PlannedStep>;
    readonly positions: ReadonlyMap<string, number>;
    readonly downstream: ReadonlyMap<string, readonly string[]>;
    /** By waiting step: how many of the steps before it wait themselves. */
    readonly blockers: Map<string, number>;
    readonly waiting: Set<string>;
    readonly running: Set<string>;
    /** Failed and to be tried again: when. */
    readonly retrying: Map<string, EpochMs>;
    /** Waiting, with nothing waiting before them, and something has happened since they were judged. */
    readonly unjudged: Set<string>;
    /** Judged for good: they start as soon as they may. In plan order, by what they hold alone (empty = nothing). */
    readonly ready: Map<string, string[]>;
    /** What they were judged by; by another measure all have to be judged again. */
    measure: object | undefined;
}
/** The agenda of a plan whose steps stand so. */
export declare function openAgenda(plan: Plan, isWaiting: (step: string) => boolean): Agenda;
/** An agenda that changes apart from this one. */
export declare function copyAgenda(agenda: Agenda): Agenda;
/** Everything that could be judged has to be, by this measure. */
export declare function judgeBy(agenda: Agenda, measure: object): void;
/** A step waits no more: it runs, has ended or is skipped. */
export declare function leaveWaiting(agenda: Agenda, id: string): void;
/** Something happened to a step: what is downstream of it has to be judged again. */
export declare function stirDownstream(agenda: Agenda, id: string): void;
/** Nothing that may still happen changes that this step starts. */
export declare function markReady(agenda: Agenda, id: string, holdsAlone: string): void;
