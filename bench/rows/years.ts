import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { openStateStore } from '../../src/adapters/git-state-store.ts';
import { leaveTree } from '../../src/app/older-days.ts';
import { growingHistory, growthProject, importHistory } from '../../src/testing/growth.ts';
import { forget, writeProject } from '../fixture.ts';
import type { Command } from '../measure.ts';
import type { BenchContext, BenchRow, Contest } from '../row.ts';

const REF = 'refs/heads/branchline/state';
const PER_DAY = 288;
/** Two commits a tick, sealed by 32. */
const SEGMENTS_A_DAY = 18;
const DAY_MS = 86_400_000;
/** The day on which the grown history begins. */
const START = Date.UTC(2026, 0, 1);

/**
 * Files of closed days before a history begins, one after the other with its own text: as many as these days would have
 * left, with names as long. Only the newest sums of days are ever read by a wake-up: they are those of a real day.
 */
function* closedDays(
  days: number,
  sums: ReadonlyMap<string, string>,
): Generator<readonly [path: string, text: string]> {
  const months = new Set<string>();
  for (let age = days; age >= 1; age--) {
    const day = new Date(START - age * DAY_MS).toISOString().slice(0, 10);
    const folder = day.replaceAll('-', '/');
    const part = (n: number): string => String(n).padStart(4, '0');
    // No number of a commit: whatever the snapshot holds, it holds these.
    for (let n = 1; n <= SEGMENTS_A_DAY; n++)
      yield [`events/${folder}/0000000000-0000000000.${part(n)}.jsonl`, `${day} ${n}\n`];
    for (let n = 1; n <= 2; n++) yield [`runs/${folder}/${part(n)}.jsonl`, `${day} ${n}\n`];
    for (const [name, text] of sums) {
      const own = text.replace(/"(runs|materialized)":\d+/, `"$1":${age}`);
      yield [`rollups/day/${day}${name}`, own];
      if (!months.has(day.slice(0, 7))) yield [`rollups/month/${day.slice(0, 7)}${name}`, own];
    }
    months.add(day.slice(0, 7));
  }
}

/** What a day that is closed does with all days before it: they leave the tree of the head. */
async function leave(remote: string, at: number): Promise<void> {
  const projectRoot = `${remote}-user`;
  execFileSync('git', ['init', '--quiet', projectRoot]);
  execFileSync('git', ['remote', 'add', 'origin', remote], { cwd: projectRoot });
  const place = {
    projectName: 'growth',
    branch: 'branchline/state',
    remote: 'origin',
    environment: 'production',
  } as const;
  const store = await openStateStore({ projectRoot, ...place });
  const read = store.ok ? await store.value.read() : store;
  if (!store.ok || !read.ok || read.value.commit === undefined) throw new Error('the state cannot be read');
  const listed = await store.value.list(read.value.commit, '');
  if (!listed.ok) throw new Error(listed.error.message);
  const paths = listed.value.map((entry) => entry.path);
  const change = { files: new Map<string, string | null>(), message: 'left\n', at, writer: 'bench', tx: 1 };
  const closed = new Date(at - DAY_MS).toISOString().slice(0, 10);
  const left = await leaveTree(store.value, { commit: read.value.commit, paths }, { closed, change });
  if (left === undefined) throw new Error('closed days did not leave');
  const outcome = await store.value.commit(read.value.commit, { ...change, ...left });
  if (outcome.kind !== 'landed') throw new Error(`closed days did not leave: ${outcome.kind}`);
}

interface Grown {
  readonly remote: string;
  readonly head: string;
  /** Of a pack with the head and its trees. */
  readonly treeBytes: number;
}

