import { fail, ok, type Result } from '../base/result.ts';
import type { Asset } from '../model/project.ts';
import type { HeldOutcome, OutputFile, RestoreOutcome } from '../ports.ts';
import { type AppFailure, inputFailure, outsideFailure } from './failure.ts';
import { escapePattern } from './outputs.ts';
import type { PublishedOutputs } from './published-outputs.ts';
import type { OutputsOf } from './step-context.ts';

/** Files that a store is asked about at once: as many as need one answer, and still few enough to tell how far it is. */
const FILES_AT_ONCE = 200;

export interface PlacedFile {
  readonly of: PublishedOutputs;
  readonly file: OutputFile;
}

/** Told before each batch: files that are done, of how many, and whose are next (as `asset` or `asset@partition`). */
export type OnFiles = (done: number, total: number, name: string) => void;

export interface ListedOutputs extends PublishedOutputs {
  /** In the order of the files: is each still to be had? */
  readonly held: readonly HeldOutcome[];
}

/** What is published, and whether the stores still have it. */
export async function listOutputs(
  outputs: OutputsOf,
  published: readonly PublishedOutputs[],
  onFiles: OnFiles,
): Promise<readonly ListedOutputs[]> {
  const held: HeldOutcome[] = [];
  for (const { asset, placed } of batchesOf(published, onFiles))
    held.push(...(await outputs(asset).holds(placed.map(({ file }) => file))));
  let before = 0;
  return published.map((one) => {
    const from = before;
    before += one.files.length;
    return { ...one, held: held.slice(from, before) };
  });
}

/** All files in their order, by the asset that they are of. */
function* batchesOf(
  published: readonly PublishedOutputs[],
  onFiles: OnFiles,
): Generator<{ readonly asset: Asset; readonly placed: readonly PlacedFile[] }> {
  const all = published.flatMap((of) => of.files.map((file): PlacedFile => ({ of, file })));
  for (let from = 0; from < all.length; ) {
    const { name, asset } = all[from]!.of;
    let to = from + 1;
    while (to < all.length && to - from < FILES_AT_ONCE && all[to]!.of.asset === asset) to++;
    onFiles(from, all.length, name);
    yield { asset, placed: all.slice(from, to) };
    from = to;
  }
}

export interface FetchedFile extends PlacedFile {
  readonly outcome: RestoreOutcome;
}

export interface FetchOptions {
  /** Files that are there already with other content are replaced. */
  readonly force: boolean;
  readonly onFiles: OnFiles;
}

/**
 * Puts published files into a folder, each at its own path. Nothing is written when a file with other content is in the
 * way; what a store no longer has is told with all that was fetched.
 */
export async function fetchOutputs(
  outputs: OutputsOf,
  published: readonly PublishedOutputs[],
  options: FetchOptions,
): Promise<Result<readonly FetchedFile[], AppFailure>> {
  const inTheWay = options.force ? [] : await differing(outputs, published);
  if (inTheWay.length > 0) {
    const more = inTheWay.length > 5 ? ` and ${inTheWay.length - 5} more` : '';
    const message = `Other files are in the way: ${inTheWay.slice(0, 5).join(', ')}${more}. Nothing was written.`;
    return fail(inputFailure('files-in-the-way', message, 'Name another folder, or replace them by `--force`.'));
  }
  const fetched: FetchedFile[] = [];
  for (const { asset, placed } of batchesOf(published, options.onFiles)) {
    const outcomes = await outputs(asset).restore(placed.map(({ file }) => file));
    for (const [i, one] of placed.entries()) fetched.push({ ...one, outcome: outcomes[i]! });
  }
  return ok(fetched);
}

async function differing(outputs: OutputsOf, published: readonly PublishedOutputs[]): Promise<string[]> {
  const found: string[] = [];
  for (const { asset, files } of published) {
    for (const file of files) {
      const there = await outputs(asset).find(escapePattern(file.path));
      if (there.ok && there.value.some(({ digest }) => digest !== file.digest)) found.push(file.path);
    }
  }
  return found;
}

/** What could not be fetched, as a refusal; undefined = everything could. */
export function fetchRefusal(fetched: readonly FetchedFile[]): AppFailure | undefined {
  const lines = fetched.flatMap(({ of, file, outcome }) =>
    outcome.kind === 'lost'
      ? [`  ${file.path} (${of.name}): ${outcome.message}`]
      : outcome.kind === 'refused'
        ? [`  ${file.path} (${of.name}): its path leads out of the folder`]
        : [],
  );
  if (lines.length === 0) return undefined;
  const count = `${lines.length} of ${fetched.length} ${fetched.length === 1 ? 'file' : 'files'}`;
  return outsideFailure(
    'outputs-lost',
    [`${count} could not be fetched:`, ...lines.slice(0, 20)].join('\n'),
    '`branchline run` makes again what is lost, where it may.',
  );
}
