import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliProject, makeCliProject, type RunJson } from '../src/testing/cli-project.ts';
import { type GitHttpServer, startGitHttpServer } from '../src/testing/git-http.ts';

// A state of several days over HTTP, each command from a machine that has never seen it: files of older days leave the tree,
// nothing of them is fetched or sent for that, and who asks for them finds them.

const production = ['--environment', 'production', '--yes'];
const reading = ['--environment', 'production'];
const DAYS = 6;
const DAY_MS = 86_400_000;
/** A run's id has the day of the machine's own clock, and is looked for in the week after it. */
const FIRST = Math.floor(Date.now() / DAY_MS) * DAY_MS + DAY_MS / 2;
const dayOf = (n: number): string => new Date(FIRST + n * DAY_MS).toISOString().slice(0, 10);

let project: CliProject;
let server: GitHttpServer;
let bare: string;
const runs: string[] = [];

/** Nothing of the state is on this machine any more. */
const forget = (): void => rmSync(privateFolder(), { recursive: true, force: true });
const privateFolder = (): string => join(project.root, '.git', 'branchline', 'prod');
const bareGit = (...args: string[]): string => project.sandbox.git(bare, ...args);
const listed = (of: string, folder: string): string[] =>
  bareGit('ls-tree', '-r', '--name-only', of, folder).split('\n').filter(Boolean);

/** The trees of days that left the head's, by day. */
function treesOfDays(): Record<string, string> {
  const files = listed('branchline/state', 'history/').map((path) => bareGit('show', `branchline/state:${path}`));
  return Object.assign(
    {},
    ...files.map((text) => (JSON.parse(text) as { days: Record<string, string> }).days),
  ) as Record<string, string>;
}

/** Ids of files that are in the private repository. */
function filesHere(): Set<string> {
  const all = project.sandbox.git(
    join(privateFolder(), 'state.git'),
    'cat-file',
    '--batch-all-objects',
    '--batch-check=%(objecttype) %(objectname)',
  );
  return new Set(all.split('\n').flatMap((line) => (line.startsWith('blob ') ? [line.slice(5)] : [])));
}

beforeAll(async () => {
  project = makeCliProject({
    'branchline.yaml': `name: prod
assets:
  raw/a: { run: "mkdir -p data && date +%N > data/a.csv", outputs: [data/a.csv] }
`,
  });
  bare = project.sandbox.makeBare('origin.git');
  bareGit('config', 'uploadpack.allowFilter', 'true');
  server = await startGitHttpServer(project.sandbox.root);
  project.git('remote', 'add', 'origin', `${server.url}/origin.git`);
  for (let day = 0; day < DAYS; day++) {
    forget();
    server.date = new Date(FIRST + day * DAY_MS);
    runs.push((await project.json<RunJson>(['run', '--select', 'key:raw/a', ...production])).run);
  }
}, 300_000);
afterAll(async () => {
  await server.stop();
  project.remove();
});

test('the tree of the head has the newest closed day, and the push of it brought or sent no older file', () => {
  const closed = dayOf(DAYS - 2).replaceAll('-', '/');
  for (const of of ['events/', 'runs/']) {
    expect(listed('branchline/state', of)).not.toEqual([]);
    expect(listed('branchline/state', of).filter((path) => !path.startsWith(`${of}${closed}/`))).toEqual([]);
  }
  const days = treesOfDays();
  expect(Object.keys(days)).toEqual([0, 1, 2, 3].map(dayOf));
  const here = filesHere();
  // The newest runs come with every view, from the tree.
  for (const tree of Object.values(days))
    for (const line of bareGit('ls-tree', '-r', tree).split('\n'))
      if (!line.endsWith(`runs/${dayOf(3).replaceAll('-', '/')}/0001.jsonl`))
        expect([line, here.has(line.split(/\s/)[2]!)]).toEqual([line, false]);
  bareGit('fsck', '--strict');
});

test('a machine that never saw it shows a run of the first day, the diary, and verifies all of it', async () => {
  forget();
  const shown = await project.json<{ run: { run: string; state: string } }>(['state', 'show', runs[1]!, ...reading]);
  expect(shown.run).toMatchObject({ run: runs[1], state: 'SUCCESS' });
  forget();
  const verified = await project.json<{ files: number; problems: unknown[] }>(['state', 'verify', ...reading]);
  expect(verified.problems).toEqual([]);
  const { commits } = await project.json<{ commits: { subject: string }[] }>([
    'state',
    'log',
    '--limit',
    '100',
    ...reading,
  ]);
  expect(commits).toHaveLength(2 * DAYS);
  expect(commits.some(({ subject }) => subject.includes('left the tree'))).toBe(false);
  // As a person sees it who follows the first parents.
  expect(bareGit('log', '--first-parent', '--format=%s', 'branchline/state').split('\n')).toHaveLength(2 * DAYS);
});

