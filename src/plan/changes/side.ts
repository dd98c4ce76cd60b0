import type { AssetKey, Project, StepDef } from '../../model/project.ts';
import type { SourceTree } from '../../ports.ts';
import { type CodeVersion, fingerprinter } from '../../project/fingerprint.ts';
import { type AssetGraph, buildGraph } from '../../project/graph.ts';

/** A resolved project with the files that it was read from. */
export interface ProjectVersion {
  readonly project: Project;
  readonly tree: SourceTree;
}

/** One side of a comparison, with what is worked out once for all assets. */
export interface Side extends ProjectVersion {
  readonly graph: AssetGraph;
  /** Files of the tree. */
  readonly files: ReadonlySet<string>;
  /** Undefined for an asset that nothing makes. */
  readonly codeOf: (key: AssetKey) => CodeVersion | undefined;
  readonly stepOf: (key: AssetKey) => StepDef | undefined;
}

export function sideOf({ project, tree }: ProjectVersion): Side {
  const fingerprint = fingerprinter(project, tree);
  const known = new Map<string, CodeVersion>();
  const stepOf = (key: AssetKey): StepDef | undefined => {
    const name = project.assets[key]?.step;
    return name === undefined ? undefined : project.steps[name];
  };
  return {
    project,
    tree,
    graph: buildGraph(project.assets).graph,
    files: new Set(tree.files()),
    stepOf,
    codeOf: (key) => {
      const step = stepOf(key);
      if (step === undefined) return undefined;
      const version = known.get(step.name) ?? fingerprint(step.name);
      known.set(step.name, version);
      return version;
    },
  };
}
