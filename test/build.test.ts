import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { commandOf, isLacking } from '../src/testing/machine.ts';

const repository = path.resolve(import.meta.dirname, '..');
let folder = '';

/** A small program with the real build scripts: what is tested is the build, not the product. */
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'branchline-build-'));
  for (const name of ['scripts', 'package.json', 'tsconfig.json', 'tsconfig.declarations.json']) {
    cpSync(path.join(repository, name), path.join(folder, name), { recursive: true });
  }
  symlinkSync(path.join(repository, 'node_modules'), path.join(folder, 'node_modules'));
  mkdirSync(path.join(folder, 'src'));
  write('src/cli.ts', "void import('./core.ts').then(async ({ answer }) => console.log(await answer()));\n");
  write(
    'src/core.ts',
    "import { parse } from 'yaml';\nimport type { Answer } from './answer.ts';\n\nexport type { Answer } from './answer.ts';\n" +
      "export const answer = async (): Promise<Answer> => parse('answer: 42');\n",
  );
  write('src/answer.ts', 'export interface Answer {\n  readonly answer: number;\n}\n');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string) => writeFileSync(path.join(folder, name), text);
const build = (...args: string[]) =>
  spawnSync(process.execPath, [path.join(folder, 'scripts', 'build.mjs'), ...args], { encoding: 'utf8' });

function bytesOfDist(): Record<string, string> {
  const dist = path.join(folder, 'dist');
  const names = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    names.map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return [path.relative(dist, file), readFileSync(file, 'utf8')];
    }),
  );
}

test('what is built runs without packages, and its types hold for a strict consumer', () => {
  expect(build().status).toBe(0);
  const away = path.join(folder, 'consumer', 'node_modules', 'branchline');
  mkdirSync(away, { recursive: true });
  for (const name of ['dist', 'package.json'])
    cpSync(path.join(folder, name), path.join(away, name), { recursive: true });
  const run = spawnSync(process.execPath, [path.join(away, 'dist', 'cli.js')], { encoding: 'utf8' });
  expect(run.stdout).toBe('{ answer: 42 }\n');
  const alone = spawnSync(path.join(away, 'dist', 'cli.js'), { encoding: 'utf8' });
  expect(alone.stdout).toBe('{ answer: 42 }\n');
  write('consumer/package.json', '{ "type": "module" }\n');
  write(
    'consumer/use.ts',
    "import { type Answer, answer } from 'branchline/core';\nexport const sum: number = (await answer()).answer + 1;\n" +
      '// @ts-expect-error the field is a number\nexport const wrong: Answer = { answer: "42" };\n',
  );
  const tsc = path.join(repository, 'node_modules', 'typescript', 'bin', 'tsc');
  const strict = [
    '--ignoreConfig',
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2022',
    '--skipLibCheck',
    'false',
  ];
  const check = spawnSync(process.execPath, [tsc, ...strict, 'use.ts'], {
    cwd: path.join(folder, 'consumer'),
    encoding: 'utf8',
  });
  expect(check.stdout).toBe('');
  expect(check.status).toBe(0);
});

test('it runs on Node 20', ({ skip }) => {
  skip(isLacking('node20'), 'no Node 20 is published for this platform');
  expect(build().status).toBe(0);
  const run = spawnSync(commandOf('node20') ?? '', [path.join(folder, 'dist', 'cli.js')], { encoding: 'utf8' });
  expect(run.stdout).toBe('{ answer: 42 }\n');
});

test('two builds give the same bytes, and a check says whether dist is current', () => {
  expect(build('--check').status).toBe(1);
  expect(build().status).toBe(0);
  const first = bytesOfDist();
  expect(build('--check').status).toBe(0);
  expect(build().status).toBe(0);
  expect(bytesOfDist()).toEqual(first);
  write('dist/stray.js', '');
  const stray = build('--check');
  expect(stray.status).toBe(1);
  expect(stray.stderr).toContain('stray.js');
  expect(readdirSync(folder).filter((name) => name.startsWith('.dist-'))).toEqual([]);
});