/** A bare repository with a state that is grown for `ticks`, and the closed days of so many before it. */
async function makeRemote(remote: string, assets: number, ticks: number, daysBefore: number): Promise<Grown> {
  const git = (args: readonly string[], input: string | Buffer = ''): Buffer =>
    execFileSync('git', args, { cwd: remote, input, maxBuffer: 1 << 30 });
  execFileSync('git', ['init', '--quiet', '--bare', remote]);
  git(['config', 'uploadpack.allowFilter', 'true']);
  const history = growingHistory({ assets, ticks, perTick: 5, ticksPerDay: PER_DAY, hasPages: (n) => n > ticks - 3 });
  const commits = await importHistory(remote, REF, history);
  git(['update-ref', 'refs/branchline/witness', commits[0]!.id]);
  if (daysBefore > 0) {
    const first = '2026-01-01';
    const listed = git(['ls-tree', '-r', '--name-only', REF, 'rollups/day/']).toString().split('\n');
    const names = listed.filter((name) => name.startsWith(`rollups/day/${first}`));
    const sums = new Map(
      names.map((name) => [name.slice(`rollups/day/${first}`.length), git(['show', `${REF}:${name}`]).toString()]),
    );
    const at = git(['log', '-1', '--format=%ct', REF]).toString().trim();
    const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;
    const files = [...closedDays(daysBefore, sums)].map(([name, text]) => `M 100644 inline ${name}\n${data(text)}`);
    const from = `from ${commits.at(-1)!.id}\n`;
    const who = `committer Ada <ada@example.org> ${at} +0000\n`;
    git(['fast-import', '--quiet'], `commit ${REF}\n${who}${data('closed days\n')}${from}${files.join('')}\n`);
    await leave(remote, Number(at) * 1000);
  }
  git(['repack', '-adfq']);
  const head = git(['rev-parse', REF]).toString().trim();
  const objects = git(['rev-list', '--objects', '--filter=blob:none', '--no-walk', head]);
  return { remote, head, treeBytes: git(['pack-objects', '--stdout', '-q'], objects).length };
}

async function prepare({ scratch, node, cli, isTiny }: BenchContext): Promise<readonly Contest[]> {
  const assets = isTiny ? 20 : 200;
  const ticks = isTiny ? PER_DAY + 2 : 2 * PER_DAY + 100;
  const daysBefore = isTiny ? 40 : 728;
  const manifest = [
    'name: growth',
    'assets:',
    ...Object.keys(growthProject(assets).assets).map((key) => `  ${key}: { run: ":" }`),
    'schedules:',
    '  often: { cron: "*/5 * * * *", selection: "*", catchup: latest }',
    '',
  ].join('\n');
  const wakeUp = async (name: string, days: number): Promise<Command & Grown> => {
    const grown = await makeRemote(path.join(scratch, `${name}.git`), assets, ticks, days);
    const folder = path.join(scratch, name);
    writeProject(folder, { 'branchline.yaml': manifest });
    execFileSync('git', ['remote', 'add', 'origin', grown.remote], { cwd: folder });
    const at = execFileSync('git', ['log', '-1', '--format=%ct', grown.head], { cwd: grown.remote, encoding: 'utf8' });
    // Between two ticks.
    const now = new Date((Number(at) + 1) * 1000).toISOString();
    return {
      ...grown,
      program: node,
      args: [cli, 'tick', '--environment', 'production', '--yes', '--now', now],
      cwd: folder,
      // A machine that has never read this state.
      before: () => forget(folder),
    };
  };
  const [ours, peer] = [await wakeUp('years', daysBefore), await wakeUp('days', 0)];
  const times = (ours.treeBytes / peer.treeBytes).toFixed(1);
  const label = `trees of the head: ${ours.treeBytes} bytes, ${times} × of ${peer.treeBytes}`;
  const verify = (): void => {
    const now = execFileSync('git', ['rev-parse', REF], { cwd: ours.remote, encoding: 'utf8' }).trim();
    if (now !== ours.head) throw new Error('something was due');
  };
  return [{ kind: 'pair', label, ours, peer, verify }];
}

export const stateYears: BenchRow = {
  name: 'years',
  question: 'a wake-up with nothing due on a new machine, after two years of 288 ticks a day',
  against: 'itself after two days',
  goal: { cpu: 1.1 },
  prepare,
};
