import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CliProject, type RunJson, until } from '../src/testing/cli-project.ts';
import type { GitHttpServer } from '../src/testing/git-http.ts';
import { makeServedProject } from '../src/testing/served-project.ts';

const production = ['--environment', 'production', '--yes'];
const wait = 'mkdir -p data; touch data/waiting; while ! test -e data/go; do sleep 0.02; done';
const files = {
  'branchline.yaml': `name: tools
assets:
  raw/a: { run: "mkdir -p data && echo 1 > data/a.csv", outputs: [data/a.csv] }
  raw/b: { run: "mkdir -p data && echo 2 > data/b.csv", outputs: [data/b.csv] }
  slow/c: { run: "${wait}; echo c > data/c.csv", outputs: [data/c.csv] }
`,
};

let project: CliProject;
let server: GitHttpServer;
let bare: string;
beforeEach(async () => {
  ({ project, server, bare } = await makeServedProject(files));
});
afterEach(async () => {
  await server.stop();
  project.remove();
});

const remote = (...args: string[]): string => project.sandbox.git(bare, ...args);
const runOf = (asset: string) => project.json<RunJson>(['run', '--select', `key:${asset}`, ...production]);
const fine = async (): Promise<void> => {
  expect((await project.state('production')).problems).toEqual([]);
};
/** What the doctor finds about the state; it finds as well that there is no workflow. */
const stateFinding = async (code: number) => {
  const { findings } = await project.json<{ findings: { code: string }[] }>(['doctor'], code);
  return findings.find((finding) => finding.code.startsWith('state-'));
};
interface Compacted {
  archive: number;
  retention: { from: string; until: string; days: number; runs: number };
}
const day = (ago: number): string => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
const eventFiles = async (): Promise<string[]> =>
  remote('ls-tree', '-r', '--name-only', 'branchline/state')
    .split('\n')
    .filter((path) => path.startsWith('events/'));
interface Log {
  commits: { commit: string; subject: string }[];
}
const log = async (): Promise<Log['commits']> =>
  (await project.json<Log>(['state', 'log', '--environment', 'production', '--limit', '100'])).commits;

test('create makes the first commit and its witness; a deleted branch goes on only when that is asked for', async () => {
  expect((await project.run(['state', 'create', '--environment', 'production'])).code).toBe(2);
  const created = await project.json<{ commit: string }>(['state', 'create', ...production]);
  expect(created).toMatchObject({ version: 1, created: true });
  expect(remote('for-each-ref', '--format=%(refname) %(objectname)').split('\n')).toEqual([
    `refs/branchline/witness ${created.commit}`,
    `refs/heads/branchline/state ${created.commit}`,
  ]);
  expect(await project.json(['state', 'create', ...production])).toMatchObject({ created: false, commit: null });
  await runOf('raw/a');
  await fine();

  remote('update-ref', '-d', 'refs/heads/branchline/state');
  const refused = await project.json(['state', 'create', ...production], 3);
  expect(refused).toMatchObject({ error: { code: 'state-deleted' } });
  expect(JSON.stringify(refused)).toContain('branchline state create --anew');
  expect(await project.json(['run', '--select', 'key:raw/a', ...production], 3)).toMatchObject({
    error: { code: 'state-deleted' },
  });
  expect(await project.json(['state', 'create', '--anew', ...production])).toMatchObject({ created: true });
  expect(await project.json(['state', 'create', '--anew', ...production])).toMatchObject({ created: false });
  expect(await runOf('raw/a')).toMatchObject({ state: 'SUCCESS' });
  await fine();
});

test('verify tells a file that is longer than one of a state may be, and takes it for no damage', async () => {
  await runOf('raw/a');
  const path = join(project.root, 'data/long.jsonl');
  writeFileSync(path, `${'x'.repeat(1024 * 1024)}\n`);
  const file = 'quarantine/0000000001/recent/long.jsonl';
  remote('read-tree', 'branchline/state');
  remote('update-index', '--add', '--cacheinfo', `100644,${remote('hash-object', '-w', path)},${file}`);
  const commit = remote('commit-tree', '-p', 'branchline/state', '-m', 'long', remote('write-tree'));
  remote('update-ref', 'refs/heads/branchline/state', commit);
  const verify = ['state', 'verify', '--environment', 'production'];
  expect(await project.json(verify)).toMatchObject({
    commit,
    problems: [],
    longFiles: [{ file, bytes: 1024 * 1024 + 1 }],
  });
  const told = await project.run(verify);
  expect([told.code, told.stdout]).toEqual([0, expect.stringContaining(`${file}: 1.0 MiB`)]);
  expect(told.stdout).toContain('state.retention');
});

