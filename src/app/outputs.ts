import { digestOf } from '../base/digest.ts';
import { sortedEntries, sortedUnique } from '../base/order.ts';
import { fail, ok, type Result, unreachable } from '../base/result.ts';
import type { Failure } from '../model/failure.ts';
import type { AssetKey } from '../model/project.ts';
import type { HeldOutcome, OutputFile, OutputFiles, StoreLoss } from '../ports.ts';

/** Files by path from the project's root, as events and records hold them. */
export type FileRecord = Readonly<
  Record<string, { readonly digest: string; readonly bytes: number; readonly blob?: string }>
>;

/** An output pattern with its expressions evaluated. */
export interface EvaluatedOutput {
  readonly path: string;
  readonly optional: boolean;
  /** Where it is written, for people: `outputs` at a place of a manifest, with its expressions. */
  readonly written?: string;
}

export interface CollectedOutputs {
  readonly files: FileRecord;
  /** Digest over the sorted pairs of path and content (semantics.md 13): equal files, equal version. */
  readonly dataVersion: string;
}

/**
 * What a step wrote for an asset. Fails when a file that is not optional is missing, outside, or tracked by git. A path that
 * leaves the project's folder is refused also within the repository, as `check` refuses it where no expression hides it and
 * a fan-out refuses it: jobs pass on only what is below the project.
 */
export async function collectOutputs(
  port: OutputFiles,
  asset: AssetKey,
  outputs: readonly EvaluatedOutput[],
): Promise<Result<CollectedOutputs, Failure>> {
  const files: Record<string, { digest: string; bytes: number }> = {};
  for (const output of outputs) {
    const above = (path: string): Result<never, Failure> => fail(refusal(asset, output, { code: 'above', path }));
    if (leavesProject(output.path)) return above(output.path);
    const found = await port.find(output.path);
    if (!found.ok) return fail(refusal(asset, output, found.error));
    const outside = found.value.find(({ path }) => leavesProject(path));
    if (outside) return above(outside.path);
    if (found.value.length === 0 && !output.optional) {
      const message = `${asset} has written nothing to its output \`${output.path}\` (say \`optional: true\` if that is fine)`;
      return fail({ class: 'step', code: 'output-missing', message });
    }
    for (const { path, digest, bytes } of found.value) files[path] = { digest, bytes };
  }
  const sorted = Object.fromEntries(sortedEntries(files));
  return ok({ files: sorted, dataVersion: filesDataVersion(sorted) });
}

/** Of a path or a pattern, from the project's root: whether what it names lies elsewhere. */
function leavesProject(path: string): boolean {
  let depth = 0;
  for (const part of path.split('/')) {
    if (part === '..') depth--;
    else if (part !== '' && part !== '.') depth++;
    if (depth < 0) return true;
  }
  return path.startsWith('/');
}

function refusal(
  asset: AssetKey,
  { written }: EvaluatedOutput,
  { code, path }: { code: 'outside' | 'above' | 'tracked'; path: string },
): Failure {
  const output = `the output \`${path}\`${written === undefined ? '' : ` (${written})`}`;
  switch (code) {
    case 'outside':
      return { class: 'step', code: 'output-outside', message: `${asset}: ${output} is outside of the repository` };
    case 'above': {
      const message = `${asset}: ${output} is outside of the project's folder; write it inside: paths of outputs begin at the project's root`;
      return { class: 'step', code: 'output-outside', message };
    }
    case 'tracked': {
      const message = `${asset}: git tracks the output \`${path}\`; let it go with: git rm --cached ${path}`;
      return { class: 'step', code: 'output-tracked', message };
    }
    default:
      return unreachable(code);
  }
}

/** The data version of files. */
export function filesDataVersion(files: FileRecord): string {
  return digestOf(sortedEntries(files).map(([path, { digest }]) => [path, digest]));
}

/** Keeps a copy of each file: from then on they are published. Yields them as they are recorded; a refusal is never "materialized". */
export async function publishOutputs(port: OutputFiles, files: FileRecord): Promise<Result<FileRecord, Failure>> {
  const saved = await port.save(listOf(files));
  if (!saved.ok) return fail({ class: 'infrastructure', code: 'output-not-kept', message: saved.error.message });
  return ok(Object.fromEntries(saved.value.map(({ path, ...record }) => [path, record])));
}

