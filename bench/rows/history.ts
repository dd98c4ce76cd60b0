import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { growingHistory, growthProject, importHistory, readingOn } from '../../src/testing/growth.ts';
import { forget, runOnce, writeProject } from '../fixture.ts';
import type { Command } from '../measure.ts';
import type { BenchContext, BenchRow, Contest } from '../row.ts';

const REF = 'refs/heads/branchline/state';
const PER_DAY = 288;
/**
 * A segment is sealed every 16 ticks, and a fold comes after two or three of them, at its own minutes of each day: how
 * many a tick finds that no fold holds yet is chance. So three ticks are looked at, each one segment after the other.
 */
const SEGMENTS_APART = [32, 16, 0];

interface Life {
  /** A bare repository. */
  readonly gitDir: string;
  /** The heads after the ticks that were asked for, in that order. */
  readonly heads: readonly string[];
  readonly bytesPerCommit: number;
  /** Of files that a tick reads, in words. */
  readonly growth: string;
}

/** A bare repository whose state has lived through so many wake-ups, one every five minutes. */
async function live(gitDir: string, assets: number, ticks: readonly number[]): Promise<Life> {
  execFileSync('git', ['init', '--quiet', '--bare', gitDir]);
  execFileSync('git', ['config', 'uploadpack.allowFilter', 'true'], { cwd: gitDir });
  const last = Math.max(...ticks);
  const hasPages = (tick: number): boolean => ticks.some((asked) => tick <= asked && tick > asked - 3);
  const history = growingHistory({ assets, ticks: last, perTick: 5, ticksPerDay: PER_DAY, hasPages });
  // At the same time of the day: what a day fills is as full.
  const marks = [2 * PER_DAY, last].map((tick) => tick - (tick % PER_DAY) - PER_DAY / 2);
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
  const heads = ticks.map((tick) => commits.findLast((commit) => commit.tick === tick)!.id);
  return { gitDir, heads, bytesPerCommit: Math.round(bytes / commits.length), growth };
}

/** One wake-up that is due, on a machine that has never read this state. */
interface Tick {
  readonly remote: string;
  readonly head: string;
  readonly folder: string;
  readonly now: string;
}

/** A server over HTTP for one repository, whose clock says `now`; it ends with the row. */
async function serve({ node, afterwards }: BenchContext, remote: string, now: string): Promise<string> {
  const script = path.join(import.meta.dirname, '..', 'git-server.ts');
  const child: ChildProcess = spawn(node, [script, path.dirname(remote), now], { stdio: ['pipe', 'pipe', 'inherit'] });
  afterwards(() => child.kill());
  const [said] = (await once(child.stdout!, 'data')) as [Buffer];
  return `${said.toString().trim()}/${path.basename(remote)}`;
}

async function prepareTick(
  context: BenchContext,
  assets: number,
  life: Life,
  at: { readonly name: string; readonly head: string },
): Promise<Tick> {
  const { head, name } = at;
  const remote = path.join(context.scratch, 'served', `${name}.git`);
  cpSync(life.gitDir, remote, { recursive: true });
  const committed = execFileSync('git', ['log', '-1', '--format=%ct', head], { cwd: remote, encoding: 'utf8' });
  const now = new Date((Number(committed) + 300) * 1000).toISOString();
  const keys = Object.keys(growthProject(assets).assets);
  const five = keys.slice(0, 5).map((key) => `key:${key}`);
  const manifest = [
    'name: growth',
    'assets:',
    ...keys.map((key) => `  ${key}: { run: ":" }`),
    'schedules:',
    `  often: { cron: "*/5 * * * *", selection: "${five.join(' or ')}", catchup: latest }`,
    '',
  ].join('\n');
  const folder = path.join(context.scratch, name);
  writeProject(folder, { 'branchline.yaml': manifest });
  execFileSync('git', ['remote', 'add', 'origin', await serve(context, remote, now)], { cwd: folder });
  return { remote, head, folder, now };
}

