import { type Result } from '../base/result.js';
import { type Plan, type PlanRefusal } from '../model/plan.js';
import { type PlanInput } from './plan-input.js';
/**
 * Plans a run by "What a run makes" (semantics.md 1): a verdict and a reason for each asset selected, in topological
 * order. Refuses, naming them, upstreams that were never materialized and are outside of a person's run.
 */
export declare function planRun(input: PlanInput): Result<Plan, PlanRefusal>;
/**
 * The plan's identity: what would be done and why, on which code and data. Without the run's own identity, the clock,
 * the head of the state and the estimates, so that the same intention has the same digest whenever it is made.
 */
export declare function planDigest(plan: Omit<Plan, 'digest' | 'estimates'>): string;
