import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type GitSandbox, makeGitSandbox } from '../testing/git-sandbox.ts';
import { openProject } from './open-project.ts';
import type { Surroundings } from './surroundings.ts';
import { openWorld, type World } from './wiring.ts';

let sandbox: GitSandbox;
let root = '';
const before = process.cwd();
beforeEach(() => {
  sandbox = makeGitSandbox();
  root = join(sandbox.root, 'project');
  mkdirSync(root);
  sandbox.git(root, 'init', '--quiet');
  writeFileSync(join(root, 'branchline.yaml'), 'name: shop\nassets:\n  a: { run: "true" }\n');
});
afterEach(() => {
  process.chdir(before);
  rmSync(sandbox.root, { recursive: true, force: true });
});

/** The world of a job of a workflow, with what was said to the person. */
async function openJob(more: Partial<Surroundings> = {}): Promise<{ world: World; said: string[] }> {
  const said: string[] = [];
  const take = (text: string): void => {
    said.push(text);
  };
  const surroundings: Surroundings = {
    env: { ...sandbox.env, PLAIN_NAME: 'hunter2hunter2' },
    host: { interactive: false, color: false, print: take, progress: take, status: take },
    style: { color: false, unicode: true },
    privateFolder: join(sandbox.root, 'temp'),
    stateBranch: 'other/state',
    secretEnv: ['PLAIN_NAME'],
    writer: 'w17-1-run-x',
    workflow: { workflow: '17', attempt: 1, job: 'run' },
    ...more,
  };
  const opened = await openProject({ project: root }, surroundings);
  if (!opened.ok) throw new Error(opened.error.message);
  const { project } = opened.value.loaded;
  const signal = new AbortController().signal;
  const world = await openWorld(opened.value, project!, { environment: 'production', signal, logs: true });
  if (!world.ok) throw new Error(world.error.message);
  return { world: world.value, said };
}

it('is what its surroundings say: branch, writer, holder, private folder', async () => {
  const { world } = await openJob();
  expect(world.store.label).toContain('other/state');
  expect(world.run.writer).toBe('w17-1-run-x');
  expect(world.run.holders.self).toMatchObject({ kind: 'workflow', workflow: '17', attempt: 1, job: 'run' });
  expect(world.privateFolder).toBe(join(sandbox.root, 'temp', 'shop'));
  expect(existsSync(join(world.privateFolder, 'state.git'))).toBe(true);
  expect(existsSync(join(root, '.git', 'branchline'))).toBe(false);
  await world.close();
});

it('masks what the host calls secret, and keeps it from no step', async () => {
  const { world, said } = await openJob();
  world.run.warn('the value is hunter2hunter2');
  expect(said.join('\n')).not.toContain('hunter2');
  expect(world.run.redactor.text('x hunter2hunter2 y')).not.toContain('hunter2');
  expect(world.run.secretNames).not.toContain('PLAIN_NAME');
  expect(world.run.env['PLAIN_NAME']).toBe('hunter2hunter2');
  await world.close();
});

it('hands the output of steps to whoever wants it, else shows it with their names', async () => {
  const taken: string[] = [];
  const own = await openJob({ onStepOutput: (step, text) => taken.push(`${step}=${text}`) });
  own.world.run.onOutput?.('a', 'hello\n');
  expect(taken).toEqual(['a=hello\n']);
  expect(own.said).toEqual([]);
  await own.world.close();
  const plain = await openJob({ env: { ...sandbox.env, GITHUB_ACTIONS: 'true' } });
  plain.world.run.onOutput?.('a', '::error::no\n');
  expect(plain.said.join('\n')).toMatch(/^a \| \u200b::error::no$/);
  await plain.world.close();
});

it('says nothing of its own settings in the user’s repository', async () => {
  const config = readFileSync(join(root, '.git', 'config'), 'utf8');
  const { world } = await openJob();
  await world.close();
  expect(readFileSync(join(root, '.git', 'config'), 'utf8')).toBe(config);
});