test('licences of what is bundled go with it', () => {
  expect(build().status).toBe(0);
  const text = bytesOfDist()['THIRD-PARTY-LICENCES.txt'] ?? '';
  expect(text).toMatch(/^yaml \d/m);
  expect(text).toContain('Permission to use, copy, modify');
});

test.each([
  ['a module that does not exist', "import { a } from './nowhere.ts';\nconsole.log(a);\n"],
  ['a package that does not exist', "import { a } from 'no-such-package';\nconsole.log(a);\n"],
  ['a syntax error', 'const = 1;\n'],
])('%s fails the build and leaves dist as it was', (_, text) => {
  expect(build().status).toBe(0);
  const before = bytesOfDist();
  write('src/cli.ts', text);
  expect(build().status).toBe(1);
  expect(bytesOfDist()).toEqual(before);
  expect(readdirSync(folder).filter((name) => name.startsWith('.dist-'))).toEqual([]);
});

test('declarations that cannot be written fail the build', () => {
  write('src/answer.ts', 'export interface Answer {\n  readonly answer: Missing;\n}\n');
  const done = build();
  expect(done.status).toBe(1);
  expect(done.stderr).toContain('Missing');
});

describe('code that is late', () => {
  beforeEach(() => {
    write(
      'scripts/late-modules.mjs',
      "export const lateModules = { first: ['src/late.ts'], then: ['src/later.ts'] };\n",
    );
    write('src/shared.ts', 'export const seen: string[] = [];\nexport const LIMIT = 3;\n');
    write(
      'src/late.ts',
      "import { seen } from './shared.ts';\nimport { inner } from './inner.ts';\nexport const NAME = 'late';\nexport function see(text: string, ...more: string[]): number {\n  seen.push(inner(text), ...more);\n  return seen.length;\n}\n",
    );
    write('src/inner.ts', 'export const inner = (text: string, sign = "!"): string => `${text}${sign}`;\n');
    write(
      'src/later.ts',
      "import { inner } from './inner.ts';\nimport { see } from './late.ts';\nexport async function seeMore(text = 'none'): Promise<string> {\n  const { loud } = await import('./chunk.ts');\n  return `${see(loud(text))} ${inner('later', '?')}`;\n}\n",
    );
    write(
      'src/chunk.ts',
      "import { see } from './late.ts';\nexport const loud = (text: string): string => (see('chunk'), text.toUpperCase());\n",
    );
    write('src/cli.ts', "void import('./program.ts').then(({ main }) => main(process.argv));\n");
    write(
      'src/program.ts',
      "import { NAME, see } from './late.ts';\nimport { seeMore } from './later.ts';\nimport { seen } from './shared.ts';\n" +
        'export async function main([, , first, more]: readonly string[]): Promise<void> {\n  if (first) see(first, NAME);\n' +
        "  if (more) console.log(await seeMore());\n  console.log(seen.join(' '));\n}\n",
    );
  });
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [path.join(folder, 'dist', 'cli.js'), ...args], { encoding: 'utf8' });

  test('is read with the first call, and shares its modules with the start', () => {
    expect(build().stderr).toBe('');
    expect(run('a').stdout).toBe('a! late\n');
    expect(run('a', 'more').stdout).toBe('4 later?\na! late chunk! NONE!\n');
    const files = Object.keys(bytesOfDist()).filter((name) => /[\\/]late-/.test(name));
    expect(files.map((name) => name.replace(/-[0-9a-f]{8}/, '')).sort()).toEqual([
      'chunks/late-first.cjs',
      'chunks/late-then.cjs',
    ]);
    for (const name of files) rmSync(path.join(folder, 'dist', name));
    expect(run().stdout).toBe('\n');
    expect(run('a').status).toBe(1);
  });

  test.each([
    ['what it holds is asked for without a call', 'src/late.ts', 'export const LIST = [1];\n', 'LIST'],
    ['a class of it is asked for', 'src/late.ts', 'export class LIST {}\n', 'LIST'],
  ])('fails the build when %s', (_, file, more, name) => {
    write(file, `${readFileSync(path.join(folder, file), 'utf8')}${more}`);
    write('src/cli.ts', `import { ${name} } from './late.ts';\nimport './later.ts';\nconsole.log(${name});\n`);
    const done = build();
    expect(done.status).toBe(1);
    expect(done.stderr).toContain(name);
  });

  test('fails the build when nothing imports it', () => {
    write('src/cli.ts', 'console.log(1);\n');
    const done = build();
    expect(done.status).toBe(1);
    expect(done.stderr).toContain('src/late.ts is listed as late, and nothing imports it');
  });
});

