import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../base/json.ts';
import type { Plan } from '../model/plan.ts';
import type { Job } from '../model/project.ts';
import { planRun } from '../plan/run-plan.ts';
import { sketchProject, sketchView } from '../testing/plan-builder.ts';
import { planDifferences } from './plan-differences.ts';
import { type RunOptions, requestOf } from './planning.ts';

const AT = '2026-11-22T09:23:00.000Z';
const at = { file: 'a.yaml', line: 1, column: 1, length: 1 };
const job = (name: string, more: Partial<Job> = {}): Job => ({
  name,
  selection: 'group:x',
  tags: {},
  materialize: 'when_stale',
  definedAt: at,
  ...more,
});
const project = {
  ...sketchProject({ a: {}, b: { deps: ['a'] } }),
  jobs: { nightly: job('nightly'), full: job('full', { materialize: 'all' }) },
};

describe('requestOf', () => {
  const check = (options: RunOptions, expected: string): void => {
    const request = requestOf(project, options, { nonce: '00', at: AT });
    expect(request.ok ? `${request.value.selection} ${request.value.mode}` : request.error.code).toBe(expected);
  };

  it('means what is stale when nothing is said', () => check({}, '* stale'));
  it('means all that is selected, or the stale of these', () => {
    check({ select: 'key:a' }, 'key:a all');
    check({ select: 'key:a', stale: true }, 'key:a stale');
  });
  it('follows the rules of a job', () => {
    check({ job: 'nightly' }, 'group:x job');
    check({ job: 'full' }, 'group:x all');
    check({ job: 'full', stale: true }, 'group:x stale');
  });
  it('refuses what it cannot mean', () => {
    check({ job: 'nightly', select: 'key:a' }, 'select-and-job');
    check({ job: 'nope' }, 'unknown-job');
  });
});

describe('planDifferences', () => {
  const plan = (code: Record<string, string>, versions: Record<string, string> = {}): Plan => {
    const view = sketchView({ a: { dataVersion: versions['a'] ?? 'v' }, b: { used: { a: 'v' } } });
    const request = {
      kind: 'cli' as const,
      nonce: '00',
      at: AT,
      selection: '*',
      mode: 'stale' as const,
      withUpstream: false,
      ignoreBlocking: false,
    };
    const fingerprintOf = (step: string) => ({
      version: code[step] ?? 'c',
      parts: { [`file:${step}.sql`]: code[step] ?? 'c' },
    });
    const planned = planRun({
      project,
      view,
      environment: 'local',
      request,
      runId: 'r',
      selected: new Set(['a', 'b']),
      fingerprintOf,
      lost: new Map(),
    });
    if (!planned.ok) throw new Error(planned.error.code);
    return planned.value;
  };

  it('says what has changed since, and nothing where nothing has', () => {
    expect(planDifferences(plan({}), plan({}))).toEqual([]);
    expect(planDifferences(plan({}), plan({ b: 'new' }))).toEqual(['b: its code changed (b.sql)']);
    expect(planDifferences(plan({}), plan({}, { a: 'w' }))).toEqual(['b: a has new data']);
    // A plan that was kept comes back with its keys in order, and that is no difference.
    const kept = (each: Plan) => JSON.parse(canonicalJson(each)) as Plan;
    expect(planDifferences(kept(plan({})), plan({}))).toEqual([]);
    const wanted = kept(plan({}));
    const [first] = wanted.steps;
    const steps = [
      { ...first!, assets: [{ asset: 'a', verdict: 'run', reason: 'requested', detail: [] } as const] },
      ...wanted.steps.slice(1),
    ];
    expect(planDifferences({ ...wanted, steps }, plan({}))).toEqual([
      expect.stringMatching(/^a: was run \(requested\), would be /),
    ]);
    expect(planDifferences(plan({}), { ...plan({}), environment: 'production' })).toEqual([
      'it was made for environment local',
    ]);
  });
});
