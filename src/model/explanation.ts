import type { Json } from '../base/json.ts';
import type { Operand } from './automation.ts';
import type { RunState } from './events.ts';
import type { Timestamp } from './instant.ts';
import type { PartitionsSummary } from './partitions.ts';
import type { AssetVerdict } from './plan.ts';
import type { AssetKey } from './project.ts';

/** All that `branchline explain` says of an asset, at one state and instant. */
export interface Explanation {
  readonly asset: AssetKey;
  /** The partition that `made`, `verdict`, `stale` and `condition` speak of; absent = it has none. */
  readonly partition?: string;
  /** As `branchline list assets --json` has it. */
  readonly definition: Readonly<Record<string, Json>>;
  readonly partitions?: PartitionsSummary;
  /** What asks for it, besides people. */
  readonly madeBy: {
    readonly schedules: readonly {
      readonly schedule: string;
      readonly rule: string;
      readonly next?: Timestamp;
      /** Ranges of the partitions of this asset that the next tick asks for; absent = it has none. */
      readonly partitions?: readonly string[];
    }[];
    readonly jobs: readonly string[];
  };
  /** Of a partition: whether a schedule, a condition or an open run makes it, without a person. */
  readonly comesByItself?: boolean;
  readonly made?: { readonly at: Timestamp; readonly run: string };
  /** Newest attempt, where it did not make it. */
  readonly failed?: {
    readonly at: Timestamp;
    readonly run: string;
    readonly message?: string;
    /** Commits of the code: of that run, and the newest that has ticked; absent = the same, or not known. */
    readonly codeChanged?: { readonly from: string; readonly to: string };
  };
  /** What a job or schedule that selects it would do now; absent = nothing can be planned, as `refusal` says. */
  readonly verdict?: Pick<AssetVerdict, 'verdict' | 'reason' | 'detail'> & { readonly text: string };
  readonly refusal?: string;
  /** Why it is not up to date by itself; null = it is. */
  readonly stale?: { readonly reason: AssetVerdict['reason']; readonly detail: readonly string[] } | null;
  readonly automation?: AutomationExplanation;
  /** Open runs that make it, or may. */
  readonly runs: readonly {
    readonly run: string;
    readonly state: RunState;
    readonly trigger: string;
    /** What it waits for; absent = it is at work, or starts at the next wake-up. */
    readonly wait?: string;
  }[];
}

export interface AutomationExplanation {
  /** `eager`, `on_cron 0 6 * * * Europe/Berlin`, … */
  readonly rule: string;
  /** Since when ticks count (`on_cron`); absent = from the next tick on. */
  readonly since?: Timestamp;
  /** The next tick of its `on_cron`, and the zone that the cron is in. */
  readonly next?: { readonly at: Timestamp; readonly timezone: string };
  readonly condition?: Operand;
  /** Runs that the next tick asks for, with their partitions. */
  readonly asksFor: readonly { readonly assets: readonly AssetKey[]; readonly partitions?: string }[];
  /** Partitions that later looks ask for. */
  readonly left: number;
}
