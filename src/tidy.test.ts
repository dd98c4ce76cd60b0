import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSourceFacts } from './testing/source-file.ts';
import { breachesOf, breachesOfName, circlesOf, roomOf, rooms } from './testing/tidy-rules.ts';

const repository = path.resolve(import.meta.dirname, '..');

function filesBelow(folder: string, ending: RegExp): string[] {
  return readdirSync(path.join(repository, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && ending.test(entry.name))
    .map((entry) => path.relative(repository, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort();
}

const sources = filesBelow('src', /\.(ts|mjs|mts)$/);
const subjects = sources.filter((file) => !file.endsWith('.test.ts') && roomOf(file) !== 'testing');
const facts = new Map(
  subjects.map((file) => [file, readSourceFacts(file, readFileSync(path.join(repository, file), 'utf8'))]),
);

describe('the house rules hold', () => {
  test('imports go down, the core is pure, names are of the glossary', () => {
    const breaches = [...facts]
      .filter(([file]) => !file.includes('/generated/'))
      .flatMap(([file, of]) => breachesOf(file, of));
    expect(breaches).toEqual([]);
  });

  test('generated files keep to the import table too', () => {
    const generated = [...facts].filter(([file]) => file.includes('/generated/'));
    expect(generated.flatMap(([file, of]) => breachesOf(file, { ...of, exportedTypes: [] }))).toEqual([]);
  });

  test('tests have names like sources', () => {
    expect(sources.filter((file) => file.endsWith('.test.ts')).flatMap(breachesOfName)).toEqual([]);
  });

  test('one module knows the expression language', () => {
    const knowing = [...facts].filter(([, { imports }]) =>
      imports.some((name) => name.startsWith('@actions/expressions')),
    );
    expect(knowing.length).toBeLessThanOrEqual(1);
  });

  test('sources never import tests or what only tests use', () => {
    const wrong = [...facts].filter(([, { imports }]) => imports.some((name) => /\.test\.ts$|\/testing\//.test(name)));
    expect(wrong.map(([file]) => file)).toEqual([]);
  });

  test('no file loads itself, straight or through others', () => {
    const loads = new Map(
      [...facts].map(([file, of]) => [file, of.loads.map((name) => path.posix.join(path.posix.dirname(file), name))]),
    );
    expect(circlesOf(loads)).toEqual([]);
  });

  test('the code map names every room', () => {
    const page = readFileSync(path.join(repository, 'docs', 'architecture.md'), 'utf8');
    const missing = [...new Set(subjects.map(roomOf)), ...Object.keys(rooms)].filter(
      (room) => !page.includes(`\`${room}`),
    );
    expect(missing).toEqual([]);
  });

  test('events are named noun.past-tense', () => {
    const text = readFileSync(path.join(repository, 'src', 'model', 'events.ts'), 'utf8');
    const names = [...text.matchAll(/readonly type: '([^']+)'/g)].map((match) => match[1] ?? '');
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !/^[a-z-]+\.([a-z-]+-)?([a-z]+ed|lost|found|begun|taken-over)$/.test(name))).toEqual(
      [],
    );
  });
});

describe('each rule can fail', () => {
  const breaches = (file: string, text: string) => breachesOf(file, readSourceFacts(file, text)).length;

  test.each([
    ['an import upwards', 'src/base/a.ts', "import type { A } from '../model/a.ts';"],
    ['an export from above', 'src/time/a.ts', "export * from '../plan/a.ts';"],
    ['an import type expression', 'src/base/a.ts', "export const a: import('../model/a.ts').A = 1;"],
    ['a dynamic import', 'src/model/a.ts', "export const a = () => import('yaml');"],
    ['a computed import', 'src/model/a.ts', 'export const a = (name: string) => import(name);'],
    ['a package not in the table', 'src/render/a.ts', "import { parse } from 'yaml';"],
    ['node in the core', 'src/plan/a.ts', "import { readFileSync } from 'node:fs';"],
    ['app to adapters', 'src/app/a.ts', "import { a } from '../adapters/a.ts';"],
    ['adapters to app', 'src/adapters/a.ts', "import { a } from '../app/a.ts';"],
    ['an unknown room', 'src/extras/a.ts', ''],
    ['the clock', 'src/run/a.ts', 'export const a = Date.now();'],
    ['a date of now', 'src/run/a.ts', 'export const a = new Date();'],
    ['chance', 'src/run/a.ts', 'export const a = Math.random();'],
    ['the surroundings', 'src/run/a.ts', 'export const a = process.env;'],
    ['printing', 'src/run/a.ts', "console.log('a');"],
    ['waiting', 'src/run/a.ts', 'export const a = async () => {};'],
    ['a default export', 'src/app/a.ts', 'export default 1;'],
    ['a word against the glossary', 'src/app/a.ts', 'export interface AssetNode {}'],
    ['a word that says nothing', 'src/app/a.ts', 'export type RunManager = 1;'],
    ['a file name that says nothing', 'src/app/run-helpers.ts', ''],
    ['a file name in camel case', 'src/app/runLoop.ts', ''],
  ])('%s', (_, file, text) => {
    expect(breaches(file, text)).toBe(1);
  });

  test.each([
    ['each other', ["import { b } from './b.ts';", "export { a } from './a.ts';"], [['a.ts', 'b.ts']]],
    ['each other as types alone', ["import { b } from './b.ts';", "import type { A } from './a.ts';"], []],
    ['each other in time', ["import { b } from './b.ts';", "export const a = () => import('./a.ts');"], []],
    ['itself', ["import { a } from './a.ts';", ''], [['a.ts']]],
  ])('files that load %s', (_, [a, b], circles) => {
    const loadsOf = (text: string): string[] =>
      readSourceFacts('src/app/a.ts', text).loads.map((name) => name.replace('./', ''));
    const loads = new Map([
      ['a.ts', loadsOf(a!)],
      ['b.ts', loadsOf(b!)],
    ]);
    expect(circlesOf(loads)).toEqual(circles);
  });

  test.each([
    ['downwards', 'src/plan/a.ts', "import { a } from '../state/a.ts';\nimport { b } from './b.ts';"],
    ['a date of an argument', 'src/run/a.ts', 'export const a = (at: number) => new Date(at);'],
    ['the same words in a comment', 'src/run/a.ts', '// process.env, Date.now(), console.log\n'],
    [
      'a field of that name',
      'src/run/a.ts',
      'export const a = (ports: { process: { run: number } }) => ports.process.run;',
    ],
    ['the shell may wait', 'src/app/a.ts', 'export const a = async () => {};'],
    ['compiled validators', 'src/manifest/generated/a.ts', "import equal from 'ajv/dist/runtime/equal.js';"],
  ])('allowed: %s', (_, file, text) => {
    expect(breaches(file, text)).toBe(0);
  });
});
