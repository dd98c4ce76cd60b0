import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CliProject, cliProjectIn, type RunJson, until } from '../src/testing/cli-project.ts';
import type { GitHttpServer } from '../src/testing/git-http.ts';
import { makeServedProject } from '../src/testing/served-project.ts';

const production = ['--environment', 'production', '--yes'];
const driver = join(import.meta.dirname, '..', 'node_modules', '@duckdb', 'node-api', 'lib', 'index.js');
/** DuckDB by its own client, as a script would use it. */
const client = `import { DuckDBInstance } from ${JSON.stringify(driver)};
const connection = await (await DuckDBInstance.create('data/w.duckdb')).connect();
await connection.run('create schema if not exists raw');
await connection.run('create or replace table raw.events as select range as n from range(3)');
connection.closeSync();
`;
const files = {
  'branchline.yaml': `name: kept
connections:
  w: { type: duckdb, path: data/w.duckdb, storage: { type: branch } }
assets:
  raw/events: { connection: w, on_lost: rebuild, run: "mkdir -p data && node client.mjs" }
  marts/one: { connection: w, sql: "select n + 1 as n from \${{ ref('raw/events') }}" }
  marts/two: { connection: w, sql: "select n * 2 as n from \${{ ref('marts/one') }}" }
`,
  'client.mjs': client,
};

let project: CliProject;
let server: GitHttpServer;
let bare: string;
let clones = 0;

beforeEach(async () => {
  ({ project, server, bare } = await makeServedProject(files));
});
afterEach(async () => {
  await server.stop();
  project.remove();
});

function clone(): CliProject {
  const name = `clone${clones++}`;
  project.sandbox.git(project.sandbox.root, 'clone', '--quiet', 'project', name);
  const other = cliProjectIn(project.sandbox, name);
  other.git('remote', 'set-url', 'origin', `${server.url}/origin.git`);
  return other;
}
const run = (machine: CliProject, ...more: string[]): Promise<RunJson> =>
  machine.json<RunJson>(['run', ...production, ...more]);
async function reasons(machine: CliProject): Promise<string[]> {
  const { plan } = await machine.json<{
    plan: { steps: { id: string; verdict: string; assets: { reason: string; detail: string[] }[] }[] };
  }>(['plan', '--environment', 'production']);
  return plan.steps.map(
    ({ id, assets }) => `${id} ${assets[0]!.reason}${assets[0]!.detail[0] ? `: ${assets[0]!.detail[0]}` : ''}`,
  );
}
const record = async (machine: CliProject) => (await machine.state('production')).view.connections.get('w');

test('a database is saved with the run, and another machine goes on with it', async () => {
  expect((await run(project)).counts).toMatchObject({ materialized: 3 });
  const first = await record(project);
  expect(first).toMatchObject({ file: { path: 'data/w.duckdb' }, unsaved: {} });
  expect(project.sandbox.git(bare, 'rev-parse', 'branchline/data:data/w.duckdb')).toBe(first!.file!.blob);

  const other = clone();
  expect(await reasons(other)).toEqual(['raw/events up_to_date', 'marts/one up_to_date', 'marts/two up_to_date']);
  // To look is not to take: nobody holds the connection yet.
  expect(other.has('data/w.duckdb')).toBe(false);
  expect((await run(other, '--select', 'key:marts/two')).counts).toMatchObject({ materialized: 1 });
  expect(await other.rows('data/w.duckdb', 'select sum(n) from marts.two')).toEqual(['12']);
  const second = await record(other);
  expect(second!.file!.digest).not.toBe(first!.file!.digest);
  // The first machine has an older file now, and takes the newer one.
  project.write('branchline.yaml', files['branchline.yaml'].replace('n * 2 as n from', 'n * 3 as n from'));
  expect((await run(project)).counts).toMatchObject({ materialized: 1, upToDate: 2 });
  expect(await project.rows('data/w.duckdb', 'select sum(n) from marts.two')).toEqual(['18']);
  expect((await project.state('production')).problems).toEqual([]);
});

test('a database that is lost is noticed, table by table, and made again', async () => {
  await run(project);
  project.sandbox.git(bare, 'update-ref', '-d', 'refs/heads/branchline/data');
  project.sandbox.git(bare, 'gc', '--quiet', '--prune=now');
  const other = clone();
  const lost = 'data_lost: gone from branchline/data (the database file of connection w)';
  expect(await reasons(other)).toEqual([`raw/events ${lost}`, `marts/one ${lost}`, `marts/two ${lost}`]);
  expect((await run(other)).counts).toMatchObject({ materialized: 3 });
  expect(await reasons(clone())).toEqual(['raw/events up_to_date', 'marts/one up_to_date', 'marts/two up_to_date']);
});

