import { fail, ok, type Result } from '../base/result.ts';
import { type BranchlineEvent, type EventDraft, noCounts } from '../model/events.ts';
import { BACKFILL_PREFIX, isRunId } from '../model/ids.ts';
import { type EpochMs, timestamp } from '../model/instant.ts';
import type { BackfillRecord, RunRecord } from '../model/state.ts';
import { isBackfillOver } from '../state/backfill-fold.ts';
import { askedAssets, assetsOfRun } from './asked-assets.ts';
import { withBackfills } from './backfills.ts';
import { type AppFailure, inputFailure, outsideFailure } from './failure.ts';
import { backfillOver, findBackfill } from './find-backfill.ts';
import { emptySelection, keysAt, type PlanningProject, selectAssets } from './planning.ts';
import { after, ofWriter, withDecidedRetries } from './release.ts';
import type { RunPorts } from './run-ports.ts';
import type { StateDecision } from './state-ports.ts';
import type { StateAt } from './state-reading.ts';
import { statusesOf } from './statuses.ts';

/** What became of a run that was to be canceled. */
export interface CanceledRun {
  readonly run: string;
  /** `canceled`: it had not begun, and is over. `asked`: who carries it out stops it. `before`: it was asked already. */
  readonly outcome: 'canceled' | 'asked' | 'before';
}

export interface Canceled {
  readonly runs: readonly CanceledRun[];
  /** Undefined = there was nothing to record. */
  readonly commit?: string;
}

/** Events that cancel an open run: one that waits is over at once, one that runs is stopped by who carries it out. */
export function cancelDrafts(record: RunRecord, reason: string, now: EpochMs): EventDraft[] {
  const of = { at: timestamp(now), run: record.run, epoch: record.epoch };
  const asked: EventDraft = { ...of, type: 'cancel.requested', reason };
  if (record.state !== 'QUEUED') return record.cancelRequested ? [] : [asked];
  return [asked, { ...of, type: 'run.ended', state: 'CANCELED', counts: record.counts ?? noCounts, durationMs: 0 }];
}

/**
 * Cancels a run by its id, a backfill by its id (its runs), or all open runs that make assets of a selection: those that
 * wait first (semantics.md 5).
 */
export async function cancelRuns(
  ports: Pick<RunPorts, 'session' | 'writer' | 'pages'>,
  planning: Pick<PlanningProject, 'project' | 'graph'>,
  what: string,
  {
    reason,
    dryRun = false,
  }: { readonly reason: string /** Only tells what would be canceled. */; readonly dryRun?: boolean },
): Promise<Result<Canceled, AppFailure>> {
  const decide = (recorded: StateAt): StateDecision<readonly CanceledRun[]> => {
    // Also a retry that was decided on and that nobody has asked for yet can be told not to come.
    const { view, asked } = withDecidedRetries(recorded.read.view, recorded.now);
    const state = { ...recorded, read: { ...recorded.read, view } };
    const named = what.startsWith(BACKFILL_PREFIX) ? findBackfill(view.backfills, what) : undefined;
    if (named && !named.ok) return { kind: 'stop', failure: named.error };
    const backfill = named?.value;
    if (backfill && !isBackfillOver(backfill))
      return cancelBackfill(ports, planning, state, { backfill, reason, asked });
    const open = [...view.openRuns.values()];
    // A retry by hand may be at work for a backfill that is over.
    const targets = backfill ? runsOf(backfill, open) : targetsOf(planning, state, what);
    if (!targets.ok) return { kind: 'stop', failure: targets.error };
    const waitingFirst = [...targets.value].sort((a, b) => Number(b.state === 'QUEUED') - Number(a.state === 'QUEUED'));
    const value = waitingFirst.map(canceledRun);
    const drafts = waitingFirst.flatMap((record) => cancelDrafts(record, reason, state.now));
    if (drafts.length === 0) return { kind: 'nothing', value };
    const isTarget = new Set(waitingFirst.map(({ run }) => run));
    const requests = asked.filter(({ run }) => isTarget.has(run!));
    const events = [...requests, ...ofWriter(view, ports.writer, [], drafts)];
    const subject = `○ cancel ${value.length === 1 ? `run ${value[0]!.run}` : `${value.length} runs`}: ${reason}`;
    const message = [subject, '', ...value.map(({ run }) => `Run: ${run}`)].join('\n');
    return { kind: 'commit', events, message, value, pages: ports.pages };
  };
  const recorded = await ports.session.transact<readonly CanceledRun[]>(async (state) => {
    const decision = decide(state);
    return dryRun && decision.kind === 'commit' ? { kind: 'nothing', value: decision.value } : decision;
  });
  if (!recorded.ok) return recorded;
  const { value: runs, commit } = recorded.value;
  return ok({ runs, ...(commit === undefined ? {} : { commit }) });
}

