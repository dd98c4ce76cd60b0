import { fail, ok, type Result } from '../base/result.ts';
import type { StateChange, StoreUnreachable } from '../ports-state.ts';
import type { StateProblem } from '../state/codec.ts';
import { prepareCommit, withFiles, withPages } from '../state/commit.ts';
import { emptyView } from '../state/fold.ts';
import { isHistoryPath, mendOlderDays } from '../state/older-days.ts';
import { isQuarantine } from '../state/quarantine.ts';
import { assembleView } from '../state/read.ts';
import { type Repair, repairState } from '../state/repair.ts';
import type { SalvagedFile } from '../state/salvage.ts';
import { type AppFailure, outsideFailure, stateUnreachable } from './failure.ts';
import { findLostHistory, type HistoryTexts, periodsBack, withHistory } from './lost-history.ts';
import { type OlderStore, readWholeTree, type WholeTree } from './older-days.ts';
import type { PagesOf, StatePorts } from './state-ports.ts';
import { brokenState } from './state-reading.ts';
import { unwrittenState } from './state-session.ts';
import { transact } from './transact.ts';
import type { Decision, TransactionView } from './transaction.ts';

export interface Repaired {
  /** Derived files that were written anew, sorted. */
  readonly rebuilt: readonly string[];
  /** Files of `history/` that were damaged or gone, and are back as an earlier commit has them. */
  readonly restored: readonly string[];
  /** Files that nothing asks for, and that are gone now. */
  readonly removed: readonly string[];
  /** Files of events that were damaged, in their order; `kept` has them as they were found. */
  readonly salvaged: readonly (Pick<SalvagedFile, 'path' | 'problems'> & { readonly kept?: string })[];
  /** The commit; undefined when nothing had to be repaired, or in a preview. */
  readonly commit?: string;
}

type Settled = { readonly stop: AppFailure } | Omit<Repaired, 'commit'>;

/**
 * Writes what follows from the events anew, where it is damaged or missing: snapshot, runs, roll-ups, pages. Where a file
 * of events is damaged itself, it goes to `quarantine/` as it is, and what can be read of it takes its place.
 */
export async function repairStore(
  ports: StatePorts,
  options: { readonly dryRun: boolean; readonly pages?: PagesOf },
): Promise<Result<Repaired, AppFailure>> {
  const outcome = await transact<Settled>(ports.store, (view) => decide(ports, view, options), {
    clock: ports.clock,
    random: ports.random,
    writer: ports.writer,
    tx: 1,
    lean: (change) => change,
  });
  switch (outcome.kind) {
    case 'landed':
    case 'nothing': {
      if ('stop' in outcome.value) return fail(outcome.value.stop);
      return ok({ ...outcome.value, ...(outcome.kind === 'landed' ? { commit: outcome.commit } : {}) });
    }
    case 'canceled':
      return fail(outsideFailure('state-canceled', 'Interrupted before the state could be committed.'));
    case 'unwritten':
      return fail(unwrittenState(outcome.message));
    case 'outrun':
    case 'denied':
    case 'gone':
      return fail(outsideFailure(`state-${outcome.kind}`, outcome.message));
    case 'unreachable':
    case 'no-access':
      return fail(stateUnreachable({ code: outcome.kind, message: outcome.message }));
  }
}

