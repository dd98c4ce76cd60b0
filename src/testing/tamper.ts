import { expect } from 'vitest';
import { readWholeTree } from '../app/older-days.ts';
import type { StateStore } from '../ports-state.ts';
import { encodeHistory, type HistoryFile, placeOf } from '../state/older-days.ts';
import { must } from './contracts/state-changes.ts';

/**
 * Commits of somebody who edits the branch by hand: files of its tree, and files of older days in the trees that `history/`
 * names.
 */
export async function tamperWith(
  store: StateStore,
  files: Readonly<Record<string, string | null>>,
  at: number,
): Promise<void> {
  const land = async (changed: ReadonlyMap<string, string | null>, behind: readonly string[] = []): Promise<string> => {
    const { commit } = must(await store.read());
    const change = { files: changed, message: 'by hand', at, writer: 'hand', tx: 1, behind };
    const outcome = await store.commit(commit, change);
    expect(outcome.kind).toBe('landed');
    return outcome.kind === 'landed' ? outcome.commit : '';
  };
  const { commit: head } = must(await store.read());
  const before = head === undefined ? undefined : must(await readWholeTree(store, head));
  const own = new Set(before?.own.map(({ path }) => path));
  const older = before?.entries.map(({ path }) => path).filter((path) => !own.has(path) && path in files) ?? [];
  // Also what goes to an older tree: so its text is known.
  const texts = Object.entries(files).filter(([path, text]) => text !== null || !older.includes(path));
  const commit = await land(new Map(texts));
  if (before === undefined || older.length === 0) return;
  const { entries, history } = must(await readWholeTree(store, commit));
  const changed = new Map<string, string | null>(older.map((path) => [path, null]));
  const found = new Map(history.map((file): [string, HistoryFile] => [file.path, file]));
  const tips: string[] = [];
  for (const place of older.map((path) => placeOf(path)!)) {
    const isIn = (path: string): boolean =>
      placeOf(path)?.file === place.file && placeOf(path)?.period === place.period;
    const kept = entries.filter(
      ({ path }) => isIn(path) && files[path] !== null && (older.includes(path) || !own.has(path)),
    );
    const file = found.get(place.file)!;
    const groups = [{ name: place.period, entries: kept }];
    const [made] = must(await store.keepBehind([{ tip: file.tip, groups }], at));
    tips.push(made!.tip);
    found.set(file.path, { ...file, tip: made!.tip, trees: new Map([...file.trees, [place.period, made!.trees[0]!]]) });
    changed.set(file.path, encodeHistory(found.get(file.path)!));
  }
  await land(changed, tips);
}
