import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type EventDraft, noCounts } from '../../model/events.ts';
import { timestamp } from '../../model/instant.ts';
import type { AutomationRequest } from '../../model/plan.ts';
import type { Project } from '../../model/project.ts';
import type { StateView } from '../../model/state.ts';
import { usedDigest } from '../../model/versions.ts';
import { buildGraph } from '../../project/graph.ts';
import { emptyView } from '../../state/fold.ts';
import { projectOf } from '../../testing/project-builder.ts';
import { afterCommit, numberedIn } from '../../testing/run-builder.ts';
import { openPartitionReader } from '../partitioned.ts';
import { explainCondition } from './condition.ts';
import { judgeKey } from './judge-key.ts';
import { adoptions } from './on-cron.ts';
import {
  type AutomationInput,
  type AutomationPass,
  KEYS_MAX,
  OPEN_RUNS_MAX,
  openConditions,
  passAutomation,
} from './pass.ts';

const T0 = Date.parse('2026-01-06T00:00:00Z');
const MINUTE = 60_000;

/** A state that grows by the fold alone, and passes over it. */
function openStory(project: Project, start = T0) {
  let view: StateView = emptyView('local');
  let now = start;
  let hand = 0;
  const automated = buildGraph(project.assets).graph.order.filter((key) => project.assets[key]!.automation);
  const commit = (drafts: readonly EventDraft[]): void => {
    view = afterCommit(view, numberedIn(view, drafts), now);
  };
  const input = (): AutomationInput => ({
    project,
    automated,
    view,
    now,
    dynamic: (name) => view.dynamicKeys?.get(name) ?? [],
    assetsOf: (request) => (request.kind === 'automation' ? request.targets.map(({ asset }) => asset) : []),
    tagsOf: (assets) => Object.assign({}, ...[...assets].map((asset) => project.assets[asset]!.tags)),
  });
  const readOf = (asset: string, key: string): Record<string, { dataVersion: string }> => {
    const reader = openPartitionReader(project, view, { now, dynamic: () => [] });
    const read: Record<string, { dataVersion: string }> = {};
    for (const dep of project.assets[asset]!.deps) {
      const { version } = reader.read(asset, dep, [key]);
      read[dep] = { dataVersion: version ?? 'external' };
    }
    return read;
  };
  const at = (): string => timestamp(now);
  /** One asset, or partition, in a run that is under way. */
  const step = (run: string, asset: string, version: string | undefined, key?: string): void => {
    const of = { run, epoch: 1, at: at() };
    const id = key === undefined ? asset : `${asset}@${key}`;
    const upstream = readOf(asset, key ?? '');
    const digest = usedDigest(Object.fromEntries(Object.entries(upstream).map(([dep, u]) => [dep, u.dataVersion])));
    const keys = key === undefined ? {} : { partitions: [key] };
    const begun = project.assets[asset]!.automation ? { versions: { [asset]: [digest] }, ...keys } : {};
    const partition = key === undefined ? {} : { partition: key };
    commit([{ ...of, type: 'step.started', step: id, attempt: 1, ...begun }]);
    commit([
      version === undefined
        ? {
            ...of,
            type: 'step.ended',
            step: id,
            outcome: 'failure',
            failedAssets: [asset],
            durationMs: 1,
            ...(key === undefined ? {} : { failedPartitions: [key] }),
          }
        : {
            ...of,
            type: 'asset.materialized',
            step: id,
            asset,
            ...partition,
            materialization: `${run}/${id}`,
            codeVersion: 'c',
            codeParts: {},
            dataVersion: version,
            upstream,
            metadata: {},
            durationMs: 1,
          },
    ]);
  };
  const begin = (run: string, targets: readonly string[], keys?: readonly string[]): void =>
    commit([
      {
        type: 'run.started',
        at: at(),
        run,
        epoch: 1,
        planDigest: '',
        steps: targets.flatMap((asset) =>
          (keys ?? [undefined]).map((key) => ({
            id: key === undefined ? asset : `${asset}@${key}`,
            assets: [asset],
            verdict: 'run' as const,
            reason: 'requested' as const,
            detail: [],
            ...(key === undefined ? {} : { partitions: [key] }),
          })),
        ),
      },
    ]);
  const end = (run: string, state: 'SUCCESS' | 'FAILURE' | 'CANCELED' = 'SUCCESS'): void =>
    commit([{ type: 'run.ended', at: at(), run, epoch: 1, state, counts: noCounts, durationMs: 1 }]);
  return {
    view: () => view,
    pass: (): AutomationPass => passAutomation(input()),
    conditions: (asked: AutomationPass['asked']) => openConditions(input(), asked),
    wait(minutes: number): void {
      now += minutes * MINUTE;
    },
    adopt: (): void => commit(adoptions(project, automated, view, now)),
    /** Records what a pass asks for. */
    ask(pass: AutomationPass): readonly AutomationRequest[] {
      for (const { run, request, tags } of pass.runs)
        commit([{ type: 'run.requested', at: at(), run, epoch: 1, request, tags }]);
      return pass.runs.map(({ request }) => request);
    },
    /** Carries a run of automation out: `versionOf` says what each becomes, undefined = it fails. */
    carryOut(
      run: string,
      request: AutomationRequest,
      versionOf: (asset: string, key?: string) => string | undefined,
    ): void {
      const targets = request.targets.map(({ asset }) => asset);
      begin(run, targets, request.keys);
      const failed = new Set<string>();
      for (const key of request.keys ?? [undefined])
        for (const asset of targets) {
          if (project.assets[asset]!.deps.some((dep) => failed.has(dep))) failed.add(asset);
          else {
            const version = versionOf(asset, key);
            step(run, asset, version, key);
            if (version === undefined) failed.add(asset);
          }
        }
      end(run, failed.size > 0 ? 'FAILURE' : 'SUCCESS');
    },
    /** A person makes something; undefined = it fails. */
    byHand(asset: string, version: string | undefined, key?: string): void {
      const run = `hand${++hand}`;
      commit([
        {
          type: 'run.requested',
          at: at(),
          run,
          epoch: 1,
          request: {
            kind: 'cli',
            nonce: run,
            at: at(),
            selection: '*',
            mode: 'all',
            withUpstream: false,
            ignoreBlocking: false,
          },
          tags: {},
        },
      ]);
      begin(run, [asset], key === undefined ? undefined : [key]);
      step(run, asset, version, key);
      end(run, version === undefined ? 'FAILURE' : 'SUCCESS');
    },
    commit,
    at,
    begin,
    step,
    end,
  };
}

