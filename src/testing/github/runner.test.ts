import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scheduleEvent } from './events.ts';
import { commitId } from './repository-model.ts';
import { type ActionStep, type PhaseEnd, startAction } from './runner.ts';
import type { RunnerJob } from './runner-environment.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'branchline-runner-'));
  for (const folder of ['workspace', 'temp', 'action']) mkdirSync(path.join(root, folder));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function job(changes: Partial<RunnerJob> = {}): RunnerJob {
  return {
    event: scheduleEvent({ sha: commitId(1) }),
    run: 7,
    attempt: 2,
    job: 'run',
    repository: 'acme/shop',
    serverUrl: 'http://github.localhost',
    apiUrl: 'http://127.0.0.1:1',
    token: 'ghs_the_token',
    workspace: path.join(root, 'workspace'),
    temp: path.join(root, 'temp'),
    ...changes,
  };
}

/** An action of two scripts. */
function action(main: string, post = '', more = ''): string {
  const folder = path.join(root, 'action');
  const inputs = `inputs:\n  token: { default: "\${{ github.token }}" }\n  plain: {}\n  dry-run: { default: false }\n`;
  const runs = `runs: { using: node24, main: main.mjs, post: post.mjs${more} }\n`;
  writeFileSync(path.join(folder, 'action.yml'), `name: x\n${inputs}${runs}`);
  writeFileSync(path.join(folder, 'main.mjs'), `import fs from 'node:fs';\n${main}`);
  writeFileSync(path.join(folder, 'post.mjs'), `import fs from 'node:fs';\n${post}`);
  return folder;
}
async function run(main: string, step: Partial<ActionStep> = {}): Promise<PhaseEnd> {
  return startAction(job(), { action: action(main), ...step }).main;
}
const append = (file: string, text: string) =>
  `fs.appendFileSync(process.env.GITHUB_${file}, ${JSON.stringify(text)});`;

describe('what an action is given', () => {
  it('inputs by the names and defaults of action.yml, and nothing of our own environment', async () => {
    process.env['BRANCHLINE_TEST_LEAK'] = 'leaks';
    const end = await run('console.log(JSON.stringify(process.env)); console.log(process.cwd())', {
      with: { 'secret-env': 'A', other: 'x' },
      env: { DATABASE_URL: 'postgres://x' },
    });
    delete process.env['BRANCHLINE_TEST_LEAK'];
    // After what the runner itself says of the inputs.
    const [env, cwd] = end.raw.split('\n').slice(-2) as [string, string];
    const given = JSON.parse(env) as Record<string, string>;
    expect(given).toMatchObject({
      'INPUT_SECRET-ENV': 'A',
      INPUT_TOKEN: 'ghs_the_token',
      INPUT_PLAIN: '',
      'INPUT_DRY-RUN': 'false',
      DATABASE_URL: 'postgres://x',
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_EVENT_NAME: 'schedule',
      GITHUB_REF: 'refs/heads/main',
      GITHUB_REF_NAME: 'main',
      GITHUB_RUN_ID: '7',
      GITHUB_RUN_ATTEMPT: '2',
      RUNNER_ENVIRONMENT: 'github-hosted',
    });
    expect(given).not.toHaveProperty('BRANCHLINE_TEST_LEAK');
    expect(given).not.toHaveProperty('ACTIONS_RESULTS_URL');
    expect(cwd).toBe(path.join(root, 'workspace'));
    expect(end.annotations.map(({ message }) => message)).toEqual([
      "Unexpected input(s) 'secret-env', valid inputs are ['token', 'plain', 'dry-run']",
      "Unexpected input(s) 'other', valid inputs are ['token', 'plain', 'dry-run']",
    ]);
  });

  it('names below localhost are this machine', async () => {
    const end = await run("import dns from 'node:dns'; dns.lookup('github.localhost', (_, at) => console.log(at));");
    expect(end.raw).toBe('127.0.0.1');
  });
});

