import { describe, expect, it } from 'vitest';
import { parseManifest } from '../manifest/parse.ts';
import { resolveProject } from '../project/resolve.ts';
import { sourceTreeOf } from '../testing/project-builder.ts';
import { workflowProblems } from '../testing/workflow-problems.ts';
import { initFiles, projectNameOf, withFiles, workflowFiles } from './init.ts';
import { loadProject } from './load-project.ts';
import { workflowValues } from './workflow-values.ts';

const nothing = (): undefined => undefined;

describe('initFiles', () => {
  it('writes a project that has nothing wrong', () => {
    const files = Object.fromEntries(initFiles('my-project', nothing).map((file) => [file.path, file.text]));
    const documents = (['branchline.yaml', 'pipelines/first.yaml'] as const).map((path) => {
      const parsed = parseManifest({ path, text: files[path]! }, path === 'branchline.yaml' ? 'project' : 'manifest');
      expect(parsed.diagnostics).toEqual([]);
      return parsed.document!;
    });
    const { project, diagnostics } = resolveProject(documents, sourceTreeOf(files));
    expect(diagnostics).toEqual([]);
    expect(Object.keys(project!.assets).sort()).toEqual(['marts/long_words', 'raw/words']);
  });

  it('keeps what is there and adds only missing ignore lines', () => {
    const there: Record<string, string> = { 'branchline.yaml': 'name: mine\n', '.gitignore': 'node_modules/\ndata/' };
    const files = initFiles('x', (path) => there[path]);
    expect(files.find((file) => file.path === 'branchline.yaml')?.action).toBe('keep');
    const ignore = files.find((file) => file.path === '.gitignore');
    expect(ignore).toEqual({
      path: '.gitignore',
      action: 'append',
      text: '\n# Branchline: working files and private state\n.branchline/\n',
    });
  });

  it('adds no first assets to a project that is there', () => {
    const paths = initFiles('x', (path) => (path === 'branchline.yaml' ? 'name: mine\n' : undefined)).map(
      (f) => f.path,
    );
    expect(paths).toEqual(['branchline.yaml', '.vscode/settings.json', '.gitignore']);
  });

  it('makes a name of any folder', () => {
    expect(['Sales Data', 'a__b', '…', 'x.y'].map(projectNameOf)).toEqual(['sales-data', 'a__b', 'project', 'x-y']);
  });
});

describe('workflowFiles', () => {
  const files = initFiles('shop', nothing);
  const tree = withFiles(sourceTreeOf({ 'README.md': 'x' }), files);
  const { project } = loadProject(tree);
  const place = {
    action: { name: 'acme/branchline', commit: 'a'.repeat(40), version: 'v1.0.0' },
    version: '1.0.0',
    defaultBranch: 'main',
    repository: 'acme/shop',
  };
  const values = workflowValues(project!, place, Date.UTC(2026, 10, 23));

  it('are workflows to GitHub, for a project that is about to be written', async () => {
    expect(tree.files()).toContain('README.md');
    const made = workflowFiles(values, nothing, { pullRequests: true });
    expect(made.map(({ path, action }) => [path, action])).toEqual([
      ['.github/workflows/branchline.yml', 'create'],
      ['.github/workflows/branchline-pr.yml', 'create'],
      ['.github/workflows/branchline-comment.yml', 'create'],
    ]);
    for (const { path, text } of made) expect([path, await workflowProblems(path, text)]).toEqual([path, []]);
    // Nothing is rung for but the schedule that the first manifest has.
    expect(made[0]!.text).toContain('- cron: "23 2 * * *"');
  });

  it('keep what is there, and leave out what is not wanted', () => {
    const there = (path: string) => (path.endsWith('branchline.yml') ? 'mine' : undefined);
    expect(workflowFiles(values, there, { pullRequests: false }).map(({ action }) => action)).toEqual(['keep']);
  });
});
