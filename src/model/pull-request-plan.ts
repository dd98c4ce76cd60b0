import type { AssetChange, DownstreamAsset, ValueChange } from './changes.ts';
import type { RunReason, SkipReason } from './plan.ts';
import type { AssetKey } from './project.ts';

/** Most entries of each list that a pull request's plan keeps; `totals` say how many there were. */
export const PLAN_ENTRIES_MAX = 500;
/** Assets that a drawing of the lineage may have at all. */
export const LINEAGE_NODES_MAX = 400;

/** A finding in the manifests of the head. */
export interface PlanProblem {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly message: string;
  readonly help?: string;
  readonly file: string;
  readonly line: number;
}

/** An exposure that reads something that was changed, or is downstream of it. */
export interface ReachedExposure {
  readonly name: string;
  readonly type: string;
  readonly owner?: string;
  readonly url?: string;
  /** Which of the touched assets it reads itself. */
  readonly reads: readonly AssetKey[];
}

export interface PlannedAsset {
  readonly asset: AssetKey;
  readonly verdict: 'run' | 'if_changed';
  readonly reason: RunReason | SkipReason;
  readonly detail: readonly string[];
}

/** What production would do with the code of the head. */
export interface WouldRun {
  /** Digest of the plan. */
  readonly digest: string;
  /** Steps, one of which may make several assets. */
  readonly steps: number;
  readonly assets: readonly PlannedAsset[];
  /** From history; absent without any. */
  readonly expected?: {
    readonly p50Ms: number;
    readonly p95Ms: number;
    readonly samples: number;
    readonly unknownSteps: number;
    readonly minutes: number;
    readonly usd?: number;
  };
}

/** What is drawn of the lineage: what was touched, and what it is made from directly. */
export interface Lineage {
  readonly assets: readonly {
    readonly asset: AssetKey;
    readonly mark: 'new' | 'changed' | 'removed' | 'downstream' | 'upstream';
  }[];
  /** [upstream, downstream] */
  readonly edges: readonly (readonly [AssetKey, AssetKey])[];
}

/**
 * All that the comment on a pull request is made from: the file `branchline-pr-plan.json`, which the first workflow uploads
 * and the second one reads as hostile data (schemas/pr-plan.schema.json). Public and versioned.
 */
export interface PullRequestPlan {
  readonly version: 1;
  readonly project: string;
  /** Commit of the head, and the merge base that it is compared with. */
  readonly head: string;
  readonly base: string;
  /** The merge base has no project. */
  readonly isFirst: boolean;
  /** Errors in the manifests of the merge base. */
  readonly baseProblems: number;
  readonly problems: readonly PlanProblem[];
  readonly totals: {
    readonly errors: number;
    readonly warnings: number;
    readonly changed: number;
    readonly downstream: number;
    readonly settings: number;
    readonly planned: number;
  };
  /** Absent when the head has errors. */
  readonly changed?: readonly AssetChange[];
  readonly downstream?: readonly DownstreamAsset[];
  readonly settings?: readonly ValueChange[];
  readonly exposures?: readonly ReachedExposure[];
  readonly lineage?: Lineage;
  readonly wouldRun?: WouldRun;
  /** Why there is no plan, for people. */
  readonly noPlan?: string;
}
