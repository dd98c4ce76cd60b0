import { parseManifest } from '../manifest/parse.ts';
import type { SourceTree } from '../ports.ts';
import { type LoadedProject, readProject } from './read-project.ts';

/** Reads every manifest of a project, sound or not, and resolves them: all that is wrong, in one go. */
export function loadProject(tree: SourceTree): LoadedProject {
  return readProject(tree, parseManifest)!;
}
