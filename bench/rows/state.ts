import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { type Plugin, rolldown } from 'rolldown';
import { encodeEvent } from '../../src/state/codec.ts';
import { growingHistory, growthProject, importHistory } from '../../src/testing/growth.ts';
import { runEvents } from '../../src/testing/state-story.ts';
import { writeProject } from '../fixture.ts';
import type { BenchContext, BenchRow, Contest } from '../row.ts';

const REF = 'refs/heads/branchline/state';
const PER_DAY = 288;
const FIVE = Object.keys(growthProject(5).assets);

/** A bare repository whose state has lived through so many wake-ups, one every five minutes; gives its head. */
async function makeRemote(gitDir: string, assets: number, ticks: number): Promise<string> {
  execFileSync('git', ['init', '--quiet', '--bare', gitDir]);
  execFileSync('git', ['config', 'uploadpack.allowFilter', 'true'], { cwd: gitDir });
  const history = growingHistory({ assets, ticks, perTick: 5, ticksPerDay: PER_DAY });
  const commits = await importHistory(gitDir, REF, history);
  execFileSync('git', ['update-ref', 'refs/branchline/witness', commits[0]!.id], { cwd: gitDir });
  // As a server keeps it: what is pushed is whole, and the deltas are those that it finds.
  execFileSync('git', ['repack', '-adfq'], { cwd: gitDir });
  return commits.at(-1)!.id;
}

function moveBack(gitDir: string, head: string): void {
  execFileSync('git', ['update-ref', REF, head], { cwd: gitDir });
}

// The plumbing of one transaction and nothing else: read the head and the files that ours reads, write one more, push it.
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
grep -E $'\\t(format.json|snapshot/|recent/|rollups/day/|runs/)' tree | cut -f1 | cut -d' ' -f3 > wanted
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
  const head = await makeRemote(remote, isTiny ? 20 : 10_000, 3);
  const folder = path.join(scratch, 'project');
  const at = committedAt(remote, head) + 300;
  const story = { run: 'r', at: at * 1000, assets: FIVE.map((asset) => ({ asset, outcome: 'success' as const })) };
  // The peer writes what the run of five assets comes to, and a line for its commit.
  const events = ['x'.repeat(100), ...runEvents(story).map(encodeEvent), ''].join('\n');
  writeProject(folder, { 'a.txt': 'one\n', 'plumbing.sh': plumbing, events });
  execFileSync('git', ['remote', 'add', 'origin', remote], { cwd: folder });
  // As scripts/build.mjs makes the files of dist.
  const asking = new URL('../../scripts/builtin-modules.mjs', import.meta.url).href;
  const { askedBuiltins } = (await import(asking)) as { readonly askedBuiltins: Plugin };
  const bundle = await rolldown({
    input: 'bench/record-run.ts',
    platform: 'node',
    plugins: [askedBuiltins],
    transform: { target: 'node20' },
    cwd: path.resolve(import.meta.dirname, '../..'),
  });
  await bundle.write({ dir: path.join(scratch, 'program'), format: 'esm', minify: true });
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

export const stateCommit: BenchRow = {
  name: 'commit',
  question:
    'the end of a run of 5 assets, recorded on the state of 10,000: read, decide, commit, push, by one process from nothing',
  against: 'a shell script of git plumbing doing the same, without reading what it fetched',
  goal: { cpu: 1.3 },
  prepare: prepareCommit,
};
