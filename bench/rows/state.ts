import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { rolldown } from 'rolldown';
import { encodeEvent } from '../../src/state/codec.ts';
import { growingHistory, growthProject, importHistory, readingOn } from '../../src/testing/growth.ts';
import { runEvents } from '../../src/testing/state-story.ts';
import { forget, runOnce, writeProject } from '../fixture.ts';
import type { Command } from '../measure.ts';
import type { BenchContext, BenchRow, Contest } from '../row.ts';

const REF = 'refs/heads/branchline/state';
const PER_DAY = 288;
const FIVE = Object.keys(growthProject(5).assets);

/** A bare repository whose state has lived through so many wake-ups, one every five minutes. */
async function makeRemote(
  gitDir: string,
  assets: number,
  ticks: number,
): Promise<{ readonly head: string; readonly bytesPerCommit: number; readonly growth: string }> {
  execFileSync('git', ['init', '--quiet', '--bare', gitDir]);
  execFileSync('git', ['config', 'uploadpack.allowFilter', 'true'], { cwd: gitDir });
  const hasPages = (tick: number): boolean => tick > ticks - 3;
  const history = growingHistory({ assets, ticks, perTick: 5, ticksPerDay: PER_DAY, hasPages });
  // At the same time of the day: what a day fills is as full.
  const marks = [2 * PER_DAY, ticks].map((tick) => tick - (tick % PER_DAY) - PER_DAY / 2);
  const read = new Map<number, number>();
  const commits = await importHistory(gitDir, REF, readingOn(history, new Set(marks), read));
  const [early, late] = marks.map((tick) => read.get(tick));
  const growth =
    early === undefined || late === undefined || marks[0] === marks[1]
      ? ''
      : `; of files a tick reads ${late} bytes in the last whole day, ${(late / early).toFixed(2)} × of the second one`;
  execFileSync('git', ['update-ref', 'refs/branchline/witness', commits[0]!.id], { cwd: gitDir });
  // As a server keeps it: what is pushed is whole, and the deltas are those that it finds.
  execFileSync('git', ['repack', '-adfq'], { cwd: gitDir });
  const packs = path.join(gitDir, 'objects', 'pack');
  const bytes = readdirSync(packs).reduce((sum, name) => sum + statSync(path.join(packs, name)).size, 0);
  return { head: commits.at(-1)!.id, bytesPerCommit: Math.round(bytes / commits.length), growth };
}

function moveBack(gitDir: string, head: string): void {
  execFileSync('git', ['update-ref', REF, head], { cwd: gitDir });
}

// The plumbing of one transaction and nothing else: read the head and its newest files, write one more, push it.
const plumbing = `
set -e
git init --quiet --bare private
cd private
git config remote.origin.url "$1"
git config remote.origin.promisor true
git config remote.origin.partialclonefilter blob:none
git fetch --quiet --depth=1 --filter=blob:none --no-tags origin +${REF}:refs/remote/state
head=$(git rev-parse refs/remote/state)
git ls-tree -r "$head" > tree
grep -E $'\\t(format.json|snapshot/|recent/)' tree | cut -f1 | cut -d' ' -f3 > wanted
git -c fetch.negotiationAlgorithm=noop fetch --quiet --no-tags --stdin origin < wanted
git cat-file --batch < wanted > texts
{ printf 'commit refs/pending\\ncommitter a <a@example.org> 1800000000 +0000\\ndata 4\\none\\n\\nfrom %s\\n' "$head"
  printf 'M 100644 inline recent/9999999999-w-1.jsonl\\ndata %d\\n' "$(wc -c < ../events)"
  cat ../events
  printf '\\n'
  printf 'done\\n'; } | git fast-import --quiet --done
git push --quiet --force-with-lease=${REF}:"$head" origin refs/pending:${REF}
`;

async function prepareCommit({ scratch, node, isTiny }: BenchContext): Promise<readonly Contest[]> {
  const remote = path.join(scratch, 'remote.git');
  const { head } = await makeRemote(remote, isTiny ? 20 : 10_000, 3);
  const folder = path.join(scratch, 'project');
  const at = committedAt(remote, head) + 300;
  const story = { run: 'r', at: at * 1000, assets: FIVE.map((asset) => ({ asset, outcome: 'success' as const })) };
  // The peer writes what the run of five assets comes to, and a line for its commit.
  const events = ['x'.repeat(100), ...runEvents(story).map(encodeEvent), ''].join('\n');
  writeProject(folder, { 'a.txt': 'one\n', 'plumbing.sh': plumbing, events });
  execFileSync('git', ['remote', 'add', 'origin', remote], { cwd: folder });
  const bundle = await rolldown({
    input: 'bench/record-run.ts',
    platform: 'node',
    external: [/^node:/],
    cwd: path.resolve(import.meta.dirname, '../..'),
  });
  await bundle.write({ dir: path.join(scratch, 'program'), format: 'esm' });
  await bundle.close();
  const before = (): void => {
    moveBack(remote, head);
    rmSync(path.join(folder, 'private'), { recursive: true, force: true });
    rmSync(path.join(scratch, 'kept'), { recursive: true, force: true });
  };
  const env = [`RECORD_AT=${new Date(at * 1000).toISOString()}`, `RECORD_FOLDER=${path.join(scratch, 'kept')}`];
  const program = path.join(scratch, 'program', 'record-run.js');
  const ours = { program: 'env', args: [...env, node, program, ...FIVE], cwd: folder, before };
  return [
    {
      kind: 'pair',
      label: '',
      ours,
      peer: { program: 'bash', args: ['plumbing.sh', remote], cwd: folder, before },
      verify: () => mustHaveMoved(remote, head),
    },
  ];
}

