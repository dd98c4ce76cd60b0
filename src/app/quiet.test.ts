import { describe, expect, test } from 'vitest';
import { epochMs, timestamp } from '../model/instant.ts';
import type { StateView } from '../model/state.ts';
import { emptyView } from '../state/fold.ts';
import { type Files, projectOf } from '../testing/project-builder.ts';
import { isHeadQuiet, quietBreach } from '../testing/simulation/quiet-heads.ts';
import { quietNoteOf, quietUntil } from './quiet.ts';
import { decodeQuietNote } from './quiet-note.ts';

const NOW = epochMs('2026-11-22T10:10:00.000Z');
const nightly = '  nightly: { selection: "*", cron: "30 2 * * *" }\n';
const hourly = '  hourly: { selection: "*", cron: "0 * * * *" }\n';
const manifest = (schedules = nightly, more = '', asset = 'a: { run: "true" }'): Files => ({
  'branchline.yaml': `name: shop\nassets:\n  ${asset}\n${schedules === '' ? '' : `schedules:\n${schedules}`}${more}`,
});

type Cursor = { readonly until?: string; readonly cron?: string };
const record = (name: string, { until = '2026-11-22T10:05:00.000Z', cron = '30 2 * * *' }: Cursor = {}) =>
  [
    name,
    { schedule: name, adoptedAt: until, evaluatedUntil: until, rule: { crons: [cron], timezone: 'UTC' } },
  ] as const;
const view = (more: object = {}): StateView => ({
  ...emptyView('production'),
  seq: 4,
  at: timestamp(NOW),
  schedules: new Map([record('nightly')]),
  ...more,
});

function check(state: StateView, files = manifest()): string | undefined {
  const quiet = quietUntil({ project: projectOf(files), view: state, now: NOW, code: 'c1' });
  return quiet && `${timestamp(quiet.until)} ${quiet.schedule}`;
}

describe('a state is quiet', () => {
  test('until the next tick of any of its schedules', () => {
    expect(check(view())).toBe('2026-11-23T02:30:00.000Z nightly');
    const both = new Map([record('nightly'), record('hourly', { cron: '0 * * * *' })]);
    expect(check(view({ schedules: both }), manifest(nightly + hourly))).toBe('2026-11-22T11:00:00.000Z hourly');
  });

  test('whatever runs have ended, and backfills with them', () => {
    const endedRuns = new Map([['r', { run: 'r', state: 'FAILURE' }]]);
    const backfills = new Map([['b', { backfill: 'b', state: 'COMPLETED_SUCCESS', groups: [] }]]);
    const codeCommit = { commit: 'c1', at: '2026-11-22T10:00:00.000Z' };
    expect(check(view({ endedRuns, backfills, codeCommit }))).toBe('2026-11-23T02:30:00.000Z nightly');
  });
});

describe('a state is not quiet', () => {
  const open = (more: object) => ({ openRuns: new Map([['r', { run: 'r', epoch: 1, request: {}, ...more }]]) });
  const next = {
    kind: 'retry',
    of: 'r',
    number: 1,
    original: { kind: 'cli', selection: '*', at: timestamp(NOW) },
    at: timestamp(NOW),
  };
  test.each<[why: string, state: object, files?: Files]>([
    ['while a run is at work', open({ state: 'STARTED' })],
    ['while a run waits', open({ state: 'QUEUED' })],
    ['while a run waits for its next attempt', open({ state: 'QUEUED', due: '2026-11-23T00:00:00.000Z' })],
    ['while somebody holds a claim', { claims: new Map([['c', { claim: 'c', run: 'r', assets: [] }]]) }],
    [
      'while a retry was decided that nobody asked for',
      { endedRuns: new Map([['r', { run: 'r', tags: {}, retry: { next, message: '' } }]]) },
    ],
    [
      'while a backfill is under way',
      { backfills: new Map([['b', { backfill: 'b', state: 'IN_PROGRESS', requestedAt: '', groups: [] }]]) },
    ],
    ['where older code is checked out', { codeCommit: { commit: 'c2', at: '2026-11-22T10:00:00.000Z' } }],
    ['before a schedule has begun to count', { schedules: new Map() }],
    ['where a schedule was edited', { schedules: new Map([record('nightly', { cron: '30 3 * * *' })]) }],
    ['where a schedule is gone', { schedules: new Map([record('nightly'), record('weekly')]) }],
    [
      'where a tick is not judged yet',
      { schedules: new Map([record('nightly', { until: '2026-11-22T02:00:00.000Z' })]) },
    ],
    [
      'where a schedule was judged by a clock that was ahead',
      { schedules: new Map([record('nightly', { until: '2026-11-22T10:11:00.000Z' })]) },
    ],
    ['without schedules', { schedules: new Map() }, manifest('')],
    [
      'where an asset asks by itself',
      {},
      manifest(nightly, '', 'a: { run: "true" }\n  b: { deps: [a], run: "true", automation: eager }'),
    ],
    [
      'where an asset that asked by itself asks no more',
      {
        assets: new Map([
          [
            'a',
            { asset: 'a', onCron: { from: '', rule: { crons: [], timezone: 'UTC' } }, checks: {}, durationsMs: [] },
          ],
        ]),
      },
    ],
  ])('%s', (_, state, files) => {
    expect(check(view(state), files)).toBeUndefined();
  });
});

test('what a commit says is that, with what it depends on; nothing where a manifest cannot be read', () => {
  const project = projectOf(manifest());
  const place = (): string => 'place';
  const commit = { parent: 'p', at: NOW };
  const said = quietNoteOf({ project, code: 'c1', place }, view(), commit);
  expect(decodeQuietNote(`subject\n\n${said}`, project.manifests)).toMatchObject({
    until: epochMs('2026-11-23T02:30:00.000Z'),
    schedule: 'nightly',
    seq: 4,
  });
  expect(quietNoteOf({ project, code: 'c1', place: () => undefined }, view(), commit)).toBeUndefined();
  expect(quietNoteOf({ project, code: 'c2', place }, view({ schedules: new Map() }), commit)).toBeUndefined();
});

test('a wake-up that decides something at a quiet head is seen', () => {
  const project = projectOf(manifest());
  const at = (now: string, state = view()) => ({ read: { view: state }, now: epochMs(now) }) as never;
  const decided = { kind: 'commit' as const, events: [{ type: 'run.requested' }] };
  expect(isHeadQuiet(project, at('2026-11-23T02:29:59.999Z'))).toBe(true);
  expect(quietBreach(project, at('2026-11-23T02:29:59.999Z'), decided)).toContain('recorded run.requested');
  expect(quietBreach(project, at('2026-11-23T02:29:59.999Z'), { kind: 'nothing' })).toBeUndefined();
  expect(quietBreach(project, at('2026-11-23T02:30:00.000Z'), decided)).toBeUndefined();
  expect(quietBreach(project, at('2026-11-22T10:09:59.000Z'), decided)).toBeUndefined();
  expect(quietBreach(project, at('2026-11-22T10:20:00.000Z', view({ claims: new Map([['c', {}]]) })), decided)).toBe(
    undefined,
  );
});
