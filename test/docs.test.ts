import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Command, CommanderError } from 'commander';
import { describe, expect, test } from 'vitest';
import { loadProject } from '../src/app/load-project.ts';
import { buildProgram } from '../src/cli/program.ts';
import { parseManifest, parseScenario } from '../src/manifest/parse.ts';
import { showDiagnostic, sourceTreeOf } from '../src/testing/project-builder.ts';

const repository = path.resolve(import.meta.dirname, '..');
const pages = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: repository,
  encoding: 'utf8',
})
  .split('\n')
  .filter((page) => page !== '' && !/golden|fixtures/.test(page));
const read = (page: string) => readFileSync(path.join(repository, page), 'utf8');

interface Block {
  readonly language: string;
  readonly text: string;
  /** Line of the fence, from 1. */
  readonly line: number;
  /** The file that it is: named by a comment in its first line. */
  readonly file?: string;
}

function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map((match) => {
    const [, language = '', text = ''] = match;
    const file = /^(?:#|--|\/\/) ([\w./-]+\.\w+)\b/.exec(text)?.[1];
    const line = markdown.slice(0, match.index).split('\n').length;
    return { language, text, line, ...(file === undefined ? {} : { file }) };
  });
}

/** What is wrong with the YAML of a page: the files that it names are a project, anything else is a manifest's text. */
function yamlProblems(markdown: string): string[] {
  const blocks = blocksOf(markdown);
  const isManifest = ({ language, file }: Block) =>
    /^ya?ml$/.test(language) && !/^(\.github|scenarios)\//.test(file ?? '');
  const problems: string[] = [];
  for (const { file, text } of blocks.filter((block) => block.file?.startsWith('scenarios/')))
    problems.push(...parseScenario({ path: file!, text }).diagnostics.map(showDiagnostic));
  for (const block of blocks.filter(isManifest)) {
    const kind = block.file === 'branchline.yaml' || /^name:/m.test(block.text) ? 'project' : 'manifest';
    const { diagnostics } = parseManifest({ path: block.file ?? `line ${block.line}`, text: block.text }, kind);
    // A page may show what is only warned of, such as a section that was pasted from elsewhere.
    problems.push(...diagnostics.filter(({ severity }) => severity === 'error').map(showDiagnostic));
  }
  if (problems.length > 0) return problems;
  // Each branchline.yaml of a page is a project of its own, together with the other files that the page shows.
  const others = blocks.filter(({ file }) => file !== undefined && file !== 'branchline.yaml');
  const projects = blocks.filter(({ file }) => file === 'branchline.yaml').map(({ text }) => text);
  if (projects.length === 0 && others.some(isManifest)) projects.push('name: page\n');
  for (const text of projects) {
    const files = Object.fromEntries(others.map((block) => [block.file, block.text]));
    const loaded = loadProject(sourceTreeOf({ ...files, 'branchline.yaml': text }));
    problems.push(...loaded.diagnostics.filter(({ severity }) => severity === 'error').map(showDiagnostic));
  }
  return problems;
}

/** Commands of ours that a page shows: in code spans, and as lines of console and shell blocks. */
function commandsOf(markdown: string): string[] {
  const blocks = blocksOf(markdown);
  const lines = blocks
    .filter(({ language }) => /^(console|sh|bash|text)$/.test(language))
    // What follows a prompt; without prompts, every line. The rest of a console is what was printed.
    .flatMap(({ text }) => (/^\$ /m.test(text) ? text.match(/^\$ .*/gm) : text.split('\n')) ?? [])
    .map((line) => line.trim().replace(/^\$ /, ''));
  const prose = markdown.replaceAll(/^```\w*\n[\s\S]*?^```$/gm, '');
  const spans = [...prose.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? '');
  return [...lines, ...spans]
    .map((text) => text.replace(/^source <\((.*)\)$/, '$1').replace(/^node \S*dist\/cli\.js /, 'branchline '))
    .filter((text) => /^branchline\s+[a-z-]/.test(text));
}

/** Undefined when the command line is one that the program takes. */
function commandProblem(line: string): string | undefined {
  const words = [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((m) => m[1] ?? m[2] ?? m[3] ?? '').slice(1);
  let command: Command = buildProgram(() => {});
  while (command.commands.length > 0) {
    const [name] = words;
    if (name === '--version' || name === '--help') return undefined;
    const next = command.commands.find((child) => child.name() === name);
    if (!next) return `\`${line}\`: no command \`${words[0] ?? ''}\``;
    command = next;
    words.shift();
  }
  // As usage lines are written.
  if (words.at(-1) === '[options]') words.pop();
  try {
    command.configureOutput({ writeErr: () => {} });
    const { operands, unknown } = command.parseOptions(words.filter((word) => word !== '--help'));
    if (unknown.length > 0) return `\`${line}\`: ${unknown.join(' ')} is unknown`;
    const takesMore = command.registeredArguments.at(-1)?.variadic === true;
    if (operands.length > command.registeredArguments.length && !takesMore)
      return `\`${line}\`: ${operands.join(' ')} is too much`;
    for (const [i, operand] of operands.entries())
      if (!/[<[…]/.test(operand)) command.registeredArguments[i]?.parseArg?.(operand, undefined);
    return undefined;
  } catch (error) {
    if (error instanceof CommanderError) return `\`${line}\`: ${error.message}`;
    throw error;
  }
}

describe('what the pages show', () => {
  test('every manifest is one that the engine takes', () => {
    const problems = pages.flatMap((page) => yamlProblems(read(page)).map((problem) => `${page}: ${problem}`));
    expect(problems).toEqual([]);
  });

  test('every command line exists, with its options', () => {
    const shown = pages.flatMap((page) => commandsOf(read(page)).map((line) => ({ page, line })));
    expect(shown.length).toBeGreaterThan(40);
    expect(shown.flatMap(({ page, line }) => commandProblem(line)?.concat(` (${page})`) ?? [])).toEqual([]);
  });

  test('a mistake would be seen', () => {
    expect(yamlProblems('```yaml\nassets: { a: { conection: x } }\n```\n')).toHaveLength(1);
    expect(yamlProblems('```yaml\n# branchline.yaml\nname: a\nassets: { a: { deps: [b], run: x } }\n```\n')).toEqual([
      'unknown-asset branchline.yaml:3:23 (1) there is no asset `b`',
    ]);
    expect(commandProblem('branchline interpret cycle')).toContain('interpret');
    expect(commandProblem('branchline run --dry-run')).toContain('--dry-run');
    expect(commandProblem('branchline list asets')).toContain('asets');
    expect(commandProblem('branchline state log --limit 5')).toBeUndefined();
    expect(commandsOf('`branchline run`\n```console\n$ branchline tick --dry-run\n```\n')).toEqual([
      'branchline tick --dry-run',
      'branchline run',
    ]);
  });
});
