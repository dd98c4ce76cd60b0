import { fail, ok, type Result } from '../base/result.ts';
import type { StateView } from '../model/state.ts';
import type { StoreUnreachable } from '../ports-state.ts';
import { HEALTH_FOLDER } from '../state/layout.ts';
import type { ReadOptions } from '../state/needed-paths.ts';
import { type StateRead, withHead } from '../state/read.ts';
import { formatDuration } from '../time/format.ts';
import { type AppFailure, outsideFailure, stateUnreachable } from './failure.ts';
import { type KeptReads, keepReads } from './kept-reads.ts';
import { archiveAdvice, archiveBehind } from './newer-archives.ts';
import { isUnknownStream, takesOlderStreams } from './older-streams.ts';
import { forcedSince, giveWay, goneState, type Seen, seenSoon, watchHead } from './seen-head.ts';
import { type Lean, type Settled, settleDecision } from './settle-decision.ts';
import type { StateDecision, StatePorts } from './state-ports.ts';
import { loadState, readOptions, type StateAt } from './state-reading.ts';
import { transact } from './transact.ts';
import type { Decision, TransactionOutcome, TransactionRetry, TransactionView } from './transaction.ts';

export interface Recorded<T> {
  readonly value: T;
  /** The commit that landed; undefined when there was nothing to commit. */
  readonly commit?: string;
  /** True when the server took the commit only without free texts. */
  readonly isLean?: true;
  readonly after: StateRead;
}

/** Transactions of one process: each decides on the newest state and lands once, or says why not. */
export interface StateSession {
  transact<T>(
    decide: (state: StateAt) => Promise<StateDecision<T>>,
    options?: TransactionOptions,
  ): Promise<Result<Recorded<T>, AppFailure>>;
}
export interface TransactionOptions {
  /** A branch that was deleted is made anew; else that is a refusal. */
  readonly anew?: boolean;
  /**
   * Follows at once on a transaction of this session that had nothing to do, and may begin with the head that it saw: one
   * decision in two steps. Where somebody was faster the push is refused, and the head is read.
   */
  readonly follows?: boolean;
  /** Begins something new, and leaves the branch to others first where the last commit of this session was fought for. */
  readonly givesWay?: boolean;
  /** Takes in what others left, which may be late: numbers of older streams are read as well. */
  readonly takesLate?: boolean;
  /** The stream that it goes on with, and that the branch knew. */
  readonly goesOnWith?: string;
}

export function openStateSession(ports: StatePorts): StateSession {
  let tx = 0;
  const seen: Seen = {};
  const reads = keepReads(ports.reads);
  let last: Promise<unknown> = Promise.resolve();
  return {
    // One after the other: a writer's transactions have an order, by which it finds out whether one has landed.
    transact(decide, options = {}) {
      const mine = last.then(() => {
        // Before the head is read: what another command saw since is newer than that.
        if (tx === 0) seen.remembered = ports.heads?.recall();
        return transactOnce(ports, { tx: ++tx, seen, reads }, decide, options);
      });
      last = mine.catch(() => undefined);
      return mine;
    },
  };
}

/** One transaction under way: what its tries have read, decided and sent. */
interface Underway<T> {
  readonly tx: number;
  readonly seen: Seen;
  readonly reads: KeptReads;
  readonly options: TransactionOptions;
  /** When the head was last asked for, by the own clock, and the instant at which was decided. */
  readAt: number;
  instant: number;
  wanted: ReadOptions;
  compacts: boolean;
  lean?: (() => Lean<T> | undefined) | undefined;
  sentLean?: Lean<T> | undefined;
  sent?: Settled<T>;
}

async function transactOnce<T>(
  ports: StatePorts,
  { tx, seen, reads }: { readonly tx: number; readonly seen: Seen; readonly reads: KeptReads },
  decide: (state: StateAt) => Promise<StateDecision<T>>,
  options: TransactionOptions,
): Promise<Result<Recorded<T>, AppFailure>> {
  const underway: Underway<T> = { tx, seen, reads, options, readAt: 0, instant: 0, wanted: {}, compacts: false };
  if (options.givesWay) await giveWay(ports.clock, seen);
  const head = options.follows ? seenSoon(seen, ports.clock.now()) : undefined;
  delete seen.idle;
  const outcome = await transact<Settled<T>>(ports.store, (view) => decideAt(ports, view, underway, decide), {
    clock: ports.clock,
    random: ports.random,
    writer: ports.writer,
    tx,
    ...(head === undefined ? {} : { seen: head }),
    lean: (change) => {
      underway.sentLean = underway.lean?.();
      return underway.sentLean?.change ?? change;
    },
    onRetry: (retry) => sayRetry(ports, retry),
  });
  switch (outcome.kind) {
    case 'nothing': {
      if ('stop' in outcome.value) return fail(outcome.value.stop);
      const { value, after } = outcome.value;
      // Not once more: what was seen would get older each time.
      if (outcome.head !== head) seen.idle = { head: outcome.head, at: underway.readAt };
      return ok({ value, after });
    }
    case 'landed':
      return landed(ports, outcome, underway);
    case 'gone':
      return fail(goneState(ports.store.label, seen));
    case 'unreachable':
    case 'no-access':
      return fail(
        stateUnreachable(
          { code: outcome.kind, message: outcome.message },
          'Check the network and the credentials, then run the command again: what is recorded is safe.',
        ),
      );
    case 'unwritten':
      return fail(unwrittenState(outcome.message));
    case 'outrun':
    case 'denied':
      return fail(outsideFailure(`state-${outcome.kind}`, outcome.message));
    case 'canceled':
      return fail(outsideFailure('state-canceled', 'Interrupted before the state could be committed.'));
  }
}

