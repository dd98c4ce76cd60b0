import { describe, expect, test } from 'vitest';
import { readWorkflow } from './document.ts';
import { evaluateText, holdsIf, type Scope } from './expressions.ts';

const job = (lines: string): string =>
  `on: { workflow_dispatch: {} }\njobs:\n  a:\n    runs-on: ubuntu-latest\n${lines.replaceAll(/^/gm, '    ')}\n`;
const steps = 'steps: [{ uses: $/plan }]';

describe('what the rig does not play is refused by name', () => {
  test.each([
    ['an event', `on: { release: {} }\njobs: {}`, '`release` of on'],
    ['a key of a workflow', `concurrency: x\non: { push: {} }\njobs: {}`, '`concurrency` of the workflow'],
    ['a pattern of branches', `on: { push: { branches: ['v*'] } }\njobs: {}`, 'a pattern in on.push.branches'],
    ['paths', `on: { push: { paths: [a] } }\njobs: {}`, '`paths` of on.push'],
    ['a key of a job', job(`services: {}\n${steps}`), '`services` of jobs.a'],
    ['what ends others', job(`strategy: { matrix: {} }\n${steps}`), 'jobs.a.strategy without `fail-fast: false`'],
    [
      'a script beside an action',
      job('steps: [{ run: make }, { uses: $/plan }]'),
      '`run` of jobs.a.steps[0] beside other steps',
    ],
    ['a step that may fail', job('steps: [{ uses: $/plan, continue-on-error: true }]'), '`continue-on-error` of'],
    ['steps beside a call', `on: { push: {} }\njobs: { a: { uses: x, env: {} } }`, '`env` of jobs.a'],
  ])('%s', (_, text, message) => {
    expect(() => readWorkflow(text)).toThrow(`the rig does not play ${message}`);
  });
});

describe('an expression', () => {
  const scope: Scope = {
    contexts: {
      inputs: { parallel: 8, dry: false, none: null },
      needs: { plan: { outputs: { list: '{"include":[1]}' } } },
    },
    functions: { always: () => true, success: () => false, failure: () => true, cancelled: () => false },
  };

  test('alone keeps its type, and within a text is text', () => {
    expect(evaluateText('${{ inputs.parallel }}', scope)).toBe(8);
    expect(evaluateText('${{ fromJSON(needs.plan.outputs.list) }}', scope)).toEqual({ include: [1] });
    expect(evaluateText('a ${{ inputs.dry }} b${{ inputs.none }}${{ inputs.other }}', scope)).toBe('a false b');
    expect(evaluateText("${{ '}}' }}", scope)).toBe('}}');
    expect(evaluateText("${{ inputs.dry || 'no' }}", scope)).toBe('no');
  });

  test('of a condition asks for success unless it asks for a status itself', () => {
    expect(holdsIf('inputs.parallel == 8', scope)).toBe(false);
    expect(holdsIf('always() && inputs.parallel == 8', scope)).toBe(true);
    expect(holdsIf('${{ failure() }}', scope)).toBe(true);
    expect(holdsIf(undefined, scope)).toBe(false);
  });

  test('that asks for what is not there is refused by name', () => {
    expect(() => evaluateText('${{ runner.os }}', scope)).toThrow("'runner'");
    expect(() => evaluateText("${{ hashFiles('a') }}", scope)).toThrow('hashFiles');
    expect(() => evaluateText('${{ inputs.', scope)).toThrow('cannot read the expression');
  });
});