const asked = ({ runs }: AutomationPass): string[] =>
  runs.map(
    ({ request: { targets, partitions } }) =>
      `${targets.map(({ asset, joined }) => `${asset}${joined ? '+' : ''}`).join(' ')}${partitions === undefined ? '' : ` ${partitions}`}`,
  );
const project = (assets: string, more = ''): Project =>
  projectOf({ 'branchline.yaml': `name: p\n${more}assets:\n${assets}` });
const asset = (key: string, deps: string, automation?: string, more = ''): string =>
  `  ${key}: { run: "true", deps: [${deps}]${automation === undefined ? '' : `, automation: ${automation}`}${more} }\n`;

describe('eager', () => {
  const chain = project(asset('a', '') + asset('b', 'a', 'eager') + asset('c', 'b', 'eager'));

  test('waits for what is missing, then takes along what reads it, and is quiet', () => {
    const story = openStory(chain);
    expect(asked(story.pass())).toEqual([]);
    story.byHand('a', 'v1');
    const first = story.pass();
    expect(asked(first)).toEqual(['b c']);
    const [request] = story.ask(first);
    expect(asked(story.pass())).toEqual([]);
    story.carryOut(first.runs[0]!.run, request!, (key) => `${key}1`);
    expect(asked(story.pass())).toEqual([]);
    // Both are there now: what only goes along says so.
    story.byHand('a', 'v2');
    expect(asked(story.pass())).toEqual(['b c+']);
    story.byHand('a', 'v1');
    // What it was made of is there again.
    expect(asked(story.pass())).toEqual([]);
  });

  test('waits for what is at work, by whoever asked for it', () => {
    const story = openStory(chain);
    story.byHand('a', 'v1');
    story.ask(story.pass());
    const [run] = [...story.view().openRuns.keys()];
    story.begin(run!, ['b', 'c']);
    expect(asked(story.pass())).toEqual([]);
    story.step(run!, 'b', 'b1');
    expect(asked(story.pass())).toEqual([]);
    story.end(run!, 'CANCELED');
    // `c` was never begun: with `b` there it is asked for by itself.
    expect(asked(story.pass())).toEqual(['c']);
  });

  test('is not asked for again when it failed, was canceled while it waited, or a person failed', () => {
    const story = openStory(chain);
    story.byHand('a', 'v1');
    const pass = story.pass();
    const [request] = story.ask(pass);
    story.carryOut(pass.runs[0]!.run, request!, () => undefined);
    expect(asked(story.pass())).toEqual([]);
    story.byHand('a', 'v2');
    const second = story.pass();
    story.ask(second);
    story.end(second.runs[0]!.run, 'CANCELED');
    expect(asked(story.pass())).toEqual([]);
    story.byHand('a', 'v3');
    story.byHand('b', undefined);
    expect(asked(story.pass())).toEqual([]);
    story.byHand('a', 'v4');
    expect(asked(story.pass())).toEqual(['b c']);
  });

  test('a held upstream, a lost asset, tags that differ', () => {
    const held = openStory(
      project(`  a: { run: "true", checks: { ok: { reported: true, blocking: true } } }\n${asset('b', 'a', 'eager')}`),
    );
    held.byHand('a', 'v1');
    const judged = (status: 'FAILED' | 'PASSED', run: string): void =>
      held.commit([
        {
          type: 'check.judged',
          at: held.at(),
          run,
          epoch: 1,
          step: 'a',
          asset: 'a',
          check: 'ok',
          status,
          severity: 'error',
          blocking: true,
          stage: 'published',
          message: '',
          metadata: {},
          durationMs: 1,
        },
      ]);
    judged('FAILED', 'hand1');
    expect(asked(held.pass())).toEqual([]);
    held.byHand('a', 'v2');
    judged('PASSED', 'hand2');
    expect(asked(held.pass())).toEqual(['b']);

    const lost = openStory(chain);
    lost.byHand('a', 'v1');
    lost.byHand('b', 'b1');
    lost.byHand('c', 'c1');
    expect(asked(lost.pass())).toEqual([]);
    lost.commit([{ type: 'asset.lost', at: lost.at(), asset: 'b', materialization: 'hand2/b', message: 'gone' }]);
    const pass = lost.pass();
    expect(asked(pass)).toEqual(['b c+']);
    lost.ask(pass);
    lost.end(pass.runs[0]!.run, 'FAILURE');
    expect(asked(lost.pass())).toEqual([]);

    const again = openStory(chain);
    again.byHand('a', 'v1');
    again.byHand('b', 'b1');
    again.byHand('c', 'c1');
    again.commit([{ type: 'asset.lost', at: again.at(), asset: 'b', materialization: 'hand2/b', message: 'gone' }]);
    const only = again.pass();
    const [request] = again.ask(only);
    again.carryOut(only.runs[0]!.run, request!, () => undefined);
    // It was begun for these versions and failed: not again and again.
    expect(asked(again.pass())).toEqual([]);
    again.byHand('a', 'v2');
    expect(asked(again.pass())).toEqual(['b c+']);

    const unsaved = openStory(chain);
    unsaved.byHand('a', 'v1');
    const first = unsaved.pass();
    const [wanted] = unsaved.ask(first);
    const { run } = first.runs[0]!;
    unsaved.begin(run, ['b', 'c']);
    expect(wanted!.targets.map(({ asset: key }) => key)).toEqual(['b', 'c']);
    unsaved.step(run, 'b', 'b1');
    unsaved.commit([
      {
        type: 'asset.lost',
        at: unsaved.at(),
        run,
        epoch: 1,
        asset: 'b',
        materialization: `${run}/b`,
        message: 'no room',
      },
    ]);
    unsaved.end(run, 'FAILURE');
    // It was made for these versions and could not be saved: the next run would end the same way.
    expect(asked(unsaved.pass())).not.toContainEqual(expect.stringContaining('b'));
    unsaved.byHand('a', 'v2');
    expect(asked(unsaved.pass())).toEqual(['b c']);

    const tagged = openStory(
      project(asset('a', '') + asset('b', 'a', 'eager') + asset('c', 'b', 'eager', ', tags: { t: x }')),
    );
    tagged.byHand('a', 'v1');
    expect(asked(tagged.pass())).toEqual(['b']);
  });
});