/** Reads the state at a head and decides on it, as the transaction is to carry it out. */
async function decideAt<T>(
  ports: StatePorts,
  view: TransactionView,
  underway: Underway<T>,
  decide: (state: StateAt) => Promise<StateDecision<T>>,
): Promise<Result<Decision<Settled<T>>, StoreUnreachable>> {
  const { tx, options, sent } = underway;
  underway.readAt = ports.clock.now();
  // As it is now: the set may grow while files are read, and what is kept of a head must be what was read of it.
  const partitions = ports.partitionsOf && { partitionsOf: new Set(ports.partitionsOf()) };
  underway.wanted = { ...readOptions(view.now), ...partitions, ...(options.takesLate ? { olderStreams: true } : {}) };
  let state = await readState(ports, view, underway, options);
  const withOlder = (): ReturnType<typeof readState> => {
    underway.wanted = { ...underway.wanted, olderStreams: true };
    return readState(ports, view, underway, options);
  };
  if (state.ok && isUnknownStream(state.value.read, options.goesOnWith)) state = await withOlder();
  if (!state.ok) return stopped(state.error);
  underway.instant = state.value.now;
  // A push whose answer was lost may have landed and been sealed since: the view knows its writer's transactions.
  if (sent !== undefined && (state.value.read.view.writers.get(ports.writer)?.tx ?? 0) >= tx)
    return ok({ kind: 'nothing', value: sent });
  let decision = await decide(state.value);
  if (decision.kind === 'commit' && takesOlderStreams(ports, state.value.read, decision.events)) {
    state = await withOlder();
    if (!state.ok) return stopped(state.error);
    decision = await decide(state.value);
  }
  const settled = await settleDecision({ ...ports, mayLeave: view.mayLeave }, tx, state.value, decision);
  if (!settled.ok) return settled;
  underway.lean = settled.value.lean;
  if (settled.value.decision.kind === 'commit') {
    underway.sent = settled.value.decision.value;
    underway.compacts = settled.value.decision.compacts !== undefined;
  }
  return ok(settled.value.decision);
}

/** What the next transactions may build on, once one has landed. */
function landed<T>(
  ports: StatePorts,
  outcome: Extract<TransactionOutcome<Settled<T>>, { kind: 'landed' }>,
  { tx, seen, reads, instant, wanted, compacts, sentLean }: Underway<T>,
): Result<Recorded<T>, AppFailure> {
  if ('stop' in outcome.value) return fail(outcome.value.stop);
  const { commit, isLean } = outcome;
  const { value, after } =
    isLean && sentLean !== undefined && 'after' in sentLean.settled ? sentLean.settled : outcome.value;
  seen.head = { commit, seq: after.view.seq };
  seen.remembered = seen.head;
  ports.heads?.keep(seen.head);
  seen.landed = { tx, at: instant };
  seen.giveWayUntil = ports.clock.now() + outcome.giveWayMs;
  // Not what was found at a later head, where others' commits may be, nor a compact: it has a file more.
  if (!outcome.isFoundLater && !compacts) reads.keep(commit, wanted, withHead(after, commit));
  return ok({ value, after, commit, ...(isLean ? { isLean } : {}) });
}

function stopped<T>(error: AppFailure | StoreUnreachable): Result<Decision<Settled<T>>, StoreUnreachable> {
  return 'exit' in error ? ok({ kind: 'nothing', value: { stop: error } }) : fail(error);
}

/** The disk is full, mostly: what ended is in the journal, and is taken in once there is room. */
export function unwrittenState(message: string): AppFailure {
  return outsideFailure(
    'state-unwritten',
    message,
    'Make room on the disk, or let this account write there, then run the command again: nothing was sent, what is recorded is safe, and what is in the journal of this machine is taken in.',
  );
}

