import { fail, ok, type Result } from '../base/result.ts';
import type { BranchlineEvent } from '../model/events.ts';
import type { EpochMs } from '../model/instant.ts';
import type { StateView } from '../model/state.ts';
import type { Clock, HeadMemory, RefMove, StateChange, StoreUnreachable } from '../ports.ts';
import { type PreparedCommit, prepareCommit, withFiles, withPages } from '../state/commit.ts';
import { COMPACT_AFTER_COMMITS, compactFiles, isCompactDue } from '../state/compact.ts';
import { leanEvent, mapEventText } from '../state/event-text.ts';
import { type ReadOptions, type StateRead, withHead } from '../state/read.ts';
import { type AppFailure, outsideFailure, stateUnreachable } from './failure.ts';
import { type KeptReads, keepReads } from './kept-reads.ts';
import { archiveAdvice, archiveBehind } from './newer-archives.ts';
import { isUnknownStream, takesOlderStreams } from './older-streams.ts';
import { dueCut } from './retention.ts';
import { forcedSince, giveWay, goneState, type Seen, seenSoon, watchHead } from './seen-head.ts';
import {
  brokenState,
  loadState,
  readOptions,
  type StateAt,
  type StatePlace,
  tooLongToRecord,
} from './state-reading.ts';
import { type Decision, type TransactionRetry, type TransactionView, transact } from './transact.ts';

/** What reading and writing one environment's state takes. */
export interface StatePorts extends StatePlace {
  readonly clock: Clock;
  /** In [0, 1): for the jitter between tries. */
  readonly random: () => number;
  /** Name of this process as a writer of state. */
  readonly writer: string;
  /** When the name of the writer was made up: none of its events is older. Absent = nobody knows. */
  readonly writerBegan?: EpochMs;
  /** Removes secrets: every text that is committed has passed it. */
  readonly redact: (text: string) => string;
  /** Assets whose partitions a decision looks at; absent = of none. */
  readonly partitionsOf?: () => ReadonlySet<string>;
  /** Something a person should know though the command goes on. */
  readonly warn: (text: string) => void;
  /** What was read at heads that may be read again, where several sessions are in one process; absent = a session keeps its own last one. */
  readonly reads?: Map<string, StateRead>;
  /** Commits after which the next one begins history anew; default 10,000. */
  readonly compactAfter?: number;
  /** Events of days older than this many milliseconds are dropped then; absent = all are kept. */
  readonly retentionMs?: number;
  /** What this machine remembers of the branch; absent = nothing. */
  readonly heads?: HeadMemory;
  /** Refs of data that have to move together with the commit of these events; asked anew after each conflict. */
  readonly dataMoves?: (
    events: readonly BranchlineEvent[],
    before: StateView,
    after: StateView,
  ) => Promise<Result<readonly RefMove[], StoreUnreachable>>;
}

/** Derived pages of a commit, from the state that it leads to and the one before; null deletes a page. */
export type PagesOf = (prepared: PreparedCommit, before: StateView) => ReadonlyMap<string, string | null>;

/** What a use case wants committed on the state as it is. */
export type StateDecision<T> =
  | {
      readonly kind: 'commit';
      /** Numbered in their streams. */
      readonly events: readonly BranchlineEvent[];
      readonly message: string;
      /** Derived pages of the commit, from the view that it leads to. */
      readonly pages?: PagesOf;
      /** The commit begins history anew, and the head before becomes an archive; further files that it changes. */
      readonly compact?: ReadonlyMap<string, string | null>;
      readonly value: T;
    }
  | { readonly kind: 'nothing'; readonly value: T }
  | { readonly kind: 'stop'; readonly failure: AppFailure };

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

type Settled<T> = { readonly stop: AppFailure } | { readonly value: T; readonly after: StateRead };
type Lean<T> = { readonly change: Omit<StateChange, 'writer' | 'tx'>; readonly settled: Settled<T> };

