import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliEnd, type CliProject, cliProjectIn, makeCliProject } from '../src/testing/cli-project.ts';

/**
 * Commands that keep the state in order are killed after a call of git that they make, once it has had its effect,
 * and run again: the end must be that of a command that nobody disturbed, and nothing recorded may be lost.
 */
const files = {
  'branchline.yaml': `name: upkeep
assets:
  raw/a: { run: "mkdir -p data && echo 1 > data/a.csv", outputs: [data/a.csv] }
  raw/b: { run: "mkdir -p data && echo 2 > data/b.csv", outputs: [data/b.csv] }
`,
};
const production = ['--environment', 'production', '--yes'];

let base: CliProject;
/** The git that people have. */
let git: string;
beforeAll(async () => {
  base = makeCliProject(files);
  git = findOnPath('git', String(base.sandbox.env['PATH']));
  const home = join(base.sandbox.root, 'home-0');
  mkdirSync(home);
  cpSync(base.root, join(home, 'project'), { recursive: true });
  const project = cliProjectIn(base.sandbox, 'home-0/project');
  base.sandbox.git(home, 'init', '--quiet', '--bare', 'origin.git');
  project.git('remote', 'add', 'origin', '../origin.git');
  await project.json(['run', ...production]);
  await project.json(['run', '--select', 'key:raw/a', ...production]);
});
afterAll(() => base.remove());

function findOnPath(program: string, path: string): string {
  const found = path.split(':').find((folder) => existsSync(join(folder, program)));
  return join(found!, program);
}

/** The project and its remote, as they are now, in a folder of their own. */
function copyOf(home: string, name: string): string {
  const copy = join(base.sandbox.root, name);
  cpSync(home, copy, { recursive: true });
  return copy;
}

/**
 * A `git` before the real one on the path: it counts its calls in `calls`, and kills whoever called it after number
 * `cutAt`, 0 = nobody. A server of objects (`cat-file --batch`) is not started then: it has no effect of its own.
 */
function makeCountingGit(folder: string, cutAt: number): string {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  const script = `#!/bin/sh
printf '%s\\n' "$*" >> "${folder}/calls"
if [ "$(wc -l < "${folder}/calls")" -ne ${cutAt} ]; then exec "${git}" "$@"; fi
case "$*" in *--batch*) ;; *) "${git}" "$@" > /dev/null 2>&1 ;; esac
kill -9 "$PPID"
`;
  writeFileSync(join(bin, 'git'), script);
  chmodSync(join(bin, 'git'), 0o755);
  return bin;
}

async function runCut(home: string, args: readonly string[], at: number): Promise<CliEnd & { calls: string[] }> {
  const bin = makeCountingGit(home, at);
  writeFileSync(join(home, 'calls'), '');
  const env = { PATH: `${bin}:${base.sandbox.env['PATH']}` };
  const end = await cliProjectIn(base.sandbox, `${home.slice(base.sandbox.root.length + 1)}/project`).run(args, {
    env,
  });
  return { ...end, calls: readFileSync(join(home, 'calls'), 'utf8').trim().split('\n') };
}

interface Upkeep {
  readonly args: readonly string[];
  /** Brings a copy of the project into the state on which the command is run. */
  readonly prepare: (home: string, project: CliProject) => Promise<void>;
  /** Whether the branch is what it has to be after the command, and all that was known is still known. */
  readonly judge: (home: string, project: CliProject) => Promise<void>;
}

const bare = (home: string, ...args: string[]): string => base.sandbox.git(join(home, 'origin.git'), ...args);
const isWhole = async (project: CliProject): Promise<void> => {
  const { view, problems } = await project.state('production');
  expect(problems).toEqual([]);
  expect([...view.claims.keys(), ...view.openRuns.keys()]).toEqual([]);
};
const runsOf = async (project: CliProject): Promise<string[]> => {
  const { commits } = await project.json<{ commits: { subject: string }[] }>([
    'state',
    'log',
    '--environment',
    'production',
    '--limit',
    '100',
  ]);
  return commits.map(({ subject }) => subject);
};

