import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ACTION_INPUTS, COMMANDS } from '../model/action-inputs.ts';
import { type ActionInputs, readInputs, withClick } from './inputs.ts';

/** The inputs as the runner hands them over. */
const variables = (inputs: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]));

function check(inputs: Readonly<Record<string, string>>, expected: Partial<ActionInputs>): void {
  const read = readInputs(variables(inputs));
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  expect(read.value).toMatchObject(expected);
}

function checkWrong(inputs: Readonly<Record<string, string>>, expected: Readonly<Record<string, string>>): void {
  const read = readInputs(variables(inputs));
  const problems = read.ok ? [] : read.error;
  expect(Object.fromEntries(problems.map(({ input, message }) => [input, message]))).toEqual(expected);
}

describe('readInputs', () => {
  it('has a default for everything', () => {
    const read = readInputs({});
    expect(read.ok && read.value).toEqual({
      command: ['auto'],
      project: '.',
      secretEnv: [],
      timeBudgetMs: 5 * 3_600_000,
      dryRun: false,
      comment: true,
      summary: true,
      failOn: 'error',
    });
  });

  it('takes an empty input for none: a workflow hands over inputs that nobody has filled in', () => {
    check({ select: '', 'state-branch': ' ', 'dry-run': '', 'max-parallel': '' }, { dryRun: false });
    expect(readInputs(variables({ select: '' }))).not.toHaveProperty('value.select');
  });

  it('reads what is said', () => {
    check(
      {
        command: ' run ',
        project: 'data',
        select: 'key:a+',
        partitions: 'missing',
        reason: 'looks odd',
        'state-branch': 'jaffle/state',
        environment: 'production',
        token: 'ghs_1',
        'max-parallel': '4',
        'time-budget': '90m',
        'dry-run': 'TRUE',
        comment: 'false',
        summary: 'false',
        'fail-on': 'never',
      },
      {
        command: ['run'],
        project: 'data',
        select: 'key:a+',
        partitions: 'missing',
        reason: 'looks odd',
        stateBranch: 'jaffle/state',
        environment: 'production',
        token: 'ghs_1',
        maxParallel: 4,
        timeBudgetMs: 5_400_000,
        dryRun: true,
        comment: false,
        summary: false,
        failOn: 'never',
      },
    );
  });

  it.each(COMMANDS.map((command) => [command]))('knows the command %s', (command) => {
    check({ command }, { command: [command] });
  });

  it('splits a command of several words', () => check({ command: 'state  verify' }, { command: ['state', 'verify'] }));

  it.each(['A,B C', 'A\nB\n  C\n', 'A, B,, C, A'])('reads names of variables from %j', (text) => {
    check({ 'secret-env': text }, { secretEnv: ['A', 'B', 'C'] });
  });

  it('says all that is wrong at once', () => {
    checkWrong(
      {
        command: 'tikc',
        'state-branch': '-x',
        environment: 'staging',
        'max-parallel': '0',
        'time-budget': '5',
        'dry-run': 'yes',
        'fail-on': 'warn',
      },
      {
        command: `is not \`tikc\` (did you mean \`tick\`?); it is one of ${COMMANDS.join(', ')}`,
        'state-branch': 'is the name of a branch such as branchline/state, not `-x`',
        environment: 'is production, the only one that a workflow has so far, not `staging`',
        'max-parallel': 'is a whole number from 1, not `0`',
        'time-budget': expect.stringContaining('`5`: '),
        'dry-run': 'is true or false, not `yes`',
        'fail-on': 'is one of error, warning, never, not `warn`',
      },
    );
  });

  it.each(['execute', 'finalize', 'alert'])('says of %s that it is not there yet', (command) => {
    const first = command.split(' ')[0];
    checkWrong({ command }, { command: `\`${first}\` is not there yet; this version has ${COMMANDS.join(', ')}` });
  });

  it.each(['a..b', 'a b', 'a/', '/a', 'a.lock', 'a~1', 'a:b', '.a', 'a//b', 'a@{1}'])(
    'refuses the branch %s',
    (name) => {
      checkWrong({ 'state-branch': name }, { 'state-branch': expect.stringContaining('is the name of a branch') });
    },
  );

  it('never repeats what stands where a name should: it may be the secret itself', () => {
    const read = readInputs(variables({ 'secret-env': 'hunter2-hunter2' }));
    expect(read.ok).toBe(false);
    expect(JSON.stringify(read)).not.toContain('hunter2');
  });
});

describe('withClick', () => {
  const inputs = (given: Readonly<Record<string, string>>): ActionInputs => {
    const read = readInputs(variables(given));
    if (!read.ok) throw new Error(JSON.stringify(read.error));
    return read.value;
  };

  it('takes what a click says where the step says nothing', () => {
    const click = { select: 'key:a', reason: 'late', 'dry-run': 'true', command: 'run' };
    expect(withClick(inputs({}), click)).toMatchObject({ select: 'key:a', reason: 'late', dryRun: true });
    expect(withClick(inputs({ select: 'key:b' }), click)).toMatchObject({ select: 'key:b', reason: 'late' });
    expect(withClick(inputs({ 'dry-run': 'true' }), { 'dry-run': 'false' })).toMatchObject({ dryRun: true });
  });

  it('takes nothing from fields that were left empty', () => {
    const without = withClick(inputs({}), { select: ' ', reason: '', 'dry-run': 'false' });
    expect(without).toEqual(inputs({}));
  });
});

describe('action.yml', () => {
  const file = path.resolve(import.meta.dirname, '..', '..', 'action.yml');
  const action: { inputs: Record<string, { description: string; default?: string }> } = parse(
    readFileSync(file, 'utf8'),
  );

  it('has the defaults that are used', () => {
    const defaults = Object.entries(action.inputs).flatMap(([name, input]) =>
      input.default === undefined || name === 'token' ? [] : [[name, input.default] as const],
    );
    const read = readInputs(variables(Object.fromEntries(defaults)));
    const { environment, ...rest } = read.ok ? read.value : expect.fail('the defaults are refused');
    expect(environment).toBe('production');
    expect({ ok: true, value: rest }).toEqual(readInputs({}));
  });

  it.each(Object.entries(ACTION_INPUTS))('has the inputs that the doctor knows: %s', (part, names) => {
    const own = path.resolve(import.meta.dirname, '..', '..', part === 'main' ? '' : part, 'action.yml');
    expect(Object.keys((parse(readFileSync(own, 'utf8')) as typeof action).inputs)).toEqual([...names]);
  });

  it.each(['', 'comment'])('names no input that nobody reads: %s', (folder) => {
    const code = readFileSync(path.resolve(import.meta.dirname, 'inputs.ts'), 'utf8');
    const own = path.resolve(import.meta.dirname, '..', '..', folder, 'action.yml');
    const { inputs } = parse(readFileSync(own, 'utf8')) as typeof action;
    for (const name of Object.keys(inputs)) expect(code).toContain(`'${name}'`);
  });
});
