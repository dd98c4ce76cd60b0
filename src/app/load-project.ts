import { parseManifest } from '../manifest/parse.ts';
import type { EpochMs } from '../model/instant.ts';
import type { SourceTree } from '../ports.ts';
import { type LoadedProject, readProject } from './read-project.ts';

/** Reads every manifest of a project, sound or not, and resolves them: all that is wrong, in one go; `now` as there. */
export function loadProject(tree: SourceTree, now?: EpochMs): LoadedProject {
  return readProject(tree, parseManifest, now)!;
}
