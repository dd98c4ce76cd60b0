import { chmodSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type CliProject, makeCliProject, type RunJson } from '../src/testing/cli-project.ts';
import { type GuardedGit, guardGit } from '../src/testing/git-guard.ts';
import { type GitHttpServer, startGitHttpServer } from '../src/testing/git-http.ts';

// The remote of a state is a shallow clone itself: history is told as far as it goes, with what to do for the rest, and git
// looks for no more. A git that starts itself without end is stopped by a guard, so that it fails here.

const production = ['--environment', 'production', '--yes'];
const reading = ['--environment', 'production'];
const DAYS = 4;
/**
 * A push over HTTP starts three more, each by the one before, and the last may fetch what it makes a difference to: an old
 * file that nobody has read. git that starts itself without end is deeper.
 */
const DEEP = 7;
const DAY_MS = 86_400_000;
const FIRST = Math.floor(Date.now() / DAY_MS) * DAY_MS + DAY_MS / 2;

let project: CliProject;
let server: GitHttpServer;
let guard: GuardedGit;
let runs: string[];
let commits: string[];
const pathOf = (name: string): string => join(project.sandbox.root, name);
const log = async (env: Readonly<Record<string, string>>) => {
  const end = await project.run(['state', 'log', '--limit', '100', ...reading, '--json'], { env });
  return {
    code: end.code,
    commits: (JSON.parse(end.stdout || '{}') as { commits?: { commit: string }[] }).commits?.map(
      ({ commit }) => commit,
    ),
    stderr: end.stderr.trim(),
  };
};

beforeAll(async () => {
  project = makeCliProject({
    'branchline.yaml': `name: cut
assets:
  raw/a: { run: "mkdir -p data && date +%N > data/a.csv", outputs: [data/a.csv] }
`,
  });
  project.sandbox.makeBare('whole.git');
  server = await startGitHttpServer(project.sandbox.root);
  guard = guardGit(project.sandbox.root);
  project.git('remote', 'add', 'origin', `${server.url}/whole.git`);
  runs = [];
  for (let day = 0; day < DAYS; day++) {
    server.date = new Date(FIRST + day * DAY_MS);
    runs.push((await project.json<RunJson>(['run', '--select', 'key:raw/a', ...production])).run);
  }
  commits = project.sandbox.git(pathOf('whole.git'), 'rev-list', '--first-parent', 'branchline/state').split('\n');
}, 120_000);
afterAll(async () => {
  await server.stop();
  project.remove();
});

/** `absent`: what is before the cut was never there; `hidden`: it was fetched once, and `shallow` says otherwise. */
function makeShallow(kind: 'absent' | 'hidden'): string {
  const bare = pathOf('cut.git');
  rmSync(bare, { recursive: true, force: true });
  if (kind === 'absent') {
    const from = `file://${pathOf('whole.git')}`;
    project.sandbox.git(project.sandbox.root, 'clone', '--bare', '--depth=2', '--no-single-branch', from, 'cut.git');
  } else {
    cpSync(pathOf('whole.git'), bare, { recursive: true });
    writeFileSync(join(bare, 'shallow'), `${commits[1]}\n`);
  }
  project.sandbox.git(bare, 'config', 'uploadpack.allowFilter', 'true');
  return bare;
}
/** How deep processes of git stood in each other since it was asked last. */
const deepest = (): number => Math.max(0, ...guard.calls().map(({ depth }) => depth));
const unshallow = (bare: string): unknown =>
  project.sandbox.git(bare, 'fetch', '--quiet', '--unshallow', pathOf('whole.git'), 'branchline/state');

