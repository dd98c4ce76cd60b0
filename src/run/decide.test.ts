import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventDraft } from '../model/events.ts';
import type { AssetVerdict, Plan, PlannedStep } from '../model/plan.ts';
import { openAgenda } from './agenda.ts';
import { type Command, type DecideOptions, decide } from './decide.ts';
import { applyToProgress, evolveProgress, initialProgress, type ProgressDraft, type RunProgress } from './progress.ts';

const AT = '2026-11-22T09:23:00.000Z';
type Shape = Record<
  string,
  {
    after?: string[];
    verdict?: AssetVerdict['verdict'];
    reason?: AssetVerdict['reason'];
    blocking?: string[];
    exclusive?: string;
  }
>;

function planOf(shape: Shape): Plan {
  const steps: PlannedStep[] = Object.entries(shape).map(
    ([id, { after = [], verdict = 'run', reason = 'requested' }]) => ({
      step: id,
      id,
      verdict,
      assets: [{ asset: id, verdict, reason, detail: [] }],
      partial: false,
      after,
      codeVersion: 'c',
      codeParts: {},
      upstream: Object.fromEntries(after.map((dep) => [dep, 'old'])),
      used: { [id]: Object.fromEntries(after.map((dep) => [dep, 'old'])) },
      held: {},
    }),
  );
  const request = {
    kind: 'cli' as const,
    nonce: '00',
    at: AT,
    selection: '*',
    mode: 'all' as const,
    withUpstream: false,
    ignoreBlocking: false,
  };
  return { format: 1, environment: 'local', request, runId: 'r', steps, digest: 'd', tags: {}, estimates: {} };
}

function optionsOf(shape: Shape, more: Partial<DecideOptions> = {}): DecideOptions {
  return {
    maxParallel: 2,
    failFast: false,
    exclusive: new Map(Object.entries(shape).flatMap(([id, s]) => (s.exclusive ? [[id, s.exclusive] as const] : []))),
    deps: (asset) => shape[asset]?.after ?? [],
    blockingChecks: (asset) => shape[asset]?.blocking ?? [],
    ignoreBlocking: false,
    ...more,
  };
}

const started = (step: string, attempt = 1): EventDraft => ({
  type: 'step.started',
  at: AT,
  run: 'r',
  step,
  attempt,
});
const retried = (step: string, retryAt: string, attempt = 1): EventDraft => ({
  type: 'step.attempt-ended',
  at: AT,
  run: 'r',
  step,
  attempt,
  outcome: 'failure',
  durationMs: 1,
  retryAt,
});
const ended = (step: string, outcome: 'success' | 'failure' = 'success'): EventDraft => ({
  type: 'step.ended',
  at: AT,
  run: 'r',
  step,
  outcome,
  failedAssets: outcome === 'failure' ? [step] : [],
  durationMs: 1,
});
const made = (asset: string, dataVersion = 'new'): EventDraft => ({
  type: 'asset.materialized',
  at: AT,
  run: 'r',
  step: asset,
  asset,
  materialization: `r.1/${asset}`,
  codeVersion: 'c',
  codeParts: {},
  dataVersion,
  upstream: {},
  metadata: {},
  durationMs: 1,
});
const judged = (asset: string, status: 'PASSED' | 'FAILED', blocking: boolean, check = 'c'): EventDraft => ({
  type: 'check.judged',
  at: AT,
  run: 'r',
  step: asset,
  asset,
  check,
  status,
  severity: 'error',
  blocking,
  stage: 'published',
  message: '',
  metadata: {},
  durationMs: 1,
});

const progressOf = (shape: Shape, events: EventDraft[]): RunProgress =>
  events.reduce<RunProgress>(evolveProgress, initialProgress(planOf(shape)));

/** Progress that remembers nothing of what was judged before. */
function forgetful(progress: ProgressDraft): RunProgress {
  const isWaiting = (id: string): boolean => progress.steps.get(id)?.kind === 'waiting';
  const agenda = openAgenda(progress.plan, isWaiting);
  for (const [id, step] of progress.steps) {
    if (step.kind === 'running') agenda.running.add(id);
    if (step.kind === 'retrying') agenda.retrying.set(id, step.due);
  }
  return { ...progress, agenda };
}
const brief = (commands: Command[]): string[] =>
  commands.map((c) =>
    c.kind === 'end'
      ? `end ${c.state}`
      : c.kind === 'start'
        ? `start ${c.step}${c.attempt > 1 ? ` again (${c.attempt})` : ''}`
        : c.kind === 'give-up'
          ? `give up ${c.step}`
          : `skip ${c.step}: ${c.reason}${c.cause ? ` ${c.cause}` : ''}`,
  );
const check = (shape: Shape, events: EventDraft[], expected: string[], more?: Partial<DecideOptions>): void => {
  expect(brief(decide(progressOf(shape, events), optionsOf(shape, more)))).toEqual(expected);
};

