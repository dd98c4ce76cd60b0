import type { BackfillGroup, BranchlineEvent, Claim, EventBase } from '../model/events.js';
import { type Check, type Fields } from './shape.js';
type EventType = BranchlineEvent['type'];
type EventOf<T extends EventType> = Extract<BranchlineEvent, {
    readonly type: T;
}>;
type Own<T extends EventType> = Fields<Omit<EventOf<T>, keyof EventBase | 'type'>>;
export declare const failureShape: Check;
export declare const runReason: Check;
export declare const skipReason: Check;
export declare const requestShape: Check;
export declare const retryShape: Check;
export declare const backfillGroup: Fields<BackfillGroup>;
export declare const backfillCounts: Check;
/** When a schedule is due. */
export declare const ruleShape: Check;
export declare const countsShape: Check;
export declare const billedShape: Check;
export declare const claimFields: Fields<Claim>;
export declare const upstreamShape: Check;
export declare const filesShape: Check;
export declare const checkStatus: Check;
export declare const severity: Check;
export declare const outcome: Check;
export declare const duration: Check;
/** Files that were not as in the commit of a code. */
export declare const uncommittedShape: Check;
/** Every event type with its own fields; `id`, `v`, `at`, `run` and `epoch` are checked for all. */
export declare const EVENT_FIELDS: {
    readonly [T in EventType]: Own<T>;
};
export declare const EVENT_TYPES: EventType[];
/** The whole shape of each event type in its newest version. */
export declare const EVENT_SHAPES: ReadonlyMap<string, Check>;
export {};