/** Seconds. */
function committedAt(gitDir: string, commit: string): number {
  return Number(execFileSync('git', ['log', '-1', '--format=%ct', commit], { cwd: gitDir, encoding: 'utf8' }));
}

function mustHaveMoved(remote: string, head: string): void {
  const now = execFileSync('git', ['rev-parse', REF], { cwd: remote, encoding: 'utf8' }).trim();
  if (now === head) throw new Error('nothing was pushed');
}

/** What a tick brings from the remote: the packs in its private repository. What it commits itself is loose there. */
function fetchedBytes(tick: Command): number {
  tick.before?.();
  runOnce(tick);
  const packs = path.join(tick.cwd, '.git', 'branchline', 'growth', 'state.git', 'objects', 'pack');
  const names = readdirSync(packs).filter((name) => name.endsWith('.pack'));
  return names.reduce((sum, name) => sum + statSync(path.join(packs, name)).size, 0);
}

async function prepareHistory({ scratch, node, cli, isTiny }: BenchContext): Promise<readonly Contest[]> {
  const assets = isTiny ? 20 : 200;
  const keys = Object.keys(growthProject(assets).assets);
  const manifest = [
    'name: growth',
    'assets:',
    ...keys.map((key) => `  ${key}: { run: ":" }`),
    'schedules:',
    `  often: { cron: "*/5 * * * *", selection: "${keys
      .slice(0, 5)
      .map((key) => `key:${key}`)
      .join(' or ')}", catchup: latest }`,
    '',
  ].join('\n');
  const tickOf = async (
    name: string,
    ticks: number,
  ): Promise<
    Command & {
      readonly remote: string;
      readonly head: string;
      readonly bytesPerCommit: number;
      readonly growth: string;
    }
  > => {
    const remote = path.join(scratch, `${name}.git`);
    const { head, bytesPerCommit, growth } = await makeRemote(remote, assets, ticks);
    const folder = path.join(scratch, name);
    mkdirSync(folder, { recursive: true });
    writeProject(folder, { 'branchline.yaml': manifest });
    execFileSync('git', ['remote', 'add', 'origin', remote], { cwd: folder });
    const before = (): void => {
      moveBack(remote, head);
      forget(folder);
    };
    // No server tells the time of a path, and a clock months ahead of the head judges nothing by itself.
    const now = new Date((committedAt(remote, head) + 300) * 1000).toISOString();
    return {
      program: node,
      args: [cli, 'tick', '--environment', 'production', '--yes', '--now', now],
      cwd: folder,
      before,
      remote,
      bytesPerCommit,
      growth,
      head,
    };
  };
  const ours = await tickOf('old', isTiny ? 40 : 10_000);
  const fetched = fetchedBytes(ours);
  const against = async (name: string, ticks: number, words: string): Promise<Contest> => {
    const peer = await tickOf(name, ticks);
    const before = fetchedBytes(peer);
    const label = `${words}; ${fetched} bytes fetched, ${(fetched / before).toFixed(2)} × of ${before}; ${ours.bytesPerCommit} bytes a commit, packed${ours.growth}`;
    return { kind: 'pair', label, ours, peer, verify: () => mustHaveMoved(ours.remote, ours.head) };
  };
  // At the time of the day at which `ours` is.
  const secondDay = PER_DAY + (10_000 % PER_DAY);
  return [
    await against('second-day', isTiny ? 10 : secondDay, 'against the second day'),
    await against('young', 5, 'against ten commits'),
  ];
}

export const stateCommit: BenchRow = {
  name: 'commit',
  question:
    'the end of a run of 5 assets, recorded on the state of 10,000: read, decide, commit, push, by one process from nothing',
  against: 'a shell script of git plumbing doing the same, without reading what it fetched',
  goal: { cpu: 1.3 },
  prepare: prepareCommit,
};

export const stateHistory: BenchRow = {
  name: 'history',
  question: 'a whole tick that makes 5 of 200 assets and pushes, after 20,000 state commits',
  against:
    'itself on the second day, when every asset has been made, at the same time of the day; and after 10 commits',
  goal: { cpu: 1.1 },
  prepare: prepareHistory,
};
