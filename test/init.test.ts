import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type CliProject, cliProjectIn, makeCliProject, startNode } from '../src/testing/cli-project.ts';
import { makeGitSandbox } from '../src/testing/git-sandbox.ts';
import { workflowProblems } from '../src/testing/workflow-problems.ts';

const ACTION = `acme/branchline@${'0123456789'.repeat(4)}#v1.0.0`;
const WORKFLOWS = ['branchline.yml', 'branchline-pr.yml', 'branchline-comment.yml'];

interface InitJson {
  readonly files: readonly { readonly path: string; readonly action: string }[];
  readonly workflows?: { readonly message: string; readonly help: string };
}

let project: CliProject;
afterEach(() => project.remove());

describe('branchline init', () => {
  test('in an empty repository: a project that is fine, and workflows that GitHub takes', async () => {
    project = makeCliProject({});
    project.git('remote', 'add', 'origin', 'https://github.com/acme/shop.git');
    const { files, workflows } = await project.json<InitJson>(['init', 'shop', '--action', ACTION]);
    expect(workflows).toBeUndefined();
    expect(files.filter(({ action }) => action === 'create').map(({ path }) => path)).toEqual([
      'branchline.yaml',
      'pipelines/first.yaml',
      'pipelines/long_words.sql',
      '.vscode/settings.json',
      ...WORKFLOWS.map((name) => `.github/workflows/${name}`),
    ]);
    for (const name of WORKFLOWS)
      expect(await workflowProblems(name, project.read(`.github/workflows/${name}`))).toEqual([]);
    expect(parse(project.read('.github/workflows/branchline.yml')).jobs.run.if).toContain("'acme/shop'");
    expect((await project.run(['check'])).code).toBe(0);
  });

  test('with --fan-out: a workflow of jobs that share the work, which doctor finds fine', async () => {
    project = makeCliProject({});
    project.git('remote', 'add', 'origin', 'https://github.com/acme/shop.git');
    await project.json(['init', 'shop', '--action', ACTION, '--fan-out', '--no-pull-requests']);
    const text = project.read('.github/workflows/branchline.yml');
    expect(await workflowProblems('branchline.yml', text)).toEqual([]);
    const { jobs } = parse(text) as { readonly jobs: Readonly<Record<string, { readonly permissions: unknown }>> };
    expect(Object.keys(jobs)).toEqual(['plan', 'execute', 'canceled', 'finalize']);
    expect(jobs['execute']!.permissions).toEqual({ contents: 'read' });
    expect(await project.json(['doctor'], 0, { env: { GITHUB_TOKEN: '', BRANCHLINE_TOKEN: '' } })).toMatchObject({
      findings: [],
    });
  });

  test('twice changes nothing', async () => {
    project = makeCliProject({});
    await project.json(['init', 'shop', '--action', ACTION]);
    project.write('.github/workflows/branchline.yml', 'mine\n');
    project.commit();
    const { files } = await project.json<InitJson>(['init', 'shop', '--action', ACTION]);
    expect(new Set(files.map(({ action }) => action))).toEqual(new Set(['keep']));
    expect(project.git('status', '--porcelain')).toBe('');
  });

  test('in a project that is there: only what is missing, rung for as its schedules need, with its secrets', async () => {
    project = makeCliProject({
      'branchline.yaml': `name: sales
secrets: [STRIPE]
assets: { a: { run: "true", secrets: [STRIPE] } }
schedules: { often: { cron: "*/15 * * * *", selection: "*" } }
`,
    });
    const { files } = await project.json<InitJson>(['init', '--action', ACTION, '--no-pull-requests']);
    expect(files.map(({ path }) => path)).toEqual([
      'branchline.yaml',
      '.vscode/settings.json',
      '.gitignore',
      '.github/workflows/branchline.yml',
    ]);
    const workflow = parse(project.read('.github/workflows/branchline.yml'));
    expect(workflow.on.schedule[0].cron).toMatch(/^\d+(,\d+){3} \* \* \* \*$/);
    expect(workflow.jobs.run.steps[1].with['secret-env']).toBe('STRIPE');
  });

  test('for a project in a folder, the workflows are where GitHub looks for them, and name the folder', async () => {
    project = makeCliProject({ 'data/sales/branchline.yaml': 'name: sales\nassets: { a: { run: "true" } }\n' });
    project.write('.gitignore', '');
    const { files } = await project.json<InitJson>(['init', '--project', 'data/sales', '--action', ACTION]);
    expect(files.at(-1)!.path).toBe('../../.github/workflows/branchline-comment.yml');
    const workflow = parse(project.read('.github/workflows/branchline.yml'));
    expect(workflow.jobs.run.steps[1].with.project).toBe('data/sales');
  });

  test('without knowing the Action it writes no workflow, and says what to add', async () => {
    project = makeCliProject({});
    const { files, workflows } = await project.json<InitJson>(['init', 'shop']);
    expect(files.map(({ path }) => path)).not.toContain('.github/workflows/branchline.yml');
    expect(workflows?.help).toContain('--action OWNER/REPO@COMMIT');
    const tagged = await project.run(['init', 'shop', '--action', 'acme/branchline@v1']);
    expect(tagged.code).toBe(2);
    expect(tagged.stdout).toContain('can be moved to other code');
    expect((await project.json<InitJson>(['init', 'shop', '--no-workflows'])).workflows).toBeUndefined();
  });

  test('from a clone of Branchline, as the docs have it, the workflows call that clone at its commit', async () => {
    project = makeCliProject({});
    const { sandbox } = project;
    const clone = sandbox.makeRepository('branchline');
    cpSync(process.env['BRANCHLINE_TEST_DIST']!, join(clone, 'dist'), { recursive: true });
    writeFileSync(
      join(clone, 'package.json'),
      readFileSync(resolve(import.meta.dirname, '..', 'package.json'), 'utf8'),
    );
    sandbox.git(clone, 'remote', 'add', 'origin', 'https://github.com/acme/branchline.git');
    const commit = sandbox.git(clone, 'rev-parse', 'HEAD');
    const args = [join(clone, 'dist', 'cli.js'), 'init', 'shop'];
    const { code, stderr } = await startNode(args, { cwd: project.root, env: sandbox.env }).end;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const name of WORKFLOWS) expect(project.read(`.github/workflows/${name}`)).toContain(`@${commit} # v`);
  });

  test('with mistakes in the manifests it derives nothing', async () => {
    project = makeCliProject({ 'branchline.yaml': 'name: sales\nassets: { a: { rnu: "true" } }\n' });
    const { workflows } = await project.json<InitJson>(['init', '--action', ACTION], 2);
    expect(workflows?.help).toContain('branchline check');
  });

  test('--print shows the workflows and writes nothing', async () => {
    project = cliProjectIn(makeGitSandbox(), 'empty');
    project.write('README.md', 'x\n');
    const end = await project.run(['init', 'shop', '--action', ACTION, '--print']);
    expect(end.code).toBe(0);
    expect(end.stdout).toContain('# .github/workflows/branchline.yml\n');
    expect(project.has('branchline.yaml')).toBe(false);
    expect(project.has('.branchline')).toBe(false);
    expect((await project.run(['init', 'shop', '--print'])).code).toBe(2);
  });
});
