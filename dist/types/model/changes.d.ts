import type { Span } from './diagnostic.js';
import type { AssetKey } from './project.js';
/**
 * Why an asset counts as changed against a base (semantics.md 10). Closed. Only what was changed itself: what an
 * upstream's change does to an asset is impact, and listed apart.
 */
export declare const CHANGE_REASONS: readonly ['new', 'removed', 'code_version', 'dependencies', 'partitions_definition', 'tags', 'metadata', 'checks', 'policy', 'owners'];
export type ChangeReason = (typeof CHANGE_REASONS)[number];
/** Lines that a text gained and lost, as `git diff --numstat` counts them. */
export interface LineCounts {
    readonly added: number;
    readonly removed: number;
}
/** One value, before → after. */
export interface ValueChange {
    /** What it is, as a user writes it: `run`, `env.DAY`, `pipelines/monthly.sql`, `snow_days`, `timeout`. */
    readonly what: string;
    readonly kind: 'added' | 'removed' | 'changed';
    /** One line for people, at most 300 characters; absent when there was nothing, or where `lines` says it. */
    readonly before?: string;
    readonly after?: string;
    /** Only for texts of several lines, and files. */
    readonly lines?: LineCounts;
    /** The file whose content it is, from the project's root. */
    readonly file?: string;
}
/** A reason with all that stands behind it, in the order in which a person would read it. */
export interface ReasonedChange {
    readonly reason: ChangeReason;
    /** Empty for `new` and `removed`: there is nothing to compare with. */
    readonly values: readonly ValueChange[];
}
/** An asset that was changed itself. */
export interface AssetChange {
    readonly asset: AssetKey;
    /** In the order of `CHANGE_REASONS`; at least one. `new` and `removed` stand alone. */
    readonly reasons: readonly ReasonedChange[];
    /** Where it is defined: in the head, or in the base when it was removed. */
    readonly definedAt: Span;
    /** Of the head, or of the base when it was removed. */
    readonly owners: readonly string[];
    /** What makes it: `SQL`, `script`, `multi-asset`, `external`. */
    readonly madeBy: 'sql' | 'run' | 'multi_asset' | 'external';
    readonly checks: number;
    /** Checks that stop what is downstream. */
    readonly blockingChecks: number;
    /** A removed asset with the same code: most likely this is it under another key. Only with `new`. */
    readonly renamedFrom?: AssetKey;
    /** The same from the other side. Only with `removed`. */
    readonly renamedTo?: AssetKey;
}
/** An asset that was not changed itself, and is made from something that was. */
export interface DownstreamAsset {
    readonly asset: AssetKey;
    /** Its direct upstreams that were changed or are downstream themselves. */
    readonly reads: readonly AssetKey[];
    /** Least number of edges from a changed asset, from 1. */
    readonly hops: number;
}
/** Two versions of a project, compared: base → head. Plain data. */
export interface ProjectChanges {
    /** In the order of the head's graph; removed ones last, by key. */
    readonly assets: readonly AssetChange[];
    /** In the order of the head's graph. Only behind changes that can change data, or hold it back. */
    readonly downstream: readonly DownstreamAsset[];
    /** What is no asset's own: settings, connections, jobs, schedules, selections. By `what`. */
    readonly project: readonly ValueChange[];
}