describe('on_cron', () => {
  const daily = '{ on_cron: { cron: "0 6 * * *" } }';
  const story = () => {
    const made = openStory(
      project(asset('a', '') + asset('b', 'a', daily) + asset('c', 'b', daily)),
      T0 + 12 * 60 * MINUTE,
    );
    made.byHand('a', 'v1');
    made.adopt();
    return made;
  };

  test('comes once a tick, when all that it reads was updated since', () => {
    const made = story();
    expect(asked(made.pass())).toEqual([]);
    made.wait(18 * 60 + 5);
    expect(asked(made.pass())).toEqual([]);
    // Found up to date counts as updated.
    made.commit([
      {
        type: 'run.requested',
        at: made.at(),
        run: 'x',
        epoch: 1,
        request: { kind: 'push', commit: 'x', at: made.at(), selection: '*' },
        tags: {},
      },
      { type: 'assets.confirmed', at: made.at(), run: 'x', epoch: 1, assets: ['a'] },
      { type: 'run.ended', at: made.at(), run: 'x', epoch: 1, state: 'SUCCESS', counts: noCounts, durationMs: 1 },
    ]);
    const pass = made.pass();
    expect(asked(pass)).toEqual(['b c']);
    const [request] = made.ask(pass);
    expect(request!.targets).toMatchObject([
      { tick: '2026-01-07T06:00:00.000Z' },
      { tick: '2026-01-07T06:00:00.000Z' },
    ]);
    made.carryOut(pass.runs[0]!.run, request!, (key) => key);
    made.byHand('a', 'v2');
    expect(asked(made.pass())).toEqual([]);
    made.wait(24 * 60);
    expect(asked(made.pass())).toEqual([]);
    made.byHand('a', 'v2');
    expect(asked(made.pass())).toEqual(['b c']);
    // Whoever makes it after the tick has done what it asks for.
    made.byHand('b', 'b2');
    expect(asked(made.pass())).toEqual(['c']);
  });

  test('a clock of a runner that is behind does not make it come twice', () => {
    const made = story();
    made.wait(18 * 60 + 2);
    made.byHand('a', 'v2');
    const pass = made.pass();
    const [request] = made.ask(pass);
    made.wait(-30);
    made.carryOut(pass.runs[0]!.run, request!, (key) => key);
    made.wait(35);
    expect(asked(made.pass())).toEqual([]);
  });

  test('rules are adopted once, again when edited, and dropped', () => {
    const made = story();
    const keys = ['b', 'c'];
    const now = T0 + 13 * 60 * MINUTE;
    const of = (text: string) =>
      adoptions(
        project(text),
        keys.filter((key) => text.includes(`${key}:`)),
        made.view(),
        now,
      );
    const both = asset('a', '') + asset('b', 'a', daily) + asset('c', 'b', daily);
    expect(of(both)).toEqual([]);
    expect(of(both.replace('"0 6 * * *"', '"0 7 * * *"'))).toMatchObject([
      { type: 'automation.adopted', assets: ['b'] },
    ]);
    expect(of(asset('a', '') + asset('b', 'a', 'eager'))).toMatchObject([
      { type: 'automation.dropped', assets: ['b', 'c'] },
    ]);
  });
});

