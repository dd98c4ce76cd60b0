import { projectFolder } from '../adapters/git-location.ts';
import type { GitLocation } from '../adapters/git-place.ts';
import { type GitStateStore, openStateStore } from '../adapters/git-state-store.ts';
import { type AppFailure, inputFailure, outsideFailure } from '../app/failure.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Project } from '../model/project.ts';
import { gitEnvOf, type OpenProject } from './open-project.ts';
import type { Begun } from './quiet-look.ts';

/** The state of an environment, for reading. */
export async function openStore(
  opened: OpenProject,
  project: Project,
  environment: 'production' | 'local',
  location?: GitLocation,
): Promise<Result<GitStateStore, AppFailure>> {
  const { token, privateFolder: parent } = opened.surroundings;
  const begun = begunFor(opened, project);
  if (begun && environment === 'production') return ok(begun.store);
  const store = await openStateStore({
    projectRoot: opened.root,
    projectName: project.name,
    branch: project.state.branch,
    remote: project.state.remote,
    environment,
    env: gitEnvOf(opened.surroundings),
    onNotice: (text) => opened.host.progress(text),
    ...(location ? { location } : {}),
    ...(token === undefined ? {} : { token }),
    ...(parent === undefined ? {} : { privateFolder: projectFolder(parent, project.name) }),
  });
  if (store.ok) return store;
  const { code, message } = store.error;
  return fail(code === 'no-repository' ? inputFailure(code, message) : outsideFailure(code, message));
}

/** What a look that came before has opened, where it was right about the project. */
export function begunFor({ root, surroundings: { begun } }: OpenProject, project: Project): Begun | undefined {
  const { branch, remote } = project.state;
  const isRight =
    begun?.root === root &&
    begun.project.name === project.name &&
    begun.project.branch === branch &&
    begun.project.remote === remote;
  return isRight ? begun : undefined;
}
