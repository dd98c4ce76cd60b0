import type { AssetChange, DownstreamAsset, ProjectChanges, ValueChange } from '../model/changes.ts';
import type { Diagnostic } from '../model/diagnostic.ts';

/** The document that `changes --json` prints (docs/json.md). */
export interface ChangesDocument {
  readonly version: 1;
  readonly base: {
    readonly commit: string;
    readonly ref: string;
    /** False when there is no project at the base. */
    readonly hasProject: boolean;
    /** Errors in its manifests: what could not be read counts as new. */
    readonly problems: readonly Diagnostic[];
  };
  readonly assets: readonly AssetChange[];
  readonly downstream: readonly DownstreamAsset[];
  readonly project: readonly ValueChange[];
}

export function changesJson(
  { assets, downstream, project }: ProjectChanges,
  base: {
    readonly commit: string;
    readonly ref: string;
    readonly problems: readonly Diagnostic[];
    readonly isFirst: boolean;
  },
): ChangesDocument {
  const { commit, ref, problems, isFirst } = base;
  return { version: 1, base: { commit, ref, hasProject: !isFirst, problems }, assets, downstream, project };
}
