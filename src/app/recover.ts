import { ok, type Result } from '../base/result.ts';
import type { BranchlineEvent, Claim, EventDraft, RetryDecision } from '../model/events.ts';
import type { Failure } from '../model/failure.ts';
import { type EpochMs, timestamp } from '../model/instant.ts';
import type { Operations } from '../model/operations.ts';
import type { StateView } from '../model/state.ts';
import type { Holders, Journals, OrphanJournal } from '../ports-state.ts';
import { judgeLostRun, judgeOverdue } from '../run/monitor.ts';
import { decodeEvent, numberEvents, splitEventId } from '../state/codec.ts';
import { fold } from '../state/fold.ts';
import { askHolders, closeLostRun, judgeClaims, resumeLostRun } from './claims.ts';
import type { AppFailure } from './failure.ts';
import { journalName } from './journal-name.ts';
import { setAside } from './set-aside.ts';
import type { PagesOf, StateDecision } from './state-ports.ts';
import type { StateAt } from './state-reading.ts';
import type { StateSession } from './state-session.ts';
import { mayWaitTooLong } from './waiting-jobs.ts';

export interface RecoverPorts {
  readonly journals: Journals;
  readonly holders: Holders;
  readonly operations: Operations;
  readonly writer: string;
  readonly warn: (text: string) => void;
  readonly pages?: PagesOf;
  /** Ends processes on this machine that steps of a run left behind. */
  readonly endLeftovers: (run: string) => Promise<void>;
  /**
   * Looks for what the jobs of workflow runs uploaded that hold these claims and are over. What a fan-out left is recorded;
   * journals of single jobs are the answer, for they are taken in as those of dead processes are. Absent where nobody can.
   */
  readonly takeInLost?: (claims: readonly Claim[]) => Promise<Result<readonly OrphanJournal[], AppFailure>>;
  /** See `WaitingRuns`; absent where nobody can tell. */
  readonly waitingRuns?: WaitingRuns;
}

/**
 * Since when the runs of these claims wait for a machine, by claim: those of which no job has begun, for certain. Asked anew
 * each time, since a job may begin at any moment.
 */
export type WaitingRuns = (claims: readonly Claim[], view: StateView) => Promise<ReadonlyMap<string, EpochMs>>;

/** What was found and mended before a command began its own work. */
export interface Recovery {
  /** Runs that were cut off and are FAILURE now. */
  readonly lostRuns: readonly string[];
  /** Of these: whether it is tried again by itself, where retries are switched on. */
  readonly retries: ReadonlyMap<string, RetryDecision>;
  /** Runs whose runner is gone and that go back to the queue, to be carried on. */
  readonly resumedRuns: readonly string[];
  /** Runs that the monitor ended: they did not start, or did not stop, in time; with the failure. */
  readonly overdueRuns: ReadonlyMap<string, Failure | undefined>;
  /** Events that only a dead process's journal had. */
  readonly adoptedEvents: number;
  /** Lines that cannot be taken in because what is before them is not in the state, by journal. */
  readonly behindGap: ReadonlyMap<OrphanJournal, readonly string[]>;
  /** Claims of workflow runs that are over and may have left uploads: nothing was decided before these are taken in. */
  readonly untaken: readonly Claim[];
}

/**
 * Takes in what dead processes left: events of their journals, and the ends of the runs that they held. Every writing
 * command does this first, so that a crash costs what was under way and nothing else.
 */
export async function recover(session: StateSession, ports: RecoverPorts): Promise<Result<Recovery, AppFailure>> {
  const orphans = ports.journals.adopt();
  const first = await recoverOnce(session, ports, orphans);
  if (!first.ok || first.value.untaken.length === 0) return first;
  const taken = await ports.takeInLost!(first.value.untaken);
  if (taken.ok) return recoverOnce(session, { ...ports, takeInLost: undefined }, [...orphans, ...taken.value]);
  for (const orphan of orphans) orphan.release();
  return taken;
}

async function recoverOnce(
  session: StateSession,
  ports: RecoverPorts,
  orphans: readonly OrphanJournal[],
): Promise<Result<Recovery, AppFailure>> {
  const outcome = await session.transact(
    async (state) => {
      const decision = await decideRecovery(state, orphans, ports);
      // Before its claim is given up: a step that outlived its engine would write under the next run's hands.
      if (decision.kind !== 'stop')
        for (const run of [...decision.value.lostRuns, ...decision.value.resumedRuns]) await ports.endLeftovers(run);
      return decision;
    },
    { takesLate: orphans.length > 0 },
  );
  if (!outcome.ok) {
    for (const orphan of orphans) orphan.release();
    return outcome;
  }
  const { value, isLean } = outcome.value;
  if (value.untaken.length > 0) return ok(value);
  for (const orphan of orphans) {
    // What cannot be kept elsewhere stays a journal: the next command tries again.
    if (keepWhatIsLeft(orphan, value.behindGap.get(orphan) ?? [], isLean === true, ports)) orphan.discard();
    else orphan.release();
  }
  return ok(value);
}

