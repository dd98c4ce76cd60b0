import { byText } from '../base/order.ts';
import { unreachable } from '../base/result.ts';
import type { BranchlineEvent, TickedCode } from '../model/events.ts';
import type { Timestamp } from '../model/instant.ts';
import type { ScheduleRecord } from '../model/state.ts';
import { addToCells, endedToday, type FoldDraft, openRun } from './fold-draft.ts';
import { PROJECT_SCOPE } from './rollup.ts';
import { addToBuckets } from './sketch.ts';

/** Ticks of a schedule whose instants are remembered, so that each counts once. */
const JUDGED_MAX = 8;

type ScheduleEvent = Extract<
  BranchlineEvent,
  { type: 'tick.judged' | 'ticks.missed' | 'schedule.adopted' | 'schedule.dropped' | 'schedule.evaluated' }
>;

/** Moves a schedule's cursor; every tick counts once, by its instant. */
export function applyScheduleEvent(draft: FoldDraft, event: ScheduleEvent): void {
  const { schedule } = event;
  if (event.type === 'schedule.dropped') {
    draft.schedules.delete(schedule);
    return;
  }
  const known = draft.schedules.get(schedule);
  const from = event.type === 'schedule.adopted' ? event.from : event.type === 'tick.judged' ? event.tick : event.until;
  const record: ScheduleRecord = known ?? { schedule, adoptedAt: event.at, evaluatedUntil: from };
  const rule = 'rule' in event && event.rule ? { rule: event.rule } : {};
  const moved = { ...record, ...rule, evaluatedUntil: from > record.evaluatedUntil ? from : record.evaluatedUntil };
  switch (event.type) {
    case 'schedule.adopted':
      draft.schedules.set(schedule, { ...moved, adoptedAt: event.at < record.adoptedAt ? event.at : record.adoptedAt });
      return;
    case 'ticks.missed':
      draft.schedules.set(schedule, moved);
      return;
    case 'schedule.evaluated': {
      draft.schedules.set(schedule, moved);
      noteCode(draft, event.code);
      return;
    }
    case 'tick.judged': {
      const judged = record.judged ?? [];
      const isOld = judged.length >= JUDGED_MAX && event.tick < judged[0]!;
      // Its natural key, schedule and instant, has been counted.
      if (isOld || judged.includes(event.tick)) return;
      const { tick, outcome, reason, latenessMs, requested } = event;
      const isNewest = record.lastTick === undefined || tick >= record.lastTick.tick;
      const run = requested === undefined ? {} : { run: requested };
      const lastTick = isNewest ? { tick, outcome, reason, latenessMs, ...run } : record.lastTick;
      // The cursor moves by `schedule.evaluated`, when all that was due has been judged.
      draft.schedules.set(schedule, { ...record, judged: [...judged, tick].sort(byText).slice(-JUDGED_MAX), lastTick });
      // Ticks that nobody woke us for say nothing about how late a wake-up comes.
      if (reason !== 'superseded_by_later' && reason !== 'over_max_catchup')
        addToCells(draft, [PROJECT_SCOPE], (cell) => addToBuckets(cell.lateness, latenessMs));
      return;
    }
    default:
      unreachable(event);
  }
}

type ClaimEvent = Extract<
  BranchlineEvent,
  { type: 'claim.opened' | 'claim.renewed' | 'claim.suspected' | 'claim.closed' }
>;

/** Opens, renews, suspects and closes claims. `recordedAt` is the commit's instant. */
export function applyClaimEvent(draft: FoldDraft, event: ClaimEvent, recordedAt: Timestamp): void {
  if (event.type === 'claim.opened') {
    const { claim } = event;
    const run = openRun(draft, claim.run);
    // The claim of an ended run, or of a holder that was replaced, holds nothing.
    if (endedToday(draft, claim.run) || (run && claim.epoch < run.draft.run.epoch)) return;
    if (!draft.claims.has(claim.claim)) draft.claims.set(claim.claim, { ...claim, renewals: 0 });
    return;
  }
  const claim = draft.claims.get(event.claim);
  if (!claim) return;
  switch (event.type) {
    case 'claim.renewed': {
      // A sign of life answers a suspicion of before.
      const { suspected: _answered, ...rest } = claim;
      draft.claims.set(event.claim, { ...rest, renewals: claim.renewals + 1 });
      return;
    }
    case 'claim.suspected': {
      const before = claim.suspected;
      const isKnown = before && before.renewals >= event.renewals;
      // The first to suspect starts the clock, and it is the commits' clock.
      if (event.renewals < claim.renewals || isKnown) return;
      draft.claims.set(event.claim, { ...claim, suspected: { at: recordedAt, renewals: event.renewals } });
      return;
    }
    case 'claim.closed':
      draft.claims.delete(event.claim);
      return;
    default:
      unreachable(event);
  }
}

/** The newest code that has ticked, whatever the order in which that is recorded. */
export function noteCode(draft: FoldDraft, code: TickedCode | undefined): void {
  const before = draft.codeCommit;
  if (code && (!before || code.at > before.at || (code.at === before.at && code.commit > before.commit)))
    draft.codeCommit = code;
}
