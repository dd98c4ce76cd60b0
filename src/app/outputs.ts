import { digestOf } from '../base/digest.ts';
import { sortedEntries, sortedUnique } from '../base/order.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Failure } from '../model/failure.ts';
import type { AssetKey } from '../model/project.ts';
import type { OutputFile, OutputFiles } from '../ports.ts';

/** Files by path from the project's root, as events and records hold them. */
export type FileRecord = Readonly<Record<string, { readonly digest: string; readonly bytes: number }>>;

/** An output pattern with its expressions evaluated. */
export interface EvaluatedOutput {
  readonly path: string;
  readonly optional: boolean;
}

export interface CollectedOutputs {
  readonly files: FileRecord;
  /** Digest over the sorted pairs of path and content (semantics.md 13): equal files, equal version. */
  readonly dataVersion: string;
}

/** What a step wrote for an asset. Fails when a file that is not optional is missing, outside, or tracked by git. */
export async function collectOutputs(
  port: OutputFiles,
  asset: AssetKey,
  outputs: readonly EvaluatedOutput[],
): Promise<Result<CollectedOutputs, Failure>> {
  const files: Record<string, { digest: string; bytes: number }> = {};
  for (const output of outputs) {
    const found = await port.find(output.path);
    if (!found.ok) return fail(refusal(asset, found.error));
    if (found.value.length === 0 && !output.optional) {
      const message = `${asset} has written nothing to its output \`${output.path}\` (say \`optional: true\` if that is fine)`;
      return fail({ class: 'step', code: 'output-missing', message });
    }
    for (const { path, digest, bytes } of found.value) files[path] = { digest, bytes };
  }
  const sorted = Object.fromEntries(sortedEntries(files));
  return ok({ files: sorted, dataVersion: filesDataVersion(sorted) });
}

function refusal(asset: AssetKey, { code, path }: { code: 'outside' | 'tracked'; path: string }): Failure {
  const message =
    code === 'outside'
      ? `${asset}: the output \`${path}\` is outside of the repository`
      : `${asset}: git tracks the output \`${path}\`; let it go with: git rm --cached ${path}`;
  return { class: 'step', code: `output-${code}`, message };
}

/** The data version of files. */
export function filesDataVersion(files: FileRecord): string {
  return digestOf(sortedEntries(files).map(([path, { digest }]) => [path, digest]));
}

/** Keeps a copy of each file: from then on they are published. A refusal is never "materialized". */
export async function publishOutputs(port: OutputFiles, files: FileRecord): Promise<Result<void, Failure>> {
  for (const file of listOf(files)) {
    const saved = await port.save(file);
    if (!saved.ok) return fail({ class: 'infrastructure', code: 'output-not-kept', message: saved.error.message });
  }
  return ok(undefined);
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
  const restored: string[] = [];
  const removed: string[] = [];
  const lost: string[] = [];
  for (const path of sortedUnique([...Object.keys(published ?? {}), ...Object.keys(written)])) {
    const before = published?.[path];
    if (before === undefined) {
      await port.remove(path);
      removed.push(path);
      continue;
    }
    const outcome = await port.restore({ path, ...before });
    if (outcome === 'restored') restored.push(path);
    else if (outcome !== 'unchanged') lost.push(path);
  }
  return { restored, removed, lost };
}

/** Puts the published files in place, so that what reads them reads what was published. Fails when one is lost. */
export async function restoreOutputs(
  port: OutputFiles,
  asset: AssetKey,
  files: FileRecord,
): Promise<Result<void, Failure>> {
  for (const file of listOf(files)) {
    const outcome = await port.restore(file);
    if (outcome === 'unchanged' || outcome === 'restored') continue;
    return fail(lossOf(asset, file.path, outcome));
  }
  return ok(undefined);
}

function lossOf(asset: AssetKey, path: string, outcome: 'missing' | 'damaged' | 'refused'): Failure {
  switch (outcome) {
    case 'missing':
      return { class: 'step', code: 'data-lost', message: `the published copy of ${path} (${asset}) is gone` };
    case 'damaged': {
      const message = `the published copy of ${path} (${asset}) has other content than its digest says`;
      return { class: 'infrastructure', code: 'output-damaged', message };
    }
    case 'refused': {
      const message = `${path} (${asset}) cannot be put in place: git tracks it by now, or it leads out of the repository`;
      return { class: 'step', code: 'output-tracked', message };
    }
  }
}

export type Presence =
  | { readonly kind: 'ok' }
  | { readonly kind: 'missing'; readonly paths: readonly string[] }
  | { readonly kind: 'damaged'; readonly paths: readonly string[] };

/**
 * Are the files of a materialization still to be had, as a published copy or unchanged in the working tree? Reads only;
 * copies are judged by their size, and by every byte when they are put back. Damage is told before absence.
 */
export async function verifyPresent(
  port: OutputFiles,
  materialization: { readonly files?: FileRecord },
): Promise<Presence> {
  const missing: string[] = [];
  const damaged: string[] = [];
  for (const file of listOf(materialization.files ?? {})) {
    const held = await port.holds(file);
    if (held === 'present') continue;
    const working = await port.find(escapePattern(file.path));
    if (working.ok && working.value.some((found) => found.path === file.path && found.digest === file.digest)) continue;
    (held === 'missing' ? missing : damaged).push(file.path);
  }
  if (damaged.length > 0) return { kind: 'damaged', paths: damaged };
  return missing.length > 0 ? { kind: 'missing', paths: missing } : { kind: 'ok' };
}

/** A path as a pattern that matches itself alone. */
function escapePattern(path: string): string {
  return path.replace(/[\\*?[\]{}()!+@]/g, '\\$&');
}

function listOf(files: FileRecord): OutputFile[] {
  return sortedEntries(files).map(([path, { digest, bytes }]) => ({ path, digest, bytes }));
}
