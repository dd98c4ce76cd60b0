import type { EpochMs } from '../model/instant.ts';
import type { Plan, PlannedStep } from '../model/plan.ts';

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
export function openAgenda(plan: Plan, isWaiting: (step: string) => boolean): Agenda {
  const planned = new Map(plan.steps.map((step) => [step.id, step]));
  const waiting = new Set(plan.steps.map((step) => step.id).filter(isWaiting));
  const downstream = new Map<string, string[]>();
  const blockers = new Map<string, number>();
  for (const { id, after } of plan.steps) {
    for (const upstream of after) {
      const list = downstream.get(upstream);
      if (list) list.push(id);
      else downstream.set(upstream, [id]);
    }
    if (waiting.has(id)) blockers.set(id, after.filter((upstream) => waiting.has(upstream)).length);
  }
  const agenda: Agenda = {
    planned,
    positions: new Map(plan.steps.map((step, position) => [step.id, position])),
    downstream,
    blockers,
    waiting,
    running: new Set(),
    retrying: new Map(),
    unjudged: new Set(),
    ready: new Map(),
    measure: undefined,
  };
  judgeAllAgain(agenda);
  return agenda;
}

/** An agenda that changes apart from this one. */
export function copyAgenda(agenda: Agenda): Agenda {
  return {
    ...agenda,
    blockers: new Map(agenda.blockers),
    waiting: new Set(agenda.waiting),
    running: new Set(agenda.running),
    retrying: new Map(agenda.retrying),
    unjudged: new Set(agenda.unjudged),
    ready: new Map([...agenda.ready].map(([name, steps]) => [name, [...steps]])),
  };
}

/** Everything that could be judged has to be, by this measure. */
export function judgeBy(agenda: Agenda, measure: object): void {
  if (agenda.measure === measure) return;
  agenda.measure = measure;
  judgeAllAgain(agenda);
}

function judgeAllAgain(agenda: Agenda): void {
  agenda.ready.clear();
  for (const id of agenda.waiting) if (agenda.blockers.get(id) === 0) agenda.unjudged.add(id);
}

/** A step waits no more: it runs, has ended or is skipped. */
export function leaveWaiting(agenda: Agenda, id: string): void {
  if (!agenda.waiting.delete(id)) return;
  agenda.unjudged.delete(id);
  for (const steps of agenda.ready.values()) {
    const at = steps.indexOf(id);
    if (at >= 0) steps.splice(at, 1);
  }
  for (const next of agenda.downstream.get(id) ?? []) {
    const left = agenda.blockers.get(next);
    if (left !== undefined) agenda.blockers.set(next, left - 1);
  }
}

/** Something happened to a step: what is downstream of it has to be judged again. */
export function stirDownstream(agenda: Agenda, id: string): void {
  for (const next of agenda.downstream.get(id) ?? [])
    if (agenda.waiting.has(next) && agenda.blockers.get(next) === 0) agenda.unjudged.add(next);
}

/** Nothing that may still happen changes that this step starts. */
export function markReady(agenda: Agenda, id: string, holdsAlone: string): void {
  agenda.unjudged.delete(id);
  const steps = agenda.ready.get(holdsAlone) ?? [];
  agenda.ready.set(holdsAlone, steps);
  const position = (step: string): number => agenda.positions.get(step)!;
  let at = steps.length;
  while (at > 0 && position(steps[at - 1]!) > position(id)) at--;
  steps.splice(at, 0, id);
}