test('compact leaves one commit and everything that was known; the diary and time travel go on', async () => {
  const first = await runOf('raw/a');
  await runOf('raw/b');
  const before = await log();
  const preview = await project.json(['state', 'compact', '--dry-run', '--environment', 'production']);
  expect(preview).toMatchObject({ dryRun: true, commits: before.length, archive: before.length, commit: null });
  expect((await project.run(['state', 'compact', '--environment', 'production'])).code).toBe(2);
  expect((await log()).length).toBe(before.length);

  const done = await project.json<{ commit: string }>(['state', 'compact', ...production]);
  expect(done).toMatchObject({ commits: before.length, archive: before.length, dropped: [] });
  expect(remote('rev-list', '--count', 'branchline/state')).toBe('1');
  expect(remote('rev-parse', 'branchline/state')).toBe(done.commit);
  expect(remote('rev-parse', `refs/branchline/archive/${before.length}`)).toBe(before[0]!.commit);
  expect((await log()).slice(1)).toEqual(before);
  await fine();
  const then = await project.json<{ assets: { asset: string }[] }>([
    'state',
    'show',
    '--environment',
    'production',
    '--at',
    String(first.stateCommit),
  ]);
  expect(then.assets.map(({ asset }) => asset)).toEqual(['raw/a']);
  expect((await project.asset('raw/b', 'production')).materialized?.rows).toBeUndefined();
  expect(await project.json(['state', 'compact', ...production])).toMatchObject({ commits: 1, archive: null });

  expect(await runOf('raw/a')).toMatchObject({ state: 'SUCCESS' });
  expect(await project.json(['state', 'compact', '--keep', '90d', ...production])).toMatchObject({ dropped: [] });
  expect(remote('for-each-ref', '--format=%(refname)', 'refs/branchline/archive').split('\n')).toHaveLength(2);
  await fine();
});

test('archives older than --keep are deleted, after it was said which', async () => {
  server.date = new Date(Date.now() - 100 * 86_400_000);
  await runOf('raw/a');
  await project.json(['state', 'compact', ...production]);
  server.date = new Date();
  await runOf('raw/b');
  const keep = ['state', 'compact', '--keep', '90d'];
  const preview = await project.json<{ dropped: { seq: number }[] }>([...keep, '--dry-run', ...production]);
  expect(preview.dropped).toHaveLength(1);
  const said = await project.run([...keep, '--dry-run', ...production]);
  expect(said.stdout).toContain(`archive/${preview.dropped[0]!.seq}`);
  const done = await project.json<{ dropped: unknown[]; archive: number }>([...keep, ...production]);
  expect(done.dropped).toEqual(preview.dropped);
  expect(remote('for-each-ref', '--format=%(refname)', 'refs/branchline/archive')).toBe(
    `refs/branchline/archive/${done.archive}`,
  );
  await fine();
});

test('events older than state.retention leave the branch, after it was said which; the archive has them', async () => {
  project.write('branchline.yaml', `${files['branchline.yaml']}state: { retention: 3d }\n`);
  const short = await project.run(['check']);
  expect(short.code).toBe(2);
  expect(short.stdout + short.stderr).toMatch(
    /out-of-range[\s\S]*`3d` is shorter than 30 days[\s\S]*write `30d` or more/,
  );
  project.write('branchline.yaml', `${files['branchline.yaml']}state: { retention: 30d }\n`);
  const days = (n: number) => new Date(Date.now() - n * 86_400_000);
  server.date = days(100);
  const first = await runOf('raw/a');
  server.date = days(99);
  await runOf('raw/b');
  server.date = days(5);
  await runOf('raw/b');
  const compact = ['state', 'compact', ...production];
  const said = await project.run([...compact, '--dry-run']);
  expect(said.stdout).toMatch(/events and the steps of 2 runs on 2 days .* would leave the branch/);
  const preview = await project.json<Compacted>([...compact, '--dry-run']);
  expect(preview.retention).toMatchObject({ from: day(100), until: day(99), days: 2, runs: 2 });
  // The older of the two has left the tree of the head.
  expect(await eventFiles()).toHaveLength(1);
  const done = await project.json<Compacted>(compact);
  expect(done.retention).toEqual(preview.retention);
  expect(await eventFiles()).toEqual([]);
  await fine();
  expect((await project.asset('raw/a', 'production')).materialized?.run).toBe(first.run);
  const show = ['state', 'show', 'raw/a', '--environment', 'production', '--at', `archive/${done.archive}`];
  expect(await project.json(show)).toMatchObject({ asset: { materialized: { run: first.run } } });
  expect(
    await project.json(['state', 'verify', '--environment', 'production', '--at', `archive/${done.archive}`]),
  ).toMatchObject({
    problems: [],
  });
  expect(await project.json(['state', 'replay', `archive/${done.archive}`, ...production])).toMatchObject({ fresh: 0 });
  server.date = new Date();
  expect(await runOf('raw/a')).toMatchObject({ state: 'SUCCESS' });
  expect((await project.run([...compact, '--dry-run'])).stdout).toMatch(
    /`state.retention` is in force: all events since \d{4}-\d\d-\d\d are kept, and there is nothing older to drop\./,
  );
  await fine();
});

