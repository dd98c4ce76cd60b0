import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlanRefusal, RunRequest } from '../model/plan.ts';
import type { Project } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import { sketchProject, sketchView } from '../testing/plan-builder.ts';
import type { PlanInput } from './plan-input.ts';
import { planRun } from './run-plan.ts';

const AT = '2026-11-22T09:23:00.000Z';
const cli = (more: Partial<Extract<RunRequest, { kind: 'cli' }>> = {}): RunRequest => ({
  kind: 'cli',
  nonce: '00',
  at: AT,
  selection: '*',
  mode: 'stale',
  withUpstream: false,
  ignoreBlocking: false,
  ...more,
});
const schedule = (materialize: 'when_stale' | 'all' = 'when_stale'): RunRequest => ({
  kind: 'schedule',
  schedule: 'hourly',
  tick: AT,
  selection: '*',
  materialize,
});

interface Case {
  readonly project: Project;
  readonly view: StateView;
  readonly request?: RunRequest;
  readonly select?: readonly string[];
  readonly code?: Readonly<Record<string, string>>;
  readonly lost?: Readonly<Record<string, string>>;
}

function input({ project, view, request = cli(), select, code = {}, lost = {} }: Case): PlanInput {
  const fingerprintOf = (name: string) => ({
    version: code[name] ?? 'c',
    parts: { 'file:a.sql': code[name] ?? 'c', run: 'c' },
  });
  return {
    project,
    view,
    environment: 'local',
    request,
    runId: 'r2',
    selected: new Set(select ?? Object.keys(project.assets)),
    fingerprintOf,
    lost: new Map(Object.entries(lost)),
  };
}

/** `a run requested`, `b if_changed upstream_changed: a`, one line an asset. */
function check(given: Case, expected: readonly string[]): void {
  const plan = planRun(input(given));
  if (!plan.ok) throw new Error(JSON.stringify(plan.error));
  const lines = plan.value.steps.flatMap((step) =>
    step.assets.map(
      (a) => `${a.asset} ${a.verdict} ${a.reason}${a.detail.length > 0 ? `: ${a.detail.join(', ')}` : ''}`,
    ),
  );
  expect(lines).toEqual(expected);
}

function checkRefused(given: Case, expected: PlanRefusal): void {
  const plan = planRun(input(given));
  expect(plan.ok ? undefined : plan.error).toEqual(expected);
}

