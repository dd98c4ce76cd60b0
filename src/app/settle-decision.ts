import { ok, type Result } from '../base/result.ts';
import type { StateChange, StoreUnreachable } from '../ports-state.ts';
import { type PreparedCommit, prepareCommit, withFiles, withPageNames, withPages } from '../state/commit.ts';
import { COMPACT_AFTER_COMMITS, compactFiles, isCompactDue } from '../state/compact.ts';
import { leanEvent, mapEventText } from '../state/event-text.ts';
import { HEALTH_FOLDER } from '../state/layout.ts';
import type { StateRead } from '../state/read.ts';
import type { AppFailure } from './failure.ts';
import { leaveTree, tipsBehind } from './older-days.ts';
import { withTrailers } from './quiet-note.ts';
import { dueCut } from './retention.ts';
import type { StateDecision, StatePorts } from './state-ports.ts';
import { brokenState, type StateAt, tooLongToRecord } from './state-reading.ts';
import type { Decision } from './transaction.ts';

/** What a transaction comes to: the value of its decision and the state after it, or why there is none. */
export type Settled<T> = { readonly stop: AppFailure } | { readonly value: T; readonly after: StateRead };
/** The commit without free texts, should the server refuse them. */
export type Lean<T> = { readonly change: Omit<StateChange, 'writer' | 'tx'>; readonly settled: Settled<T> };

interface SettledDecision<T> {
  readonly decision: Decision<Settled<T>>;
  readonly lean?: () => Lean<T> | undefined;
}

/** `mayLeave`: files of older days may leave the tree with its commit. */
type SettlePorts = StatePorts & { readonly mayLeave: boolean };