/** What the branch did not take of a journal stays on this machine, and is said; false when the disk has no room. */
function keepWhatIsLeft(
  orphan: OrphanJournal,
  behindGap: readonly string[],
  isLean: boolean,
  { journals, warn }: RecoverPorts,
): boolean {
  if (behindGap.length > 0) {
    const kept = setAside(journals, orphan.writer, behindGap);
    const what = `${behindGap.length} events of the journal of ${orphan.writer} follow events that the state does not have: its history was forced back.`;
    warn(
      kept.isKept
        ? `${what} They are kept in ${kept.place}. Restore the newer history, then \`branchline state replay ${kept.place}\` records them.`
        : `${what} They stay in its journal: ${kept.message}.`,
    );
    if (!kept.isKept) return false;
  }
  if (isLean && orphan.lines.length > 0) {
    const kept = setAside(journals, orphan.writer, orphan.lines);
    const what = `The push was refused with the texts of the journal of ${orphan.writer}, and taken without them: something in them may look like a secret.`;
    warn(kept.isKept ? `${what} The whole is in ${kept.place}.` : `${what} The whole stays in it: ${kept.message}.`);
    if (!kept.isKept) return false;
  }
  return true;
}

const nothing: Recovery = {
  lostRuns: [],
  retries: new Map(),
  resumedRuns: [],
  overdueRuns: new Map(),
  adoptedEvents: 0,
  behindGap: new Map(),
  untaken: [],
};

async function decideRecovery(
  state: StateAt,
  orphans: readonly OrphanJournal[],
  ports: RecoverPorts,
): Promise<StateDecision<Recovery>> {
  const { view } = state.read;
  const at = timestamp(state.now);
  const { events: adopted, behindGap } = adoptEvents(view, orphans, ports.warn);
  const own: EventDraft[] = orphans
    .filter((orphan) => orphan.lines.length > 0)
    .map((orphan) => ({
      type: 'journal.adopted',
      at,
      writer: orphan.writer,
      events: orphan.lines.length,
      reason: 'its process is gone',
    }));
  // What the journals say comes first: a run that had ended there is not lost.
  const preview =
    adopted.length === 0
      ? ok(view)
      : fold(view, { seq: view.seq + 1, writer: ports.writer, tx: 0, at, events: adopted });
  const after = preview.ok ? preview.value : view;
  const dead = new Set(orphans.map((orphan) => orphan.writer));
  const livenesses = await askHolders(after, ports.holders, { writer: ports.writer, dead });
  const { gone, suspect } = judgeClaims(after, livenesses, state.now);
  // The journal of a writer that died here is at hand.
  const isAtHand = ({ writer, run }: Claim): boolean => dead.has(writer) || dead.has(journalName(writer, run));
  const untaken = ports.takeInLost
    ? gone.filter((claim) => claim.holder.kind === 'workflow' && (claim.holder.wholeRun || !isAtHand(claim)))
    : [];
  if (untaken.length > 0) return { kind: 'nothing', value: { ...nothing, untaken } };
  const closing: BranchlineEvent[] = [];
  const lostRuns: string[] = [];
  const resumedRuns: string[] = [];
  const overdueRuns = new Map<string, Failure | undefined>();
  for (const claim of gone) {
    const run = after.openRuns.get(claim.run);
    if (run && run.epoch === claim.epoch) {
      const verdict = judgeLostRun(ports.operations.monitoring, run, claim, state.now);
      if (verdict.kind === 'resume') {
        resumedRuns.push(run.run);
        closing.push(...resumeLostRun(after, run, claim, verdict, state.now));
        continue;
      }
      lostRuns.push(run.run);
      const failure = verdict.failure ? { failure: verdict.failure } : {};
      closing.push(
        ...closeLostRun(after, run, claim, { now: state.now, retries: ports.operations.retries, ...failure }),
      );
    } else own.push({ type: 'claim.closed', at, claim: claim.claim, reason: 'holder-gone' });
  }
  const settled = new Set([...lostRuns, ...resumedRuns]);
  const waiting = await waitingRuns(after, settled, ports, state.now);
  for (const run of after.openRuns.values()) {
    if (settled.has(run.run)) continue;
    const claim = [...after.claims.values()].find((each) => each.run === run.run);
    const verdict = judgeOverdue(ports.operations.monitoring, run, claim && waiting.get(claim.claim), state.now);
    if (!verdict) continue;
    overdueRuns.set(run.run, verdict.failure);
    const how = { now: state.now, retries: ports.operations.retries, ...verdict };
    closing.push(...closeLostRun(after, run, claim, how));
  }
  for (const { claim, renewals } of suspect) own.push({ type: 'claim.suspected', at, claim, renewals });
  const retries = new Map(
    closing.flatMap((event) => (event.type === 'run.ended' && event.retry ? [[event.run, event.retry] as const] : [])),
  );
  const value = { lostRuns, retries, resumedRuns, overdueRuns, adoptedEvents: adopted.length, behindGap, untaken };
  if (adopted.length + closing.length + own.filter((draft) => draft.type !== 'journal.adopted').length === 0)
    return { kind: 'nothing', value };
  const events = [...adopted, ...closing, ...numberEvents(ports.writer, view.streams.get(ports.writer) ?? 0, own)];
  return {
    kind: 'commit',
    events,
    message: message(value, suspect.length),
    value,
    ...(ports.pages ? { pages: ports.pages } : {}),
  };
}

