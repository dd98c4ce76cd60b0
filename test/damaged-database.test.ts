import { closeSync, cpSync, openSync, readFileSync, renameSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type CliProject, makeCliProject, startNode, until } from '../src/testing/cli-project.ts';
import { dailyShop } from '../src/testing/daily-shop.ts';

const { 'branchline.yaml': manifest } = dailyShop('2026-01-05');
let project: CliProject;
afterEach(() => project.remove());
const file = (): string => join(project.root, 'data/w.duckdb');

async function begin(): Promise<void> {
  project = makeCliProject({ 'branchline.yaml': manifest });
  const made = await project.run(['run', '--select', '*', '--partitions', 'all']);
  expect(made, made.stdout + made.stderr).toMatchObject({ code: 0 });
}

function overwrite(at: number, bytes: number): void {
  const handle = openSync(file(), 'r+');
  writeSync(handle, Buffer.alloc(bytes, 0x5a), 0, bytes, at);
  closeSync(handle);
}

const missing = async (): Promise<number> => {
  const { assets } = await project.json<{ assets: { counts: { missing: number } }[] }>(['partitions', 'status']);
  return assets[0]!.counts.missing;
};

describe.each([
  { name: 'that is empty', damage: () => writeFileSync(file(), '') },
  { name: 'with other bytes at its beginning', damage: () => overwrite(0, 4096) },
  { name: 'with other bytes further on', damage: () => overwrite(5_000, 3_000) },
  { name: 'cut short', damage: () => truncateSync(file(), 8_192) },
  { name: 'of which the tables are cut off', damage: () => truncateSync(file(), 400_000) },
  { name: 'that is a text', damage: () => writeFileSync(file(), 'version https://git-lfs.github.com/spec/v1\n') },
])('a DuckDB file $name', ({ damage }) => {
  test('is damaged: what was in it is lost, it stays as it is, and the way out works', async () => {
    await begin();
    damage();
    const bytes = readFileSync(file());
    expect(await missing()).toBe(4);
    const status = await project.run(['partitions', 'status']);
    expect(status.stderr).toContain('4 partitions that were made are lost');
    expect(status.stderr).toContain('the database file of connection w is damaged');
    const plan = await project.run(['plan']);
    expect(plan.stdout).not.toContain('up to date');
    expect(plan.stderr).toMatch(/Data lost, and not made by this run: 3 of 4 partitions of marts\/revenue/);
    const run = await project.run(['run']);
    expect(run.code).toBe(1);
    expect(run.stdout).toMatch(/✗ marts\/revenue/);
    expect(readFileSync(file()).equals(bytes)).toBe(true);
    expect(run.stdout).toContain('move data/w.duckdb to another place');
    const command = ['run', '--select', 'key:marts/revenue+', '--partitions', '2026-01-01...2026-01-04'];
    expect(run.stdout).toContain(`\`branchline ${command.join(' ')}\` makes it`);
    // It does so once the file is out of the way, and not over it.
    const early = await project.run(command);
    expect(early.code).toBe(1);
    expect(early.stdout).toContain('a damaged database file is not written over');
    expect(readFileSync(file()).equals(bytes)).toBe(true);
    renameSync(file(), `${file()}.damaged`);
    const again = await project.run(command);
    expect(again, again.stdout + again.stderr).toMatchObject({ code: 0 });
    expect(await missing()).toBe(0);
    expect(await project.rows('data/w.duckdb', 'select total from marts.total')).toEqual(['40']);
  });
});

describe('a damaged database that is attached', () => {
  const other = (): string => join(project.root, 'data/other.duckdb');
  const init = `init: "attach if not exists 'data/other.duckdb' as other"`;
  const rates = `name: rates
storage: { type: directory }
connections: { o: { type: duckdb, path: data/other.duckdb } }
assets:
  rates: { connection: o, sql: "select range as n from range(300000)" }
`;
  const begin = async (): Promise<void> => {
    project = makeCliProject({ 'branchline.yaml': rates });
    expect((await project.run(['run'])).code).toBe(0);
    project.write(
      'branchline.yaml',
      manifest
        .replace('w.duckdb }', `w.duckdb, ${init} }`)
        .replace('sum(amount) as', 'sum(amount) + min(n) as')
        .replace(/(from \$\{\{[^}]*\}\})/, '$1, other.rates'),
    );
    const made = await project.run(['run', '--select', '*', '--partitions', 'all']);
    expect(made, made.stdout + made.stderr).toMatchObject({ code: 0 });
  };

  test.each([
    ['at its beginning', 0, 24],
    ['where its rows are', 300_000, 200_000],
    ['where its tables are told', 270_000, 20_000],
  ])('%s is named, and nothing of the connection counts as lost', async (_, at, length) => {
    await begin();
    const good = readFileSync(other());
    const handle = openSync(other(), 'r+');
    writeSync(handle, Buffer.alloc(length, 0x5a), 0, length, at);
    closeSync(handle);
    const run = await project.run(['run', '--select', 'key:marts/total']);
    expect(run.code).toBe(1);
    expect(run.stdout).toMatch(/data\/other\.duckdb, which is attached to it, is damaged/);
    expect(run.stdout).toContain('Put a good copy of it there');
    expect(run.stdout + run.stderr).not.toMatch(/move data|data lost/i);
    writeFileSync(other(), good);
    expect(await missing()).toBe(0);
    const again = await project.run(['run', '--select', 'key:marts/total']);
    expect(again, again.stdout + again.stderr).toMatchObject({ code: 0 });
  });
});

describe('a database that cannot be asked now', () => {
  const unknown = /Connection w cannot be asked, so whether its tables are still there is not known: .*w\.duckdb/;

  test('has lost nothing, and that nobody knows is said once', async () => {
    await begin();
    const holder = startNode(
      [
        '--input-type=module',
        '-e',
        `import { DuckDBInstance } from '@duckdb/node-api';
         const held = await DuckDBInstance.create(process.argv[1]); await held.connect();
         console.log('held'); setInterval(() => {}, 1000);`,
        file(),
      ],
      { cwd: join(import.meta.dirname, '..'), env: process.env },
    );
    try {
      let said = '';
      holder.child.stdout?.on('data', (text: Buffer) => (said += text.toString()));
      await until(() => said.includes('held'));
      for (const args of [['plan'], ['run'], ['partitions', 'status']]) {
        const end = await project.run(args);
        expect(end.code, end.stdout + end.stderr).toBe(0);
        expect(end.stderr.match(new RegExp(unknown, 'g'))).toHaveLength(1);
      }
      expect(await missing()).toBe(0);
    } finally {
      holder.child.kill('SIGKILL');
      await holder.end;
    }
    const free = await project.run(['plan']);
    expect(free.stderr).not.toContain('cannot be asked');
  });

  test('of which a variable is not set: the message names it', async () => {
    await begin();
    project.write('branchline.yaml', manifest.replace('path: data/w.duckdb', 'path: "${{ env.WAREHOUSE }}"'));
    const plan = await project.run(['plan']);
    expect(plan.stderr).toMatch(/Connection w cannot be asked, .*WAREHOUSE/);
    cpSync(file(), join(project.root, 'data/other.duckdb'));
    const env = { WAREHOUSE: 'data/other.duckdb' };
    expect((await project.run(['plan'], { env })).stderr).not.toContain('cannot be asked');
  });
});
