import { type LateText, LateTexts } from '../base/late-texts.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { StateTreeEntry, StoreUnreachable } from '../ports-state.ts';
import type { StateObjects } from './git-objects.ts';
import type { StateRef } from './git-state-ref.ts';

/** Asks git here; when the commit is not here, brings it once and asks again. */
async function withCommit<T>(
  ref: StateRef,
  commit: string,
  ask: () => Promise<T | undefined>,
): Promise<Result<T, StoreUnreachable>> {
  const first = await ask();
  if (first !== undefined) return ok(first);
  const brought = await ref.bringTrees([commit]);
  if (!brought.ok) return brought;
  const second = brought.value ? await ask() : undefined;
  if (second !== undefined) return ok(second);
  return fail({ code: 'unreachable', message: `There is no commit ${commit} in ${ref.label}.` });
}

export function list(
  store: StateObjects,
  ref: StateRef,
  { commit, prefix, without }: { readonly commit: string; readonly prefix: string; readonly without?: string },
): Promise<Result<readonly StateTreeEntry[], StoreUnreachable>> {
  return withCommit(ref, commit, () => store.listTree(commit, prefix, without));
}

export async function load(
  store: StateObjects,
  ref: StateRef,
  commit: string,
  paths: readonly string[],
): Promise<Result<ReadonlyMap<string, string>, StoreUnreachable>> {
  const found = await withCommit(ref, commit, () => store.findBlobs(commit, paths));
  if (!found.ok) return found;
  const blobs = found.value;
  const texts = await bringTexts(store, ref, [...blobs.values()]);
  if (!texts.ok) return texts;
  const files = new LateTexts();
  for (const [path, blob] of blobs) {
    const text = texts.value.get(blob);
    if (text === undefined) {
      return fail({ code: 'unreachable', message: `${path} of commit ${commit} could not be had from ${ref.label}.` });
    }
    files.setLate(path, text);
  }
  return ok(files);
}

/** The texts of those of the blobs that are to be had, by their ids. */
export async function loadBlobs(
  store: StateObjects,
  ref: StateRef,
  blobs: readonly string[],
): Promise<Result<ReadonlyMap<string, string>, StoreUnreachable>> {
  const found = await bringTexts(store, ref, blobs);
  if (!found.ok) return found;
  const texts = new LateTexts();
  for (const [blob, text] of found.value) texts.setLate(blob, text);
  return ok(texts);
}

/** Of more blobs than this a few tell whether they are looked for here: on a new machine none is, and each look costs. */
const LOOKED_FOR_MAX = 64;

/** Some of the blobs: the first, the last, and some between. */
function someOf(blobs: readonly string[]): string[] {
  return Array.from({ length: 5 }, (_, i) => blobs[Math.floor(((blobs.length - 1) * i) / 4)]!);
}

async function bringTexts(
  store: StateObjects,
  ref: StateRef,
  blobs: readonly string[],
): Promise<Result<ReadonlyMap<string, LateText>, StoreUnreachable>> {
  const wanted = [...new Set(blobs)];
  const isOneHere = wanted.length <= LOOKED_FOR_MAX || (await store.readBlobs(someOf(wanted))).size > 0;
  const texts = new Map(isOneHere ? await store.readBlobs(wanted) : []);
  const missing = wanted.filter((blob) => !texts.has(blob));
  if (blobs.length > 0) {
    const brought = await ref.bringBlobs(missing);
    if (!brought.ok) return brought;
  }
  for (const [blob, text] of await store.readBlobs(missing)) texts.set(blob, text);
  return ok(texts);
}