test('a wake-up fetches no tree of older days', async () => {
  forget();
  await project.json(['plan', ...reading]);
  const repository = join(privateFolder(), 'state.git');
  const objects = project.sandbox.git(repository, 'cat-file', '--batch-all-objects', '--batch-check=%(objectname)');
  for (const tree of Object.values(treesOfDays())) expect(objects).not.toContain(tree);
});

test('a history that is begun anew keeps them, also when what was before is dropped', async () => {
  forget();
  server.date = new Date(FIRST + DAYS * DAY_MS);
  await project.json(['state', 'compact', ...production]);
  // As `--keep` does, which goes by the machine's own clock.
  const archives = bareGit('for-each-ref', '--format=%(refname)', 'refs/branchline/archive/').split('\n');
  expect(archives).toHaveLength(1);
  for (const ref of [...archives, 'refs/branchline/witness']) bareGit('update-ref', '-d', ref);
  bareGit('reflog', 'expire', '--expire=now', '--all');
  bareGit('gc', '--quiet', '--prune=now');
  bareGit('fsck', '--strict');
  forget();
  const { commits } = await project.json<{ commits: unknown[] }>(['state', 'log', '--limit', '100', ...reading]);
  expect(commits).toHaveLength(1);
  const shown = await project.json<{ run: object }>(['state', 'show', runs[2]!, ...reading]);
  expect(shown.run).toMatchObject({ run: runs[2], state: 'SUCCESS' });
  // And the next day leaves the tree on top of them.
  runs.push((await project.json<RunJson>(['run', '--select', 'key:raw/a', ...production])).run);
  forget();
  server.date = new Date(FIRST + (DAYS + 1) * DAY_MS);
  runs.push((await project.json<RunJson>(['run', '--select', 'key:raw/a', ...production])).run);
  forget();
  expect((await project.json<{ problems: unknown[] }>(['state', 'verify', ...reading])).problems).toEqual([]);
  expect((await project.state('production')).problems).toEqual([]);
});

test.each(['damaged', 'deleted'] as const)(
  'a file of history that was %s is put back by a repair, and by hand as it says',
  async (how) => {
    const clone = join(project.sandbox.root, `clone-${how}`);
    const git = (...args: string[]): string => project.sandbox.git(clone, ...args);
    project.sandbox.git(project.sandbox.root, 'clone', '--quiet', '--branch', 'branchline/state', bare, clone);
    const [path] = listed('branchline/state', 'history/') as [string];
    const whole = bareGit('show', `branchline/state:${path}`);
    const harm = (): void => {
      if (how === 'damaged') writeFileSync(join(clone, path), '{');
      else rmSync(join(clone, path));
      git('add', '--all');
      git('commit', '--quiet', '--message', 'a mishap');
      git('push', '--quiet', 'origin', 'HEAD');
    };
    const problems = async (code: number): Promise<unknown[]> => {
      forget();
      return (await project.json<{ problems: unknown[] }>(['state', 'verify', ...reading], code)).problems;
    };

    harm();
    expect(await problems(3)).not.toEqual([]);
    forget();
    const preview = await project.run(['state', 'verify', '--repair', '--dry-run', ...reading]);
    expect(preview.stdout).toContain(`${path}: would be back as an earlier commit has it`);
    forget();
    const repaired = await project.json(['state', 'verify', '--repair', ...production]);
    expect(repaired).toMatchObject({ restored: [path], quarantined: [], removed: [] });
    expect(bareGit('show', `branchline/state:${path}`)).toBe(whole);
    expect(await problems(0)).toEqual([]);
    forget();
    expect(await project.json(['state', 'show', runs[0]!, ...reading])).toMatchObject({ run: { run: runs[0] } });

    git('pull', '--quiet');
    harm();
    const [mishap] = git('log', '--format=%H', '--', path).split('\n') as [string];
    git('checkout', `${mishap}~1`, '--', path);
    git('commit', '--quiet', '--message', 'as it was');
    git('push', '--quiet', 'origin', 'HEAD');
    expect(await problems(0)).toEqual([]);
  },
  120_000,
);
