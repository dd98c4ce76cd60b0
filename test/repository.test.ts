import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';

const repository = path.resolve(import.meta.dirname, '..');
const read = (file: string) => readFileSync(path.join(repository, file), 'utf8');
const tracked = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  cwd: repository,
  encoding: 'utf8',
})
  .split('\0')
  .filter((file) => file !== '' && statSync(path.join(repository, file), { throwIfNoEntry: false })?.isFile());

describe('the lock file', () => {
  interface Entry {
    readonly version?: string;
    readonly integrity?: string;
    readonly resolved?: string;
    readonly link?: boolean;
  }
  const packages: Record<string, Entry> = JSON.parse(read('package-lock.json')).packages;
  const installed = Object.entries(packages).filter(([name, entry]) => name.includes('node_modules/') && !entry.link);

  test('every package has an integrity and no address', () => {
    expect(installed.length).toBeGreaterThan(50);
    expect(installed.filter(([, entry]) => entry.integrity === undefined || entry.resolved !== undefined)).toEqual([]);
  });

  test('every binary package has all the platforms that its parent lists, or npm ci refuses', () => {
    const names = new Set(installed.map(([name]) => name.slice(name.lastIndexOf('node_modules/') + 13)));
    const wanted = installed.flatMap(([name, entry]) =>
      Object.keys((entry as { optionalDependencies?: object }).optionalDependencies ?? {}).map((other) => [
        name,
        other,
      ]),
    );
    expect(wanted.filter(([, other]) => !names.has(other ?? ''))).toEqual([]);
  });

  test('every version in package.json is exact', () => {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(read('package.json'));
    const ranges = Object.entries({ ...dependencies, ...devDependencies }).filter(([, v]) => !/^\d/.test(String(v)));
    expect(ranges).toEqual([]);
  });
});

describe('texts', () => {
  // In pieces, so that this file does not hold what it forbids.
  const forbidden = [
    /(?<![\w.$}/-])\/(work|root)\/[a-z]/,
    /(?<![\w.$}/-])\/home\/(?!runner\b)[a-z]/,
    /\/Users\/[a-z]/,
    new RegExp(['registry', 'npmjs', 'org'].join('\\.')),
    new RegExp(['files', 'pythonhosted', 'org'].join('\\.')),
    new RegExp(['deb', 'debian', 'org'].join('\\.')),
  ];
  const isText = (file: string) => /\.(ts|mjs|js|json|jsonc|md|ya?ml|sql|py|sh|svg|txt)$|\/run$|^\.[a-z]+$/.test(file);
  const texts = tracked.filter((file) => isText(file) && file !== 'test/repository.test.ts');

  test('no file names a path of some machine or the host of a registry', () => {
    const found = texts.flatMap((file) =>
      read(file)
        .split('\n')
        .flatMap((line, index) => (forbidden.some((one) => one.test(line)) ? [`${file}:${index + 1}`] : [])),
    );
    expect(found).toEqual([]);
  });

  test('no conflict marker was committed', () => {
    const marker = /^(<{7}|>{7}) /m;
    expect(texts.filter((file) => marker.test(read(file)))).toEqual([]);
  });
});

describe('documentation', () => {
  const pages = tracked.filter((file) => file.endsWith('.md') && !/golden|fixtures|node_modules/.test(file));

  test('every YAML and JSON block parses', () => {
    const broken = pages.flatMap((page) =>
      blocksOf(read(page)).flatMap(({ language, text, line }) => {
        const problem = language === 'json' ? jsonProblem(text) : yamlProblem(text);
        return problem === undefined ? [] : [`${page}:${line}: ${problem}`];
      }),
    );
    expect(broken).toEqual([]);
  });

  test('every link to a file of the repository leads somewhere', () => {
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)/g)]
        .map((match) => path.posix.join(path.posix.dirname(page), decodeURI(match[1] ?? '')))
        .filter((target) => statSync(path.join(repository, target), { throwIfNoEntry: false }) === undefined)
        .map((target) => `${page} → ${target}`),
    );
    expect(broken).toEqual([]);
  });

  test('a broken block is noticed', () => {
    expect(blocksOf('a\n```yaml\na: [\n```\n')).toEqual([{ language: 'yaml', text: 'a: [\n', line: 2 }]);
    expect(yamlProblem('a: [\n')).toBeDefined();
    expect(jsonProblem('{')).toBeDefined();
  });
});

interface Block {
  readonly language: string;
  readonly text: string;
  /** Line of the fence, from 1. */
  readonly line: number;
}

function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^( *)```(ya?ml|json)[^\n]*\n([\s\S]*?)^ *```$/gm)].map((match) => ({
    language: match[2] === 'json' ? 'json' : 'yaml',
    text: (match[3] ?? '').replaceAll(new RegExp(`^${match[1]}`, 'gm'), ''),
    line: markdown.slice(0, match.index).split('\n').length,
  }));
}

function yamlProblem(text: string): string | undefined {
  return parseAllDocuments(text).flatMap((document) => document.errors)[0]?.message;
}

function jsonProblem(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return String(error);
  }
}
