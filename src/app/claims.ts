import type { BranchlineEvent, Claim, EventDraft, RunCounts } from '../model/events.ts';
import type { Failure } from '../model/failure.ts';
import { type EpochMs, epochMs, secondOf, timestamp } from '../model/instant.ts';
import type { RunRetries } from '../model/operations.ts';
import type { AssetKey } from '../model/project.ts';
import type { RunRecord, StateView } from '../model/state.ts';
import type { Holders, Liveness } from '../ports-state.ts';
import { isNeverBegun, type LostRunVerdict } from '../run/monitor.ts';
import { isOnlyWarning } from '../run/progress.ts';
import { decideRunRetry, endedRunOf } from '../run/run-retry.ts';
import { numberEvents, runStream } from '../state/codec.ts';
import { journalName } from './journal-name.ts';

/** A claim that stands in the way of a run, and what both want. */
export interface HeldBy {
  readonly claim: Claim;
  /** Assets or connections that both want. */
  readonly overlap: readonly string[];
}

/** Silence of a holder that nobody can ask, after which its claim is void: two looks this far apart, no renewal between. */
const SILENCE_MS = 15 * 60_000;

/** What a run wants for itself. */
export interface Wish {
  readonly run: string;
  readonly assets: readonly AssetKey[];
  /** Of partitioned assets: only these keys, by asset. */
  readonly partitions?: Readonly<Record<AssetKey, readonly string[]>>;
  readonly connections: readonly string[];
}

/**
 * The first claim of another run that excludes these assets, or these partitions of them, or file connections
 * (state-branch.md, "Claims").
 */
export function findHolder(view: StateView, wanted: Wish): HeldBy | undefined {
  const wantedAssets = new Set(wanted.assets);
  for (const claim of view.claims.values()) {
    if (claim.run === wanted.run) continue;
    const assets = claim.assets.filter((asset) => wantedAssets.has(asset) && sharesKeys(claim, wanted, asset));
    const connections = claim.connections
      .filter(({ name }) => wanted.connections.includes(name))
      .map(({ name }) => `connection ${name}`);
    if (assets.length + connections.length > 0) return { claim, overlap: [...assets, ...connections] };
  }
  return undefined;
}

/** Do both want a same partition of the asset? One that is not cut is wanted whole. */
function sharesKeys(claim: Pick<Claim, 'partitions'>, wanted: Pick<Wish, 'partitions'>, asset: AssetKey): boolean {
  const [held, own] = [claim.partitions?.[asset], wanted.partitions?.[asset]];
  if (held === undefined || own === undefined) return true;
  const keys = new Set(held);
  return own.some((key) => keys.has(key));
}

/** Slots of a pool that claims of other runs hold. */
export function slotsHeld(view: Pick<StateView, 'claims'>, pool: string, run: string): number {
  let sum = 0;
  for (const claim of view.claims.values()) if (claim.run !== run) sum += claim.slots?.[pool] ?? 0;
  return sum;
}

/**
 * Asks about the holders of all claims but our own, by claim. `dead`: writers whose journals were left behind are gone,
 * whatever else is known of them.
 */
export async function askHolders(
  view: StateView,
  holders: Holders,
  by: { readonly writer: string; readonly dead: ReadonlySet<string> },
): Promise<ReadonlyMap<string, Liveness>> {
  const others = [...view.claims.values()].filter((claim) => claim.writer !== by.writer);
  const answers = others.map(async (claim) => {
    const isDead = by.dead.has(claim.writer) || by.dead.has(journalName(claim.writer, claim.run));
    const liveness = isDead ? 'gone' : await holders.liveness(claim.holder);
    return [claim.claim, liveness] as const;
  });
  return new Map(await Promise.all(answers));
}

/**
 * Claims whose holder is gone for certain, and those that must be suspected first because nobody can ask their holder.
 * Claims that `livenesses` does not name are not judged.
 */
export function judgeClaims(
  view: StateView,
  livenesses: ReadonlyMap<string, Liveness>,
  now: EpochMs,
): {
  readonly gone: readonly Claim[];
  readonly suspect: readonly { readonly claim: string; readonly renewals: number }[];
} {
  const gone: Claim[] = [];
  const suspect: { claim: string; renewals: number }[] = [];
  for (const claim of view.claims.values()) {
    const liveness = livenesses.get(claim.claim);
    if (liveness === 'gone') gone.push(claim);
    if (liveness !== 'unknown') continue;
    const before = claim.suspected;
    if (before === undefined || before.renewals !== claim.renewals)
      suspect.push({ claim: claim.claim, renewals: claim.renewals });
    else if (now - epochMs(before.at) >= SILENCE_MS) gone.push(claim);
  }
  return { gone, suspect };
}

/** Who holds a claim, for people: `process 4711 since 09:23 UTC (run 20261122-…)`. */
export function holderText(claim: Claim): string {
  const { holder } = claim;
  const attempt = holder.kind === 'workflow' && holder.attempt > 1 ? `, attempt ${holder.attempt}` : '';
  const who =
    holder.kind === 'process'
      ? `process ${holder.pid}`
      : `job ${holder.job} of workflow run ${holder.workflow}${attempt}`;
  return `run ${claim.run} (${who}, since ${claim.at.slice(0, 16).replace('T', ' ')} UTC)`;
}