test('a run that is open while the history is compacted goes on and ends', async () => {
  const slow = project.start(['run', '--select', 'key:slow/c', ...production, '--json']);
  await until(() => project.has('data/waiting'));
  await project.json(['state', 'compact', ...production]);
  project.write('data/go', '');
  const end = await slow.end;
  expect(end.code).toBe(0);
  expect(JSON.parse(end.stdout)).toMatchObject({ state: 'SUCCESS' });
  expect((await project.asset('slow/c', 'production')).attempt?.outcome).toBe('success');
  await fine();
});

test('a server that forbids forced pushes is told from others, with the rule to change', async () => {
  await runOf('raw/a');
  remote('config', 'receive.denyNonFastForwards', 'true');
  const refused = await project.json(['state', 'compact', ...production], 3);
  expect(refused).toMatchObject({ error: { code: 'state-denied' } });
  expect(JSON.stringify(refused)).toContain('branchline/**');
  await fine();
});

/** The journal of a run that was killed in the middle of its step, kept aside as an artifact would. */
async function journalOfKilledRun(): Promise<string> {
  const slow = project.start(['run', '--select', 'key:slow/c', ...production]);
  await until(() => project.has('data/waiting'));
  const folder = join(project.root, '.git/branchline/tools/journals/production');
  await until(() => readdirSync(folder).some((name) => name.endsWith('.jsonl')));
  slow.child.kill('SIGKILL');
  await slow.end;
  const kept = join(project.sandbox.root, 'journal.jsonl');
  copyFileSync(join(folder, readdirSync(folder).find((name) => name.endsWith('.jsonl'))!), kept);
  project.write('data/go', '');
  return kept;
}

test('a journal is taken in once, however often it is replayed, and by whomever', async () => {
  await runOf('raw/a');
  const journal = await journalOfKilledRun();
  const replay = ['state', 'replay', journal];
  interface Replayed {
    fresh: number;
    events: number;
    commit: string | null;
  }
  const preview = await project.json<Replayed>([...replay, '--dry-run', '--environment', 'production']);
  expect(preview).toMatchObject({ dryRun: true, commit: null });
  expect(preview.fresh).toBeGreaterThan(0);
  expect((await project.run([...replay, '--environment', 'production'])).code).toBe(2);
  expect(await project.json([...replay, '--yes'], 2)).toMatchObject({ error: { code: 'journal-gap' } });
  const done = await project.json<Replayed>([...replay, ...production]);
  expect(done).toMatchObject({ fresh: preview.fresh });
  expect(remote('rev-parse', 'branchline/state')).toBe(done.commit);
  expect(await project.json([...replay, ...production])).toMatchObject({ fresh: 0, commit: null });
  await fine();
  // The next command finds the same journal on its disk.
  await runOf('raw/b');
  const { view, problems } = await project.state('production');
  expect(problems).toEqual([]);
  expect([...view.openRuns.keys(), ...view.claims.keys()]).toEqual([]);
});

