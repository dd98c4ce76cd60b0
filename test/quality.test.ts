import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type CliProject, makeCliProject, type RunJson } from '../src/testing/cli-project.ts';

let project: CliProject;
afterEach(() => project.remove());

const seed = (...rows: number[]): string => ['n', ...rows].join('\n').concat('\n');
const manifest = `name: quality
connections: { warehouse: { type: duckdb, path: data/warehouse.duckdb } }
assets:
  seed: { run: "mkdir -p data && cp seed.csv data/seed.csv", code: [seed.csv], outputs: [data/seed.csv] }
  table:
    connection: warehouse
    sql: select n from \${{ ref('seed') }}
    checks: { few: { row_count: {}, error_if: "> 3", blocking: true }, even: { sql: "select * from \${{ this }} where n % 2 = 1", severity: warn } }
  file:
    deps: [seed]
    run: sort -r data/seed.csv > data/file.txt && touch data/file.extra
    outputs: [data/file.txt, { path: data/file.extra, optional: true }]
    checks: { few: { run: "test $(wc -l < data/file.txt) -le 4", blocking: true } }
  below/table: { connection: warehouse, sql: "select sum(n)::bigint as total from \${{ ref('table') }}" }
  below/file: { deps: [file], run: "wc -l < data/file.txt > data/below.txt", outputs: [data/below.txt] }
`;
const table = (name: string): Promise<string[]> =>
  project.rows('data/warehouse.duckdb', `select * from ${name} order by all`);

test('a failed blocking check keeps the old table and the old file; a fix publishes', async () => {
  project = makeCliProject({ 'branchline.yaml': manifest, 'seed.csv': seed(1, 2, 3) });
  expect((await project.json<RunJson>(['run'])).counts).toMatchObject({
    materialized: 5,
    checksWarned: 1,
    checksPassed: 2,
  });
  const before = await project.asset('table');
  const file = project.read('data/file.txt');

  project.write('seed.csv', seed(1, 2, 3, 4, 5));
  const bad = await project.json<RunJson>(['run'], 1);
  expect(bad).toMatchObject({ state: 'FAILURE', counts: { materialized: 1, failed: 2, skipped: 2, checksFailed: 2 } });
  expect(await table('"table"')).toEqual(['1', '2', '3']);
  expect(await table('below."table"')).toEqual(['6']);
  expect(project.read('data/file.txt')).toBe(file);
  const after = await project.asset('table');
  expect(after.materialized).toEqual(before.materialized);
  expect(after.attempt).toMatchObject({ outcome: 'failure', failure: { code: 'check-failed' } });
  const { view } = await project.state();
  const steps = view.endedRuns.get(bad.run)!.steps;
  expect(steps['below/table']).toMatchObject({ state: 'SKIPPED' });
  expect(steps['below/file']).toMatchObject({ state: 'SKIPPED' });

  project.write('seed.csv', seed(2, 4));
  const good = await project.json<RunJson>(['run']);
  expect(good).toMatchObject({ state: 'SUCCESS', counts: { materialized: 5, checksPassed: 3 } });
  expect(await table('"table"')).toEqual(['2', '4']);
  expect(await table('below."table"')).toEqual(['6']);
  expect(project.read('data/below.txt').trim()).toBe('3');
});

test('an unchanged output makes nothing downstream stale', async () => {
  project = makeCliProject({ 'branchline.yaml': manifest, 'seed.csv': seed(1, 2) });
  await project.json(['run']);
  const again = await project.json<RunJson>(['run', '--select', 'key:seed']);
  expect(again.counts).toMatchObject({ materialized: 1 });
  expect((await project.json<RunJson>(['run'])).counts).toMatchObject({ materialized: 0, upToDate: 5 });
  // The order of rows is no change of a table either; its file differs, so what reads the file is made anew.
  project.write('seed.csv', seed(2, 1));
  const turned = await project.json<RunJson>(['run']);
  expect(turned.counts).toMatchObject({ materialized: 3, upToDate: 2 });
});

describe('stored results gate later runs', () => {
  const direct = manifest.replace('  table:\n', '  table:\n    publish: direct\n');

  test('what was published first holds its downstream until it passes, or on request', async () => {
    project = makeCliProject({ 'branchline.yaml': direct, 'seed.csv': seed(1, 2, 3) });
    await project.json(['run']);
    project.write('seed.csv', seed(1, 2, 3, 4));
    await project.json(['run', '--select', 'key:seed or key:table'], 1);
    expect(await table('"table"')).toEqual(['1', '2', '3', '4']);
    expect(await table('below."table"')).toEqual(['6']);
    expect((await project.asset('table')).attempt).toMatchObject({ outcome: 'success' });

    const held = await project.json<RunJson>(['run', '--select', 'key:below/table']);
    expect(held.counts).toMatchObject({ materialized: 0, skipped: 1 });
    expect(await table('below."table"')).toEqual(['6']);

    const asked = await project.json<RunJson>(['run', '--select', 'key:below/table', '--ignore-blocking']);
    expect(asked.counts).toMatchObject({ materialized: 1 });
    expect(asked.events).toContainEqual(expect.objectContaining({ type: 'asset.materialized', ignoredBlocking: true }));
    expect(await table('below."table"')).toEqual(['10']);

    project.write('seed.csv', seed(1, 2));
    await project.json(['run', '--select', 'key:seed or key:table or key:below/table']);
    expect(await table('below."table"')).toEqual(['3']);
  });
});

