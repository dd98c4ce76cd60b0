import { fail, ok, type Result } from '../base/result.ts';
import type { StateChange, StoreUnreachable } from '../ports.ts';
import type { StateProblem } from '../state/codec.ts';
import { prepareCommit, withFiles, withPages } from '../state/commit.ts';
import { emptyView } from '../state/fold.ts';
import { mendOlderDays } from '../state/older-days.ts';
import { isQuarantine } from '../state/quarantine.ts';
import { assembleView } from '../state/read.ts';
import { repairState } from '../state/repair.ts';
import type { SalvagedFile } from '../state/salvage.ts';
import { type AppFailure, outsideFailure, stateUnreachable } from './failure.ts';
import { readWholeTree, type WholeTree } from './older-days.ts';
import type { PagesOf, StatePorts } from './state-ports.ts';
import { brokenState } from './state-reading.ts';
import { unwrittenState } from './state-session.ts';
import { type Decision, type TransactionView, transact } from './transact.ts';

export interface Repaired {
  /** Derived files that were written anew, sorted. */
  readonly rebuilt: readonly string[];
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
  const tree = await wholeTreeOf(ports, view);
  if (!tree.ok) return tree;
  const texts = await tree.value.load(tree.value.entries.map(({ path }) => path));
  if (!texts.ok) return texts;
  const stop = (problems: readonly StateProblem[]): Result<Decision<Settled>, never> =>
    ok({ kind: 'nothing', value: { stop: beyondRepair(ports, view.head.commit, problems) } });
  const { lost, files, salvaged } = repairState(texts.value, ports.environment, ports.projectName);
  if (lost.length > 0) return stop(lost);
  const isOwn = new Set(salvaged.map(({ path }) => path));
  const others = [...files].filter(([path]) => !isOwn.has(path) && !isQuarantine(path));
  const settled = {
    rebuilt: others.flatMap(([path, text]) => (text === null ? [] : [path])).sort(),
    removed: others.flatMap(([path, text]) => (text === null ? [path] : [])).sort(),
    salvaged: salvaged.map(({ path, problems }) => {
      const kept = [...files.keys()].find((other) => isQuarantine(other) && other.endsWith(`/${path}`));
      return { path, problems, ...(kept === undefined ? {} : { kept }) };
    }),
  };
  if (options.dryRun || files.size === 0) return ok({ kind: 'nothing', value: settled });
  const own = new Set(tree.value.own.map(({ path }) => path));
  const mendedFiles = mendOlderDays(files, { own, history: tree.value.history, texts: texts.value });
  const whole = new Map([...texts.value].filter(([path]) => own.has(path)));
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
    message: `⚒ repaired: ${files.size} ${files.size === 1 ? 'file' : 'files'}\n\nRepaired: ${files.size}`,
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

async function wholeTreeOf(
  { store }: StatePorts,
  { head }: TransactionView,
): Promise<Result<WholeTree, StoreUnreachable>> {
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