const upkeeps: Record<string, Upkeep> = {
  'state compact': {
    args: ['state', 'compact', ...production],
    prepare: async () => {},
    async judge(home, project) {
      await isWhole(project);
      expect(bare(home, 'rev-list', '--count', 'branchline/state')).toBe('1');
      expect(bare(home, 'for-each-ref', '--format=%(refname)', 'refs/branchline/archive').split('\n')).toHaveLength(1);
      expect((await runsOf(project)).slice(1)).toEqual(await runsOf(cliProjectIn(base.sandbox, 'home-0/project')));
    },
  },
  'state compact --keep': {
    args: ['state', 'compact', '--keep', '1s', ...production],
    async prepare(_, project) {
      await project.json(['state', 'compact', ...production]);
      await project.json(['run', '--select', 'key:raw/b', ...production]);
    },
    async judge(home, project) {
      await isWhole(project);
      expect(bare(home, 'rev-list', '--count', 'branchline/state')).toBe('1');
    },
  },
  'state create': {
    args: ['state', 'create', ...production],
    async prepare(home) {
      bare(home, 'update-ref', '-d', 'refs/heads/branchline/state');
      bare(home, 'update-ref', '-d', 'refs/branchline/witness');
    },
    async judge(home, project) {
      await isWhole(project);
      expect(bare(home, 'rev-parse', 'refs/branchline/witness')).toBe(bare(home, 'rev-parse', 'branchline/state'));
    },
  },
  'state create --anew': {
    args: ['state', 'create', '--anew', ...production],
    prepare: async (home) => void bare(home, 'update-ref', '-d', 'refs/heads/branchline/state'),
    async judge(home, project) {
      await isWhole(project);
      expect(bare(home, 'rev-list', '--count', 'branchline/state')).toBe('1');
      await project.json(['run', '--select', 'key:raw/a', ...production]);
      await isWhole(project);
    },
  },
  'state verify --repair': {
    args: ['state', 'verify', '--repair', ...production],
    async prepare(home) {
      const clone = join(home, 'clone');
      base.sandbox.git(home, 'clone', '--quiet', '--branch', 'branchline/state', 'origin.git', 'clone');
      const path = base.sandbox.git(clone, 'grep', '--name-only', '"type":"step.started"').split('\n')[0]!;
      const text = readFileSync(join(clone, path), 'utf8');
      writeFileSync(join(clone, path), text.replace('"type":"step.started"', '"type":"step.started'));
      base.sandbox.git(clone, 'commit', '--quiet', '--all', '--message', 'by hand');
      base.sandbox.git(clone, 'push', '--quiet');
      rmSync(clone, { recursive: true });
    },
    async judge(home, project) {
      await isWhole(project);
      // Repaired once: what was damaged is kept once.
      const kept = bare(home, 'ls-tree', '-r', '--name-only', 'branchline/state', 'quarantine/').split('\n');
      expect(kept).toHaveLength(2);
      await project.json(['run', '--select', 'key:raw/a', ...production]);
    },
  },
};

test.each(Object.keys(upkeeps))(
  '%s, cut off after any call of git and run again, ends the same',
  { timeout: 300_000 },
  async (name) => {
    const { args, prepare, judge } = upkeeps[name]!;
    const slug = name.replaceAll(/[ -]+/g, '-');
    const start = copyOf(join(base.sandbox.root, 'home-0'), slug);
    const projectIn = (home: string): CliProject =>
      cliProjectIn(base.sandbox, `${home.slice(base.sandbox.root.length + 1)}/project`);
    await prepare(start, projectIn(start));
    const calm = copyOf(start, `${slug}-calm`);
    const { code, calls, stderr } = await runCut(calm, args, 0);
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    await judge(calm, projectIn(calm));
    expect(calls.some((call) => call.includes('push'))).toBe(true);
    const isEvery = process.env['BRANCHLINE_TEST_EVERY_CALL'] !== undefined;
    // Others change nothing outside of this machine; with the variable, they take five minutes more.
    const waiting = calls.flatMap((call, index) => (isEvery || call.includes('push') ? [index + 1] : []));
    const worker = async (): Promise<void> => {
      for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
        const home = copyOf(start, `${slug}-${at}`);
        const cut = await runCut(home, args, at);
        expect([at, calls[at - 1], cut.signal]).toEqual([at, calls[at - 1], 'SIGKILL']);
        const again = await projectIn(home).run(args);
        expect([at, calls[at - 1], again.code, again.code === 0 ? '' : again.stderr]).toEqual([
          at,
          calls[at - 1],
          0,
          '',
        ]);
        await judge(home, projectIn(home));
        rmSync(home, { recursive: true });
      }
    };
    await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, worker));
  },
);