/** Said at the second try and then now and then: in two minutes there are about a hundred. */
const TRIES_UNSAID = 25;

function sayRetry(ports: StatePorts, retry: TransactionRetry): void {
  if (retry.reason === 'denied') ports.warn('The push was refused; trying once more without log lines and messages.');
  else if (retry.reason === 'compact-denied')
    ports.warn(`The history of ${ports.store.label} is long and could not be begun anew: ${retry.message ?? ''}`);
  else if (retry.reason === 'leave-denied')
    ports.warn(
      `Files of older days stay in the tree of ${ports.store.label}, and each wake-up fetches their names: a commit with two parents was refused. ${retry.message ?? ''}`,
    );
  else if (retry.reason === 'unreachable' && retry.tries % TRIES_UNSAID === 2)
    ports.warn(`${ports.store.label} cannot be reached (try ${retry.tries}): ${retry.message ?? ''}`);
}

const MINUTE_MS = 60_000;

/** Reads everything that a decision needs at the head that a transaction saw. */
async function readState(
  ports: StatePorts,
  view: TransactionView,
  { seen, reads, wanted }: { readonly seen: Seen; readonly reads: KeptReads; readonly wanted: ReadOptions },
  options: TransactionOptions,
): Promise<Result<StateAt, AppFailure | StoreUnreachable>> {
  if (view.clockSkewMs !== undefined) {
    const apart = formatDuration(Math.round(Math.abs(view.clockSkewMs) / MINUTE_MS) * MINUTE_MS);
    (ports.warnOnce ?? ports.warn)(
      `This machine's clock is ${apart} ${view.clockSkewMs > 0 ? 'behind' : 'ahead of'} the server's; the server's counts.`,
    );
  }
  // Whether or not its witness went with it: what was read by this command is never made anew by it.
  if (view.head.commit === undefined && seen.head !== undefined) return fail(goneState(ports.store.label, seen));
  if (view.head.commit === undefined && view.head.witness && !options.anew) {
    const archive = await archiveBehind(ports.store, 0);
    const after = archive ? ` ${archiveAdvice(archive, ports.environment)} That is for after it was begun anew.` : '';
    return fail(
      outsideFailure(
        'state-deleted',
        `${ports.store.label} is gone, though it was there before.`,
        `Restore it from a clone that still has it (\`git push origin <commit>:refs/heads/<branch>\`), or begin anew without its history: \`branchline state create --anew\`.${after}`,
      ),
    );
  }
  const read = await readHead(ports, view, reads, wanted);
  if (!read.ok) return read;
  const { store, writer } = ports;
  const forced = watchHead(seen, read.value.view, { label: store.label, writer, now: view.now });
  if (forced !== undefined) ports.warn(forced);
  const isForced = remember(ports, seen, read.value.view, forced !== undefined);
  if (isForced) await sayArchive(ports, read.value.view.seq);
  return ok({ read: read.value, head: view.head, now: view.now, nowIsTrusted: view.head.serverNow !== undefined });
}

/** Says that the branch is older than this machine has seen it, and keeps what it is now; true where it is, said or not. */
function remember({ heads, store, warn }: StatePorts, seen: Seen, view: StateView, isSaid: boolean): boolean {
  if (!heads || view.head === undefined || view.head === seen.remembered?.commit) return isSaid;
  const forced = forcedSince(store.label, seen.remembered, view);
  if (forced !== undefined && !isSaid) warn(forced);
  seen.remembered = { commit: view.head, seq: view.seq };
  heads.keep(seen.remembered);
  return isSaid || forced !== undefined;
}

/** Of a branch that was forced back to before a compact, or begun anew, the archive has more than any clone may. */
async function sayArchive({ store, environment, warn }: StatePorts, seq: number): Promise<void> {
  const archive = await archiveBehind(store, seq);
  if (archive) warn(archiveAdvice(archive, environment));
}

async function readHead(
  ports: StatePorts,
  view: TransactionView,
  reads: KeptReads,
  wanted: ReadOptions,
): Promise<Result<StateRead, AppFailure | StoreUnreachable>> {
  const kept = reads.find(view.head.commit, wanted);
  if (kept) return ok(kept);
  // Who writes pages looks for those that are there by then.
  const listing = await view.list('', HEALTH_FOLDER);
  if (!listing.ok) return listing;
  const files = { load: view.load, listing: listing.value.map((entry) => entry.path), head: view.head.commit };
  const read = await loadState(ports, files, wanted);
  if (read.ok) reads.keep(view.head.commit, wanted, read.value);
  return read;
}
