import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStateStore, type StateStoreOptions } from '../../adapters/git-state-store.ts';
import { startGitHttpServer } from '../git-http.ts';
import { type GitSandbox, makeGitSandbox } from '../git-sandbox.ts';
import { must } from './state-changes.ts';
import { stateStoreContract } from './state-store.ts';

async function openStore(options: Partial<StateStoreOptions> & Pick<StateStoreOptions, 'projectRoot'>) {
  const defaults = {
    projectName: 'shop',
    branch: 'branchline/state',
    remote: 'origin',
    environment: 'production',
  } as const;
  return must(await openStateStore({ ...defaults, ...options }));
}

/** Files are where git would make folders: whoever runs this, it can write no new object. */
function blockObjects(objects: string): void {
  rmSync(join(objects, 'pack'), { recursive: true, force: true });
  const names = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));
  for (const name of [...names, 'pack']) if (!existsSync(join(objects, name))) writeFileSync(join(objects, name), '');
}

/**
 * Plays the contract of a state store on git: on a local ref, in the own repository, with a bare one on disk, over HTTP.
 *
 * @param access Who reads and writes: the system's git, the library with no git on PATH at all, or one writer so and the
 *   next so. Each is a test file of its own: files go to workers that have little memory yet, from where git starts sooner.
 */
export function gitStateStoreContract(access: 'system' | 'isomorphic' | 'mixed'): void {
  let opened = 0;
  const envOf = ({ env, root }: GitSandbox): GitSandbox['env'] => {
    const isSystem = access === 'system' || (access === 'mixed' && ++opened % 2 === 1);
    return isSystem ? env : { ...env, PATH: join(root, 'no-such-folder') };
  };

  // All writers of these two share one private repository, as commands of one laptop do.
  stateStoreContract(`${access}, local ref`, ['delete-ref', 'unwritable'], async () => {
    const sandbox = makeGitSandbox();
    const projectRoot = sandbox.makeRepository('user');
    const privateRepository = join(projectRoot, '.git/branchline/shop/state.git');
    return {
      open: () => openStore({ projectRoot, environment: 'local', env: envOf(sandbox) }),
      cause(fault) {
        if (fault === 'unwritable') blockObjects(join(privateRepository, 'objects'));
        else sandbox.git(privateRepository, 'update-ref', '-d', 'refs/branchline/local');
      },
      stop: () => sandbox.remove(),
    };
  });

  stateStoreContract(`${access}, own repository, no remote`, ['delete-ref'], async () => {
    const sandbox = makeGitSandbox();
    const projectRoot = sandbox.makeRepository('user');
    return {
      open: () => openStore({ projectRoot, env: envOf(sandbox) }),
      racers: 3,
      cause: () => void sandbox.git(projectRoot, 'branch', '-D', 'branchline/state'),
      stop: () => sandbox.remove(),
    };
  });

  stateStoreContract(`${access}, bare repository on disk`, ['refuse', 'delete-ref'], async () => {
    const sandbox = makeGitSandbox();
    const bare = sandbox.makeBare('origin.git');
    let writers = 0;
    return {
      async open() {
        const projectRoot = sandbox.makeRepository(`user${++writers}`);
        sandbox.git(projectRoot, 'remote', 'add', 'origin', '../origin.git');
        return openStore({ projectRoot, env: envOf(sandbox) });
      },
      racers: 3,
      cause(fault) {
        if (fault === 'refuse') sandbox.setHook(bare, 'pre-receive', 'exit 1');
        else sandbox.git(bare, 'update-ref', '-d', 'refs/heads/branchline/state');
      },
      stop: () => sandbox.remove(),
    };
  });

  stateStoreContract(`${access}, over HTTP`, ['lose-reply', 'refuse', 'delete-ref', 'disconnect'], async () => {
    const sandbox = makeGitSandbox();
    const bare = sandbox.makeBare('origin.git');
    const server = await startGitHttpServer(sandbox.root);
    let writers = 0;
    return {
      async open() {
        const projectRoot = sandbox.makeRepository(`user${++writers}`);
        sandbox.git(projectRoot, 'remote', 'add', 'origin', `${server.url}/origin.git`);
        return openStore({ projectRoot, env: envOf(sandbox) });
      },
      async cause(fault) {
        if (fault === 'lose-reply') server.fail('push', 'drop-reply');
        if (fault === 'refuse') sandbox.setHook(bare, 'pre-receive', 'exit 1');
        if (fault === 'delete-ref') sandbox.git(bare, 'update-ref', '-d', 'refs/heads/branchline/state');
        if (fault === 'disconnect') await server.stop();
      },
      async stop() {
        await server.stop();
        sandbox.remove();
      },
    };
  });
}
