import { ok, type Result } from '../base/result.ts';
import type { StateStore, StateTreeEntry, StoreUnreachable } from '../ports-state.ts';
import type { StateProblem } from '../state/codec.ts';
import { compactedSeq, cutDayOf } from '../state/layout.ts';
import { decodeHistory, encodeHistory, type HistoryFile, isHistoryPath } from '../state/older-days.ts';

/** A store whose past is looked into. */
export type PastStore = Pick<StateStore, 'list' | 'load' | 'log'>;
/** Files of `history/` by path. */
export type HistoryTexts = ReadonlyMap<string, string>;

/** The head, as far as it is known what has left its tree. */
interface LackingHead {
  readonly commit: string;
  readonly entries: readonly StateTreeEntry[];
  readonly history: readonly HistoryFile[];
}

/** A branch begins anew long before. */
const COMMITS_MAX = 20_000;
/** Looked at one by one where steps that double have passed over what is looked for. */
const ONE_BY_ONE_MAX = 300;

/**
 * Files of `history/` that are damaged in the head, or gone from it, as the newest commit has them that has all of them
 * whole. They follow from nothing, but nobody writes over a damaged one and nobody takes one away whose days still count:
 * so what the commit before the damage says is what should be there. A file that was gone and was begun anew since has, besides
 * what it says now, what that commit says of other days. Empty where there is no such commit on the branch as
 * it is: of one that was begun anew, what is kept behind it is not what an archive says.
 */
export async function findLostHistory(
  store: PastStore,
  head: LackingHead,
  damaged: readonly string[],
): Promise<Result<HistoryTexts, StoreUnreachable>> {
  const log = await store.log(COMMITS_MAX);
  if (!log.ok) return log;
  const start = log.value.findIndex(({ commit }) => commit === head.commit);
  const commits = start < 0 ? [] : log.value.slice(start).map(({ commit }) => commit);
  const look = (i: number) => historyAt(store, commits[i]!, head, damaged);
  let before = 0;
  let found: { readonly i: number; readonly texts: HistoryTexts } | undefined;
  const tried = [...doubling(commits.length), ...oneByOne(commits.length)];
  for (const i of tried) {
    const there = await look(i);
    if (!there.ok) return there;
    if (there.value.size > 0) {
      found = { i, texts: there.value };
      break;
    }
    before = i;
  }
  if (found === undefined) return ok(new Map());
  // One of those between may be newer.
  while (found.i - before > 1) {
    const middle: number = Math.floor((found.i + before) / 2);
    const there = await look(middle);
    if (!there.ok) return there;
    if (there.value.size > 0) found = { i: middle, texts: there.value };
    else before = middle;
  }
  return ok(found.texts);
}

function doubling(length: number): number[] {
  const steps: number[] = [];
  for (let i = 1; i < length; i *= 2) steps.push(i);
  return steps;
}

function oneByOne(length: number): number[] {
  return Array.from({ length: Math.max(0, Math.min(length - 1, ONE_BY_ONE_MAX)) }, (_, i) => i + 1);
}

/** What a commit has of what the head lacks; empty unless it has all that is damaged there. */
async function historyAt(
  store: PastStore,
  commit: string,
  head: LackingHead,
  damaged: readonly string[],
): Promise<Result<HistoryTexts, StoreUnreachable>> {
  const nothing: Result<HistoryTexts, never> = ok(new Map());
  const listed = await store.list(commit, '');
  if (!listed.ok) return listed;
  const paths = listed.value.map(({ path }) => path);
  const inHead = new Map(head.entries.map(({ path, blob }) => [path, blob]));
  if (compactedSeq(paths) !== compactedSeq(inHead.keys())) return nothing;
  const wanted = listed.value.flatMap(({ path, blob }) =>
    isHistoryPath(path) && inHead.get(path) !== blob ? [path] : [],
  );
  if (damaged.some((path) => !wanted.includes(path))) return nothing;
  const texts = await store.load(commit, wanted);
  if (!texts.ok) return texts;
  const problems: StateProblem[] = [];
  const files = decodeHistory(texts.value, problems);
  if (problems.length > 0) return nothing;
  const cutDay = cutDayOf(new Set(inHead.keys()));
  const found = new Map<string, string>();
  for (const file of files) {
    const now = head.history.find(({ path }) => path === file.path);
    const lacking = [...file.trees].filter(
      ([period]) => now?.trees.has(period) !== true && (cutDay === undefined || period > cutDay),
    );
    if (damaged.includes(file.path)) found.set(file.path, texts.value.get(file.path)!);
    else if (lacking.length > 0)
      found.set(file.path, encodeHistory({ ...file, ...now, trees: new Map([...(now?.trees ?? []), ...lacking]) }));
  }
  return ok(found);
}

/** What a file says in `texts` and does not say now, of those that are there: its chain has no trees of these periods. */
export function periodsBack(history: readonly HistoryFile[], texts: HistoryTexts): ReadonlyMap<string, Set<string>> {
  const back = new Map<string, Set<string>>();
  for (const file of decodeHistory(texts, [])) {
    const now = history.find(({ path }) => path === file.path);
    if (now) back.set(file.path, new Set([...file.trees.keys()].filter((period) => !now.trees.has(period))));
  }
  return back;
}

/** The store as if a commit had these files. */
export function withHistory<Store extends Pick<StateStore, 'list' | 'load'>>(
  store: Store,
  commit: string,
  texts: HistoryTexts,
): Store {
  return {
    ...store,
    async list(of, prefix, ...rest) {
      const listed = await store.list(of, prefix, ...rest);
      if (!listed.ok || of !== commit) return listed;
      const known = new Set(listed.value.map(({ path }) => path));
      const more = [...texts.keys()].filter((path) => path.startsWith(prefix) && !known.has(path));
      return ok([...listed.value, ...more.map((path) => ({ path, blob: '' }))]);
    },
    async load(of, paths) {
      const loaded = await store.load(of, paths);
      if (!loaded.ok || of !== commit) return loaded;
      const asked = new Set(paths);
      return ok(new Map([...loaded.value, ...[...texts].filter(([path]) => asked.has(path))]));
    },
  };
}
