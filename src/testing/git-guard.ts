import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A git that starts git only so deep. */
export interface GuardedGit {
  /** For whatever starts git. */
  readonly env: { readonly PATH: string; readonly GIT_EXEC_PATH: string };
  /** What git was started with since it was asked last, by whoever: how deep in each other its processes stood, and words. */
  calls(): readonly { readonly depth: number; readonly words: string }[];
}

/** A fetch starts one git, and the other end of the line one or two more. */
const DEPTH_MAX = 6;

/**
 * A git that knows no `GIT_NO_LAZY_FETCH`, as older ones, and in which a process that starts itself without end fails
 * instead of taking the machine.
 */
export function guardGit(root: string): GuardedGit {
  const folder = join(root, 'guarded-git');
  const log = join(root, 'guarded-git.log');
  const programs = execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim();
  mkdirSync(folder);
  for (const name of readdirSync(programs)) if (name !== 'git') symlinkSync(join(programs, name), join(folder, name));
  writeFileSync(log, '');
  writeFileSync(
    join(folder, 'git'),
    `#!/bin/sh
BRANCHLINE_TEST_DEPTH=$(( \${BRANCHLINE_TEST_DEPTH:-0} + 1 ))
export BRANCHLINE_TEST_DEPTH
echo "$BRANCHLINE_TEST_DEPTH $*" >> '${log}'
test "$BRANCHLINE_TEST_DEPTH" -gt ${DEPTH_MAX} && exit 86
unset GIT_NO_LAZY_FETCH
exec '${join(programs, 'git')}' "$@"
`,
  );
  chmodSync(join(folder, 'git'), 0o755);
  return {
    env: { PATH: `${folder}:${process.env['PATH']}`, GIT_EXEC_PATH: folder },
    calls() {
      const lines = readFileSync(log, 'utf8').split('\n').filter(Boolean);
      writeFileSync(log, '');
      return lines.map((line) => ({ depth: Number.parseInt(line, 10), words: line.slice(line.indexOf(' ') + 1) }));
    },
  };
}
