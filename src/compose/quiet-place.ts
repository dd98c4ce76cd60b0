import { sha256 } from '../base/digest.ts';
import type { SourceTree } from '../ports.ts';
import { version } from '../version.ts';

/** All that a wake-up with nothing due depends on, beside the state: who reads and who writes take it from different places. */
export interface QuietPlace {
  /** Commit of the code that is checked out. */
  readonly code: string;
  /** Ref of the workflow's job. */
  readonly ref: string;
  /** Name of the project, and where its state is. */
  readonly name: string;
  readonly branch: string;
  readonly remote: string;
  /** Manifests, the project's own file first, and the patterns that name the others. */
  readonly files: readonly string[];
  readonly manifests: readonly string[];
}

/**
 * Digest over what decides: where any of it is another, a note of the state says nothing. Undefined when a manifest cannot
 * be read.
 */
export function quietPlaceDigest(
  { code, ref, name, branch, remote, files, manifests }: QuietPlace,
  tree: Pick<SourceTree, 'text' | 'digest'>,
): string | undefined {
  const read = files.map((path) => {
    // Whoever reads the project needs the text: one look at the disk for both.
    tree.text(path);
    return [path, tree.digest(path)] as const;
  });
  if (read.some(([, digest]) => digest === undefined)) return undefined;
  // Another table of time zones may put a tick elsewhere.
  const zones = process.versions.tz ?? '';
  return sha256(JSON.stringify([version, zones, code, ref, name, branch, remote, manifests, read]));
}
