import { loadEngine } from '../adapters/engine-fetch.ts';
import { locateRepository } from '../adapters/git-location.ts';
import { runGit } from '../adapters/git-process.ts';
import type { MachineFacts } from '../app/doctor.ts';
import { effectiveStorage } from '../app/storage.ts';
import type { Project } from '../model/project.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Looks at this machine: git, the clone, and the drivers of the databases that the project has (fetched on first use). */
export async function machineFacts(
  root: string,
  project: Project | undefined,
  env: Environment,
  onProgress: (text: string) => void,
): Promise<MachineFacts> {
  const remote = project?.state.remote ?? 'origin';
  const branch = project?.state.branch ?? 'branchline/state';
  const located = await locateRepository(root, remote, env);
  const engines = await missingEngines(project, env, onProgress);
  if (!located.ok) {
    const nothing = { inTheWay: [], carriedRefs: 0, unpushedBranches: [] };
    return { git: located.error, ...nothing, remote, missingEngines: engines };
  }
  const lines = async (...args: string[]): Promise<string[]> => {
    const answer = await runGit({ args, cwd: root, env });
    return answer.code === 0 ? answer.stdout.toString().split('\n').filter(Boolean) : [];
  };
  const above = foldersOf(branch);
  // `ls-remote` with a plain name also finds names that end in it: the whole ref is compared below.
  const [here, there, carried] = await Promise.all([
    lines('for-each-ref', '--format=%(refname:lstrip=2)', ...above.map((name) => `refs/heads/${name}`)),
    located.value.remoteUrl === undefined || above.length === 0
      ? []
      : lines('ls-remote', '--heads', '--', remote, ...above.map((name) => `refs/heads/${name}`)),
    lines('for-each-ref', '--format=%(refname)', `refs/remotes/${remote}/${branch.split('/')[0]}/`),
  ]);
  const remoteNames = there.map((line) => line.split('\t')[1]?.replace(/^refs\/heads\//, '') ?? '');
  return {
    inTheWay: above.filter((name) => here.includes(name) || remoteNames.includes(name)),
    carriedRefs: above.length === 0 ? 0 : carried.length,
    remote,
    unpushedBranches: located.value.access === 'isomorphic' && project ? dataBranches(project) : [],
    missingEngines: engines,
  };
}

/** Branches on which production keeps outputs, in order. */
function dataBranches(project: Project): string[] {
  const surroundings = { environment: 'production', fallback: 'directory' } as const;
  const written = [...Object.values(project.assets), ...Object.values(project.connections)].map((each) =>
    effectiveStorage(project, 'storage' in each ? each.storage : undefined, surroundings),
  );
  return [...new Set(written.flatMap((storage) => (storage.type === 'branch' ? storage.branch : [])))].sort();
}

/** `a/b/c` → `a`, `a/b`: branches of these names would keep the ref from being made. */
function foldersOf(branch: string): string[] {
  const parts = branch.split('/').slice(0, -1);
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
}

async function missingEngines(
  project: Project | undefined,
  env: Environment,
  onProgress: (text: string) => void,
): Promise<string[]> {
  const types = new Set(Object.values(project?.connections ?? {}).map(({ type }) => type));
  const missing: string[] = [];
  for (const type of types) {
    const engine = await loadEngine(type === 'postgres' ? 'pg' : 'duckdb', { env, onProgress });
    if (!engine.ok) missing.push(engine.error.message);
  }
  return missing;
}
