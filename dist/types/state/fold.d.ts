import { type Result } from '../base/result.js';
import type { BranchlineEvent } from '../model/events.js';
import type { StateView } from '../model/state.js';
import type { Batch } from './batch.js';
import { type StateProblem } from './codec.js';
/** Before the first commit. */
export declare function emptyView(environment: string): StateView;
/**
 * The view after one more commit: a function of the bytes alone. Each event counts once (by stream and number); a gap in
 * a stream or in the commits is refused and changes nothing, unless a repair said that it has to be. `head` is not carried over: the reader knows it.
 *
 * Facts of runs commute: streams of runs may arrive in any order that the claims allow (a run on the same asset starts
 * after the other's claim ended, a taker starts after what it took over from), and the view is the same to the byte.
 * Decisions (schedules, claims, requests) are made against a head and stand in the order of commits.
 */
export declare function fold(view: StateView, batch: Batch): Result<StateView, StateProblem>;
/** `fold` over many commits, oldest first, for the price of one copy of the view. */
export declare function foldAll(view: StateView, batches: Iterable<Batch>): Result<StateView, StateProblem>;
/** Events that do not count yet, in order; a number that skips one is a gap. */
export declare function uncounted(streams: ReadonlyMap<string, number>, batch: Pick<Batch, 'seq' | 'events' | 'lost'>): Result<BranchlineEvent[], StateProblem>;
