import { lateOf, textsOf } from '../base/late-texts.ts';
import { ok, type Result } from '../base/result.ts';
import type { StateChange, StateStore, StateTreeEntry, StoreUnreachable } from '../ports-state.ts';
import type { StateProblem } from '../state/codec.ts';
import {
  decodeHistory,
  encodeHistory,
  type HistoryFile,
  isHistoryPath,
  type LeavingFiles,
  leavingFiles,
  tipsOf,
  withOlderDays,
  withPeriods,
} from '../state/older-days.ts';

/** A store, as far as files of older days are concerned. */
export type OlderStore = Pick<StateStore, 'list' | 'load' | 'listBehind' | 'loadBlobs'>;

/** All files of a commit that a reader may ask for, also those that left its tree. */
export interface WholeTree {
  readonly entries: readonly StateTreeEntry[];
  /** Those in the tree itself. */
  readonly own: readonly StateTreeEntry[];
  readonly history: readonly HistoryFile[];
  /** What is wrong with `history/`: what it does not name cannot be found. */
  readonly problems: readonly StateProblem[];
  /** Texts of those of the paths that exist. */
  readonly load: (paths: readonly string[]) => Promise<Result<ReadonlyMap<string, string>, StoreUnreachable>>;
}

/** Which older days are wanted: of a file of `history/`, a day or month. */
export type WantedPeriods = (file: string, period: string) => boolean;

/** Reads where the files of older days are: the trees of those that are wanted come in one batch, files as they are loaded. */
export async function readWholeTree(
  store: OlderStore,
  commit: string,
  isWanted: WantedPeriods = () => true,
): Promise<Result<WholeTree, StoreUnreachable>> {
  const own = await store.list(commit, '');
  if (!own.ok) return own;
  const paths = own.value.map(({ path }) => path).filter(isHistoryPath);
  const load: WholeTree['load'] = (some) => store.load(commit, some);
  if (paths.length === 0) return ok({ entries: own.value, own: own.value, history: [], problems: [], load });
  const texts = await load(paths);
  if (!texts.ok) return texts;
  const problems: StateProblem[] = [];
  const history = decodeHistory(texts.value, problems);
  const trees = history.flatMap((file) =>
    [...file.trees].flatMap(([period, tree]) => (isWanted(file.path, period) ? [tree] : [])),
  );
  const older = await store.listBehind(trees);
  if (!older.ok) return older;
  const entries = withOlderDays(own.value, older.value);
  const inTree = new Set(own.value.map(({ path }) => path));
  const blobs = new Map(entries.flatMap(({ path, blob }) => (inTree.has(path) ? [] : [[path, blob]])));
  return ok({
    entries,
    own: own.value,
    history,
    problems,
    async load(wanted) {
      const here = await load(wanted.filter((path) => !blobs.has(path)));
      const gone = wanted.filter((path) => blobs.has(path));
      if (!here.ok || gone.length === 0) return here;
      const found = await store.loadBlobs(gone.map((path) => blobs.get(path)!));
      if (!found.ok) return found;
      const all = textsOf(here.value, here.value.keys());
      for (const path of gone) {
        const blob = blobs.get(path)!;
        const late = lateOf(found.value, blob);
        const text = late ? undefined : found.value.get(blob);
        if (late) all.setLate(path, late);
        else if (text !== undefined) all.set(path, text);
      }
      return ok(all);
    },
  });
}

/**
 * Ends of the chains that a commit needs behind it when it begins history anew, where it changes these files. Problems:
 * chains that nobody can read any more would be let go.
 */
export async function tipsBehind(
  store: OlderStore,
  head: string | undefined,
  changed: ReadonlyMap<string, string | null>,
): Promise<Result<Pick<WholeTree, 'problems'> & { readonly tips: readonly string[] }, StoreUnreachable>> {
  if (head === undefined) return ok({ tips: [], problems: [] });
  const whole = await readWholeTree(store, head, () => false);
  if (!whole.ok) return whole;
  return ok({ tips: tipsOf(whole.value.history, changed), problems: whole.value.problems });
}

/** What a commit changes besides where files leave the tree with it. */
export interface LeftTree {
  readonly files: ReadonlyMap<string, string | null>;
  /** What it needs behind it. */
  readonly behind: readonly string[];
}

/**
 * What leaves the tree of the head with a commit that closes a day; undefined where nothing does. Where it cannot be done
 * now, the next one does it: nothing depends on it but how long the list of files is. `change`: what the commit writes.
 */
export async function leaveTree(
  store: Pick<StateStore, 'list' | 'load' | 'listBehind' | 'keepBehind'>,
  head: { readonly commit: string | undefined; readonly paths: Iterable<string> },
  { closed, change }: { readonly closed: string; readonly change: Pick<StateChange, 'files' | 'at'> },
): Promise<LeftTree | undefined> {
  if (head.commit === undefined) return undefined;
  const leaving = leavingFiles(head.paths, closed);
  const names = [...new Set(leaving.map(({ file }) => file))];
  if (names.length === 0) return undefined;
  const listed = await store.list(head.commit, '');
  if (!listed.ok) return undefined;
  const entries = new Map(listed.value.map((entry) => [entry.path, entry]));
  const problems: StateProblem[] = [];
  const texts = await store.load(head.commit, names);
  if (!texts.ok) return undefined;
  const before = new Map(decodeHistory(texts.value, problems).map((file) => [file.path, file]));
  // Damage is named by whoever verifies: what it says must not be written over.
  if (problems.length > 0) return undefined;
  const chains = [];
  for (const file of names) {
    const groups = [];
    for (const group of leaving.filter((each) => each.file === file)) {
      const merged = await entriesOf(store, group, before.get(file), entries);
      if (!merged.ok) return undefined;
      groups.push({ name: group.period, entries: merged.value });
    }
    chains.push({ tip: before.get(file)?.tip, groups });
  }
  const kept = await store.keepBehind(chains, change.at);
  if (!kept.ok) return undefined;
  const files = new Map<string, string | null>();
  for (const { paths } of leaving) for (const path of paths) if (!change.files.has(path)) files.set(path, null);
  for (const [i, file] of names.entries()) {
    const { tip, trees } = kept.value[i]!;
    const periods = new Map(chains[i]!.groups.map(({ name }, n) => [name, trees[n]!]));
    files.set(file, encodeHistory(withPeriods(file, before.get(file), { tip, trees: periods })));
  }
  return { files, behind: kept.value.map(({ tip }) => tip) };
}

/** The files of a period: those that leave now, over those that left before. */
async function entriesOf(
  store: Pick<StateStore, 'listBehind'>,
  { period, paths }: LeavingFiles,
  before: HistoryFile | undefined,
  own: ReadonlyMap<string, StateTreeEntry>,
): Promise<Result<readonly StateTreeEntry[], StoreUnreachable>> {
  const leaving = paths.map((path) => own.get(path)!);
  const tree = before?.trees.get(period);
  if (tree === undefined) return ok(leaving);
  const older = await store.listBehind([tree]);
  if (!older.ok) return older;
  return ok([...new Map([...older.value, ...leaving].map((entry) => [entry.path, entry])).values()]);
}