test('a run that is killed before the save: what it made is made again, on the file that was saved', async () => {
  await run(project);
  const before = await record(project);
  project.write(
    'branchline.yaml',
    files['branchline.yaml']
      .replace('n + 1 as n', 'n + 10 as n')
      .replace('assets:\n', 'assets:\n  slow: { run: "touch waiting; sleep 60", deps: [marts/one], outputs: [] }\n'),
  );
  const started = project.start(['run', '--json', '--select', 'key:marts/one or key:slow', ...production]);
  await until(() => project.has('waiting'));
  started.child.kill('SIGKILL');
  await started.end;
  // The table is in the file of this machine, and the state does not have that file.
  expect(await project.rows('data/w.duckdb', 'select min(n) from marts.one')).toEqual(['10']);
  project.write('branchline.yaml', files['branchline.yaml'].replace('n + 1 as n', 'n + 10 as n'));
  const again = await run(project);
  expect(again.state).toBe('SUCCESS');
  const { view, problems } = await project.state('production');
  expect(problems).toEqual([]);
  expect(view.connections.get('w')).toMatchObject({ unsaved: {} });
  expect(view.connections.get('w')!.file!.digest).not.toBe(before!.file!.digest);
  const [made] = [...view.endedRuns.values()].filter((each) => each.run === again.run);
  expect(made!.steps['marts/one']).toMatchObject({
    reason: 'data_lost',
    detail: ['the run that made it ended before the database file of connection w was saved'],
  });
  expect(await clone().json(['plan', '--environment', 'production'])).toMatchObject({ version: 1 });
});

test('a save that is refused fails the run, and what it made counts as lost', async () => {
  project.write('branchline.yaml', files['branchline.yaml'].replace('type: branch', 'type: branch, max_file: 1kB'));
  const refused = await project.run(['run', '--json', ...production]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('could not be kept: data/w.duckdb has');
  const { view, problems } = await project.state('production');
  expect(problems).toEqual([]);
  expect([...view.endedRuns.values()][0]).toMatchObject({
    state: 'FAILURE',
    failure: { class: 'infrastructure', code: 'connection-not-kept' },
  });
  expect(view.assets.get('marts/two')!.lost!.message).toContain('could not be kept');
  expect(view.connections.get('w')!.file).toBeUndefined();
  project.write('branchline.yaml', files['branchline.yaml']);
  expect((await run(project)).counts).toMatchObject({ materialized: 3 });
  expect((await project.state('production')).view.assets.get('marts/two')!.lost).toBeUndefined();
});

test('what a script leaves half done in a run that made nothing is not kept', async () => {
  await run(project);
  const before = await record(project);
  project.write('client.mjs', `${client.replace('range(3)', 'range(99)')}process.exit(1);\n`);
  expect((await project.run(['run', '--json', '--select', 'key:raw/events', ...production])).code).toBe(1);
  expect(await record(project)).toEqual(before);
  // The next run begins with the file that was saved.
  expect((await run(project, '--select', 'key:marts/one')).counts).toMatchObject({ materialized: 1 });
  expect(await project.rows('data/w.duckdb', 'select count(*) from marts.one')).toEqual(['3']);
});

test('a file that git tracks is refused with the line that lets it go', async () => {
  rmSync(join(project.root, '.gitignore'));
  await run(project);
  project.git('add', '--force', 'data/w.duckdb');
  const refused = await project.run(['run', '--json', '--select', 'key:marts/one', ...production]);
  expect(refused.code).toBe(1);
  expect((await project.asset('marts/one', 'production')).attempt!.failure!.message).toContain(
    'git rm --cached data/w.duckdb',
  );
});

test('what is kept and damaged, though its digest fits, is put in place no more: a run begins with an empty database', async () => {
  // Saved at the end of its run, when somebody has already written over it.
  const vandal = '  vandal: { deps: [marts/two], run: "head -c 4096 /dev/zero | dd of=data/w.duckdb conv=notrunc" }\n';
  project.write('branchline.yaml', files['branchline.yaml'] + vandal);
  await run(project);
  const damaged = (await record(project))!.file!;
  project.write('branchline.yaml', files['branchline.yaml']);
  const other = clone();
  const lost = 'data_lost: what is kept of the database file of connection w is damaged';
  expect(await reasons(other)).toEqual([`raw/events ${lost}`, `marts/one ${lost}`, `marts/two ${lost}`]);
  const again = await other.run(['run', ...production]);
  expect(again, again.stdout + again.stderr).toMatchObject({ code: 0 });
  expect(again.stderr.match(/is damaged, though it is what was saved/g)).toHaveLength(1);
  expect(again.stderr).toContain(damaged.digest.slice(0, 12));
  expect((await record(other))!.file!.digest).not.toBe(damaged.digest);
  expect(await reasons(clone())).toEqual(['raw/events up_to_date', 'marts/one up_to_date', 'marts/two up_to_date']);
});