function canceledRun({ run, state, cancelRequested }: RunRecord): CanceledRun {
  if (state === 'QUEUED') return { run, outcome: 'canceled' };
  return { run, outcome: cancelRequested ? 'before' : 'asked' };
}

/** No more runs are asked for; those that wait are over, those at work are asked to stop. */
function cancelBackfill(
  ports: Pick<RunPorts, 'writer' | 'pages'>,
  { project }: Pick<PlanningProject, 'project'>,
  { read: { view }, now }: StateAt,
  {
    backfill: { backfill },
    reason,
    asked,
  }: { readonly backfill: BackfillRecord; readonly reason: string; readonly asked: readonly BranchlineEvent[] },
): StateDecision<readonly CanceledRun[]> {
  const runs = [...view.openRuns.values()]
    .filter(({ tags }) => tags['branchline/backfill'] === backfill)
    .sort((a, b) => Number(b.state === 'QUEUED') - Number(a.state === 'QUEUED'));
  const drafts: EventDraft[] = [
    { type: 'backfill.cancel-requested', at: timestamp(now), backfill, reason },
    ...runs.flatMap((record) => cancelDrafts(record, reason, now)),
  ];
  const requests = asked.filter(({ run: name }) => runs.some(({ run }) => run === name));
  const events = [...requests, ...ofWriter(view, ports.writer, [], drafts)];
  // With nothing at work it is over at once.
  const carried = withBackfills(
    project,
    view,
    { view: after(view, events, now), events },
    { writer: ports.writer, now },
  );
  return {
    kind: 'commit',
    events: carried.events,
    message: `○ cancel backfill ${backfill}: ${reason}\n\nBackfill: ${backfill}`,
    value: runs.map(canceledRun),
    pages: ports.pages,
  };
}

/** Runs that are open for a backfill that has ended. */
function runsOf(record: BackfillRecord, open: readonly RunRecord[]): Result<readonly RunRecord[], AppFailure> {
  const runs = open.filter(({ tags }) => tags['branchline/backfill'] === record.backfill);
  return runs.length > 0 ? ok(runs) : fail(backfillOver(record));
}

function targetsOf(
  planning: Pick<PlanningProject, 'project' | 'graph'>,
  { read: { view }, now }: StateAt,
  what: string,
): Result<readonly RunRecord[], AppFailure> {
  const open = [...view.openRuns.values()];
  const ended = view.endedRuns.get(what);
  const one = open.filter(({ run }) => run === what);
  if (one.length > 0) return ok(one);
  if (isRunId(what)) {
    const said = ended ? `Run ${what} is over already (${ended.state}).` : `There is no open run ${what}.`;
    return fail(outsideFailure('no-open-run', said, '`branchline queue` shows the runs that are open.'));
  }
  const selected = selectAssets(planning, what);
  if (!selected.ok) {
    const { message, help } = selected.error;
    return fail(
      inputFailure(
        'cancel-what',
        `\`${what}\` is no open run, no backfill that is under way, and no selection. ${message}`,
        help,
      ),
    );
  }
  if (selected.value.size === 0) return fail(emptySelection(planning, what, 'Nothing was canceled.'));
  const asked = askedAssets(() => planning, view, keysAt(view, now), statusesOf(planning.project, view));
  const found = open.filter((record) => assetsOfRun(record, asked).some((asset) => selected.value.has(asset)));
  if (found.length > 0) return ok(found);
  return fail(
    outsideFailure(
      'no-open-run',
      `No open run makes any of \`${what}\`.`,
      '`branchline queue` shows the runs that are open.',
    ),
  );
}
