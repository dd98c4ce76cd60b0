import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Json } from '../src/base/json.ts';
import type { ChangesDocument } from '../src/render/changes-json.ts';
import { type CliProject, cliProjectIn, makeCliProject } from '../src/testing/cli-project.ts';
import { expectGolden } from '../src/testing/golden.ts';

const MANIFEST = `assets:
  raw/orders:
    run: python ingest/orders.py
    outputs: [data/orders.csv]
    owners: ["@acme/data"]
  marts/monthly:
    connection: warehouse
    sql: ./monthly.sql
    deps: [raw/orders]
  charts/revenue: { run: "true", deps: [marts/monthly] }
  old/report: { run: python report.py }
`;

let project: CliProject;
beforeEach(() => {
  project = makeCliProject({
    'branchline.yaml': 'name: shop\nconnections: { warehouse: { type: duckdb, path: data/w.duckdb } }\n',
    'pipelines/shop.yaml': MANIFEST,
    'pipelines/monthly.sql': '-- by month\nselect 1 as a\n',
    'ingest/orders.py': "print('a')\n",
    'report.py': '',
  });
});
afterEach(() => project.remove());

const changes = (...args: string[]) => project.json<ChangesDocument>(['changes', ...args]);
const reasons = ({ assets }: ChangesDocument): string[] =>
  assets.map(({ asset, reasons: all }) => `${asset} ${all.map(({ reason }) => reason).join(', ')}`);

function change(): void {
  project.write('pipelines/monthly.sql', '-- by month\nselect 1 as a\nunion all\nselect 2\n');
  project.write(
    'pipelines/shop.yaml',
    MANIFEST.replace('deps: [raw/orders]', 'deps: [raw/orders]\n    checks: { ids: { not_null: [a] } }').replace(
      'old/report:',
      'reports/new:',
    ),
  );
}

describe('branchline changes', () => {
  test('says what differs from the merge base, committed or not, and nothing of what the base did since', async () => {
    project.git('switch', '--quiet', '-c', 'feature');
    expect(await changes()).toMatchObject({ version: 1, assets: [], downstream: [], project: [] });
    change();
    project.commit();
    project.write('ingest/orders.py', "print('b')\n");
    project.git('switch', '--quiet', 'main', '--force');
    project.write('report.py', 'print()\n');
    project.commit();
    project.git('switch', '--quiet', 'feature');
    project.write('ingest/orders.py', "print('b')\n");
    const found = await changes();
    expect(reasons(found)).toEqual([
      'raw/orders code_version',
      'reports/new new',
      'marts/monthly code_version, checks',
      'old/report removed',
    ]);
    expect(found.downstream).toEqual([{ asset: 'charts/revenue', reads: ['marts/monthly'], hops: 1 }]);
    expect(found.base).toMatchObject({ ref: 'main', hasProject: true, problems: [] });
    const shown = await project.run(['changes']);
    expect(shown.code).toBe(0);
    expectGolden(
      join(import.meta.dirname, 'golden', 'changes.txt'),
      shown.stdout.replace(/\([0-9a-f]{7}\)/, '(a1b2c3d)'),
    );
  });

  test('compares with what was named', async () => {
    change();
    project.commit();
    expect(reasons(await changes())).toEqual([]);
    expect(reasons(await changes('--base', 'HEAD~1'))).toHaveLength(3);
    const end = await project.run(['changes', '--base', 'mian']);
    expect({ code: end.code, said: end.stderr }).toEqual({
      code: 2,
      said: 'There is no branch, tag or commit `mian` in this clone.\nDid you mean `main`?\n',
    });
  });

  test('a broken base stops nothing and is said; a broken head is', async () => {
    project.write('pipelines/broken.yaml', 'assets: { a: { run: "true", depz: [x] } }\n');
    project.commit();
    project.git('switch', '--quiet', '-c', 'feature');
    project.git('rm', '--quiet', 'pipelines/broken.yaml');
    change();
    const found = await changes();
    expect(found.base.problems).toMatchObject([{ code: 'unknown-key', span: { file: 'pipelines/broken.yaml' } }]);
    expect(reasons(found)).toContain('marts/monthly code_version, checks');
    expect((await project.run(['changes'])).stdout).toContain('The merge base has 1 problem in its manifests');
    project.write('pipelines/shop.yaml', 'assets: { a: { rum: "true" } }\n');
    const end = await project.run(['changes']);
    expect(end.code).toBe(2);
    expect(end.stdout).toContain('unknown-key');
  });

  test('a project in a folder, and one that the base does not have', async () => {
    const sub = cliProjectIn(project.sandbox, 'project/sub');
    sub.write('branchline.yaml', 'name: sub\nassets: { a: { run: "true" } }\n');
    const first = await sub.json<ChangesDocument>(['changes']);
    expect(first.base.hasProject).toBe(false);
    expect(reasons(first)).toEqual(['a new']);
    project.commit();
    sub.write('branchline.yaml', 'name: sub\nassets: { a: { run: "false" } }\n');
    expect(reasons(await sub.json<ChangesDocument>(['changes']))).toEqual(['a code_version']);
  });

  test('touches nothing: no ref, no file, no configuration', async () => {
    change();
    const look = (): string =>
      `${project.git('for-each-ref')}\n${project.git('status', '--porcelain')}\n${project.git('config', '--list', '--local')}`;
    const before = look();
    await changes();
    expect(look()).toBe(before);
  });

  test('the example of docs/json.md has the fields that are printed', async () => {
    change();
    const page = readFileSync(resolve(import.meta.dirname, '..', 'docs', 'json.md'), 'utf8');
    const section = page.slice(page.indexOf('## changes'));
    const block = /An entry of each list:\n\n```json\n([\s\S]*?)```/.exec(section)?.[1] ?? '';
    const found = await changes();
    const asset = found.assets.find(({ asset: key }) => key === 'marts/monthly')!;
    const shape = (value: Json): Json =>
      Array.isArray(value)
        ? value.map(shape)
        : value !== null && typeof value === 'object'
          ? Object.fromEntries(Object.entries(value).map(([key, member]) => [key, shape(member as Json)]))
          : typeof value;
    const actual = { assets: [asset], downstream: found.downstream } as unknown as Json;
    expect(shape(JSON.parse(block))).toEqual(shape(actual));
  });
});
