import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CliProject, cliProjectIn } from '../src/testing/cli-project.ts';
import type { GitHttpServer } from '../src/testing/git-http.ts';
import { makeServedProject } from '../src/testing/served-project.ts';

let project: CliProject;
let server: GitHttpServer;
let bare: string;

const sql = (from: string): string => `{ connection: w, sql: "select n + 1 as n from \${{ ref('${from}') }}" }`;
beforeEach(async () => {
  ({ project, server, bare } = await makeServedProject({
    'branchline.yaml': `name: kept
connections:
  w: { type: duckdb, path: data/w.duckdb, storage: { type: branch } }
assets:
  a: { connection: w, sql: "select 1 as n" }
  b: ${sql('a')}
  c: ${sql('b')}
  d: ${sql('c')}
`,
  }));
});
afterEach(async () => {
  await server.stop();
  project.remove();
});

test('of a database file that is kept between runs, the run that holds it names the uppermost asset of a lost chain', async () => {
  const production = ['--environment', 'production', '--yes'];
  expect((await project.run(['run', ...production])).code).toBe(0);
  project.sandbox.git(bare, 'update-ref', '-d', 'refs/heads/branchline/data');
  project.sandbox.git(bare, 'gc', '--quiet', '--prune=now');

  project.sandbox.git(project.sandbox.root, 'clone', '--quiet', 'project', 'other');
  const other = cliProjectIn(project.sandbox, 'other');
  other.git('remote', 'set-url', 'origin', `${server.url}/origin.git`);

  const named = '`branchline run --select key:a+ --environment production` makes it again';
  const planned = await other.run(['plan', '--select', 'key:d', '--environment', 'production']);
  const failed = await other.run(['run', '--select', 'key:d', ...production]);
  expect(planned.stderr).toContain(named);
  expect(failed.code).toBe(1);
  expect(failed.stdout).toContain(named);
  expect(failed.stderr).toContain(named);
  expect((await other.run(['run', '--select', 'key:a+', ...production])).code).toBe(0);
  expect(await other.rows('data/w.duckdb', 'select n from d')).toEqual(['4']);
});
