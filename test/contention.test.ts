import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startNode } from '../src/testing/cli-project.ts';
import { type GitHttpServer, startGitHttpServer } from '../src/testing/git-http.ts';
import { type GitSandbox, makeGitSandbox } from '../src/testing/git-sandbox.ts';
import { eventsOf } from '../src/testing/simulation/play.ts';

const PROCESSES = 16;
const TRANSACTIONS = 25;
/** Tries of one transaction that nobody may need more of. */
const TRIES_MAX = 60;

let sandbox: GitSandbox;
let server: GitHttpServer;
beforeEach(async () => {
  sandbox = makeGitSandbox();
  server = await startGitHttpServer(sandbox.root);
  server.date = new Date();
});
afterEach(async () => {
  await server.stop();
  sandbox.remove();
});

test('sixteen processes on one branch over HTTP: all transactions land, none is lost, nobody starves', {
  timeout: 900_000,
}, async () => {
  const bare = sandbox.makeBare('origin.git');
  const repository = sandbox.makeRepository('project');
  sandbox.git(repository, 'remote', 'add', 'origin', `${server.url}/origin.git`);
  const program = process.env['BRANCHLINE_TEST_CONTEND']!;
  const go = join(sandbox.root, 'go');
  const writers = Array.from({ length: PROCESSES }, (_, i) => `w${i}`);
  const started = writers.map((writer) =>
    startNode([program], {
      cwd: repository,
      env: {
        ...sandbox.env,
        CONTEND_WRITER: writer,
        CONTEND_COUNT: String(TRANSACTIONS),
        CONTEND_GO: go,
        CONTEND_FOLDER: join(sandbox.root, 'private', writer),
      },
    }),
  );
  await Promise.all(started.map(({ child }) => new Promise((ready) => child.stdout!.once('data', ready))));
  const startedAt = Date.now();
  writeFileSync(go, '');
  const ends = await Promise.all(started.map(({ end }) => end));
  const seconds = (Date.now() - startedAt) / 1000;
  expect(ends.map(({ code, stderr }) => [code, stderr])).toEqual(ends.map(() => [0, '']));
  const tries = ends
    .flatMap(({ stdout }) => stdout.split('\n').slice(1, -1))
    .map((line) => (JSON.parse(line) as { tries: number }).tries)
    .sort((a, b) => a - b);
  expect(tries).toHaveLength(PROCESSES * TRANSACTIONS);
  const at = (share: number): number => tries[Math.floor(share * (tries.length - 1))]!;
  process.stdout.write(
    `contention: ${tries.length} transactions in ${seconds.toFixed(0)} s; tries p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, most ${at(1)}\n`,
  );
  expect(at(1)).toBeLessThanOrEqual(TRIES_MAX);
  const paths = sandbox.git(bare, 'ls-tree', '-r', '--name-only', 'branchline/state').split('\n');
  const files = new Map(paths.map((path) => [path, `${sandbox.git(bare, 'show', `branchline/state:${path}`)}\n`]));
  const landed = eventsOf(files).map(({ id }) => id);
  expect(landed).toHaveLength(PROCESSES * TRANSACTIONS);
  expect(new Set(landed).size).toBe(PROCESSES * TRANSACTIONS);
  expect(Number(sandbox.git(bare, 'rev-list', '--count', 'branchline/state'))).toBe(PROCESSES * TRANSACTIONS);
  expect(readFileSync(join(repository, 'a.txt'), 'utf8')).toBe('one\n');
});
