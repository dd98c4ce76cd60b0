import type { ValueChange } from '../../model/changes.js';
import type { AssetKey, Project, Schedule } from '../../model/project.js';
import type { Side } from './side.js';
/** By asset: each schedule that makes it, and how. */
export type AssetSchedules = ReadonlyMap<AssetKey, Readonly<Record<string, string>>>;
/** How an asset is made, apart from what makes it: timeouts, publishing, schedules. */
export declare function policyChanges(key: AssetKey, base: Side & {
    readonly schedules: AssetSchedules;
}, head: Side & {
    readonly schedules: AssetSchedules;
}): readonly ValueChange[];
/**
 * Which schedules make which assets. A schedule whose selection asks the recorded state (`status:`) makes none here: what it
 * selects changes without any change of the project.
 */
export declare function assetSchedules(project: Project): AssetSchedules;
/** A schedule's rule, without what it selects. */
export declare function scheduleText(schedule: Schedule, makesAll: boolean): string;