/** Settles a decision on the state that it was made on: all that its commit changes, and what it is then sent with. */
export async function settleDecision<T>(
  ports: SettlePorts,
  tx: number,
  state: StateAt,
  decision: StateDecision<T>,
): Promise<Result<SettledDecision<T>, StoreUnreachable>> {
  const cut = await withCut(ports, state, decision);
  if (!cut.ok) return cut;
  const settled = await settle(ports, tx, state, cut.value);
  return settled.ok ? withData(ports, state, decision, settled.value) : settled;
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

/**
 * A decision whose commit may begin history anew because that is due: `due` has what it drops then. `behind`: what a
 * commit that begins it anew, due or asked for, has to keep.
 */
type CutDecision<T> = StateDecision<T> & {
  readonly due?: ReadonlyMap<string, string | null>;
  readonly behind?: readonly string[];
};

async function withCut<T>(
  ports: StatePorts,
  state: StateAt,
  decision: StateDecision<T>,
): Promise<Result<CutDecision<T>, StoreUnreachable>> {
  const isDue = isCompactDue(state.read, ports.compactAfter ?? COMPACT_AFTER_COMMITS);
  if (decision.kind !== 'commit' || !(decision.compact || isDue)) return ok(decision);
  const due = decision.compact ? ok(decision.compact) : await dueCut(ports, state, ports.retentionMs);
  if (!due.ok) return due;
  const behind = await tipsBehind(ports.store, state.head.commit, due.value);
  if (!behind.ok) return behind;
  const { tips, problems } = behind.value;
  if (problems.length === 0) return ok({ ...decision, ...(decision.compact ? {} : { due: due.value }), behind: tips });
  const failure = brokenState(ports.store.label, state.head.commit, problems);
  if (decision.compact) return ok({ kind: 'stop', failure });
  ports.warn(`History was not begun anew. ${failure.message}`);
  return ok(decision);
}

async function settle<T>(
  ports: SettlePorts,
  tx: number,
  state: StateAt,
  decision: CutDecision<T>,
): Promise<Result<SettledDecision<T>, StoreUnreachable>> {
  if (decision.kind === 'stop') return ok({ decision: { kind: 'nothing', value: { stop: decision.failure } } });
  if (decision.kind === 'nothing')
    return ok({ decision: { kind: 'nothing', value: { value: decision.value, after: state.read } } });
  const events = decision.events.map((event) => mapEventText(event, ports.redact));
  const draft = {
    read: state.read,
    project: ports.projectName,
    events,
    writer: ports.writer,
    tx,
    now: state.now,
    message: messageOf(ports, decision.message),
  };
  const prepared = prepareCommit(draft);
  if (!prepared.ok) {
    const { error } = prepared;
    const isTooLong = error.code === 'too-long';
    const stop = isTooLong ? tooLongToRecord(error) : brokenState(ports.store.label, state.head.commit, [error]);
    return ok({ decision: { kind: 'nothing', value: { stop } } });
  }
  // Lean: no pages, no free text. The server may have found a secret in what it refused.
  const lean = (): Lean<T> | undefined => {
    const withoutTexts = prepareCommit({
      ...draft,
      events: events.map(leanEvent),
      message: leanMessage(messageOf(ports, decision.message)),
    });
    if (!withoutTexts.ok) return undefined;
    const { change, after } = withoutTexts.value;
    return { change, settled: { value: decision.value, after } };
  };
  const rendered = await withPagesOf(ports, state, decision, prepared.value);
  if (!rendered.ok) return rendered;
  const withAll = rendered.value;
  const isAnew = decision.compact !== undefined || decision.due !== undefined;
  // One thing at a time: the commit that begins history anew moves nothing.
  const full = isAnew || !ports.mayLeave ? withAll : await withoutOlderDays(ports, state, withAll);
  return ok({
    decision: {
      kind: 'commit',
      ...changeOf(state, withNote(ports, state, decision, full), { ...decision, project: ports.projectName }),
      value: { value: decision.value, after: full.after },
    },
    lean,
  });
}

/** The commit with the pages that the decision asks for. Which there are is looked for now: most decisions ask for none. */
async function withPagesOf<T>(
  { store }: StatePorts,
  { head, read }: StateAt,
  { pages }: Extract<CutDecision<T>, { kind: 'commit' }>,
  prepared: PreparedCommit,
): Promise<Result<PreparedCommit, StoreUnreachable>> {
  if (!pages) return ok(prepared);
  const there = head.commit === undefined ? ok([]) : await store.list(head.commit, HEALTH_FOLDER);
  if (!there.ok) return there;
  const named = withPageNames(
    prepared,
    there.value.map(({ path }) => path),
  );
  return ok(withPages(prepared, pages(named, read.view)));
}

/** The commit with the files of older days behind it, where it closes a day. */
async function withoutOlderDays(
  { store }: StatePorts,
  { head, read }: StateAt,
  prepared: PreparedCommit,
): Promise<PreparedCommit> {
  const { closed, change } = prepared;
  if (closed === undefined) return prepared;
  const left = await leaveTree(store, { commit: head.commit, paths: read.base.paths }, { closed, change });
  return left ? withFiles(prepared, left.files, left.behind) : prepared;
}

/** The commit with what its message says of the wake-ups after it; one that begins history anew says nothing. */
function withNote<T>(
  ports: StatePorts,
  { head }: StateAt,
  { compact, due }: Extract<CutDecision<T>, { kind: 'commit' }>,
  prepared: PreparedCommit,
): PreparedCommit {
  if (!ports.quietNote || compact || due) return prepared;
  const { change, after } = prepared;
  const note = ports.quietNote(after.view, { parent: head.commit, at: change.at });
  if (note === undefined) return prepared;
  return { ...prepared, change: { ...change, message: withTrailers(change.message, ports.redact(note)) } };
}

/** The change as it is sent: with the files of a compact where one is asked for, or due. */
function changeOf(
  { read, head }: StateAt,
  prepared: PreparedCommit,
  by: {
    readonly project: string;
    readonly compact?: ReadonlyMap<string, string | null>;
    readonly due?: ReadonlyMap<string, string | null>;
    readonly behind?: readonly string[];
  },
): Pick<Extract<Decision<unknown>, { kind: 'commit' }>, 'change' | 'compacts'> {
  const more = by.compact ?? by.due;
  if (head.commit === undefined || more === undefined) return { change: prepared.change };
  const files = compactFiles(read, prepared, { head: head.commit, project: by.project, cut: more });
  const { change } = withFiles(prepared, files, by.behind);
  return { change, compacts: { seq: read.view.seq, ...(by.compact ? {} : { change: prepared.change }) } };
}

/** The message with the workflow run that the commit is of: from there its log is found. */
function messageOf({ workflowRun }: StatePorts, message: string): string {
  return workflowRun === undefined ? message : withTrailers(message, `Workflow-Run: ${workflowRun}`);
}

/** The subject may quote a message; a lean commit has only its trailers. */
function leanMessage(message: string): string {
  const trailers = message.split('\n').filter((line) => /^[A-Z][A-Za-z-]+: /.test(line));
  return ['recorded without texts: the push was refused with them', '', ...trailers, 'Redacted: push refused'].join(
    '\n',
  );
}
