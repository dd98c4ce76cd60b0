import { expect, test } from 'vitest';
import { showDiagnostic, sourceTreeOf } from '../testing/project-builder.ts';
import { loadProject } from './load-project.ts';
import { readSoundProject } from './read-project.ts';

const asset = 'assets: { a: { run: "true" } }\n';

test('a manifest that is a link out of the repository is refused, and not passed over', () => {
  const files = { 'branchline.yaml': 'name: shop\n', 'pipelines/a.yaml': asset, 'pipelines/b.yaml': 'deps: 5\n' };
  const loaded = loadProject(sourceTreeOf(files, ['pipelines/b.yaml']));
  expect(loaded.project).toBeUndefined();
  expect(loaded.diagnostics.map(showDiagnostic)).toEqual([
    'outside-repository pipelines/b.yaml:1:1 (1) this manifest is a link that leads out of the repository',
  ]);
});

test('so is the project\u2019s own file', () => {
  const loaded = loadProject(sourceTreeOf({ 'branchline.yaml': 'name: shop\n' }, ['branchline.yaml']));
  expect(loaded.diagnostics.map(({ code }) => code)).toEqual(['outside-repository']);
});

test('a manifest that cannot be read is an error, also when a link leads nowhere', () => {
  const tree = sourceTreeOf({ 'branchline.yaml': 'name: shop\n', 'pipelines/a.yaml': asset });
  const without = (kind: 'file' | 'missing') =>
    loadProject({
      ...tree,
      text: (path) => (path === 'pipelines/a.yaml' ? undefined : tree.text(path)),
      kind: (path) => (path === 'pipelines/a.yaml' ? kind : tree.kind(path)),
    }).diagnostics.map(showDiagnostic);
  expect(without('file')).toEqual(['missing-file pipelines/a.yaml:1:1 (1) this manifest cannot be read']);
  expect(without('missing')).toEqual([
    'missing-file pipelines/a.yaml:1:1 (1) this manifest is a link to a file that is not there',
  ]);
});

test('a pattern of `manifests` that no file fits is told', () => {
  const files = {
    'branchline.yaml': 'name: shop\nmanifests: ["pipelines/*.yaml", "piplines/*.yaml", "!old/*.yaml"]\n',
    'pipelines/a.yaml': asset,
  };
  const { project, diagnostics } = loadProject(sourceTreeOf(files));
  expect(Object.keys(project?.assets ?? {})).toEqual(['a']);
  expect(diagnostics.map(showDiagnostic)).toEqual([
    'warning no-file-matches branchline.yaml:2:33 (17) no file matches `piplines/*.yaml`',
  ]);
});

test('a sound project is read without what explains mistakes, and gives the same', () => {
  const files = {
    'branchline.yaml': 'name: shop\nassets: { b: { run: "true", deps: [a] } }\n',
    'pipelines/a.yaml': asset,
  };
  const tree = sourceTreeOf(files);
  const sound = readSoundProject(tree);
  expect(sound?.project).toEqual(loadProject(tree).project);
  // What was written holds, though a name in it does not: that is found and placed all the same.
  const dangling = sourceTreeOf({ 'branchline.yaml': 'name: shop\nassets: { b: { run: "true", deps: [z] } }\n' });
  expect(readSoundProject(dangling)?.diagnostics.map(showDiagnostic)).toEqual(
    loadProject(dangling).diagnostics.map(showDiagnostic),
  );
  expect(readSoundProject(dangling)?.diagnostics).not.toEqual([]);
});

test.each([
  ['name: shop\nassets: { a: { run: [1 } }\n', 'yaml-syntax'],
  ['name: shop\nassets: { a: { run: "true", dep: [b] } }\n', 'unknown-key'],
  ['name: shop\nname: other\n', 'duplicate-key'],
])('a file with a mistake is left to who explains it', (text, code) => {
  const tree = sourceTreeOf({ 'branchline.yaml': text });
  expect(readSoundProject(tree)).toBeUndefined();
  expect(loadProject(tree).diagnostics.map((each) => each.code)).toEqual([code]);
});
