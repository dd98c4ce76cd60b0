import type { Claim } from './events.ts';
import type { Plan } from './plan.ts';
import type { AssetKey } from './project.ts';

/**
 * What the jobs of one workflow run share out among them, as one of them settled it: it travels as an artifact, and its
 * digest as an output of that job.
 */
export interface Wave {
  readonly format: 1;
  /** Id of the workflow run, and its attempt: its claims hold for that attempt alone. */
  readonly workflow: string;
  readonly attempt: number;
  readonly codeCommit?: string;
  readonly runs: readonly WaveRun[];
  readonly shards: readonly WaveShard[];
}

/** A run whose claim is committed. */
export interface WaveRun {
  readonly plan: Plan;
  readonly claim: Claim;
  /** Assets whose published data was gone, and what was found. */
  readonly lost: Readonly<Record<AssetKey, string>>;
}

/** Steps of one run that one job carries out. */
export interface WaveShard {
  /** Says nothing of what is in it: GitHub drops outputs that hold a masked value. */
  readonly id: string;
  readonly run: string;
  /** Name in `Project.runners`; `''` = the machine of the workflow. */
  readonly runner: string;
  readonly steps: readonly string[];
  readonly expectedMs: number;
  /** Its share of the slots of pools that the run's claim holds. */
  readonly slots: Readonly<Record<string, number>>;
}