describe.each(['file', 'http'] as const)('over %s', (way) => {
  beforeEach(() => {
    rmSync(join(project.root, '.git', 'branchline'), { recursive: true, force: true });
    const url = way === 'file' ? `file://${pathOf('cut.git')}` : `${server.url}/cut.git`;
    project.git('remote', 'set-url', 'origin', url);
    deepest();
  });

  test.each(['absent', 'hidden'] as const)(
    'a shallow remote tells what it has, and what to do for the rest; commits before: %s',
    async (kind) => {
      const bare = makeShallow(kind);
      const cut = { code: 0, commits: commits.slice(0, 2), stderr: expect.stringContaining('git fetch --unshallow') };
      // A second time, with all of it here already.
      for (let times = 0; times < 2; times++) expect(await log(guard.env)).toEqual(cut);
      const enough = await project.run(['state', 'log', '--limit', '2', ...reading], { env: guard.env });
      expect([enough.code, enough.stderr]).toEqual([0, '']);
      if (kind === 'hidden') {
        // Files are had by their ids, and those of older days are there.
        const verified = await project.json(['state', 'verify', ...reading], 0, { env: guard.env });
        expect(verified).toMatchObject({ problems: [] });
      }
      // Something new on top of what is cut.
      const run = await project.json<RunJson>(['run', '--select', 'key:raw/a', ...production], 0, { env: guard.env });
      const longer = await log(guard.env);
      expect(longer).toMatchObject({ code: 0, stderr: cut.stderr });
      expect(longer.commits).toHaveLength(4);
      expect(longer.commits).toContain(run.stateCommit);

      for (const args of [
        ['state', 'show', '--at', commits.at(-1)!],
        ['state', 'show', '--at', '2020-01-01'],
      ]) {
        const refused = await project.json([...args, ...reading], 3, { env: guard.env });
        expect(JSON.stringify(refused)).toContain(commits[1]!.slice(0, 12));
        expect(JSON.stringify(refused)).toContain('git fetch --unshallow');
      }
      expect(deepest()).toBeLessThan(DEEP);

      unshallow(bare);
      const whole = await log(guard.env);
      expect(whole).toMatchObject({ code: 0, stderr: '' });
      expect(whole.commits!.slice(2)).toEqual(commits);
      expect(await project.json(['state', 'verify', ...reading], 0, { env: guard.env })).toMatchObject({
        problems: [],
      });
      expect(deepest()).toBeLessThan(DEEP);
    },
    120_000,
  );

  test('what is of older days and not there is told with its cause, by who asks for it', async () => {
    const bare = makeShallow('absent');
    for (const args of [
      ['state', 'verify'],
      ['state', 'show', runs[0]!],
    ]) {
      const refused = JSON.stringify(await project.json([...args, ...reading], 3, { env: guard.env }));
      expect(refused).toContain('older days');
      expect(refused).toContain('git fetch --unshallow');
    }
    expect(deepest()).toBeLessThan(DEEP);
    unshallow(bare);
    expect(await project.json(['state', 'show', runs[0]!, ...reading], 0, { env: guard.env })).toMatchObject({
      run: { run: runs[0] },
    });
  }, 120_000);
});

test('without git on the machine it is told the same way, and what came later is found', async () => {
  rmSync(join(project.root, '.git', 'branchline'), { recursive: true, force: true });
  const bin = pathOf('no-git');
  mkdirSync(bin, { recursive: true });
  for (const url of [pathOf('cut.git'), `${server.url}/cut.git`]) {
    const bare = makeShallow('absent');
    project.git('remote', 'set-url', 'origin', url);
    expect(await log({ PATH: bin })).toEqual({
      code: 0,
      commits: commits.slice(0, 2),
      stderr: expect.stringContaining('git fetch --unshallow'),
    });
    const refused = await project.json(['state', 'verify', ...reading], 3, { env: { PATH: bin } });
    expect(JSON.stringify(refused)).toContain('git fetch --unshallow');
    unshallow(bare);
    expect(await log({ PATH: bin })).toEqual({ code: 0, commits, stderr: '' });
  }
}, 120_000);

test.each(['missing', 'damaged'])(
  'without git a folder whose history has a commit that is %s is no shallow clone, and no bug of ours',
  async (kind) => {
    rmSync(join(project.root, '.git', 'branchline'), { recursive: true, force: true });
    const bare = pathOf('broken.git');
    rmSync(bare, { recursive: true, force: true });
    cpSync(pathOf('whole.git'), bare, { recursive: true });
    project.git('remote', 'set-url', 'origin', bare);
    const object = join(bare, 'objects', commits[1]!.slice(0, 2), commits[1]!.slice(2));
    chmodSync(object, 0o644);
    if (kind === 'missing') rmSync(object);
    else writeFileSync(object, 'not what git writes');
    const env = { PATH: pathOf('no-git') };
    for (const args of [
      ['state', 'log'],
      ['state', 'show', '--at', commits.at(-1)!],
    ]) {
      const refused = JSON.stringify(await project.json([...args, ...reading], 3, { env }));
      expect(refused).toContain(`cannot be read back from commit ${commits[0]!.slice(0, 12)}`);
      expect(refused).toContain('git fsck');
      expect(refused).not.toContain('shallow');
    }
    // What is before the damage can be had.
    const newest = await project.json<{ commits: unknown[] }>(['state', 'log', '--limit', '1', ...reading], 0, { env });
    expect(newest.commits).toHaveLength(1);
  },
  60_000,
);