describe('what an action says', () => {
  it('outputs, state, variables, paths and a summary, by files', async () => {
    const end = await run(
      [
        append('OUTPUT', 'status=success\nmany<<EOF\na=1\n\nb\nEOF\n'),
        append('STATE', 'began=true\n'),
        append('ENV', 'A=1\n'),
        append('PATH', '/opt/x\n'),
        append('STEP_SUMMARY', '# Fine\n'),
      ].join('\n'),
    );
    expect(end).toMatchObject({
      code: 0,
      outcome: 'success',
      outputs: { status: 'success', many: 'a=1\n\nb' },
      state: { began: 'true' },
      env: { A: '1' },
      paths: ['/opt/x'],
      summary: '# Fine\n',
    });
  });

  it('annotations and groups, but not where commands are stopped', async () => {
    const lines = [
      '::group::one',
      'inside',
      '::endgroup::',
      '::error title=Bad%2C really,file=a b.yml,line=3,col=7::first%0Asecond 100%25',
      '::stop-commands::t0k',
      '::error::not one',
      '::t0k::',
      'error::no command',
      '::warning::last',
      '::set-output name=x::1',
    ];
    const end = await run(`console.log(${JSON.stringify(lines.join('\n'))})`);
    expect(end.annotations).toEqual([
      { level: 'error', title: 'Bad, really', file: 'a b.yml', line: 3, column: 7, message: 'first\nsecond 100%' },
      { level: 'warning', message: 'last' },
    ]);
    expect(end.groups).toEqual(['one']);
    expect(end.refusedCommands).toEqual(['set-output']);
    expect(end.log).toContain('::error::not one');
  });

  it('masked values are stars from then on, and outputs that hold one are dropped', async () => {
    const end = await run(
      [
        "console.log('early value-x');",
        "console.log('::add-mask::value-x');",
        "console.error('late value-x and ghs_the_token and s3cret');",
        append('OUTPUT', 'good=fine\nbad=has value-x inside\n'),
        append('STEP_SUMMARY', 'with value-x'),
      ].join('\n'),
      { secrets: ['s3cret'] },
    );
    expect(end.log).toBe('early value-x\nlate *** and *** and ***');
    expect(end.raw).toContain('late value-x and ghs_the_token');
    expect(end.outputs).toEqual({ good: 'fine', bad: 'has value-x inside' });
    expect(end.droppedOutputs).toEqual(['bad']);
    expect(end.summary).toBe('with ***');
  });

  it('a summary that is too long is none', async () => {
    const end = await run("fs.writeFileSync(process.env.GITHUB_STEP_SUMMARY, 'x'.repeat(1024 * 1024 + 1))");
    expect(end.summary).toBe('');
    expect(end.log).toContain('upload aborted');
  });
});

describe('how it ends', () => {
  const keepAlive = 'setInterval(() => {}, 1000);';
  const post = "console.log('post', process.env.STATE_began);";

  it('post has the state of main, also after a failure', async () => {
    const folder = action(`${append('STATE', 'began=yes\n')} process.exitCode = 3;`, post);
    const step = startAction(job(), { action: folder });
    expect(await step.main).toMatchObject({ code: 3, outcome: 'failure' });
    expect(await step.post()).toMatchObject({ code: 0, log: 'post yes' });
  });

  it('post-if decides', async () => {
    const folder = action('process.exitCode = 1', post, ', post-if: success()');
    expect(await startAction(job(), { action: folder }).post()).toBeUndefined();
  });

  it('a cancel is SIGINT, then SIGTERM, then SIGKILL, and post comes after', async () => {
    const listen = "for (const s of ['SIGINT', 'SIGTERM']) process.on(s, () => console.log(s)); console.log('ready');";
    const folder = action(`${listen} ${keepAlive}`, post);
    const step = startAction(job(), { action: folder, cancelMs: { term: 300, kill: 300 } });
    await step.seen(/ready/);
    step.cancel();
    expect(await step.main).toMatchObject({
      code: undefined,
      signal: 'SIGKILL',
      outcome: 'cancelled',
      log: 'ready\nSIGINT\nSIGTERM',
    });
    expect(await step.post()).toMatchObject({ outcome: 'success' });
  });

  it('a cancel that is obeyed sends no more', async () => {
    const folder = action(`process.on('SIGINT', () => process.exit(0)); console.log('ready'); ${keepAlive}`);
    const step = startAction(job(), { action: folder });
    await step.seen(/ready/);
    step.cancel();
    expect(await step.main).toMatchObject({ code: 0, signal: undefined, outcome: 'cancelled' });
  });

  it('a machine that is gone takes its processes along, and has no post', async () => {
    const spawning =
      "import { spawn } from 'node:child_process'; const c = spawn('sleep', ['600'], { detached: true });";
    const folder = action(`${spawning} console.log('ready', c.pid); ${keepAlive}`, post);
    const step = startAction(job(), { action: folder });
    await step.seen(/ready/);
    const pid = Number(/ready (\d+)/.exec(step.log())![1]);
    await step.kill();
    expect(await step.main).toMatchObject({ signal: 'SIGKILL' });
    expect(await step.post()).toBeUndefined();
    await expect.poll(() => isRunning(pid)).toBe(false);
  });

  it('what never says what is waited for fails', async () => {
    const step = startAction(job(), { action: action("console.log('other')") });
    await expect(step.seen(/ready/)).rejects.toThrow('other');
  });
});

/** A process that ended and that nobody has asked about is none. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readStatus(pid));
  } catch {
    return false;
  }
}
function readStatus(pid: number): string {
  return readFileSync(`/proc/${pid}/status`, 'utf8');
}
