import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

/** What a laptop may lack: the tests that need it are skipped there by name. */
export type Requirement = 'python' | 'chromium' | 'node20';

const repository = path.resolve(import.meta.dirname, '..', '..');

const finders: Readonly<Record<Requirement, () => string | undefined>> = {
  python: findPython,
  chromium: () => ['chromium', 'chromium-browser', 'google-chrome', 'chrome'].find((name) => runs(name, ['--version'])),
  node20: findNode20,
};
const found = new Map<Requirement, string | undefined>();

/** The command of a requirement (a name on the PATH, or a path), undefined where it is missing. Looked for once. */
export function commandOf(requirement: Requirement): string | undefined {
  if (!found.has(requirement)) found.set(requirement, finders[requirement]());
  return found.get(requirement);
}

/**
 * Whether tests that need this must be skipped: `test.skipIf(isLacking('python'))('Python: …')`. Never true under
 * BRANCHLINE_TEST_REQUIRE=all, so that in CI what is missing fails instead of passing unseen.
 */
export function isLacking(requirement: Requirement): boolean {
  return process.env['BRANCHLINE_TEST_REQUIRE'] !== 'all' && commandOf(requirement) === undefined;
}

/** Python 3.9 or newer that can make virtual environments with pip inside (Debian packs `venv` apart). */
function findPython(): string | undefined {
  const probe = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 9))';
  return ['python3', 'python'].find((name) => runs(name, ['-c', probe]));
}

/** The pinned Node 20 of tools/node20, the oldest that `dist` must run on. */
function findNode20(): string | undefined {
  const system = process.platform === 'win32' ? 'win' : process.platform;
  const name = process.platform === 'win32' ? 'node.exe' : path.join('bin', 'node');
  const folder = path.join('node_modules', `node-${system}-${process.arch}`, name);
  // By the link that npm makes for the workspace, so that it is found from a work tree that borrows its packages too.
  const file = path.join(repository, 'node_modules', '@branchline', 'node20', folder);
  return existsSync(file) && runs(file, ['--version']) ? file : undefined;
}

function runs(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}