test('what a chunk hands out is what it holds, also where that changes', () => {
  write(
    'src/shared.ts',
    'export let seen = 0;\nexport const LIMIT = 3;\nexport function see(): void {\n  seen += 1;\n}\n',
  );
  for (const name of ['one', 'two'])
    write(
      `src/${name}.ts`,
      "import { LIMIT, see, seen } from './shared.ts';\nexport function tell(): string {\n  see();\n" +
        `  return \`${name} \${seen} of \${LIMIT}\`;\n}\n`,
    );
  write(
    'src/cli.ts',
    "void Promise.all([import('./one.ts'), import('./two.ts')]).then(([one, two]) => console.log(one.tell(), two.tell(), one.tell()));\n",
  );
  expect(build().stderr).toBe('');
  const run = spawnSync(process.execPath, [path.join(folder, 'dist', 'cli.js')], { encoding: 'utf8' });
  expect(run.stdout).toBe('one 1 of 3 two 2 of 3 one 3 of 3\n');
  // All but the one that changes are plain fields.
  const shared = Object.entries(bytesOfDist()).find(([name]) => name.includes('shared'))?.[1] ?? '';
  expect(shared.match(/Object\.defineProperty\(exports/g)).toHaveLength(1);
});

describe('modules of Node', () => {
  beforeEach(() => {
    write('src/cli.ts', "void import('./program.ts').then(({ main }) => main());\n");
    write(
      'src/program.ts',
      [
        "import { execFile, spawnSync } from 'node:child_process';",
        "import crypto from 'node:crypto';",
        "import { readFileSync } from 'node:fs';",
        "import * as files from 'node:fs/promises';",
        "import { EOL } from 'node:os';",
        "import path from 'node:path';",
        "import { promisify } from 'node:util';",
        'export async function main(): Promise<void> {',
        "  const { stdout } = await promisify(execFile)(process.execPath, ['-p', '1']);",
        '  const own = readFileSync(import.meta.filename ?? process.argv[1]!);',
        "  const hash = crypto.createHash('sha256').update('a').digest('hex').slice(0, 4);",
        "  const { status } = spawnSync(process.execPath, ['-e', 'process.exit(3)']);",
        '  const { size } = await files.stat(path.resolve(process.argv[1]!));',
        '  console.log([stdout, hash, status, own.length > 0, size > 0, EOL].map((each) => JSON.stringify(each)).join());',
        '}',
        '',
      ].join('\n'),
    );
  });

  test('are there as they are, also on a Node that cannot be asked for them', () => {
    expect(build().stderr).toBe('');
    const cli = path.join(folder, 'dist', 'cli.js');
    write('older.cjs', 'delete process.getBuiltinModule;\n');
    for (const args of [[cli], ['--require', path.join(folder, 'older.cjs'), cli]]) {
      const run = spawnSync(process.execPath, args, { encoding: 'utf8' });
      expect(run.stderr).toBe('');
      expect(run.stdout).toBe(`"1\\n","ca97",3,true,true,${JSON.stringify(os.EOL)}\n`);
    }
  });

  test('are not loaded before they are used', () => {
    write(
      'src/program.ts',
      "import { createHash } from 'node:crypto';\nimport { readFileSync } from 'node:fs';\n" +
        "export function main(): void {\n  if (process.argv[2]) console.log(createHash('sha1').update(readFileSync(process.argv[2])));\n" +
        '  console.log((process as unknown as { moduleLoadList: string[] }).moduleLoadList.filter((name) => /^NativeModule (crypto|internal\\/readline\\/interface)$/.test(name)).length);\n}\n',
    );
    expect(build().stderr).toBe('');
    const run = spawnSync(process.execPath, [path.join(folder, 'dist', 'cli.js')], { encoding: 'utf8' });
    expect(run.stdout).toBe('0\n');
  });
});
