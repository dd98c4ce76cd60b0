import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inputVariables, readActionManifest } from '../../src/testing/github/action-manifest.ts';
import { scheduleEvent } from '../../src/testing/github/events.ts';
import { runnerVariables } from '../../src/testing/github/runner-environment.ts';
import { numbered, runOnce, writeProject } from '../fixture.ts';
import type { Command } from '../measure.ts';
import type { BenchContext, BenchRow, Contest } from '../row.ts';

const ROOT = path.resolve(import.meta.dirname, '..', '..');
const STATE = 'refs/heads/branchline/state';
const COMMAND_FILES = ['ENV', 'PATH', 'OUTPUT', 'STATE', 'STEP_SUMMARY'];

/** So short a command is measured several times within one sample. */
const repeat = 5;

/** A wake-up between two ticks: the state is there, its schedule has its last judged, and nothing waits. */
function prepareAction({ scratch, node, cli, isTiny }: BenchContext): readonly Contest[] {
  const remote = path.join(scratch, 'remote.git');
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', remote]);
  execFileSync('git', ['config', 'uploadpack.allowFilter', 'true'], { cwd: remote });
  const workspace = path.join(scratch, 'workspace');
  const assets = Array.from({ length: 10 }, (_, index) => {
    const deps = index > 0 ? `, deps: [${numbered('asset_', index - 1)}]` : '';
    return `  ${numbered('asset_', index)}: { run: ":"${deps} }\n`;
  });
  // Half a day away: not while this is measured.
  const hour = (new Date().getUTCHours() + 12) % 24;
  const schedules = `schedules:\n  daily: { cron: "0 ${hour} * * *", selection: "*" }\n`;
  writeProject(workspace, { 'branchline.yaml': `name: bench\nassets:\n${assets.join('')}${schedules}` });
  execFileSync('git', ['remote', 'add', 'origin', remote], { cwd: workspace });
  execFileSync('git', ['push', '--quiet', 'origin', 'main'], { cwd: workspace });
  const sha = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: workspace, encoding: 'utf8' }).trim();
  const machine = path.join(scratch, 'machine');
  const temp = path.join(machine, 'temp');
  mkdirSync(temp, { recursive: true });
  const env = runnerVariables({
    event: scheduleEvent({ sha }),
    run: 7,
    attempt: 1,
    job: 'run',
    repository: 'acme/bench',
    serverUrl: 'https://github.example',
    apiUrl: 'http://127.0.0.1:1',
    token: '',
    workspace,
    temp,
  });
  const { variables } = inputVariables(readActionManifest(ROOT), {}, '');
  const files = Object.fromEntries(COMMAND_FILES.map((name) => [`GITHUB_${name}`, path.join(machine, name)]));
  // A new machine each time.
  const before = (): void => {
    rmSync(temp, { recursive: true, force: true });
    mkdirSync(path.join(temp, '_github_workflow'), { recursive: true });
    writeFileSync(path.join(temp, '_github_workflow', 'event.json'), JSON.stringify(scheduleEvent({ sha }).payload));
    for (const file of Object.values(files)) writeFileSync(file, '');
  };
  const started = (args: readonly string[], more: Readonly<Record<string, string>> = {}): Command => {
    const assignments = Object.entries({ ...env, ...variables, ...files, ...more });
    return {
      program: 'env',
      args: ['-i', ...assignments.map(([name, value]) => `${name}=${value ?? ''}`), node, ...args],
      cwd: workspace,
      repeat: isTiny ? 1 : repeat,
    };
  };
  const main = path.join(path.dirname(cli), 'main.js');
  const ours = { ...started([main]), before };
  before();
  // The first wake-up takes the schedule up.
  runOnce(ours);
  const head = headOf(remote);
  if (head === undefined) throw new Error('the first wake-up recorded nothing');
  const peer = started(['-e', '0']);
  // What somebody else rings with looks at everything.
  const rung = { ...started([main], { GITHUB_EVENT_NAME: 'repository_dispatch' }), before };
  return [
    { kind: 'pair', label: '', ours, peer, verify: () => mustHaveSaid(remote, head, files, true) },
    {
      kind: 'pair',
      label: 'the same where the whole state is read',
      ours: rung,
      peer,
      verify: () => mustHaveSaid(remote, head, files, false),
    },
  ];
}

function headOf(remote: string): string | undefined {
  const ref = path.join(remote, STATE);
  return existsSync(ref) ? readFileSync(ref, 'utf8').trim() : undefined;
}

/** It did what it is timed for: found nothing due, by the newest commit or by all of the state, recorded nothing, and said so. */
function mustHaveSaid(
  remote: string,
  head: string,
  files: Readonly<Record<string, string>>,
  isByCommit: boolean,
): void {
  if (headOf(remote) !== head) throw new Error('something was recorded');
  const outputs = readFileSync(files['GITHUB_OUTPUT']!, 'utf8');
  if (!/^status<<.*\nnothing$/m.test(outputs)) throw new Error(`this is not a wake-up with nothing due:\n${outputs}`);
  const summary = readFileSync(files['GITHUB_STEP_SUMMARY']!, 'utf8');
  if (summary.includes('Nothing is due before') !== isByCommit) throw new Error(`this looked elsewhere:\n${summary}`);
}

export const action: BenchRow = {
  name: 'action',
  question: "the Action's own start: `dist/main.js` on a schedule event, 10 assets, nothing due",
  against: '`node -e 0`',
  goal: { cpu: 4 },
  prepare: prepareAction,
};