async function transactOnce<T>(
  ports: StatePorts,
  { tx, seen, reads }: { readonly tx: number; readonly seen: Seen; readonly reads: KeptReads },
  decide: (state: StateAt) => Promise<StateDecision<T>>,
  options: TransactionOptions,
): Promise<Result<Recorded<T>, AppFailure>> {
  let lean: (() => Lean<T> | undefined) | undefined;
  let sentLean: Lean<T> | undefined;
  let sent: Settled<T> | undefined;
  let instant = 0;
  if (options.givesWay) await giveWay(ports.clock, seen);
  let readAt = 0;
  const head = options.follows ? seenSoon(seen, ports.clock.now()) : undefined;
  delete seen.idle;
  let wanted: ReadOptions = {};
  let compacts = false;
  const outcome = await transact<Settled<T>>(
    ports.store,
    async (view) => {
      readAt = ports.clock.now();
      // As it is now: the set may grow while files are read, and what is kept of a head must be what was read of it.
      const partitions = ports.partitionsOf && { partitionsOf: new Set(ports.partitionsOf()) };
      wanted = { ...readOptions(view.now), ...partitions, ...(options.takesLate ? { olderStreams: true } : {}) };
      let state = await readState(ports, view, { seen, reads, wanted }, options);
      const withOlder = (): ReturnType<typeof readState> => {
        wanted = { ...wanted, olderStreams: true };
        return readState(ports, view, { seen, reads, wanted }, options);
      };
      if (state.ok && isUnknownStream(state.value.read, options.goesOnWith)) state = await withOlder();
      if (!state.ok) return stopped(state.error);
      instant = state.value.now;
      // A push whose answer was lost may have landed and been sealed since: the view knows its writer's transactions.
      if (sent !== undefined && (state.value.read.view.writers.get(ports.writer)?.tx ?? 0) >= tx)
        return ok({ kind: 'nothing', value: sent });
      let decision = await decide(state.value);
      if (decision.kind === 'commit' && takesOlderStreams(ports, state.value.read, decision.events)) {
        state = await withOlder();
        if (!state.ok) return stopped(state.error);
        decision = await decide(state.value);
      }
      const cut = await withCut(ports, state.value, decision);
      if (!cut.ok) return cut;
      const settled = await withData(ports, state.value, decision, settle(ports, tx, state.value, cut.value));
      if (!settled.ok) return settled;
      lean = settled.value.lean;
      if (settled.value.decision.kind === 'commit') {
        sent = settled.value.decision.value;
        compacts = settled.value.decision.compacts !== undefined;
      }
      return ok(settled.value.decision);
    },
    {
      clock: ports.clock,
      random: ports.random,
      writer: ports.writer,
      tx,
      ...(head === undefined ? {} : { seen: head }),
      lean: (change) => {
        sentLean = lean?.();
        return sentLean?.change ?? change;
      },
      onRetry: (retry) => sayRetry(ports, retry),
    },
  );
  switch (outcome.kind) {
    case 'landed':
    case 'nothing': {
      if ('stop' in outcome.value) return fail(outcome.value.stop);
      const isLean = outcome.kind === 'landed' && outcome.isLean;
      const settled =
        isLean && sentLean !== undefined && 'after' in sentLean.settled ? sentLean.settled : outcome.value;
      const { value, after } = settled;
      if (outcome.kind === 'nothing') {
        // Not once more: what was seen would get older each time.
        if (outcome.head !== head) seen.idle = { head: outcome.head, at: readAt };
        return ok({ value, after });
      }
      seen.head = { commit: outcome.commit, seq: after.view.seq };
      seen.remembered = seen.head;
      ports.heads?.keep(seen.head);
      seen.landed = { tx, at: instant };
      seen.giveWayUntil = ports.clock.now() + outcome.giveWayMs;
      // Not what was found at a later head, where others' commits may be, nor a compact: it has a file more.
      if (!outcome.isFoundLater && !compacts) reads.keep(outcome.commit, wanted, withHead(after, outcome.commit));
      return ok({ value, after, commit: outcome.commit, ...(isLean ? { isLean } : {}) });
    }
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
  else if (retry.reason === 'unreachable' && retry.tries % TRIES_UNSAID === 2)
    ports.warn(`${ports.store.label} cannot be reached (try ${retry.tries}): ${retry.message ?? ''}`);
}

/** Reads everything that a decision needs at the head that a transaction saw. */
async function readState(
  ports: StatePorts,
  view: TransactionView,
  { seen, reads, wanted }: { readonly seen: Seen; readonly reads: KeptReads; readonly wanted: ReadOptions },
  options: TransactionOptions,
): Promise<Result<StateAt, AppFailure | StoreUnreachable>> {
  if (view.clockSkewMs !== undefined) {
    ports.warn(
      `This machine's clock is ${Math.round(Math.abs(view.clockSkewMs) / 60_000)} min ${view.clockSkewMs > 0 ? 'behind' : 'ahead of'} the server's; the server's counts.`,
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
  const listing = await view.list('');
  if (!listing.ok) return listing;
  const files = { load: view.load, listing: listing.value.map((entry) => entry.path), head: view.head.commit };
  const read = await loadState(ports, files, wanted);
  if (read.ok) reads.keep(view.head.commit, wanted, read.value);
  return read;
}

interface SettledDecision<T> {
  readonly decision: Decision<Settled<T>>;
  readonly lean?: () => Lean<T> | undefined;
}

/**
 * The decision with the refs of data that go with it. A lean commit has them as well: without them it would record what
 * nobody could restore.
 */
async function withData<T>(
  ports: StatePorts,
  state: StateAt,
  wanted: StateDecision<T>,
  { decision, lean }: SettledDecision<T>,
): Promise<Result<SettledDecision<T>, StoreUnreachable>> {
  if (!ports.dataMoves || wanted.kind !== 'commit' || decision.kind !== 'commit' || 'stop' in decision.value)
    return ok({ decision, ...(lean ? { lean } : {}) });
  const refs = await ports.dataMoves(wanted.events, state.read.view, decision.value.after.view);
  if (!refs.ok) return refs;
  if (refs.value.length === 0) return ok({ decision, ...(lean ? { lean } : {}) });
  const moving = { refs: refs.value };
  // A compact that is merely due waits for a commit that moves nothing else.
  const { compacts, ...plain } = decision;
  return ok({
    decision: { ...plain, change: { ...(compacts?.change ?? decision.change), ...moving } },
    lean: () => {
      const made = lean?.();
      return made && { ...made, change: { ...made.change, ...moving } };
    },
  });
}

/** A decision whose commit may begin history anew because that is due: `due` has what it drops then. */
type CutDecision<T> = StateDecision<T> & { readonly due?: ReadonlyMap<string, string | null> };

async function withCut<T>(
  ports: StatePorts,
  state: StateAt,
  decision: StateDecision<T>,
): Promise<Result<CutDecision<T>, StoreUnreachable>> {
  const isDue = isCompactDue(state.read, ports.compactAfter ?? COMPACT_AFTER_COMMITS);
  if (decision.kind !== 'commit' || decision.compact || !isDue) return ok(decision);
  const due = await dueCut(ports, state, ports.retentionMs);
  return due.ok ? ok({ ...decision, due: due.value }) : due;
}

function settle<T>(ports: StatePorts, tx: number, state: StateAt, decision: CutDecision<T>): SettledDecision<T> {
  if (decision.kind === 'stop') return { decision: { kind: 'nothing', value: { stop: decision.failure } } };
  if (decision.kind === 'nothing')
    return { decision: { kind: 'nothing', value: { value: decision.value, after: state.read } } };
  const events = decision.events.map((event) => mapEventText(event, ports.redact));
  const draft = {
    read: state.read,
    project: ports.projectName,
    events,
    writer: ports.writer,
    tx,
    now: state.now,
    message: decision.message,
  };
  const prepared = prepareCommit(draft);
  if (!prepared.ok) {
    const { error } = prepared;
    const isTooLong = error.code === 'too-long';
    const stop = isTooLong ? tooLongToRecord(error) : brokenState(ports.store.label, state.head.commit, [error]);
    return { decision: { kind: 'nothing', value: { stop } } };
  }
  // Lean: no pages, no free text. The server may have found a secret in what it refused.
  const lean = (): Lean<T> | undefined => {
    const withoutTexts = prepareCommit({
      ...draft,
      events: events.map(leanEvent),
      message: leanMessage(decision.message),
    });
    if (!withoutTexts.ok) return undefined;
    const { change, after } = withoutTexts.value;
    return { change, settled: { value: decision.value, after } };
  };
  const full = decision.pages
    ? withPages(prepared.value, decision.pages(prepared.value, state.read.view))
    : prepared.value;
  return {
    decision: {
      kind: 'commit',
      ...changeOf(state, full, { ...decision, project: ports.projectName }),
      value: { value: decision.value, after: full.after },
    },
    lean,
  };
}

/** The change as it is sent: with the files of a compact where one is asked for, or due. */
function changeOf(
  { read, head }: StateAt,
  prepared: PreparedCommit,
  by: {
    readonly project: string;
    readonly compact?: ReadonlyMap<string, string | null>;
    readonly due?: ReadonlyMap<string, string | null>;
  },
): Pick<Extract<Decision<unknown>, { kind: 'commit' }>, 'change' | 'compacts'> {
  const more = by.compact ?? by.due;
  if (head.commit === undefined || more === undefined) return { change: prepared.change };
  const files = compactFiles(read, prepared, { head: head.commit, project: by.project, cut: more });
  const { change } = withFiles(prepared, files);
  return { change, compacts: { seq: read.view.seq, ...(by.compact ? {} : { change: prepared.change }) } };
}

/** The subject may quote a message; a lean commit has only its trailers. */
function leanMessage(message: string): string {
  const trailers = message.split('\n').filter((line) => /^[A-Z][A-Za-z-]+: /.test(line));
  return ['recorded without texts: the push was refused with them', '', ...trailers, 'Redacted: push refused'].join(
    '\n',
  );
}
