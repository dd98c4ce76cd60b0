import type { ScheduleRule } from '../model/events.js';
import { type EpochMs } from '../model/instant.js';
import type { ScheduleRecord } from '../model/state.js';
import { type DueTicks } from '../time/cron.js';
import { type Cron } from '../time/cron-syntax.js';
/** A stretch of time and the rule that held in it. */
export interface Stretch {
    readonly rule: ScheduleRule;
    readonly after: EpochMs;
    readonly until: EpochMs;
}
/** Until the edit the old rule held, since then the new one: nothing of the new rule's past is replayed, nothing of the old one's is lost. */
export declare function stretchesOf(record: ScheduleRecord, rule: ScheduleRule, since: EpochMs, now: EpochMs): readonly Stretch[];
/** What is due in stretches that follow each other: the newest `limit` ticks, and how many there are. */
export declare function dueInStretches(stretches: readonly Stretch[], limit: number): DueTicks;
/** True when both name the same rules in one zone, in whichever order. */
export declare function sameRule(a: ScheduleRule, b: ScheduleRule): boolean;
/** What the rule says, read; undefined when one of its crons or its zone is not understood. */
export declare function readRule({ crons: texts, timezone }: ScheduleRule): readonly Cron[] | undefined;
