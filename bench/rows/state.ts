import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { rolldown } from 'rolldown';
import { growingHistory, growthProject, importHistory } from '../../src/testing/growth.ts';
import { forget, writeProject } from '../fixture.ts';
import type { Command } from '../measure.ts';
import type { BenchContext, BenchRow, Contest } from '../row.ts';

const REF = 'refs/heads/branchline/state';

/** A bare repository whose state has lived through so many wake-ups, one every five minutes. */
async function makeRemote(
  gitDir: string,
  assets: number,
  ticks: number,
): Promise<{ readonly head: string; readonly bytesPerCommit: number }> {
  execFileSync('git', ['init', '--quiet', '--bare', gitDir]);
  execFileSync('git', ['config', 'uploadpack.allowFilter', 'true'], { cwd: gitDir });
  const hasPages = (tick: number): boolean => tick > ticks - 3;
  const commits = await importHistory(
    gitDir,
    REF,
    growingHistory({ assets, ticks, perTick: 5, ticksPerDay: 288, hasPages }),
  );
  execFileSync('git', ['update-ref', 'refs/branchline/witness', commits[0]!.id], { cwd: gitDir });
  // As a server keeps it.
  execFileSync('git', ['repack', '-adq'], { cwd: gitDir });
  const packs = path.join(gitDir, 'objects', 'pack');
  const bytes = readdirSync(packs).reduce((sum, name) => sum + statSync(path.join(packs, name)).size, 0);
  return { head: commits.at(-1)!.id, bytesPerCommit: Math.round(bytes / commits.length) };
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
grep -E $'\\t(format.json|snapshot/|recent/|runs/recent/)' tree | cut -f1 | cut -d' ' -f3 > wanted
git -c fetch.negotiationAlgorithm=noop fetch --quiet --no-tags --stdin origin < wanted
git cat-file --batch < wanted > texts
{ printf 'commit refs/pending\\ncommitter a <a@example.org> 1800000000 +0000\\ndata 4\\none\\n\\nfrom %s\\n' "$head"
  printf 'M 100644 inline recent/9999999999-w-1.jsonl\\ndata 300\\n%300s\\n' x
  printf 'done\\n'; } | git fast-import --quiet --done
git push --quiet --force-with-lease=${REF}:"$head" origin refs/pending:${REF}
`;

async function prepareCommit({ scratch, node, isTiny }: BenchContext): Promise<readonly Contest[]> {
  const remote = path.join(scratch, 'remote.git');
  const { head } = await makeRemote(remote, isTiny ? 20 : 10_000, 3);
  const folder = path.join(scratch, 'project');
  writeProject(folder, { 'a.txt': 'one\n', 'plumbing.sh': plumbing });
  execFileSync('git', ['remote', 'add', 'origin', remote], { cwd: folder });
  const bundle = await rolldown({
    input: 'src/testing/contend-run.ts',
    platform: 'node',
    external: [/^node:/],
    cwd: path.resolve(import.meta.dirname, '../..'),
  });
  await bundle.write({ dir: path.join(scratch, 'program'), format: 'esm' });
  await bundle.close();
  const go = path.join(scratch, 'go');
  writeFileSync(go, '');
  const before = (): void => {
    moveBack(remote, head);
    rmSync(path.join(folder, 'private'), { recursive: true, force: true });
    rmSync(path.join(scratch, 'kept'), { recursive: true, force: true });
  };
  const env = {
    CONTEND_WRITER: 'w',
    CONTEND_COUNT: '1',
    CONTEND_GO: go,
    CONTEND_FOLDER: path.join(scratch, 'kept'),
    CONTEND_PROJECT: 'growth',
  };
  const assignments = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return [
    {
      kind: 'pair',
      label: '',
      ours: {
        program: 'env',
        args: [...assignments, node, path.join(scratch, 'program', 'contend-run.js')],
        cwd: folder,
        before,
      },
      peer: { program: 'bash', args: ['plumbing.sh', remote], cwd: folder, before },
      verify: () => mustHaveMoved(remote, head),
    },
  ];
}

function mustHaveMoved(remote: string, head: string): void {
  const now = execFileSync('git', ['rev-parse', REF], { cwd: remote, encoding: 'utf8' }).trim();
  if (now === head) throw new Error('nothing was pushed');
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
  ): Promise<Command & { readonly remote: string; readonly head: string; readonly bytesPerCommit: number }> => {
    const remote = path.join(scratch, `${name}.git`);
    const { head, bytesPerCommit } = await makeRemote(remote, assets, ticks);
    const folder = path.join(scratch, name);
    mkdirSync(folder, { recursive: true });
    writeProject(folder, { 'branchline.yaml': manifest });
    execFileSync('git', ['remote', 'add', 'origin', remote], { cwd: folder });
    const before = (): void => {
      moveBack(remote, head);
      forget(folder);
    };
    // No server tells the time of a path, and a clock months ahead of the head judges nothing by itself.
    const headAt = Number(execFileSync('git', ['log', '-1', '--format=%ct', head], { cwd: remote, encoding: 'utf8' }));
    const now = new Date((headAt + 300) * 1000).toISOString();
    return {
      program: node,
      args: [cli, 'tick', '--environment', 'production', '--yes', '--now', now],
      cwd: folder,
      before,
      remote,
      bytesPerCommit,
      head,
    };
  };
  const peer = await tickOf('young', 5);
  const ours = await tickOf('old', isTiny ? 40 : 10_000);
  const label = `${ours.bytesPerCommit} bytes a commit, packed`;
  return [{ kind: 'pair', label, ours, peer, verify: () => mustHaveMoved(ours.remote, ours.head) }];
}

export const stateCommit: BenchRow = {
  name: 'commit',
  question: 'one transaction on the state of 10,000 assets: read, decide, commit, push, by one process from nothing',
  against: 'a shell script of git plumbing doing the same, without reading what it fetched',
  goal: { cpu: 1.3 },
  prepare: prepareCommit,
};

export const stateHistory: BenchRow = {
  name: 'history',
  question: 'a whole tick that makes 5 of 200 assets and pushes, after 20,000 state commits',
  against: 'itself after 10',
  goal: { cpu: 1.1 },
  prepare: prepareHistory,
};