async function decide(
  ports: StatePorts,
  view: TransactionView,
  options: { readonly dryRun: boolean; readonly pages?: PagesOf },
): Promise<Result<Decision<Settled>, StoreUnreachable>> {
  const tried = await tryRepair(ports, view);
  if (!tried.ok) return tried;
  const { tree, texts, restored, back, repaired } = tried.value;
  const stop = (problems: readonly StateProblem[]): Result<Decision<Settled>, never> =>
    ok({ kind: 'nothing', value: { stop: beyondRepair(ports, view.head.commit, problems) } });
  const { lost, files, salvaged } = repaired;
  if (lost.length > 0) return stop(lost);
  const isOwn = new Set(salvaged.map(({ path }) => path));
  const others = [...files].filter(([path]) => !isOwn.has(path) && !isQuarantine(path));
  const settled = {
    rebuilt: others.flatMap(([path, text]) => (text === null ? [] : [path])).sort(),
    restored: [...restored.keys()].sort(),
    removed: others.flatMap(([path, text]) => (text === null ? [path] : [])).sort(),
    salvaged: salvaged.map(({ path, problems }) => {
      const kept = [...files.keys()].find((other) => isQuarantine(other) && other.endsWith(`/${path}`));
      return { path, problems, ...(kept === undefined ? {} : { kept }) };
    }),
  };
  const changes = files.size + restored.size;
  if (options.dryRun || changes === 0) return ok({ kind: 'nothing', value: settled });
  const own = new Set(tree.own.map(({ path }) => path));
  const mendedFiles = new Map([...restored, ...mendOlderDays(files, { own, history: tree.history, texts, back })]);
  const whole = new Map([...texts].filter(([path]) => own.has(path)));
  for (const [path, text] of mendedFiles) {
    if (text === null) whole.delete(path);
    else whole.set(path, text);
  }
  const read = assembleView({ listing: [...whole.keys()], texts: whole, environment: ports.environment });
  if (!read.ok) return stop(read.error);
  const prepared = prepareCommit({
    read: read.value,
    project: ports.projectName,
    events: [],
    writer: ports.writer,
    tx: 1,
    now: view.now,
    message: `⚒ repaired: ${changes} ${changes === 1 ? 'file' : 'files'}\n\nRepaired: ${changes}`,
  });
  if (!prepared.ok) return stop([prepared.error]);
  // What the commit writes itself is newer than what was repaired.
  const written = prepared.value.change.files;
  const mended = withFiles(prepared.value, new Map([...mendedFiles].filter(([path]) => !written.has(path))));
  // As if nothing had been there before: every page is written.
  const made = options.pages ? withPages(mended, options.pages(mended, emptyView(ports.environment))) : mended;
  const change: Omit<StateChange, 'writer' | 'tx'> = made.change;
  return ok({ kind: 'commit', change, value: settled });
}

interface Tried {
  readonly tree: WholeTree;
  readonly texts: ReadonlyMap<string, string>;
  readonly repaired: Repair;
  readonly restored: HistoryTexts;
  /** Of those: what cannot be left where it is. */
  readonly back: ReadonlyMap<string, ReadonlySet<string>>;
}

/**
 * What a repair leads to. Where `history/` is damaged, or commits are missing, days may be there that only it knew of: it
 * is taken from an earlier commit if nothing is missing then.
 */
async function tryRepair(ports: StatePorts, view: TransactionView): Promise<Result<Tried, StoreUnreachable>> {
  const { store } = ports;
  const { commit } = view.head;
  const first = await repairOf(ports, view, store, new Map());
  if (!first.ok || commit === undefined) return first;
  const { tree, repaired } = first.value;
  const damaged = repaired.lost.map(({ file }) => file).filter(isHistoryPath);
  if (damaged.length === 0 && !isMissingCommits(repaired)) return first;
  const found = await findLostHistory(store, { commit, entries: tree.own, history: tree.history }, damaged);
  if (!found.ok) return found;
  if (found.value.size === 0) return first;
  const second = await repairOf(ports, view, withHistory(store, commit, found.value), found.value);
  if (!second.ok) return second;
  const isWhole = second.value.repaired.lost.length === 0 && !isMissingCommits(second.value.repaired);
  return isWhole ? ok({ ...second.value, back: periodsBack(tree.history, found.value) }) : first;
}

async function repairOf(
  { environment, projectName }: StatePorts,
  view: TransactionView,
  store: OlderStore,
  restored: HistoryTexts,
): Promise<Result<Tried, StoreUnreachable>> {
  const tree = await wholeTreeOf(store, view);
  if (!tree.ok) return tree;
  const texts = await tree.value.load(tree.value.entries.map(({ path }) => path));
  if (!texts.ok) return texts;
  const repaired = repairState(texts.value, environment, projectName);
  return ok({ tree: tree.value, texts: texts.value, repaired, restored, back: new Map() });
}

function isMissingCommits({ salvaged }: Repair): boolean {
  return salvaged.some(({ problems }) => problems.some(({ code }) => code === 'missing'));
}

async function wholeTreeOf(store: OlderStore, { head }: TransactionView): Promise<Result<WholeTree, StoreUnreachable>> {
  if (head.commit !== undefined) return readWholeTree(store, head.commit);
  return ok({ entries: [], own: [], history: [], problems: [], load: async () => ok(new Map()) });
}

function beyondRepair(ports: StatePorts, head: string | undefined, problems: readonly StateProblem[]): AppFailure {
  const failure = brokenState(ports.store.label, head, problems);
  if (failure.code !== 'state-broken') return failure;
  return {
    ...failure,
    help: 'Nothing was done. `git log -- <file>` in a clone of the branch shows the commit that changed it: bring the file back as it was before, by a commit on top.',
  };
}
