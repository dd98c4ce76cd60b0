import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Folders and repositories of one test, apart from the user's own configuration. */
export interface GitSandbox {
  readonly root: string;
  /** For whatever starts git: no configuration of this machine's user, a fixed identity. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Runs git and gives its output, trimmed; throws when it fails. Blocks: never against a server of this process. */
  git(cwd: string, ...args: string[]): string;
  /** A repository with one commit on `main`. */
  makeRepository(name: string): string;
  /** A bare repository that serves partial fetches. */
  makeBare(name: string): string;
  /** A hook of a bare repository, as a shell script. */
  setHook(repository: string, hook: string, script: string): void;
  remove(): void;
}

/** Makes a sandbox under the temp folder of the system. */
export function makeGitSandbox(): GitSandbox {
  const root = mkdtempSync(join(tmpdir(), 'branchline-test-'));
  const env = {
    PATH: process.env['PATH'],
    HOME: root,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: join(root, 'gitconfig'),
  };
  writeFileSync(
    env.GIT_CONFIG_GLOBAL,
    '[user]\n\tname = Ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n',
  );
  const git = (cwd: string, ...args: string[]) =>
    execFileSync('git', args, {
      cwd,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 30_000,
    }).trim();
  return {
    root,
    env,
    git,
    makeRepository(name) {
      const path = join(root, name);
      git(root, 'init', '--quiet', path);
      writeFileSync(join(path, 'a.txt'), 'one\n');
      git(path, 'add', '.');
      git(path, 'commit', '--quiet', '-m', 'first');
      return path;
    },
    makeBare(name) {
      const path = join(root, name);
      git(root, 'init', '--quiet', '--bare', path);
      git(path, 'config', 'uploadpack.allowFilter', 'true');
      return path;
    },
    setHook(repository, hook, script) {
      const path = join(repository, 'hooks', hook);
      writeFileSync(path, `#!/bin/sh\n${script}\n`);
      chmodSync(path, 0o755);
    },
    remove: () => rmSync(root, { recursive: true, force: true, maxRetries: 5 }),
  };
}