/** These ticks, one after the other, as one command. */
function commandOf({ node, cli, scratch }: BenchContext, ticks: readonly Tick[]): Command {
  const script =
    'while [ $# -gt 0 ]; do cd "$1"; "$NODE" "$CLI" tick --environment production --yes --now "$2"; shift 2; done';
  const places = ticks.flatMap(({ folder, now }) => [folder, now]);
  return {
    program: 'env',
    args: [`NODE=${node}`, `CLI=${cli}`, 'bash', '-ec', script, 'ticks', ...places],
    cwd: scratch,
    before: () => {
      for (const { remote, head, folder } of ticks) {
        execFileSync('git', ['update-ref', REF, head], { cwd: remote });
        forget(folder);
      }
    },
  };
}

/** What these ticks bring from the remote: the packs in their private repositories. What a tick commits is loose there. */
function fetchedBytes(command: Command, ticks: readonly Tick[]): number {
  command.before?.();
  runOnce(command);
  let bytes = 0;
  for (const { folder } of ticks) {
    const packs = path.join(folder, '.git', 'branchline', 'growth', 'state.git', 'objects', 'pack');
    const names = readdirSync(packs).filter((name) => name.endsWith('.pack'));
    bytes += names.reduce((sum, name) => sum + statSync(path.join(packs, name)).size, 0);
  }
  return bytes;
}

function mustHaveMoved(ticks: readonly Tick[]): void {
  for (const { remote, head } of ticks) {
    const now = execFileSync('git', ['rev-parse', REF], { cwd: remote, encoding: 'utf8' }).trim();
    if (now === head) throw new Error('nothing was pushed');
  }
}

async function prepare(context: BenchContext): Promise<readonly Contest[]> {
  const { scratch, isTiny } = context;
  const assets = isTiny ? 20 : 200;
  const lifeOf = (name: string, ticks: readonly number[]): Promise<Life> =>
    live(path.join(scratch, `${name}.git`), assets, ticks);
  const ticksOf = async (name: string, life: Life): Promise<readonly Tick[]> => {
    const ticks: Tick[] = [];
    for (const [i, head] of life.heads.entries())
      ticks.push(await prepareTick(context, assets, life, { name: `${name}-${i}`, head }));
    return ticks;
  };
  const last = isTiny ? 40 : 10_000;
  const threeUpTo = (tick: number): readonly number[] => SEGMENTS_APART.map((apart) => tick - apart);
  const old = await lifeOf('old', threeUpTo(last));
  const ours = await ticksOf('old', old);
  const against = async (name: string, words: string, at: readonly number[]): Promise<Contest> => {
    const peers = await ticksOf(name, await lifeOf(name, at));
    // As many of ours as of theirs.
    const own = ours.slice(-peers.length);
    const [command, peer] = [commandOf(context, own), commandOf(context, peers)];
    const [fetched, before] = [fetchedBytes(command, own), fetchedBytes(peer, peers)];
    const label = `${words}; ${fetched} bytes fetched, ${(fetched / before).toFixed(2)} × of ${before}; ${old.bytesPerCommit} bytes a commit, packed${old.growth}`;
    return { kind: 'pair', label, ours: command, peer, verify: () => mustHaveMoved(own) };
  };
  // At the time of the day at which `ours` is.
  const secondDay = isTiny ? 35 : PER_DAY + (last % PER_DAY);
  // The report shows seven days: from then on they are all there.
  const ninthDay = isTiny ? 36 : secondDay + 7 * PER_DAY;
  return [
    await against('second-day', 'three ticks, against the second day', threeUpTo(secondDay)),
    await against('ninth-day', 'the same, against the ninth day', threeUpTo(ninthDay)),
    await against('young', 'one tick, against ten commits', [5]),
  ];
}

export const stateHistory: BenchRow = {
  name: 'history',
  question: 'whole ticks that make 5 of 200 assets and push over HTTP, after 20,000 state commits',
  against:
    'itself on the second day, when every asset has been made, and on the ninth, when the days that the report shows are full, at the same time of the day; and after 10 commits',
  goal: { cpu: 1.1 },
  prepare,
};
