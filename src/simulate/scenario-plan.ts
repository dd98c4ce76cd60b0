import type { EpochMs } from '../model/instant.ts';
import type { Cron } from '../time/cron-syntax.ts';
import type { StartedWork } from './job-work.ts';
import type { Random } from './virtual-time.ts';

/** How long something takes: always the same, or spread with this median and 99th percentile. Milliseconds. */
export interface Spread {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** When attempts of a step fail. */
export type FailureRule =
  /** Each attempt with this probability, from 0 to 1. */
  | { readonly kind: 'rate'; readonly rate: number }
  /** So many attempts, the first of the simulation; then no more. */
  | { readonly kind: 'first'; readonly attempts: number }
  /** Every attempt that ends in this window; `to` absent = for ever. */
  | { readonly kind: 'between'; readonly from: EpochMs; readonly to?: EpochMs };

/** What somebody starts in the course of a simulation. */
export interface StartedByHand {
  readonly at: EpochMs;
  readonly work: Extract<StartedWork, { readonly kind: 'run' | 'backfill' }>;
}

/** Everything about a simulated world that is not the project's or the state's. Resolved: names are assets, times instants. */
export interface ScenarioPlan {
  /** Rules in UTC by which the workflow is woken. */
  readonly wakeUps: readonly Cron[];
  /** How late GitHub rings. */
  readonly lateness: Spread;
  /** Share of rings that never come, from 0 to 1. */
  readonly lostRings: number;
  readonly github: {
    /** Jobs at once; others wait. */
    readonly runners: number;
    /** From the moment a job has a runner to its first step. */
    readonly setUpMs: number;
    /** Minutes that may be billed; undefined = without limit. */
    readonly minutes?: number;
    /** Requests an hour that the token has. */
    readonly requestsAnHour: number;
    readonly usdPerMinute?: number;
  };
  /** Time after which a job starts nothing new. */
  readonly budgetMs: number;
  readonly maxParallel: number;
  /** The workflow shares its work out among so many jobs at the most; absent = one job does all. */
  readonly fanOut?: {
    readonly jobs: number;
    /** Machines that are no runners of GitHub, by the name of their `runner`: how many there are. */
    readonly machines: ReadonlyMap<string, number>;
  };
  /** By step: of one attempt for one partition, or for the whole. */
  readonly durations: ReadonlyMap<string, Spread>;
  /** Durations that were seen, by step: chosen from where the scenario says nothing. */
  readonly seenMs: ReadonlyMap<string, readonly number[]>;
  /** Of steps of which nothing is known. */
  readonly durationMs: number;
  readonly failures: ReadonlyMap<string, FailureRule>;
  /** Probability that a check does not pass, by `asset/check`. */
  readonly checks: ReadonlyMap<string, number>;
  /** Share of jobs whose runner is lost in their course, from 0 to 1. */
  readonly lostRunners: number;
  /** Share of lost runners that work on without knowing it, from 0 to 1. */
  readonly lostWorkOn: number;
  /** Instants at which every runner that is at work is lost. */
  readonly crashes: readonly EpochMs[];
  readonly started: readonly StartedByHand[];
}

/** Between the median and the 99th percentile of a normal distribution. */
const Z99 = 2.326_347_874;

/** One value of a spread: log-normal, cut off at twice the 99th percentile. */
export function sampleSpread({ p50Ms, p99Ms }: Spread, random: Random): number {
  if (p99Ms <= p50Ms || p50Ms <= 0) return p50Ms;
  const sigma = Math.log(p99Ms / p50Ms) / Z99;
  // Box and Muller; the sum keeps the logarithm away from 0.
  const normal = Math.sqrt(-2 * Math.log(random() + 1e-12)) * Math.cos(2 * Math.PI * random());
  return Math.min(2 * p99Ms, Math.round(p50Ms * Math.exp(sigma * normal)));
}
