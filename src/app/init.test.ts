import { describe, expect, it } from 'vitest';
import { parseManifest } from '../manifest/parse.ts';
import { resolveProject } from '../project/resolve.ts';
import { sourceTreeOf } from '../testing/project-builder.ts';
import { initFiles, projectNameOf } from './init.ts';

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

  it('makes a name of any folder', () => {
    expect(['Sales Data', 'a__b', '…', 'x.y'].map(projectNameOf)).toEqual(['sales-data', 'a__b', 'project', 'x-y']);
  });
});
