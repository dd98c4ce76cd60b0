import { sortedUnique } from '../base/order.ts';
import type { ScheduleRule } from '../model/events.ts';
import { type EpochMs, epochMs } from '../model/instant.ts';
import type { ScheduleRecord } from '../model/state.ts';
import { type DueTicks, dueTicks } from '../time/cron.ts';
import { type Cron, parseCron } from '../time/cron-syntax.ts';
import { isZone } from '../time/zone.ts';

/** A stretch of time and the rule that held in it. */
export interface Stretch {
  readonly rule: ScheduleRule;
  readonly after: EpochMs;
  readonly until: EpochMs;
}

/** Until the edit the old rule held, since then the new one: nothing of the new rule's past is replayed, nothing of the old one's is lost. */
export function stretchesOf(
  record: ScheduleRecord,
  rule: ScheduleRule,
  since: EpochMs,
  now: EpochMs,
): readonly Stretch[] {
  const after = epochMs(record.evaluatedUntil);
  if (record.rule === undefined || sameRule(record.rule, rule)) return [{ rule, after, until: now }];
  const edit = Math.max(since, after);
  return [
    { rule: record.rule, after, until: edit },
    { rule, after: edit, until: now },
  ];
}

/** What is due in stretches that follow each other: the newest `limit` ticks, and how many there are. */
export function dueInStretches(stretches: readonly Stretch[], limit: number): DueTicks {
  let ticks: readonly EpochMs[] = [];
  let total = 0;
  for (const { rule, after, until } of stretches) {
    // A recorded rule that cannot be read any more named nothing that we could still judge.
    const due = dueTicks(readRule(rule) ?? [], rule.timezone, { after, until, limit });
    ticks = [...ticks, ...due.ticks].slice(-limit);
    total += due.total;
  }
  return { ticks, total };
}

/** True when both name the same rules in one zone, in whichever order. */
export function sameRule(a: ScheduleRule, b: ScheduleRule): boolean {
  if (a.timezone !== b.timezone) return false;
  const [left, right] = [sortedUnique(a.crons), sortedUnique(b.crons)];
  return left.length === right.length && left.every((cron, index) => cron === right[index]);
}

/** What the rule says, read; undefined when one of its crons or its zone is not understood. */
export function readRule({ crons: texts, timezone }: ScheduleRule): readonly Cron[] | undefined {
  if (!isZone(timezone)) return undefined;
  const crons: Cron[] = [];
  for (const text of texts) {
    const cron = parseCron(text);
    if (!cron.ok) return undefined;
    crons.push(cron.value);
  }
  return crons;
}