describe('data that is lost', () => {
  test('is made anew where it can be; a source is not, unless somebody asks for it', async () => {
    project = makeCliProject({ 'branchline.yaml': manifest, 'seed.csv': seed(1, 2) });
    await project.json(['run']);
    rmSync(join(project.root, 'data', 'warehouse.duckdb'));
    const rebuilt = await project.json<RunJson>(['run']);
    expect(rebuilt).toMatchObject({ state: 'SUCCESS', counts: { materialized: 2, upToDate: 3 } });
    expect(await table('below."table"')).toEqual(['3']);

    // A working file is put back from its published copy; without the copy it is lost.
    rmSync(join(project.root, 'data', 'seed.csv'));
    expect((await project.json<RunJson>(['run', '--select', 'key:file'])).state).toBe('SUCCESS');
    expect(project.read('data/seed.csv')).toBe(seed(1, 2));
    rmSync(join(project.root, '.git', 'branchline', 'quality', 'outputs'), { recursive: true });
    // What is unchanged in the working tree is not lost.
    expect((await project.json<RunJson>(['run'])).counts).toMatchObject({ upToDate: 5 });
    rmSync(join(project.root, 'data', 'seed.csv'));
    const lost = await project.json<RunJson>(['run'], 1);
    expect(lost.state).toBe('FAILURE');
    expect((await project.asset('seed')).attempt?.failure).toMatchObject({ code: 'data-lost' });
    const asked = await project.json<RunJson>(['run', '--select', 'key:seed']);
    expect(asked.state).toBe('SUCCESS');
    expect((await project.json<RunJson>(['run'])).state).toBe('SUCCESS');
    expect(project.read('data/below.txt').trim()).toBe('3');
  });

  test('an older copy of the database is noticed', async () => {
    project = makeCliProject({ 'branchline.yaml': manifest, 'seed.csv': seed(1, 2) });
    await project.json(['run']);
    const old = readFileSync(join(project.root, 'data', 'warehouse.duckdb'));
    project.write('seed.csv', seed(2));
    await project.json(['run']);
    writeFileSync(join(project.root, 'data', 'warehouse.duckdb'), old);
    expect((await project.json<RunJson>(['run'])).counts).toMatchObject({ materialized: 2, upToDate: 3 });
    expect(await table('below."table"')).toEqual(['2']);
  });
});

test('a secret is in no byte that is kept', async () => {
  const secret = 'hunter2-Läufer+/=?';
  project = makeCliProject({
    'branchline.yaml': `name: secrets
secrets: [API_PASS]
assets:
  leak:
    secrets: [API_PASS]
    outputs: [data/leak.txt]
    run: |
      mkdir -p data; echo done > data/leak.txt
      echo "plain $API_PASS"
      printf '%s' "$API_PASS" | base64
      printf 'x%s' "$API_PASS" | base64
      node -e 'console.log(encodeURIComponent(process.env.API_PASS), JSON.stringify(process.env.API_PASS))'
      node -e 'const s = process.env.API_PASS; process.stdout.write(s.slice(0, 5)); setTimeout(() => process.stdout.write(s.slice(5) + "\\n"), 150)'
      echo "{\\"metadata\\":{\\"said\\":\\"it is $API_PASS\\"}}" >> "$BRANCHLINE_OUTPUT"
      echo "{\\"check\\":\\"told\\",\\"passed\\":false,\\"metadata\\":{\\"why\\":\\"$API_PASS\\"}}" >> "$BRANCHLINE_OUTPUT"
    checks: { told: { reported: true, severity: warn } }
  fails:
    secrets: [API_PASS]
    run: echo "cannot log in with $API_PASS" >&2; exit 3
  blind:
    run: test -z "\${API_PASS:-}"
`,
  });
  const env = { API_PASS: secret };
  const end = await project.run(['run', '--json', '--max-parallel', '1'], { env });
  expect(end.code).toBe(1);
  const plain = await project.run(['run'], { env });
  const { view } = await project.state();
  expect(view.assets.get('leak')?.attempt?.outcome).toBe('success');
  expect(view.assets.get('blind')?.attempt?.outcome).toBe('success');
  expect(view.assets.get('fails')?.attempt?.failure?.message).toBeDefined();

  const forms = [
    secret,
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    Buffer.from(`x${secret}`).toString('base64').slice(4, -4),
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
  ];
  const texts = [end.stdout, end.stderr, plain.stdout, plain.stderr, ...keptTexts()];
  expect(texts.length).toBeGreaterThan(10);
  expect(texts.some((text) => text.includes('cannot log in with'))).toBe(true);
  for (const form of forms) expect(texts.filter((text) => text.includes(form))).toEqual([]);
});

/** Every file of the private folder, and every object of the state, as text. */
function keptTexts(): string[] {
  const folder = join(project.root, '.git', 'branchline');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const git = (...args: string[]): string => project.sandbox.git(join(folder, 'secrets', 'state.git'), ...args);
  const objects = git('cat-file', '--batch-all-objects', '--batch-check=%(objectname) %(objecttype)').split('\n');
  const blobs = objects
    .filter((line) => !line.endsWith('tree'))
    .map((line) => git('cat-file', '-p', line.split(' ')[0]!));
  return [...files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')), ...blobs];
}
