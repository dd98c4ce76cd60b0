import type { AutomationRule, Project } from '../model/project.js';
import { type SelectionScope } from './selection-evaluate.js';
/** What `branchline list` can list. */
export declare const LISTINGS: readonly ['assets', 'checks', 'jobs', 'schedules', 'selections', 'exposures'];
export type Listing = (typeof LISTINGS)[number];
/** Where a thing is defined: every row has it, so that an editor can go there. */
interface ListedAt {
    readonly file: string;
    readonly line: number;
}
export interface AssetRow extends ListedAt {
    readonly asset: string;
    readonly group?: string;
    readonly kinds: readonly string[];
    readonly owners: readonly string[];
    readonly deps: readonly string[];
    readonly checks: number;
    /** What makes it. */
    readonly made_by: 'sql' | 'run' | 'multi_asset' | 'external';
    readonly step?: string;
    readonly connection?: string;
    /** `schema.table`. */
    readonly relation?: string;
    readonly outputs: readonly string[];
    /** Name of its shared definition of partitions, else the kind of its own. */
    readonly partitions?: string;
    /** Its own definition as it is written, in few words: `weekly from 2026-10-01`; absent = it shares one. */
    readonly partitions_written?: string;
    /** When it is made by itself. */
    readonly automation?: AutomationRule['kind'];
    /** Of `on_cron`. */
    readonly automation_cron?: string;
    readonly automation_timezone?: string;
    readonly description?: string;
}
export interface CheckRow extends ListedAt {
    readonly asset: string;
    readonly check: string;
    readonly kind: string;
    readonly severity: string;
    readonly blocking: boolean;
    readonly warn_if?: string;
    readonly error_if?: string;
    readonly factory?: string;
    readonly description?: string;
}
export interface JobRow extends ListedAt {
    readonly job: string;
    readonly selection: string;
    /** How many assets it selects; absent when that depends on the state. */
    readonly assets?: number;
    readonly schedules: readonly string[];
    readonly tags: Readonly<Record<string, string>>;
    readonly description?: string;
}
export interface ScheduleRow extends ListedAt {
    readonly schedule: string;
    readonly crons: readonly string[];
    readonly timezone: string;
    readonly job?: string;
    readonly selection?: string;
    readonly catchup: string;
}
export interface SelectionRow extends ListedAt {
    readonly name: string;
    readonly selection: string;
    readonly assets?: number;
    readonly visibility: string;
    readonly pinned: boolean;
    readonly icon?: string;
    readonly description?: string;
}
export interface ExposureRow extends ListedAt {
    readonly exposure: string;
    readonly type: string;
    readonly owner?: string;
    readonly deps: readonly string[];
    readonly url?: string;
    readonly description?: string;
}
/** Assets in the graph's order, each with what makes it. */
export declare function listAssets(project: Project, keys: ReadonlySet<string> | undefined): readonly AssetRow[];
/** Checks, by asset in the graph's order and then by name. */
export declare function listChecks(project: Project, keys: ReadonlySet<string> | undefined): readonly CheckRow[];
export declare function listJobs(project: Project): readonly JobRow[];
export declare function listSchedules(project: Project): readonly ScheduleRow[];
export declare function listSelections(project: Project): readonly SelectionRow[];
export declare function listExposures(project: Project): readonly ExposureRow[];
/** The rows of one listing; `keys` narrows assets and checks. */
export declare function list(listing: Listing, project: Project, keys?: ReadonlySet<string>): readonly (AssetRow | CheckRow | JobRow | ScheduleRow | SelectionRow | ExposureRow)[];
/** The scope of a project for selections; `statusOf` from the state, when it was read. */
export declare function selectionScope(project: Project, statusOf?: SelectionScope['statusOf']): SelectionScope;
export {};
