import { fail, type Result } from '../base/result.ts';
import type { BranchlineEvent, Claim, EventDraft } from '../model/events.ts';
import { timestamp } from '../model/instant.ts';
import { encodeEvent, numberEvents, runStream, splitEventId } from '../state/codec.ts';
import { mapEventText } from '../state/event-text.ts';
import type { CarryOutInput, RunEnd } from './carry-out-input.ts';
import { isStillHeld } from './claims.ts';
import { type AppFailure, outsideFailure } from './failure.ts';
import { journalName } from './journal-name.ts';
import { setAside } from './set-aside.ts';
import type { StateAt } from './state-reading.ts';
import type { Recorded } from './state-session.ts';

/** Records a run while it is carried out: each event in the journal at once, progress on the branch now and then. */
export interface Recorder {
  /** All events so far, numbered and redacted. */
  readonly drafts: readonly EventDraft[];
  emit(event: EventDraft): void;
  /** Resolves when the ends of steps emitted so far are on disk. */
  synced(): Promise<void>;
  /** Begins to commit progress or to renew the claim, when it is time. */
  pause(stepEnded: boolean): void;
  /** Why nothing more may be started. */
  stopReason(): string | undefined;
  /** Commits all that is left. */
  finish(end: RunEnd): Promise<Result<Recorded<Holding>, AppFailure>>;
  /** True once the claim was not there: somebody else may hold the run's assets. */
  isLost(): boolean;
}

/** Whether a claim is still there, at our epoch, and nobody asked to cancel its run. */
export type Holding = 'held' | 'cancel' | 'lost';

/** Progress is committed at most once a minute, when a step has ended. */
const PROGRESS_MS = 60_000;
/** A claim is renewed at least this often, also inside a long step. */
const RENEW_MS = 5 * 60_000;
/** Whether somebody asked to cancel is looked up this often. */
const LOOK_MS = 30_000;
/** Unreachable for this long: nothing new is started. */
const SILENT_MS = 10 * 60_000;

/** `kill` is called when the run is no longer ours or is to be canceled: what runs is to be stopped. */
export function openRecorder(input: CarryOutInput, kill: () => void): Recorder {
  const { plan, claim, clock, opening } = input;
  const stream = input.stream ?? runStream(plan.runId, claim.epoch);
  const journal = guardedJournal(input);
  const firstKnown = splitEventId(opening[0]?.id ?? `${stream}#1`)!.n;
  const before = firstKnown - 1 + opening.length;
  const events: BranchlineEvent[] = [];
  let committed = 0;
  let committedAt = clock.now();
  let lookedAt = committedAt;
  /** A step has ended since the last commit. */
  let isOwed = false;
  let underway: Promise<unknown> | undefined;
  let hasEnded = false;
  let reason: string | undefined;
  /** Stays: what this run records may bring its claim back when the history was forced back, and others came since. */
  let isLost = false;

  const emit = (draft: EventDraft): void => {
    const complete = { ...draft, run: plan.runId, epoch: claim.epoch } as EventDraft;
    const [numbered] = numberEvents(stream, before + events.length, [complete]);
    const event = mapEventText(numbered!, input.redact);
    // One write to the disk for a finished step: what came before its end goes with it.
    journal.append(encodeEvent(event), draft.type === 'step.ended' || draft.type === 'claim.closed');
    events.push(event);
    input.onEvent(event);
  };

  const commit = async (end: RunEnd | undefined): Promise<Result<Recorded<Holding>, AppFailure>> => {
    const sent = events.length;
    const outcome = await input.session.transact<Holding>(
      async (state) => {
        const counted = state.read.view.streams.get(stream) ?? 0;
        if (counted < firstKnown - 1) return { kind: 'stop', failure: forcedBack(plan.runId, journal.place) };
        // More than the last commit left out when the history was forced back since: facts are facts, whoever holds the
        // run by now, and what is late counts for the assets.
        const missing = counted < before ? opening.slice(counted - firstKnown + 1) : [];
        return {
          kind: 'commit',
          events: [...missing, ...events.slice(Math.max(0, counted - before), sent)],
          message: input.message(events, end),
          value: holdingOf(state, claim),
          ...(end ? { pages: input.pages } : {}),
        };
      },
      { goesOnWith: stream },
    );
    if (!outcome.ok) return outcome;
    if (outcome.value.isLean) sayLean(input, events.slice(committed, sent));
    isLost ||= outcome.value.value === 'lost';
    committed = sent;
    committedAt = clock.now();
    lookedAt = committedAt;
    isOwed = false;
    journal.confirm(sent);
    return outcome;
  };

  const renew = async (): Promise<void> => {
    const outcome = await commit(undefined);
    if (!outcome.ok) {
      const left = whyStop(outcome.error, clock.now() - committedAt);
      input.warn(`${outcome.error.message} What was done is in the journal ${journal.place} and is recorded later.`);
      reason ??= left;
      if (outcome.error.code === 'state-gone' || outcome.error.code === 'state-deleted') kill();
    } else if (outcome.value.value !== 'held') {
      reason ??= outcome.value.value === 'lost' ? 'its claim is gone' : 'asked to cancel';
      kill();
    }
  };

  /** Nothing is to be recorded yet, and somebody may want the run to stop all the same. */
  const look = async (): Promise<void> => {
    lookedAt = clock.now();
    const seen = await input.session.transact<Holding>(async (state) => ({
      kind: 'nothing',
      value: holdingOf(state, claim),
    }));
    // What cannot be reached is found out, and said, when there is something to record.
    if (!seen.ok || seen.value.value !== 'cancel') return;
    reason ??= 'asked to cancel';
    kill();
  };

  const pause = (stepEnded: boolean): void => {
    isOwed ||= stepEnded;
    const dueMs = isOwed && events.length > committed ? PROGRESS_MS : RENEW_MS;
    if (hasEnded || underway !== undefined || reason !== undefined) return;
    if (clock.now() - committedAt < dueMs) {
      if (clock.now() - lookedAt < LOOK_MS) return;
      underway = look().finally(() => {
        underway = undefined;
        // What ended in the meantime may be due.
        pause(false);
      });
      return;
    }
    emit({ type: 'claim.renewed', at: timestamp(clock.now()), claim: claim.claim });
    underway = renew().finally(() => {
      underway = undefined;
    });
  };

  return {
    drafts: events,
    emit,
    synced: () => journal.synced(),
    pause,
    stopReason: () => reason ?? (journal.isBroken() ? 'its journal cannot be written' : undefined),
    isLost: () => isLost,
    async finish(end) {
      hasEnded = true;
      await underway;
      emit({ type: 'claim.closed', at: timestamp(clock.now()), claim: claim.claim, reason: 'ended' });
      await journal.synced();
      const outcome = await commit(end);
      if (outcome.ok) journal.close();
      return outcome.ok ? outcome : fail(withPlace(outcome.error, journal));
    },
  };
}