test('a journal that is damaged, has a gap or is no journal is refused, with the line', async () => {
  const journal = await journalOfKilledRun();
  const lines = readLines(journal);
  const write = (name: string, text: string): string => {
    writeFileSync(join(project.sandbox.root, name), text);
    return join(project.sandbox.root, name);
  };
  const refusal = async (name: string) =>
    (await project.json<{ error: { code: string; message: string } }>(['state', 'replay', name, ...production], 2))
      .error;
  const broken = await refusal(write('broken.jsonl', [lines[0], '{"type":', ...lines.slice(2), ''].join('\n')));
  expect(broken).toMatchObject({ code: 'journal-broken' });
  expect(broken.message).toContain('broken.jsonl:2:');
  expect(await refusal(write('none.jsonl', ''))).toMatchObject({ code: 'journal-empty' });
  expect(await refusal(write('image.jsonl', '\u0000PNG'))).toMatchObject({ code: 'journal-broken' });
  expect(await refusal('no-such-file')).toMatchObject({ code: 'no-journal' });
  expect(await refusal('archive/7')).toMatchObject({ code: 'unknown-archive' });
  const later = lines.at(-2)!.replace(/#\d+"/, '#99"');
  const gap = await refusal(write('gap.jsonl', `${later}\n`));
  expect(gap).toMatchObject({ code: 'journal-gap' });
  expect(gap.message).toMatch(/number 99, and .* has none from number/);
  await fine();
});

function readLines(path: string): string[] {
  return readFileSync(path, 'utf8').split('\n');
}

test('events that a forced push took away come back from the commit that was there', async () => {
  const first = await runOf('raw/a');
  const second = await runOf('raw/b');
  const all = (await project.state('production')).view;
  remote('update-ref', 'refs/heads/branchline/state', String(first.stateCommit));
  expect((await project.state('production')).view.assets.has('raw/b')).toBe(false);
  const replay = ['state', 'replay', String(second.stateCommit), ...production];
  expect(await project.json(replay)).toMatchObject({ version: 1, source: second.stateCommit });
  const { view, problems } = await project.state('production');
  expect(problems).toEqual([]);
  expect(view.assets.get('raw/b')?.materialized).toEqual(all.assets.get('raw/b')?.materialized);
  expect(await project.json(replay)).toMatchObject({ fresh: 0 });
});

test('events of an archive come back when the branch was forced to what was before it', async () => {
  const first = await runOf('raw/a');
  await runOf('raw/b');
  const done = await project.json<{ archive: number }>(['state', 'compact', ...production]);
  remote('update-ref', 'refs/heads/branchline/state', String(first.stateCommit));
  expect(await stateFinding(2)).toMatchObject({
    code: 'state-forced-back',
    severity: 'warning',
    help: expect.stringContaining(`branchline state replay archive/${done.archive} --environment production`),
  });
  expect(await project.json(['state', 'replay', `archive/${done.archive}`, ...production])).toMatchObject({
    version: 1,
  });
  const { view, problems } = await project.state('production');
  expect(problems).toEqual([]);
  expect([...view.assets.keys()].sort()).toEqual(['raw/a', 'raw/b']);
  expect(await stateFinding(2)).toBeUndefined();
});

test('derived files that somebody damaged are rebuilt from the events, pages too', async () => {
  server.date = new Date(Date.now() - 2 * 86_400_000);
  await runOf('raw/a');
  server.date = new Date();
  await runOf('raw/b');
  const clone = join(project.sandbox.root, 'clone');
  project.sandbox.git(project.sandbox.root, 'clone', '--quiet', '--branch', 'branchline/state', bare, clone);
  const page = readFileSync(join(clone, 'README.md'), 'utf8');
  writeFileSync(join(clone, 'snapshot/index.json'), '{}');
  writeFileSync(join(clone, 'README.md'), 'edited by hand');
  project.sandbox.git(clone, 'commit', '--quiet', '--all', '--message', 'by hand');
  project.sandbox.git(clone, 'push', '--quiet');
  const broken = await project.json(['run', '--select', 'key:raw/a', ...production], 3);
  expect(JSON.stringify(broken)).toContain('state verify --repair');
  await project.json(['state', 'verify', '--environment', 'production'], 3);
  expect(await stateFinding(2)).toMatchObject({ code: 'state-unreadable', severity: 'error' });
  const verify = ['state', 'verify', '--repair', '--environment', 'production'];
  expect(await project.json([...verify, '--dry-run'])).toMatchObject({
    rebuilt: ['snapshot/index.json'],
    commit: null,
  });
  expect((await project.run(verify)).code).toBe(2);
  expect(await project.json([...verify, '--at', 'HEAD'], 2)).toMatchObject({ error: { code: 'repair-of-the-past' } });
  expect(await project.json([...verify, '--yes'])).toMatchObject({ rebuilt: ['snapshot/index.json'], removed: [] });
  await fine();
  const mended = remote('show', 'branchline/state:README.md');
  expect(mended.split('\n')[0]).toBe(page.split('\n')[0]);
  expect(await project.json([...verify, '--yes'])).toMatchObject({ rebuilt: [], removed: [], commit: null });
});

test('an event that somebody damaged is set aside, work goes on, and the file as it was brings it back', async () => {
  await runOf('raw/a');
  const clone = join(project.sandbox.root, 'clone');
  project.sandbox.git(project.sandbox.root, 'clone', '--quiet', '--branch', 'branchline/state', bare, clone);
  const text = (path: string): string => readFileSync(join(clone, path), 'utf8');
  const path = readdirSync(join(clone, 'recent'))
    .map((name) => `recent/${name}`)
    .find((name) => text(name).includes('"asset.materialized"'))!;
  const before = text(path);
  const damaged = before.replace('"type":"asset.materialized"', '"type":"asset.mat');
  writeFileSync(join(clone, path), damaged);
  project.sandbox.git(clone, 'commit', '--quiet', '--all', '--message', 'by hand');
  project.sandbox.git(clone, 'push', '--quiet');
  expect(await project.json(['run', '--select', 'key:raw/b', ...production], 3)).toMatchObject({
    error: { code: 'state-broken' },
  });
  const verify = ['state', 'verify', '--repair', ...production];
  const said = await project.run([...verify, '--dry-run']);
  expect(said.stdout).toContain(`git log --oneline -- ${path}`);
  const repaired = await project.json<{ quarantined: { path: string; kept: string }[] }>(verify);
  expect(repaired.quarantined).toMatchObject([{ path, problems: [{ code: 'broken' }] }]);
  expect(`${remote('show', `branchline/state:${repaired.quarantined[0]!.kept}`)}\n`).toBe(damaged);
  await fine();
  const known = async (): Promise<unknown> =>
    (await project.state('production')).view.assets.get('raw/a')?.materialized;
  expect(await known()).toBeUndefined();
  expect(await runOf('raw/b')).toMatchObject({ state: 'SUCCESS' });
  await fine();

  project.sandbox.git(clone, 'pull', '--quiet');
  writeFileSync(join(clone, path), before);
  project.sandbox.git(clone, 'commit', '--quiet', '--all', '--message', 'bring back events');
  project.sandbox.git(clone, 'push', '--quiet');
  await project.json(verify);
  await fine();
  expect(await known()).toBeDefined();
});

test('the state can be looked at while a manifest has an error, unless that is about where it is', async () => {
  await runOf('raw/a');
  const sound = await project.run(['state', 'show', '--json', '--environment', 'production']);
  const { 'branchline.yaml': text } = files;
  project.write('branchline.yaml', `${text}  wrong: { rum: "true", deps: [nobody/a] }\n`);
  const looks: readonly (readonly [readonly string[], RegExp])[] = [
    [['log'], /1 ok/],
    [['show'], /raw\/a +success/],
    [['show', 'raw/a'], /raw\/a: success/],
    [['verify'], /all fine/],
  ];
  for (const [words, told] of looks) {
    const end = await project.run(['state', ...words, '--environment', 'production']);
    expect([end.code, end.stdout]).toEqual([0, expect.stringMatching(told)]);
    expect(end.stderr).toMatch(/^The manifests have [12] errors? \(`branchline check` tells\).*\n$/);
  }
  const broken = await project.run(['state', 'show', '--json', '--environment', 'production']);
  expect(broken).toEqual(sound);

  for (const [mistake, code] of [
    ['state: { brunch: x }', 2],
    ['stat: { branch: x }', 2],
    ['state: { branch: [x] }', 2],
    ['name: other', 2],
    ['state: {}\nstate: {}', 2],
    ['state: { retention: 3 }', 0],
    ['max_parallel: many', 0],
  ] as const) {
    project.write('branchline.yaml', `${text}${mistake}\n`);
    const end = await project.run(['state', 'log', '--environment', 'production']);
    expect([mistake, end.code]).toEqual([mistake, code]);
  }
  project.write('branchline.yaml', `${text}  wrong: {\n`);
  expect((await project.run(['state', 'verify', '--environment', 'production'])).code).toBe(2);
  // What writes the state is refused as before.
  project.write('branchline.yaml', `${text}  wrong: { rum: "true" }\n`);
  expect((await project.run(['state', 'verify', '--repair', ...production])).code).toBe(2);
});
