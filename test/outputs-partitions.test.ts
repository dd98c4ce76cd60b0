import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CliProject, cliProjectIn, makeCliProject, type RunJson } from '../src/testing/cli-project.ts';
import type { GitHttpServer } from '../src/testing/git-http.ts';
import { makeServedProject } from '../src/testing/served-project.ts';

interface Listed {
  readonly assets: readonly {
    readonly asset: string;
    readonly partition?: string;
    readonly run: string;
    readonly files: readonly { readonly path: string; readonly held: string }[];
  }[];
}
const PROJECT = `name: cut
partitions:
  days: { daily: { start: 2026-01-01 } }
assets:
  raw/days:
    partitions: days
    backfill_policy: { multi_run: { max_partitions_per_run: 2 } }
    run: mkdir -p data && node days.mjs
    outputs: ["data/\${{ partition.key }}.csv"]
  raw/months:
    partitions: { monthly: { start: 2026-01-01 } }
    run: mkdir -p data && echo $BRANCHLINE_PARTITION > data/$BRANCHLINE_PARTITION.txt
    outputs: ["data/\${{ partition.key }}.txt"]
  total: { run: mkdir -p data && echo 1 > data/total.txt, outputs: [data/total.txt] }
`;
const DAYS = `import { writeFileSync } from 'node:fs';
for (const key of JSON.parse(process.env.BRANCHLINE_PARTITIONS)) writeFileSync('data/' + key + '.csv', key);
`;
const files = { 'branchline.yaml': PROJECT, 'days.mjs': DAYS };

/** Names and paths of what is listed, one a line. */
function pathsOf({ assets }: Listed): string[] {
  return assets.flatMap(({ asset, partition, files: own }) =>
    own.map(({ path, held }) => `${asset}@${partition ?? ''} ${path} ${held}`),
  );
}
const FIVE_DAYS = ['01', '02', '03', '04', '05'].map(
  (day) => `raw/days@2026-01-${day} data/2026-01-${day}.csv present`,
);

describe('outputs of assets with partitions', () => {
  let project: CliProject;
  beforeAll(async () => {
    project = makeCliProject(files);
    // The third is made last: what is listed does not depend on it.
    for (const keys of ['2026-01-04...2026-01-05', '2026-01-01...2026-01-02', '2026-01-03'])
      await project.json<RunJson>(['run', '--select', 'key:raw/days', '--partitions', keys]);
    await project.json<RunJson>(['run', '--select', 'key:raw/months', '--partitions', '2026-02-01']);
    await project.json<RunJson>(['run', '--select', 'key:total']);
  });
  afterAll(() => project.remove());

  test('are those of all that are made, each with its partition, in their order', async () => {
    const listed = await project.json<Listed>(['outputs', 'list']);
    const all = [...FIVE_DAYS, 'raw/months@2026-02-01 data/2026-02-01.txt present', 'total@ data/total.txt present'];
    expect(pathsOf(listed)).toEqual(all);
    expect(new Set(listed.assets.slice(0, 5).map(({ run }) => run)).size).toBe(3);
    expect(pathsOf(await project.json<Listed>(['outputs', 'list', '--partitions', 'all']))).toEqual(all);
    const { stdout } = await project.run(['outputs', 'list', 'key:raw/days']);
    expect(stdout.trim().split('\n')).toHaveLength(5);
    expect(stdout).toMatch(/^data\/2026-01-02\.csv .* raw\/days@2026-01-02 *$/m);
    expect(pathsOf(await project.json<Listed>(['outputs', 'list', 'status:missing']))).toEqual(all.slice(0, 6));
  });

  test('are all fetched, or those of the partitions that are named', async () => {
    const got = await project.json(['outputs', 'get', 'key:raw/days', '--to', 'public']);
    expect(got).toMatchObject({
      files: ['01', '02', '03', '04', '05'].map((day) => ({
        asset: 'raw/days',
        partition: `2026-01-${day}`,
        path: `data/2026-01-${day}.csv`,
        outcome: 'restored',
      })),
    });
    expect(project.read('public/data/2026-01-04.csv')).toBe('2026-01-04');
    const narrow = ['--partitions', '2026-01-02...2026-01-03,2026-01-05'];
    const listed = await project.json<Listed>(['outputs', 'list', 'key:raw/days', ...narrow]);
    expect(pathsOf(listed)).toEqual([1, 2, 4].map((place) => FIVE_DAYS[place]));
    const some = await project.run(['outputs', 'get', 'key:raw/days', '--to', 'some', ...narrow]);
    expect(some.stdout).toBe('3 files (30 B) in some\n');
    expect(['01', '02', '03', '04', '05'].filter((day) => project.has(`some/data/2026-01-${day}.csv`))).toEqual([
      '02',
      '03',
      '05',
    ]);
  });

  test.each([
    ['*', '2026-01-01', 'other-partitions'],
    ['key:total', 'all', 'no-partitions'],
    ['key:raw/days', '2025-01-01', 'unknown-partition'],
    ['key:raw/days', '2026-01-06', 'no-outputs'],
  ])('%s in %s is refused: %s', async (selection, partitions, code) => {
    const refused = await project.json(['outputs', 'list', selection, '--partitions', partitions], 2);
    expect(refused).toMatchObject({ error: { code } });
  });
});

describe('on a branch', () => {
  let project: CliProject;
  let server: GitHttpServer;
  beforeAll(async () => {
    ({ project, server } = await makeServedProject({
      ...files,
      'branchline.yaml': PROJECT.replace('\n', '\nstorage: { type: branch }\n'),
    }));
  });
  afterAll(async () => {
    await server.stop();
    project.remove();
  });

  test('the tip has the files of all partitions, and another machine fetches them', async () => {
    const where = ['--environment', 'production'];
    for (const keys of ['2026-01-01...2026-01-02', '2026-01-03'])
      await project.json<RunJson>(['run', '--select', 'key:raw/days', '--partitions', keys, ...where, '--yes']);
    project.sandbox.git(project.sandbox.root, 'clone', '--quiet', 'project', 'clone');
    const other = cliProjectIn(project.sandbox, 'clone');
    other.git('remote', 'set-url', 'origin', `${server.url}/origin.git`);
    const three = FIVE_DAYS.slice(0, 3);
    expect(pathsOf(await other.json<Listed>(['outputs', 'list', ...where]))).toEqual(three);
    await other.json(['outputs', 'get', '--to', 'public', ...where]);
    expect(other.read('public/data/2026-01-01.csv')).toBe('2026-01-01');
    const bare = `${project.sandbox.root}/origin.git`;
    const tip = project.sandbox.git(bare, 'ls-tree', '-r', '--name-only', 'branchline/data');
    expect(tip.split('\n')).toEqual(['data/2026-01-01.csv', 'data/2026-01-02.csv', 'data/2026-01-03.csv']);
  });
});