describe('planRun', () => {
  it('lets a skippable asset rest that its step had nothing for, and what reads it wait', () => {
    const project = sketchProject({
      a: { step: 'm' },
      b: { step: 'm', skippable: true },
      c: { deps: ['b'] },
    });
    const made = sketchView({ a: {} });
    const confirmed = { asset: 'b', confirmedAt: AT, checks: {}, durationsMs: [], history: [] };
    const view = { ...made, assets: new Map(made.assets).set('b', confirmed) };
    check({ project, view }, [
      'a skip up_to_date',
      'b skip up_to_date',
      'c skip upstream_skipped: b was never materialized',
    ]);
    check({ project, view: made }, [
      'a run never_materialized',
      'b run never_materialized',
      'c run never_materialized',
    ]);
  });

  const chain = sketchProject({ a: {}, b: { deps: ['a'] }, c: { deps: ['b'] } });
  const fresh = sketchView({ a: {}, b: { used: { a: 'v' } }, c: { used: { b: 'v' } } });

  it('makes everything once, in order, and nothing when all is up to date', () => {
    check({ project: chain, view: sketchView({}) }, [
      'a run never_materialized',
      'b run never_materialized',
      'c run never_materialized',
    ]);
    check({ project: chain, view: fresh }, ['a skip up_to_date', 'b skip up_to_date', 'c skip up_to_date']);
  });

  it('makes all that a person selects', () => {
    check({ project: chain, view: fresh, request: cli({ mode: 'all' }), select: ['b'] }, ['b run requested']);
  });

  it('makes for a push what its code made stale, and leaves sources alone', () => {
    const push: RunRequest = { kind: 'push', commit: 'a1', at: AT, selection: 'changed:any+' };
    check({ project: chain, view: fresh, request: push, code: { b: 'c2' } }, [
      'a skip up_to_date',
      'b run code_changed: a.sql',
      'c if_changed upstream_changed: b',
    ]);
  });

  it('takes a click on GitHub as a person at the keyboard is taken', () => {
    const manual = { at: AT, selection: '*', mode: 'all', withUpstream: false, ignoreBlocking: false } as const;
    const click: RunRequest = { kind: 'dispatch', workflow: '17', ...manual };
    check({ project: chain, view: fresh, request: click, select: ['b'] }, ['b run requested']);
    checkRefused(
      { project: chain, view: sketchView({}), request: click, select: ['b'] },
      { code: 'upstream-never-materialized', asset: 'b', upstream: ['a'] },
    );
    check({ project: chain, view: sketchView({}), request: { ...click, withUpstream: true }, select: ['b'] }, [
      'a run with_upstream',
      'b run requested',
    ]);
  });

  it('follows a change of code downstream only as far as data changes', () => {
    const view = sketchView({ a: {}, b: { used: { a: 'v' } }, c: { used: { b: 'v' } } });
    check({ project: chain, view, code: { b: 'new' } }, [
      'a skip up_to_date',
      'b run code_changed: a.sql',
      'c if_changed upstream_changed: b',
    ]);
  });

  it('sees a newer upstream, a failure, lost data and changed deps', () => {
    check(
      {
        project: chain,
        view: sketchView({ a: { dataVersion: 'w' }, b: { used: { a: 'v' } }, c: { used: { b: 'v' } } }),
      },
      ['a skip up_to_date', 'b run upstream_changed: a', 'c if_changed upstream_changed: b'],
    );
    const failed = {
      attempt: {
        run: 'r',
        at: AT,
        outcome: 'failure' as const,
        failuresInRow: 1,
        failure: { class: 'step' as const, code: 'exit-code', message: 'exit code 3' },
      },
    };
    check({ project: sketchProject({ a: {} }), view: sketchView({ a: { more: failed } }) }, [
      'a run failed_last: exit code 3',
    ]);
    check({ project: sketchProject({ a: {} }), view: sketchView({ a: {} }), lost: { a: 'data/a.csv is gone' } }, [
      'a run data_lost: data/a.csv is gone',
    ]);
    // Who asks for it by name gets it because of that, whatever it failed by before.
    check(
      { project: sketchProject({ a: {} }), view: sketchView({ a: { more: failed } }), request: cli({ mode: 'all' }) },
      ['a run requested'],
    );
    check({ project: chain, view: sketchView({ a: {}, b: { used: {} }, c: { used: { b: 'v' } } }), select: ['b'] }, [
      'b run deps_changed: + a',
    ]);
  });

  it('lets a schedule run sources, and what they change', () => {
    check({ project: chain, view: fresh, request: schedule() }, [
      'a run no_upstreams',
      'b if_changed upstream_changed: a',
      'c if_changed upstream_changed: b',
    ]);
    check({ project: chain, view: fresh, request: schedule('all') }, [
      'a run materialize_all',
      'b run materialize_all',
      'c run materialize_all',
    ]);
    const external = sketchProject({ x: { external: true }, a: { deps: ['x'] } });
    check({ project: external, view: sketchView({ a: { used: { x: 'v' } } }), request: schedule() }, [
      'a run no_upstreams: x',
      'x skip external',
    ]);
  });

  it('refuses an upstream that was never made, by name, unless it may make it', () => {
    checkRefused(
      { project: chain, view: sketchView({}), request: cli({ mode: 'all' }), select: ['b'] },
      { code: 'upstream-never-materialized', asset: 'b', upstream: ['a'] },
    );
    check({ project: chain, view: sketchView({}), request: cli({ mode: 'all', withUpstream: true }), select: ['c'] }, [
      'a run with_upstream',
      'b run with_upstream',
      'c run requested',
    ]);
    check({ project: chain, view: sketchView({}), request: schedule(), select: ['c'] }, [
      'c skip upstream_skipped: b was never materialized',
    ]);
  });

  it('holds downstream of a stored blocking failure while it is declared and blocking', () => {
    const result = {
      status: 'FAILED' as const,
      severity: 'error' as const,
      blocking: true,
      stage: 'published' as const,
      run: 'r',
      at: AT,
      message: '',
    };
    const view = sketchView({
      a: { dataVersion: 'w', more: { checks: { ids: result } } },
      b: { used: { a: 'v' } },
      c: { used: { b: 'v' } },
    });
    const declared = sketchProject({ a: { blocking: ['ids'] }, b: { deps: ['a'] }, c: { deps: ['b'] } });
    check({ project: declared, view }, [
      'a skip up_to_date',
      'b skip blocked_by_check: a/ids',
      'c skip upstream_skipped: b',
    ]);
    check({ project: declared, view, request: cli({ ignoreBlocking: true }) }, [
      'a skip up_to_date',
      'b run upstream_changed: a',
      'c if_changed upstream_changed: b',
    ]);
    check({ project: chain, view }, [
      'a skip up_to_date',
      'b run upstream_changed: a',
      'c if_changed upstream_changed: b',
    ]);
  });

  it('selects all of a multi-asset that cannot run in part', () => {
    const sketch = { m1: { step: 'm' }, m2: { step: 'm' } };
    check({ project: sketchProject(sketch), view: sketchView({}), request: cli({ mode: 'all' }), select: ['m1'] }, [
      'm1 run requested',
      'm2 run requested',
    ]);
    check(
      { project: sketchProject(sketch, ['m']), view: sketchView({}), request: cli({ mode: 'all' }), select: ['m1'] },
      ['m1 run requested'],
    );
  });

  it('has the same digest for the same intention, whenever and by whomever it is made', () => {
    const digest = (given: Case): string => {
      const plan = planRun(input(given));
      return plan.ok ? plan.value.digest : '';
    };
    const given = { project: chain, view: fresh };
    expect(digest({ ...given, request: cli({ nonce: 'ff', at: '2027-01-01T00:00:00.000Z' }) })).toBe(digest(given));
    expect(digest({ ...given, code: { b: 'new' } })).not.toBe(digest(given));
    expect(
      digest({
        ...given,
        view: sketchView({ a: { dataVersion: 'w' }, b: { used: { a: 'v' } }, c: { used: { b: 'v' } } }),
      }),
    ).not.toBe(digest(given));
  });

  it('does not depend on the order in which assets are declared', () => {
    const graphs = fc.array(fc.array(fc.nat(12), { maxLength: 3 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(graphs, fc.infiniteStream(fc.nat(1000)), (nodes, numbers) => {
        const entries = nodes.map(
          (deps, index) =>
            [`n${index}`, { deps: [...new Set(deps.filter((d) => d < index))].map((d) => `n${d}`) }] as const,
        );
        const shuffled = entries
          .map((entry) => ({ entry, at: Number(numbers.next().value) }))
          .sort((x, y) => x.at - y.at);
        const plans = [entries, shuffled.map(({ entry }) => entry)].map((list) =>
          planRun(
            input({
              project: sketchProject(Object.fromEntries(list)),
              view: sketchView({ n0: {} }),
              request: schedule(),
            }),
          ),
        );
        expect(plans[0]).toEqual(plans[1]);
      }),
    );
  });
});
