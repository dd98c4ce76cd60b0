import type { ProjectChanges } from '../model/changes.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Project } from '../model/project.ts';
import { compareProjects } from '../plan/changes/compare.ts';
import type { SourceTree } from '../ports.ts';
import { loadProject } from './load-project.ts';
import { PROJECT_FILE } from './manifest-paths.ts';
import type { LoadedProject } from './read-project.ts';

/** Head against base, with what was wrong with either. */
export interface Comparison {
  /** The project's name, as far as either side says it. */
  readonly name: string;
  /** Absent when the head has errors: what it means is not known. */
  readonly changes?: ProjectChanges;
  readonly head: LoadedProject;
  /**
   * Errors of the base's manifests. They stop nothing: the comparison is with what could be read, so that what was lost
   * counts as new.
   */
  readonly baseProblems: readonly Diagnostic[];
  /** The base has no project at this place: everything is new. */
  readonly isFirst: boolean;
}

/** Compares the project of two trees (semantics.md 10). */
export function compareTrees(
  base: SourceTree,
  head: SourceTree,
  loaded: LoadedProject = loadProject(head),
): Comparison {
  const isFirst = base.text(PROJECT_FILE) === undefined;
  const before = isFirst ? undefined : loadProject(base);
  const baseProblems = before?.diagnostics.filter(({ severity }) => severity === 'error') ?? [];
  const { project } = loaded;
  const names = [project?.name, before?.readable?.name, loaded.readable?.name];
  const name = names.find((each) => each !== undefined && /^[a-z0-9_-]+$/.test(each)) ?? 'project';
  if (project === undefined) return { name, head: loaded, baseProblems, isFirst };
  const from = { project: before?.readable ?? withoutDefinitions(project), tree: base };
  return { name, changes: compareProjects(from, { project, tree: head }), head: loaded, baseProblems, isFirst };
}

/** What a repository without the project had: the same settings, and nothing made. */
function withoutDefinitions(project: Project): Project {
  return {
    ...project,
    assets: {},
    steps: {},
    groups: {},
    multiChecks: {},
    jobs: {},
    schedules: {},
    selections: {},
    exposures: {},
  };
}