function holdingOf(state: StateAt, claim: Claim): Holding {
  const { view } = state.read;
  if (!isStillHeld(view, claim)) return 'lost';
  return view.openRuns.get(claim.run)?.cancelRequested ? 'cancel' : 'held';
}

/** Why nothing more may be started after progress could not be committed; undefined = the next try may do better. */
function whyStop(failure: AppFailure, silentMs: number): string | undefined {
  const mayPass = failure.code === 'state-unreachable' || failure.code === 'state-outrun';
  if (!mayPass) return 'the state takes no more records';
  return silentMs > SILENT_MS ? 'the state could not be reached for 10 minutes' : undefined;
}

interface GuardedJournal {
  readonly place: string;
  append(line: string, sync: boolean): void;
  synced(): Promise<void>;
  /** So many events from the start are on the branch. */
  confirm(events: number): void;
  close(): void;
  isBroken(): boolean;
}

/**
 * A journal that a full disk does not make a bug of: from the first line that cannot be written, nothing more is, the
 * run starts nothing more, and what is in memory is still committed if it can be.
 */
function guardedJournal(input: CarryOutInput): GuardedJournal {
  const journal = input.journals.open(journalName(input.writer, input.plan.runId));
  let isBroken = false;
  const broken = (error: unknown): void => {
    if (!isBroken)
      input.warn(
        `The journal ${journal.place} cannot be written (${(error as Error).message}). Nothing more is started; what has finished is recorded if the state can be written. Free some space, then run again.`,
      );
    isBroken = true;
  };
  const guarded = (work: () => void): void => {
    if (isBroken) return;
    try {
      work();
    } catch (error) {
      broken(error);
    }
  };
  return {
    place: journal.place,
    append: (line, sync) => guarded(() => journal.append([line], sync)),
    synced: () => journal.synced().catch(broken),
    confirm: (events) => guarded(() => journal.confirm(events)),
    close: () => journal.close(),
    isBroken: () => isBroken,
  };
}

/** What the branch took only without its texts stays on this machine, whole. */
function sayLean(input: CarryOutInput, events: readonly BranchlineEvent[]): void {
  const where = setAside(input.journals, input.writer, events.map(encodeEvent));
  const rest = where.isKept ? `The whole is in ${where.place}.` : `The whole could not be kept: ${where.message}.`;
  input.warn(
    `The push was refused with log lines and messages in it, and taken without them: something in them may look like a secret. ${rest}`,
  );
}

function withPlace(failure: AppFailure, journal: GuardedJournal): AppFailure {
  const where = journal.isBroken()
    ? 'Its journal could not be written either: what it finished since its last commit is made again.'
    : `What it did is in the journal ${journal.place}; the next command on this machine records it.`;
  return { ...failure, message: `${failure.message} ${where}` };
}

function forcedBack(run: string, place: string): AppFailure {
  return outsideFailure(
    'state-forced-back',
    `The history of the state was forced back to before run ${run} was asked for: its events cannot be added.`,
    `Restore the newer history, then record what is in ${place}: \`branchline state replay ${place}\`.`,
  );
}