/** Runs that no machine has begun, as far as it matters. A job that begins after the answer finds its claim gone: it does nothing. */
async function waitingRuns(
  view: StateView,
  settled: ReadonlySet<string>,
  ports: RecoverPorts,
  now: EpochMs,
): Promise<ReadonlyMap<string, EpochMs>> {
  const { monitoring } = ports.operations;
  const asked = [...view.claims.values()].filter((claim) => {
    const run = settled.has(claim.run) ? undefined : view.openRuns.get(claim.run);
    return run !== undefined && mayWaitTooLong(monitoring, run, claim, now);
  });
  return asked.length === 0 || !ports.waitingRuns ? new Map() : ports.waitingRuns(asked, view);
}

function message({ lostRuns, resumedRuns, overdueRuns, adoptedEvents: count }: Recovery, suspected: number): string {
  const parts = [
    resumedRuns.length > 0
      ? `${resumedRuns.length} ${resumedRuns.length === 1 ? 'run goes' : 'runs go'} on elsewhere`
      : '',
    overdueRuns.size > 0 ? `${overdueRuns.size} did not start or stop in time` : '',
    lostRuns.length > 0 ? `${lostRuns.length} ${lostRuns.length === 1 ? 'run was' : 'runs were'} cut off` : '',
    count > 0 ? `${count} ${count === 1 ? 'event' : 'events'} taken from a journal` : '',
    suspected > 0 ? `${suspected} silent ${suspected === 1 ? 'claim' : 'claims'} suspected` : '',
  ].filter((part) => part !== '');
  const trailers = [...lostRuns, ...resumedRuns, ...overdueRuns.keys()].map((run) => `Run: ${run}`);
  return [
    `${lostRuns.length > 0 ? '✗' : '○'} recovered: ${parts.join(', ') || 'claims of ended runs closed'}`,
    ...(trailers.length > 0 ? ['', ...trailers] : []),
  ].join('\n');
}

/**
 * Events of journals that do not count yet, and the lines of those behind a gap; a line that was cut off by the crash is
 * left out.
 */
function adoptEvents(
  view: StateView,
  orphans: readonly OrphanJournal[],
  warn: (text: string) => void,
): { readonly events: readonly BranchlineEvent[]; readonly behindGap: Recovery['behindGap'] } {
  const last = new Map<string, number>();
  const events: BranchlineEvent[] = [];
  const behindGap = new Map<OrphanJournal, string[]>();
  for (const orphan of orphans) {
    for (const [index, line] of orphan.lines.entries()) {
      const event = decodeEvent(line, `journal of ${orphan.writer}`, index + 1);
      if (!event.ok) {
        // The last line may be half written; anything else is worth a word.
        if (index < orphan.lines.length - 1)
          warn(`A line of the journal of ${orphan.writer} cannot be read and is left out: ${event.error.message}`);
        continue;
      }
      const id = splitEventId(event.value.id);
      if (!id) continue;
      const counted = last.get(id.stream) ?? view.streams.get(id.stream) ?? 0;
      if (id.n <= counted) continue;
      if (id.n > counted + 1) {
        behindGap.set(orphan, [...(behindGap.get(orphan) ?? []), line]);
        continue;
      }
      last.set(id.stream, id.n);
      events.push(event.value);
    }
  }
  return { events, behindGap };
}
