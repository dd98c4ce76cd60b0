import { fetchCommitTree } from '../adapters/git-base-commit.ts';
import { locateRepository } from '../adapters/git-location.ts';
import { fail, type Result } from '../base/result.ts';
import type { Project } from '../model/project.ts';
import type { SourceTree } from '../ports.ts';
import type { OpenProject } from './open-project.ts';

/** The files of an older commit of the code: fetched into the private folder, so that a shallow checkout is enough. */
export async function olderCode(
  { root, tree, surroundings }: OpenProject,
  project: Project,
  privateFolder: string,
  commit: string,
): Promise<Result<SourceTree, string>> {
  const { token, gitEnv: env = surroundings.env } = surroundings;
  const location = await locateRepository(root, project.state.remote, env);
  if (!location.ok) return fail(location.error.message);
  return fetchCommitTree({
    projectRoot: root,
    location: location.value,
    commit,
    beside: tree,
    privateFolder,
    env,
    ...(token === undefined ? {} : { token }),
  });
}