describe('partitions', () => {
  const days = 'partitions: { days: { daily: { start: "2026-01-01" } } }\n';
  const cut = (key: string, deps: string, automation?: string, more = ''): string =>
    asset(key, deps, automation, `, partitions: days${more}`);

  test('`eager` is about the newest window, `on_missing` about all, each key with its own', () => {
    const story = openStory(project(cut('a', '') + cut('b', 'a', 'eager') + cut('c', 'a', 'on_missing'), days));
    story.byHand('a', 'v', '2026-01-02');
    expect(asked(story.pass())).toEqual(['c 2026-01-02']);
    story.byHand('a', 'v', '2026-01-05');
    const pass = story.pass();
    expect(asked(pass)).toEqual(['c 2026-01-02', 'b c 2026-01-05']);
    for (const [index, request] of story.ask(pass).entries())
      story.carryOut(pass.runs[index]!.run, request, (key) => key);
    expect(asked(story.pass())).toEqual([]);
    story.byHand('a', 'w', '2026-01-05');
    story.byHand('a', 'w', '2026-01-02');
    expect(asked(story.pass())).toEqual(['b 2026-01-05']);
  });

  test('a partition whose data is gone is missing, once for what it reads', () => {
    const story = openStory(project(cut('a', '') + cut('c', 'a', 'on_missing'), days));
    story.byHand('a', 'v', '2026-01-02');
    story.byHand('c', 'v', '2026-01-02');
    expect(asked(story.pass())).toEqual([]);
    const { turn } = story.view().partitions!.get('c')!.get('2026-01-02')!.materialized!;
    const loss = { at: story.at(), asset: 'c', partitions: { '2026-01-02': [...turn, 1] as const } };
    story.commit([{ ...loss, type: 'asset.lost', message: 'gone' }]);
    const pass = story.pass();
    expect(asked(pass)).toEqual(['c 2026-01-02']);
    story.ask(pass);
    story.end(pass.runs[0]!.run, 'FAILURE');
    expect(asked(story.pass())).toEqual([]);

    const refused = openStory(project(cut('a', '') + cut('c', 'a', 'on_missing', ', on_lost: fail'), days));
    refused.byHand('a', 'v', '2026-01-02');
    refused.byHand('c', 'v', '2026-01-02');
    refused.commit([{ ...loss, type: 'asset.lost', message: 'gone' }]);
    expect(asked(refused.pass())).toEqual([]);
  });

  test('runs are cut by the policy, without gaps, and no more than may be open', () => {
    const many = 'partitions: { days: { daily: { start: "2025-01-01" } } }\n';
    const single = openStory(project(cut('a', '', 'on_missing'), many));
    const first = single.pass();
    expect(first.runs).toHaveLength(OPEN_RUNS_MAX);
    expect([...first.left]).toEqual([['a', 370 - OPEN_RUNS_MAX]]);
    single.ask(first);
    expect(single.pass().runs).toEqual([]);
    single.end(first.runs[0]!.run, 'CANCELED');
    expect(asked(single.pass())).toEqual(['a 2025-04-11']);

    const several = openStory(
      project(cut('a', '', 'on_missing', ', backfill_policy: { multi_run: { max_partitions_per_run: 100 } }'), many),
    );
    several.byHand('a', 'v', '2025-02-01');
    expect(asked(several.pass())).toEqual([
      'a 2025-01-01...2025-01-31',
      'a 2025-02-02...2025-05-12',
      'a 2025-05-13...2025-08-20',
      'a 2025-08-21...2025-11-28',
      'a 2025-11-29...2026-01-05',
    ]);
  });

  test('what reads another at some keys is made with it there, and by itself where that is made', () => {
    const range = ', backfill_policy: { single_run: true }';
    const story = openStory(project(cut('a', '', 'on_missing', range) + cut('b', 'a', 'on_missing', range), days));
    story.byHand('a', 'v', '2026-01-02');
    expect(asked(story.pass())).toEqual(['a b 2026-01-01', 'b 2026-01-02', 'a b 2026-01-03...2026-01-05']);
  });

  test('each asset keeps its policy: what reads another one with another policy waits for it', () => {
    const policy = (text: string): string => `, backfill_policy: ${text}`;
    const story = openStory(
      project(
        cut('a', '', 'on_missing', policy('{ single_run: true }')) +
          cut('b', '', 'on_missing') +
          cut('c', 'a', 'on_missing', policy('{ multi_run: { max_partitions_per_run: 3 } }')) +
          cut('d', 'a', 'on_missing', policy('{ single_run: true }')),
        days,
      ),
    );
    const pass = story.pass();
    expect(asked(pass)).toEqual([
      'a d 2026-01-01...2026-01-05',
      ...['01', '02', '03', '04', '05'].map((day) => `b 2026-01-${day}`),
    ]);
    for (const [index, request] of story.ask(pass).entries())
      story.carryOut(pass.runs[index]!.run, request, (key) => key);
    expect(asked(story.pass())).toEqual(['c 2026-01-01...2026-01-03', 'c 2026-01-04...2026-01-05']);
  });

  test('10,000 partitions: one pass judges so many, and counts the rest', () => {
    const hours = 'partitions: { days: { hourly: { start: "2024-11-15" } } }\n';
    const story = openStory(project(cut('a', '', 'on_missing', ', backfill_policy: { single_run: true }'), hours));
    const pass = story.pass();
    expect(asked(pass)).toHaveLength(1);
    expect(pass.runs[0]!.request.keys).toHaveLength(KEYS_MAX);
    expect([...pass.left.values()]).toEqual([expect.any(Number)]);
    expect([...pass.left.values()][0]).toBeGreaterThan(8_000);
  });
});

