import { afterEach, expect, test } from 'vitest';
import { type CliProject, makeCliProject } from '../src/testing/cli-project.ts';

let project: CliProject;
afterEach(() => project.remove());

interface Refused {
  readonly error: { readonly code: string; readonly message: string; readonly help?: string };
}

test('arguments that no command takes are refused, as JSON where that was asked for', async () => {
  project = makeCliProject({ 'branchline.yaml': 'name: shop\nassets: { a: { run: "true" } }\n' });
  for (const [args, message] of [
    [['run', '--max-parallel', '0'], /--max-parallel/],
    [['run', '--slect', 'x'], /--slect[\s\S]*--select/],
    [['plan', 'too', 'many'], /too many arguments/],
    [['list', 'nothing'], /assets, checks/],
    [['chek'], /check/],
  ] as const) {
    const { error } = await project.json<Refused>([...args, '--json'], 2);
    expect(error.code).toBe('usage');
    expect(error.message).toMatch(message);
    const plain = await project.run(args);
    expect([plain.code, plain.stdout]).toEqual([2, '']);
    expect(plain.stderr).toMatch(message);
  }
  const named = await project.json<Refused>(['init', 'Bad Name', '--json'], 2);
  expect(named.error).toMatchObject({ code: 'bad-name', help: expect.stringContaining('`bad-name`') });
  const help = await project.run(['run', '--help', '--json']);
  expect(help.code).toBe(0);
  expect(help.stdout).toMatch(/^Usage: branchline run/);
});

test('a moment that the state does not have is refused by every command that reads', async () => {
  project = makeCliProject({ 'branchline.yaml': 'name: shop\nassets: { a: { run: "true" } }\n' });
  await project.json(['run']);
  for (const command of [['list'], ['plan'], ['report'], ['state', 'log'], ['state', 'show'], ['state', 'verify']]) {
    const never = await project.json<Refused>([...command, '--at', 'no-such-commit', '--json'], 2);
    expect(never.error).toMatchObject({
      code: 'unknown-commit',
      message: expect.stringContaining('There is no commit'),
    });
    const early = await project.json<Refused>([...command, '--at', '2020-01-01', '--json'], 2);
    expect(early.error).toMatchObject({ code: 'unknown-commit', message: expect.stringContaining('2020-01-01') });
  }
});