/** What a run failed by whose runner was lost. */
export const holderGone: Failure = {
  class: 'crash',
  code: 'holder-gone',
  message: 'the process that ran it is gone (killed, or the machine went down)',
};

const canceledInVain: Failure = {
  class: 'cancel',
  code: 'cancel-timeout',
  message: 'it was asked to stop and did not end in time',
};

/** How a run ends whose holder is gone. */
export interface LostEnd {
  readonly now: EpochMs;
  readonly retries: RunRetries;
  /** Absent = its holder is gone. */
  readonly failure?: Failure;
  readonly state?: 'FAILURE' | 'CANCELED';
}

/**
 * The end of a run whose holder is gone: its open steps failed with class `crash`, the run FAILURE, its claim closed.
 * Steps that had finished stay as they are. The run is taken over for it (epoch + 1): should its holder live after all,
 * what it still records is late, and never stands for one of these events.
 */
export function closeLostRun(
  view: StateView,
  run: RunRecord,
  claim: Claim | undefined,
  how: LostEnd,
): BranchlineEvent[] {
  const stream = runStream(run.run, run.epoch + 1);
  return numberEvents(stream, view.streams.get(stream) ?? 0, lostRunDrafts(run, claim, how));
}

/** The same before its events have their numbers. */
export function lostRunDrafts(run: RunRecord, claim: Claim | undefined, how: LostEnd): EventDraft[] {
  const { now, retries, state = 'FAILURE' } = how;
  const of = { at: timestamp(now), run: run.run, epoch: run.epoch + 1 };
  const isCanceled = state === 'CANCELED';
  const failure = isCanceled ? canceledInVain : (how.failure ?? holderGone);
  const retry = isCanceled ? undefined : decideRunRetry(retries, endedRunOf(run, of.at, failure));
  const ends = Object.entries(run.steps)
    .filter(([, record]) => record.state === 'STARTED')
    .map(([step, record]): EventDraft & { type: 'step.ended' } => ({
      ...of,
      type: 'step.ended',
      step,
      outcome: isCanceled ? 'canceled' : 'failure',
      failure,
      // Also what it had published: not all of its checks may have been judged, so it is made again.
      failedAssets: record.assets,
      durationMs: 0,
    }));
  return [
    { ...of, type: 'run.taken-over', reason: `the run ends here: ${failure.message}` },
    ...ends,
    {
      ...of,
      type: 'run.ended',
      state,
      ...(isCanceled ? {} : { failure }),
      counts: countsOf(run, ends),
      // One that never started took no time, however long it waited.
      durationMs: run.startedAt === undefined || isNeverBegun(failure) ? 0 : Math.max(0, now - epochMs(run.startedAt)),
      ...(retry ? { retry } : {}),
    },
    ...(claim ? [{ ...of, type: 'claim.closed', claim: claim.claim, reason: 'holder-gone' } as const] : []),
  ];
}

/**
 * A run whose runner is gone goes back to the queue, to be carried on by another one: what had finished stays, what was
 * under way is done again. With the epoch that comes now, whatever its former holder still records is late.
 */
export function resumeLostRun(
  view: StateView,
  run: RunRecord,
  claim: Claim,
  { attempt, most, atWorkMs }: Omit<Extract<LostRunVerdict, { kind: 'resume' }>, 'kind'>,
  now: EpochMs,
): BranchlineEvent[] {
  const of = { at: timestamp(now), run: run.run, epoch: run.epoch + 1 };
  const reason = `its runner was lost: it goes on elsewhere (${attempt} of ${most})`;
  const drafts: EventDraft[] = [
    { ...of, type: 'run.taken-over', reason },
    { ...of, type: 'run.requeued', due: secondOf(of.at), reason, atWorkMs },
    { ...of, type: 'claim.closed', claim: claim.claim, reason: 'holder-gone' },
  ];
  const stream = runStream(run.run, of.epoch);
  return numberEvents(stream, view.streams.get(stream) ?? 0, drafts);
}

function countsOf(run: RunRecord, closing: readonly EventDraft[]): RunCounts {
  const steps = Object.values(run.steps);
  const checks = steps.flatMap((step) => step.checks);
  const notPassed = checks.filter((check) => check.status === 'FAILED' || check.status === 'ERRORED');
  const lost = closing.flatMap((draft) => {
    if (draft.type !== 'step.ended') return [];
    return draft.failedAssets.filter((asset) => !run.steps[draft.step]?.materialized.includes(asset));
  });
  return {
    materialized: steps.reduce((sum, step) => sum + step.materialized.length, 0),
    failed: lost.length + steps.reduce((sum, step) => sum + step.failedAssets.length, 0),
    skipped: steps
      .filter((step) => step.state === 'SKIPPED' || step.state === 'PLANNED')
      .reduce((sum, step) => sum + step.assets.length, 0),
    upToDate: run.confirmed.length,
    checksPassed: checks.filter((check) => check.status === 'PASSED').length,
    checksWarned: notPassed.filter(isOnlyWarning).length,
    checksFailed: notPassed.filter((check) => !isOnlyWarning(check)).length,
  };
}

/**
 * Whether a claim is the one by which its run is held now. A run that was given back is claimed anew in the same epoch: the
 * writer tells whose claim that is.
 */
export function isStillHeld(view: Pick<StateView, 'claims'>, { claim, epoch, writer }: Claim): boolean {
  const held = view.claims.get(claim);
  return held !== undefined && held.epoch === epoch && held.writer === writer;
}