test('a pass over an empty list of assets costs nothing', () => {
  const view = new Proxy({} as StateView, {
    get() {
      throw new Error('the state was looked at');
    },
  });
  const none = { project: project(asset('a', '')), automated: [], view, now: 0 } as unknown as AutomationInput;
  expect(passAutomation(none).runs).toEqual([]);
});

describe('random worlds', () => {
  const KEYS = ['a', 'b', 'c', 'd', 'e', 'f'];
  const rule = fc.constantFrom(undefined, 'eager', 'eager', 'on_missing', '{ on_cron: { cron: "0 * * * *" } }');
  const worlds = fc.record({
    rules: fc.array(rule, { minLength: 6, maxLength: 6 }),
    reads: fc.array(fc.array(fc.nat({ max: 5 }), { maxLength: 2 }), { minLength: 6, maxLength: 6 }),
    isCut: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
    turns: fc.array(
      fc.record({
        what: fc.constantFrom('tick', 'tick', 'run', 'fail', 'cancel', 'hand', 'hand-fail', 'wait'),
        of: fc.nat({ max: 5 }),
        version: fc.nat({ max: 2 }),
      }),
      { maxLength: 40 },
    ),
  });

  test('nothing is asked for twice for the same, no upstream is missing or at work, and passes come to rest', () => {
    fc.assert(
      fc.property(worlds, ({ rules, reads, isCut, turns }) => {
        const world = project(
          KEYS.map((key, i) =>
            asset(
              key,
              [...new Set(reads[i]!.filter((other) => other < i).map((other) => KEYS[other]!))].join(', '),
              rules[i],
              isCut[i] ? ', partitions: { static: [x, y] }' : '',
            ),
          ).join(''),
        );
        const story = openStory(world);
        story.adopt();
        const keysOf = (key: string): (string | undefined)[] =>
          world.assets[key]!.partitions ? ['x', 'y'] : [undefined];
        const handled = new Map<string, string>();
        // What is judged without words is what is explained, whatever else is asked for beside it.
        const explained = ({ asked: beside }: AutomationPass): void => {
          for (const { key, automation } of Object.values(world.assets))
            for (const each of automation ? keysOf(key) : []) {
              const name = each === undefined ? key : `${key}@${each}`;
              const around = story.conditions(new Map([...beside].filter(([other]) => other !== name)));
              const judged = judgeKey(around, world.assets[key]!, automation!, each ?? '');
              const said = explainCondition(around, world.assets[key]!, automation!, each ?? '');
              expect(judged.isTrue).toBe(said.isTrue);
              if (beside.has(name)) expect(judged.isTrue).toBe(true);
            }
        };
        const tick = (): void => {
          const pass = story.pass();
          explained(pass);
          for (const { request, run } of pass.runs) {
            expect(story.view().openRuns.has(run)).toBe(false);
            for (const { asset: of, versions, tick: due, after } of request.targets)
              for (const [i, key] of (request.keys ?? ['']).entries()) {
                // Once for the same tick; and for the same versions once, unless it was made, or a person tried others.
                const name = `${of}@${key}`;
                const record = story.view().assets.get(of);
                const made =
                  key === '' ? record?.materialized : story.view().partitions?.get(of)?.get(key)?.materialized;
                const what = due ?? `${versions[i]} ${made?.run ?? ''} ${after?.startsWith('hand') ? after : ''}`;
                expect(handled.get(name)).not.toBe(what);
                handled.set(name, what);
                for (const open of story.view().openRuns.values())
                  if (open.request.kind === 'automation')
                    expect(
                      open.request.targets.some((t) => t.asset === of) && (open.request.keys ?? ['']).includes(key),
                    ).toBe(false);
              }
          }
          story.ask(pass);
          expect(story.pass().runs).toEqual([]);
        };
        for (const { what, of, version } of turns) {
          const key = KEYS[of]!;
          const [open] = [...story.view().openRuns.values()].filter(({ request }) => request.kind === 'automation');
          const isBusy = [...story.view().openRuns.values()].some(
            ({ request }) =>
              request.kind === 'automation' && request.targets.some(({ asset: target }) => target === key),
          );
          story.wait(7);
          if (what === 'tick') tick();
          else if (what === 'wait') story.wait(60);
          else if (what === 'hand' || what === 'hand-fail') {
            if (!isBusy)
              for (const each of keysOf(key)) story.byHand(key, what === 'hand' ? `v${version}` : undefined, each);
          } else if (open) {
            if (what === 'cancel') story.end(open.run, 'CANCELED');
            else
              story.carryOut(open.run, open.request as AutomationRequest, () =>
                what === 'run' ? `v${version}` : undefined,
              );
          }
        }
        // Carried out, it comes to rest: each pass asks for what is downstream of the one before.
        for (let n = 0; n < 2 * KEYS.length + 2; n++) {
          // Each one changes the view.
          const waiting = [...story.view().openRuns.values()];
          for (const open of waiting) story.carryOut(open.run, open.request as AutomationRequest, () => 'last');
          tick();
        }
        expect([...story.view().openRuns.keys()]).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
