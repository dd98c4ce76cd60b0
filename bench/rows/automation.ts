import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { sha256 } from '../../src/base/digest.ts';
import type { PartitionRecord } from '../../src/model/state.ts';
import { usedDigest } from '../../src/model/versions.ts';
import { encodeLeaves } from '../../src/state/partition-files.ts';
import { numbered, runOnce, writeProject } from '../fixture.ts';
import type { Command } from '../measure.ts';
import type { BenchContext, BenchRow, Contest } from '../row.ts';

const REF = 'refs/branchline/local';
const GIT_DIR = '.git/branchline/asking/state.git';
const DAY_MS = 86_400_000;

function dayAt(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** Assets that are made, and as many that read them; without a schedule these ask for what is missing, and nothing leaves the queue. */
function manifest(assets: number, start: string, schedule?: string): string {
  const isAsking = schedule === undefined;
  const cut = 'run: "true", partitions: days, backfill_policy: { single_run: true }';
  const asking = isAsking ? ', automation: on_missing' : '';
  const lines = Array.from({ length: assets }, (_, index) => numbered('', index)).flatMap((number) => [
    `  raw_${number}: { ${cut} }`,
    `  mart_${number}: { ${cut}, deps: [raw_${number}]${asking} }`,
  ]);
  return [
    'name: asking',
    ...(isAsking ? ['run_queue: { max_concurrent_runs: 0 }'] : []),
    `partitions: { days: { daily: { start: "${start}" } } }`,
    'assets:',
    ...lines,
    ...(isAsking ? [] : [`schedules: { ${schedule}: { cron: "0 0 1 1 *", selection: "key:raw_00000" } }`]),
    '',
  ].join('\n');
}

// The same bytes and nothing else: every file of the state's head that a tick reads, parsed.
const reading = `
const { execFileSync } = require('node:child_process');
const git = (args, input) => execFileSync('git', ['--git-dir=${GIT_DIR}', ...args], { maxBuffer: 1e9, input });
const files = git(['ls-tree', '-r', '${REF}']).toString().trim().split('\\n').flatMap((line) => {
  const [, blob, name] = /^\\d+ blob (\\w+)\\t(.*)$/.exec(line);
  return /^(format\\.json|snapshot\\/.*\\.json|partitions\\/.*|recent\\/.*)$/.test(name) ? [{ blob, name }] : [];
});
const all = git(['cat-file', '--batch'], files.map(({ blob }) => blob + '\\n').join(''));
let at = 0;
let parsed = 0;
for (const { name } of files) {
  const end = all.indexOf(10, at);
  const size = Number(all.subarray(at, end).toString().split(' ')[2]);
  const text = all.subarray(end + 1, end + 1 + size).toString();
  at = end + 2 + size;
  for (const one of name.endsWith('.jsonl') ? text.trim().split('\\n') : [text]) parsed += JSON.parse(one) ? 1 : 0;
}
if (parsed < 5) process.exit(1);
`;

function prepare({ scratch, node, cli, isTiny }: BenchContext): readonly Contest[] {
  const [assets, partitions, missing] = isTiny ? [2, 60, 10] : [20, 10_000, 1000];
  const folder = path.join(scratch, 'asking');
  const today = Date.now();
  const keys = Array.from({ length: partitions }, (_, place) => dayAt(today - (partitions - place) * DAY_MS));
  writeProject(folder, { 'branchline.yaml': manifest(assets, keys[0]!, 'first'), 'read.cjs': reading });
  const command = (...args: readonly string[]): Command => ({ program: node, args: [cli, ...args], cwd: folder });
  const tick = (days: number, minutes: number): string[] => {
    const now = `${dayAt(today + days * DAY_MS)}T12:${String(minutes).padStart(2, '0')}:00Z`;
    return ['tick', '--now', now, '--wait', '0', '--json'];
  };
  runOnce(command('run', '--select', '*', '--partitions', keys[0]!));
  // A day later what is known of partitions stands in files of its own; there all the others are put beside it. A schedule
  // that is new is something to record, so that the tick that is measured is not the first commit of its day.
  for (const [days, schedule] of [
    [1, 'first'],
    [2, 'second'],
  ] as const) {
    writeFileSync(path.join(folder, 'branchline.yaml'), manifest(assets, keys[0]!, schedule));
    runOnce(command(...tick(days, 0)));
  }
  const head = writePartitions(folder, assets, keys, missing);
  writeFileSync(path.join(folder, 'branchline.yaml'), manifest(assets, keys[0]!));
  const before = (): void => void git(folder, 'update-ref', REF, head);
  const asking = tick(2, 5);
  const range = `${keys[partitions - missing]}...${keys[partitions - 1]}`;
  return [
    {
      kind: 'pair',
      label: `${assets} assets, ${missing} of ${partitions} partitions each`,
      ours: { ...command(...asking), before },
      peer: { program: node, args: ['read.cjs'], cwd: folder, before },
      verify() {
        before();
        const said = execFileSync(node, [cli, ...asking], { cwd: folder, encoding: 'utf8', maxBuffer: 1e9 });
        const { asked } = (JSON.parse(said) as { automation: Asked }).automation;
        const targets = asked.filter((run) => run.partitions === range).flatMap((run) => run.assets);
        if (new Set(targets).size !== assets) throw new Error(`${targets.length} of ${assets} assets ask for ${range}`);
      },
    },
  ];
}

/** Puts leaves on the state in which all keys of what is read are made, and of what reads it all but the newest. */
function writePartitions(folder: string, assets: number, keys: readonly string[], missing: number): string {
  const names = Array.from({ length: assets }, (_, index) => numbered('', index));
  const made = names.flatMap((number) => [
    { asset: `raw_${number}`, deps: [], own: keys },
    { asset: `mart_${number}`, deps: [`raw_${number}`], own: keys.slice(0, keys.length - missing) },
  ]);
  const head = git(folder, 'rev-parse', REF);
  const old = git(folder, 'ls-tree', '-r', '--name-only', head, 'partitions/');
  const files = made.flatMap(({ asset, deps, own }) => [
    ...encodeLeaves(asset, [], new Map(), new Map(own.map((key, place) => [key, recordOf(asset, deps, key, place)]))),
  ]);
  const input = [
    `commit ${REF}\ncommitter bench <bench@example.invalid> ${git(folder, 'log', '-1', '--format=%ct', head)} +0000\ndata 4\nall\n\nfrom ${head}\n`,
    ...old.split('\n').map((name) => `D ${name}\n`),
    ...files.map(([name, text]) => `M 100644 inline ${name}\ndata ${Buffer.byteLength(text)}\n${text}\n`),
    'done\n',
  ];
  execFileSync('git', [`--git-dir=${GIT_DIR}`, 'fast-import', '--quiet', '--done', '--force'], {
    cwd: folder,
    input: input.join(''),
  });
  return git(folder, 'rev-parse', REF);
}

function recordOf(asset: string, deps: readonly string[], key: string, place: number): PartitionRecord {
  return {
    materialized: {
      run: `run-${Math.floor(place / 31)}`,
      at: `${key}T23:59:59.000Z`,
      codeVersion: 'c1',
      dataVersion: versionOf(asset, key),
      used: usedDigest(Object.fromEntries(deps.map((dep) => [dep, versionOf(dep, key)]))),
      turn: [place + 1, 1],
    },
  };
}

function versionOf(asset: string, key: string): string {
  return sha256(`${asset} ${key}`).slice(0, 12);
}

function git(folder: string, ...args: readonly string[]): string {
  const options = { cwd: folder, encoding: 'utf8', maxBuffer: 1e9 } as const;
  return execFileSync('git', [`--git-dir=${GIT_DIR}`, ...args], options).trim();
}

interface Asked {
  readonly asked: readonly { readonly assets: readonly string[]; readonly partitions?: string }[];
}

export const automation: BenchRow = {
  name: 'automation',
  question:
    'a tick in which assets ask for the partitions that are missing, each of another one whose partitions are there',
  against: 'reading and parsing the same files of the state',
  goal: { cpu: 3 },
  prepare,
};