describe('decide', () => {
  const chain: Shape = { a: {}, b: { after: ['a'] }, c: { after: ['b'] } };

  it('runs nothing on an upstream that was skipped and never was there', () => {
    const shape: Shape = { a: {}, b: { after: ['a'] } };
    const plan = planOf(shape);
    const steps = plan.steps.map((step): PlannedStep => ({ ...step, upstream: step.id === 'b' ? { a: null } : {} }));
    const skipped = { type: 'step.skipped', at: AT, run: 'r', step: 'a', assets: ['a'], reason: 'up_to_date' } as const;
    const progress = evolveProgress(initialProgress({ ...plan, steps }), skipped);
    expect(decide(progress, optionsOf(shape))).toMatchObject([
      { kind: 'skip', step: 'b', reason: 'upstream_skipped', cause: 'a' },
    ]);
  });

  it('counts a check that could not judge and is softened as a warning', () => {
    const judged = (more: Partial<Extract<EventDraft, { type: 'check.judged' }>>): EventDraft => ({
      type: 'check.judged',
      at: AT,
      run: 'r',
      step: 'a',
      asset: 'a',
      check: 'c',
      status: 'ERRORED',
      severity: 'warn',
      blocking: false,
      stage: 'published',
      message: '',
      metadata: {},
      durationMs: 1,
      ...more,
    });
    const end = (event: EventDraft) => {
      const shape: Shape = { a: {} };
      const events = [started('a'), made('a'), event, ended('a')];
      return decide(events.reduce(evolveProgress, initialProgress(planOf(shape))), optionsOf(shape));
    };
    expect(end(judged({}))).toMatchObject([{ state: 'SUCCESS', counts: { checksWarned: 1, checksFailed: 0 } }]);
    expect(end(judged({ severity: 'error' }))).toMatchObject([{ state: 'FAILURE', counts: { checksFailed: 1 } }]);
    expect(end(judged({ blocking: true }))).toMatchObject([{ state: 'FAILURE', counts: { checksFailed: 1 } }]);
  });

  it('starts all that may start, up to the limit', () => {
    check({ a: {}, b: {}, c: {} }, [], ['start a', 'start b']);
    check({ a: {}, b: {}, c: {} }, [started('a')], ['start b']);
    check(chain, [], ['start a']);
  });

  it('skips only what depends on a failure', () => {
    const shape: Shape = { ...chain, d: {} };
    check(shape, [started('a'), ended('a', 'failure')], ['skip b: upstream_failed a', 'start d']);
  });

  it('passes a skip on downstream', () => {
    const skip: EventDraft = {
      type: 'step.skipped',
      at: AT,
      run: 'r',
      step: 'b',
      assets: ['b'],
      reason: 'upstream_failed',
      cause: 'a',
    };
    check(chain, [started('a'), ended('a', 'failure'), skip], ['skip c: upstream_skipped b']);
  });

  it('does not run what an unchanged upstream feeds', () => {
    const shape: Shape = { a: {}, b: { after: ['a'], verdict: 'if_changed', reason: 'upstream_changed' } };
    check(shape, [started('a'), made('a', 'old'), ended('a')], ['skip b: up_to_date']);
    check(shape, [started('a'), made('a', 'new'), ended('a')], ['start b']);
  });

  it('holds downstream of a blocking failure of published data, unless told to ignore it', () => {
    const events = [started('a'), made('a'), judged('a', 'FAILED', true), ended('a')];
    check(chain, events, ['skip b: blocked_by_check a/c']);
    check(chain, events, ['start b'], { ignoreBlocking: true });
    check(chain, [started('a'), made('a'), judged('a', 'FAILED', false), ended('a')], ['start b']);
  });

  it('lets downstream go once blocking checks are judged, though others still run', () => {
    const shape: Shape = { a: { blocking: ['c'] }, b: { after: ['a'] } };
    check(shape, [started('a'), made('a')], []);
    check(shape, [started('a'), made('a'), judged('a', 'PASSED', true)], ['start b']);
  });

  it('gives an exclusive connection to one step at a time', () => {
    check({ a: { exclusive: 'db' }, b: { exclusive: 'db' }, c: {} }, [], ['start a', 'start c']);
  });

  it('stops starting after a failure with fail-fast, and at a cancel', () => {
    check({ a: {}, b: {}, d: {} }, [started('a'), ended('a', 'failure')], ['skip b: fail_fast', 'skip d: fail_fast'], {
      failFast: true,
    });
    check(
      { a: {}, b: {} },
      [{ type: 'cancel.requested', at: AT, run: 'r', reason: 'Ctrl-C' }],
      ['skip a: canceled', 'skip b: canceled'],
    );
  });

  it('ends with the state that the results call for', () => {
    check({ a: {} }, [started('a'), made('a'), ended('a')], ['end SUCCESS']);
    check({ a: {} }, [started('a'), ended('a', 'failure')], ['end FAILURE']);
    check({ a: {} }, [started('a'), made('a'), judged('a', 'FAILED', true), ended('a')], ['end FAILURE']);
    check({ a: {} }, [started('a'), made('a'), judged('a', 'FAILED', false), ended('a')], ['end SUCCESS']);
  });

  it('starts a step again when it is due, with what is downstream waiting until then', () => {
    const events = [started('a'), retried('a', '2026-11-22T09:24:00.000Z')];
    const progress = progressOf(chain, events);
    expect(decide(progress, optionsOf(chain), Date.parse('2026-11-22T09:23:59.999Z'))).toEqual([]);
    expect(brief(decide(progress, optionsOf(chain), Date.parse('2026-11-22T09:24:00Z')))).toEqual([
      'start a again (2)',
    ]);
    check(chain, [...events, started('a', 2), made('a'), ended('a')], ['start b']);
  });

  it('holds no place while a step waits to be tried again', () => {
    const shape: Shape = { a: { exclusive: 'file' }, b: { exclusive: 'file' } };
    const progress = progressOf(shape, [started('a'), retried('a', '2026-11-22T09:24:00.000Z')]);
    expect(brief(decide(progress, optionsOf(shape, { maxParallel: 1 }), Date.parse(AT)))).toEqual(['start b']);
  });

  it('gives up a step that waits to be tried again when nothing more is started', () => {
    const shape: Shape = { a: {}, b: {} };
    const events = [started('a'), retried('a', '2026-11-22T09:24:00.000Z')];
    const cancel: EventDraft = { type: 'cancel.requested', at: AT, run: 'r', reason: 'asked' };
    check(shape, [...events, cancel], ['give up a', 'skip b: canceled']);
    check(shape, [...events, started('b'), ended('b', 'failure')], ['give up a'], { failFast: true });
  });

  it('forgets what a failed attempt said of an asset that is made again', () => {
    const audit: EventDraft = { ...judged('a', 'FAILED', true), stage: 'audit' } as EventDraft;
    const flaky: Shape = { a: { blocking: ['c'] }, b: { after: ['a'] } };
    const again = [started('a'), audit, retried('a', AT), started('a', 2), made('a'), judged('a', 'PASSED', true)];
    check(flaky, [...again, ended('a')], ['start b']);
    expect(progressOf(flaky, again).hasFailure).toBe(false);
  });

  it('ends every run, whatever fails, and never starts a step before its upstreams or twice', () => {
    const graph = fc.array(
      fc.tuple(fc.array(fc.nat(20), { maxLength: 3 }), fc.constantFrom('success', 'failure', 'unchanged', 'flaky')),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(
        graph,
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        fc.infiniteStream(fc.nat(100)),
        (nodes, maxParallel, failFast, choices) => {
          const shape: Shape = {};
          nodes.forEach(([deps], index) => {
            const names = [...new Set(deps.filter((dep) => dep < index).map((dep) => `n${dep}`))];
            shape[`n${index}`] = {
              after: names,
              verdict: index % 3 === 2 ? 'if_changed' : 'run',
              ...(index % 2 === 1 ? { exclusive: 'file' } : {}),
              ...(index % 4 === 0 ? { blocking: ['ok'] } : {}),
            };
          });
          const progress = initialProgress(planOf(shape));
          const options = optionsOf(shape, { maxParallel, failFast });
          /** Whatever was judged before, the answer is that of somebody who judges everything now. */
          const decideBoth = (): Command[] => {
            const commands = decide(progress, options);
            expect(decide(forgetful(progress), options)).toEqual(commands);
            expect(decide(progress, options)).toEqual(commands);
            return commands;
          };
          const seen = new Set<string>();
          const running: string[] = [];
          for (let turn = 0; turn < 200; turn++) {
            const commands = decideBoth();
            if (commands.length === 0 && running.length === 0) throw new Error('stuck');
            for (const command of commands) {
              if (command.kind === 'end') {
                expect(running).toEqual([]);
                return;
              }
              if (command.kind === 'skip') {
                applyToProgress(progress, {
                  type: 'step.skipped',
                  at: AT,
                  run: 'r',
                  step: command.step,
                  assets: command.assets,
                  reason: command.reason,
                });
                continue;
              }
              if (command.kind === 'give-up') {
                applyToProgress(progress, ended(command.step, 'failure'));
                continue;
              }
              expect(seen.has(command.step)).toBe(command.attempt > 1);
              for (const dep of shape[command.step]!.after ?? [])
                expect(['materialized', 'skipped']).toContain(progress.assets.get(dep)?.kind);
              seen.add(command.step);
              running.push(command.step);
              applyToProgress(progress, started(command.step, command.attempt));
            }
            expect(running.length).toBeLessThanOrEqual(maxParallel);
            if (running.length === 0) continue;
            const [id] = running.splice(Number(choices.next().value) % running.length, 1) as [string];
            const outcome = nodes[Number(id.slice(1))]![1];
            if (outcome === 'flaky' && progress.attempts.get(id) === 1) {
              applyToProgress(progress, retried(id, AT));
              continue;
            }
            if (outcome !== 'failure') applyToProgress(progress, made(id, outcome === 'unchanged' ? 'old' : 'new'));
            decideBoth();
            if (shape[id]?.blocking) applyToProgress(progress, judged(id, 'PASSED', true, 'ok'));
            decideBoth();
            applyToProgress(progress, ended(id, outcome === 'failure' ? 'failure' : 'success'));
          }
          throw new Error('the run did not end');
        },
      ),
    );
  });
});
