import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { keptManifests } from '../adapters/kept-manifests.ts';
import { createSourceTree } from '../adapters/source-tree.ts';
import { systemClock } from '../adapters/system-clock.ts';
import { type AppFailure, inputFailure } from '../app/failure.ts';
import { PROJECT_FILE } from '../app/manifest-paths.ts';
import { type LoadedProject, readSoundProject } from '../app/read-project.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Project } from '../model/project.ts';
import type { Clock, Host, SourceTree } from '../ports.ts';
import { adviceIn } from '../render/advice.ts';
import type { Style } from '../render/style.ts';
import { version } from '../version.ts';
import { ownFolder } from './own-folder.ts';
import { type Surroundings, terminalSurroundings } from './surroundings.ts';

/** A project on this machine, as every command meets it. */
export interface OpenProject {
  /** Absolute. */
  readonly root: string;
  readonly tree: SourceTree;
  readonly surroundings: Surroundings;
  readonly host: Host;
  readonly style: Style;
  readonly clock: Clock;
  readonly loaded: LoadedProject;
}

/** The nearest folder with a `branchline.yaml`, at or above the current one, or the one that was named. */
export function findRoot(named: string | undefined): Result<string, AppFailure> {
  if (named !== undefined) {
    const root = resolve(named);
    if (existsSync(join(root, PROJECT_FILE))) return ok(root);
    return fail(
      inputFailure('no-project', `There is no ${PROJECT_FILE} in ${named}.`, '`branchline init` writes one.'),
    );
  }
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    if (existsSync(join(folder, PROJECT_FILE))) return ok(folder);
    if (dirname(folder) === folder)
      return fail(
        inputFailure(
          'no-project',
          `There is no ${PROJECT_FILE} here or in a folder above.`,
          '`branchline init` starts a project in this folder.',
        ),
      );
  }
}

export function openHost(): { readonly host: Host; readonly style: Style } {
  const { host, style } = terminalSurroundings();
  return { host, style };
}

/** Finds and reads the project. Its root becomes the current folder, so that relative paths in SQL start there. */
export async function openProject(
  options: { readonly project?: string; readonly environment?: string },
  surroundings: Surroundings = terminalSurroundings(),
): Promise<Result<OpenProject, AppFailure>> {
  const root = findRoot(options.project);
  if (!root.ok) return root;
  process.chdir(root.value);
  const { style, stateBranch, begun } = surroundings;
  const host = advising(surroundings.host, options.environment);
  const tree = begun?.root === root.value ? begun.tree : createSourceTree(root.value, gitEnvOf(surroundings));
  const loaded = onBranch(await readAll(tree, surroundings.env), stateBranch);
  return ok({ root: root.value, tree, surroundings, host, style, clock: systemClock, loaded });
}

/** Commands that are named on it go on in the environment that was asked for. */
function advising(host: Host, environment: string | undefined): Host {
  if (environment === undefined) return host;
  return {
    interactive: host.interactive,
    color: host.color,
    environment,
    print: (text) => host.print(adviceIn(text, environment)),
    progress: (text) => host.progress(adviceIn(text, environment)),
    status: (text) => host.status(text),
  };
}

/** Most projects are sound: what explains mistakes is loaded when there is one. */
async function readAll(tree: SourceTree, env: Surroundings['env']): Promise<LoadedProject> {
  const now = systemClock.now();
  // The machine of a workflow's job is new each time.
  const folder = env['GITHUB_ACTIONS'] ? undefined : ownFolder(env, 'manifests');
  const kept = folder === undefined ? undefined : keptManifests(folder, version);
  return readSoundProject(tree, now, kept) ?? (await import('../app/load-project.ts')).loadProject(tree, now);
}

/** The environment that git is started in. */
export function gitEnvOf({ env, gitEnv = env }: Surroundings): Surroundings['env'] {
  return gitEnv;
}

/** The project with its state on another branch than it says itself. */
function onBranch(loaded: LoadedProject, branch: string | undefined): LoadedProject {
  if (branch === undefined) return loaded;
  const moved = (project: Project): Project => ({ ...project, state: { ...project.state, branch } });
  const { project, readable } = loaded;
  return {
    ...loaded,
    ...(project ? { project: moved(project) } : {}),
    ...(readable ? { readable: moved(readable) } : {}),
  };
}