export interface PutBack {
  readonly restored: readonly string[];
  readonly removed: readonly string[];
  /** Published files whose copy is gone or damaged: what is in the working tree in their place is not published. */
  readonly lost: readonly string[];
}

/** After an attempt that was not published: the published files again, and nothing of what else it wrote. */
export async function putBack(
  port: OutputFiles,
  published: FileRecord | undefined,
  written: FileRecord,
): Promise<PutBack> {
  const before = published ?? {};
  const removed = sortedUnique(Object.keys(written)).filter((path) => before[path] === undefined);
  for (const path of removed) await port.remove(path);
  const files = listOf(before);
  const outcomes = await port.restore(files);
  const having = (kinds: readonly string[]): string[] =>
    files.filter((_, i) => kinds.includes(outcomes[i]!.kind)).map(({ path }) => path);
  return { restored: having(['restored']), removed, lost: having(['lost', 'refused']) };
}

/** Puts the published files in place, so that what reads them reads what was published. Fails when one is lost. */
export async function restoreOutputs(
  port: OutputFiles,
  asset: AssetKey,
  record: FileRecord,
): Promise<Result<void, Failure>> {
  const files = listOf(record);
  for (const [i, outcome] of (await port.restore(files)).entries()) {
    const { path } = files[i]!;
    if (outcome.kind === 'lost') return fail(lossOf(`${path} (${asset})`, outcome));
    if (outcome.kind === 'refused') {
      const message = `${path} (${asset}) cannot be put in place: git tracks it by now, or it leads out of the repository`;
      return fail({ class: 'step', code: 'output-tracked', message });
    }
  }
  return ok(undefined);
}

function lossOf(what: string, { loss, message }: StoreLoss): Failure {
  switch (loss) {
    case 'missing':
      return { class: 'step', code: 'data-lost', message: `data lost: ${what}: ${message}` };
    case 'damaged':
      return { class: 'infrastructure', code: 'output-damaged', message: `${what} is ${message}` };
    case 'unavailable':
      return { class: 'infrastructure', code: 'store-unavailable', message: `${what} cannot be had now: ${message}` };
  }
}

export type Presence =
  /** `unknown`: their store could not be asked now, and none is known to be gone. */
  | { readonly kind: 'ok' | 'unknown' }
  | { readonly kind: 'missing' | 'damaged'; readonly paths: readonly string[]; readonly message: string };

/**
 * Are the files of these materializations of one asset still to be had, as a published copy or unchanged in the working
 * tree? In their order. Reads only; copies are judged by what the store says of them, and by every byte when they are put
 * back. Damage is told before absence. A store that cannot be asked now has lost nothing.
 */
export async function verifyPresent(port: OutputFiles, records: readonly FileRecord[]): Promise<Presence[]> {
  const lists = records.map(listOf);
  const presences: Presence[] = [];
  for (const [i, held] of (await port.holdsEach(lists)).entries())
    presences.push(await presenceOf(port, lists[i]!, held));
  return presences;
}

async function presenceOf(
  port: OutputFiles,
  files: readonly OutputFile[],
  outcomes: readonly HeldOutcome[],
): Promise<Presence> {
  const lost: { readonly path: string; readonly loss: StoreLoss }[] = [];
  let isUnknown = false;
  for (const [i, held] of outcomes.entries()) {
    const file = files[i]!;
    if (held.kind === 'present') continue;
    if (held.loss === 'unavailable') {
      isUnknown = true;
      continue;
    }
    const working = await port.find(escapePattern(file.path));
    if (working.ok && working.value.some((found) => found.path === file.path && found.digest === file.digest)) continue;
    lost.push({ path: file.path, loss: held });
  }
  const first = lost.find(({ loss }) => loss.loss === 'damaged') ?? lost[0];
  if (first === undefined || first.loss.loss === 'unavailable') return { kind: isUnknown ? 'unknown' : 'ok' };
  const kind = first.loss.loss;
  const paths = lost.filter(({ loss }) => loss.loss === kind).map(({ path }) => path);
  return { kind, paths, message: first.loss.message };
}

/** A path as a pattern that matches itself alone. */
export function escapePattern(path: string): string {
  return path.replace(/[\\*?[\]{}()!+@|]/g, '\\$&');
}

/** Recorded files in the order of their paths. */
export function listOf(files: FileRecord): OutputFile[] {
  return sortedEntries(files).map(([path, record]) => ({ path, ...record }));
}
