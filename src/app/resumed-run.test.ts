import { expect, it } from 'vitest';
import type { EventDraft } from '../model/events.ts';
import { timestamp } from '../model/instant.ts';
import type { StateView } from '../model/state.ts';
import { openTimeBudget } from '../run/budget.ts';
import { numberEvents } from '../state/codec.ts';
import { emptyView } from '../state/fold.ts';
import { projectOf } from '../testing/project-builder.ts';
import { afterCommit, aloneOneByOne, claimOf, mustClaim, requestOfAll } from '../testing/run-builder.ts';
import { executeRun } from './execute.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-11-22T09:00:00.000Z');
const DAYS = 'days: { daily: { start: 2026-11-20 } }';

/** A run over `a → b → c`, carried on piece by piece as jobs with a time budget do; each step takes ten minutes. */
function openWorld(isPartitioned: boolean) {
  let now = START;
  let view: StateView = emptyView('production');
  const cut = isPartitioned ? ', partitions: days' : '';
  const key = isPartitioned ? '2026-11-20' : undefined;
  const take = (stream: string, drafts: readonly EventDraft[]): void => {
    const last = view.streams.get(stream);
    view = afterCommit(view, numberEvents(stream, last ?? 0, drafts), now);
  };
  /** Carries the run on by this code of `a`, for as many steps as there is time for, on a machine whose clock may be ahead. */
  async function carryOn(code: string, steps: number, aheadMs = 0) {
    const own = (): number => now + aheadMs;
    const files = {
      'branchline.yaml': `name: shop
${isPartitioned ? `partitions: { ${DAYS} }\n` : ''}assets:
  a: { run: "${code}"${cut} }
  b: { deps: [a], run: "true"${cut} }
  c: { deps: [b], run: "true"${cut} }
`,
    };
    const project = projectOf(files);
    const decided = await claimOf(files, now, {
      view,
      request: { ...requestOfAll(START), ...(key === undefined ? {} : { partitions: key }) },
    });
    const { plan, claim, resumed, events: opened } = mustClaim(decided);
    take(
      claim.claim,
      opened.map(({ id: _id, v: _v, ...draft }) => draft as EventDraft),
    );
    const made: EventDraft[] = [];
    const started: string[] = [];
    const versionOf = (asset: string): string =>
      (key === undefined
        ? view.assets.get(asset)?.materialized?.dataVersion
        : view.partitions?.get(asset)?.get(key)?.materialized?.dataVersion) ?? '';
    const end = await executeRun({
      ...aloneOneByOne((asset) => project.assets[asset]!.deps),
      plan,
      ...(resumed ? { resumed } : {}),
      budget: openTimeBudget(own(), steps * 10 * MINUTE),
      mayGoOnFrom: timestamp(now),
      clock: { now: own, sleep: () => new Promise(() => undefined) },
      emit: (draft) => {
        const event = { ...draft, epoch: 1 } as EventDraft;
        made.push(event);
        take(claim.claim, [event]);
      },
      runStep: async (step, [asset], emit, _signal, attempt) => {
        const base = { run: plan.runId, step };
        const planned = plan.steps.find(({ id }) => id === step)!;
        started.push(asset!);
        emit({ ...base, type: 'step.started', at: timestamp(own()), attempt });
        const upstream = project.assets[asset!]!.deps.map((dep) => [dep, { dataVersion: versionOf(dep) }]);
        now += 10 * MINUTE;
        emit({
          ...base,
          type: 'asset.materialized',
          at: timestamp(own()),
          asset: asset!,
          ...(key === undefined ? {} : { partition: key }),
          materialization: `${claim.claim}/${step}#${attempt}`,
          codeVersion: planned.codeVersion,
          codeParts: planned.codeParts,
          dataVersion: `${asset} ${attempt}`,
          upstream: Object.fromEntries(upstream),
          metadata: {},
          durationMs: 10 * MINUTE,
        });
        emit({
          ...base,
          type: 'step.ended',
          at: timestamp(own()),
          outcome: 'success',
          failedAssets: [],
          durationMs: 1,
        });
      },
    });
    take(claim.claim, [
      { type: 'claim.closed', at: timestamp(now), run: plan.runId, epoch: 1, claim: claim.claim, reason: 'ended' },
    ]);
    now += 10 * MINUTE;
    return { state: end.state, started };
  }
  return { carryOn, versionOf: (asset: string) => view.assets.get(asset)?.materialized };
}

it.each([
  ['assets', false],
  ['partitions', true],
])(
  'a run that is given back twice makes again what reads %s that it made again in between',
  async (_, isPartitioned) => {
    const world = openWorld(isPartitioned);
    expect(await world.carryOn('echo 1', 2)).toEqual({ state: 'QUEUED', started: ['a', 'b'] });
    expect(await world.carryOn('echo 2', 1)).toEqual({ state: 'QUEUED', started: ['a'] });
    expect(await world.carryOn('echo 2', 9)).toEqual({ state: 'SUCCESS', started: ['b', 'c'] });
  },
);

it.each([
  ['assets', false],
  ['partitions', true],
])(
  'a run that is given back again and again makes %s no more often than they have something new to read',
  async (_, isPartitioned) => {
    const world = openWorld(isPartitioned);
    expect(await world.carryOn('echo 1', 1)).toEqual({ state: 'QUEUED', started: ['a'] });
    expect(await world.carryOn('echo 1', 1)).toEqual({ state: 'QUEUED', started: ['b'] });
    expect(await world.carryOn('echo 1', 1)).toEqual({ state: 'SUCCESS', started: ['c'] });
  },
);

const DAY = 24 * 60 * MINUTE;
it.each([
  ['assets, the first clock ahead', false, [2 * DAY, 0, 0]],
  ['partitions, the first clock ahead', true, [2 * DAY, 0, 0]],
  ['partitions, each clock behind the one before', true, [0, -DAY, -3 * DAY]],
  ['partitions, the second clock ahead', true, [0, 2 * DAY, 0]],
] as const)(
  'a run that is given back makes again what reads what it made again in between, whatever the clocks say: %s',
  async (_, isPartitioned, [first, second, third]) => {
    const world = openWorld(isPartitioned);
    expect(await world.carryOn('echo 1', 2, first)).toEqual({ state: 'QUEUED', started: ['a', 'b'] });
    expect(await world.carryOn('echo 2', 1, second)).toEqual({ state: 'QUEUED', started: ['a'] });
    expect(await world.carryOn('echo 2', 1, third)).toEqual({ state: 'QUEUED', started: ['b'] });
    // And what is new stays.
    expect(await world.carryOn('echo 2', 9)).toEqual({ state: 'SUCCESS', started: ['c'] });
  },
);
