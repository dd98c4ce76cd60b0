import { describe, expect, test } from 'vitest';
import { limitText } from '../render/limits-text.ts';
import { projectOf } from '../testing/project-builder.ts';
import { dayCell, STORY_AT, storyView } from '../testing/report-story.ts';
import { limitHints } from './limits.ts';

const MINUTE = 60_000;
const DAY = STORY_AT.slice(0, 10);

function hintsOf(seconds: number, ms: readonly number[], enabled = true) {
  const project = projectOf({
    'branchline.yaml': `name: shop\nrun_monitoring: { enabled: ${enabled}, max_runtime_seconds: ${seconds} }\nassets: { a: { run: "true" } }\n`,
  });
  return limitHints(project, storyView({}, { days: new Map([[DAY, new Map([['project', dayCell({ ms })]])]]) }));
}
const runs = (ms: number, count = 30): number[] => Array.from({ length: count }, () => ms);

describe('a maximum of runs', () => {
  test('that is far too loose or too tight is told, with the figures', () => {
    const [loose] = hintsOf(4 * 3600, runs(41 * MINUTE));
    expect(loose).toMatchObject({ verdict: 'loose', samples: 30, limitMs: 240 * MINUTE });
    expect(limitText(loose!)).toBe('p99 of the last 30 runs is 41 min; the limit is 4 h');
    expect(hintsOf(50 * 60, runs(41 * MINUTE))).toMatchObject([{ verdict: 'tight' }]);
  });

  test.each([
    ['fits', 2 * 3600, runs(41 * MINUTE), true],
    ['is just below four fifths', 60 * 60, runs(47 * MINUTE), true],
    ['is loose by little', 60, runs(1000), true],
    ['has too few runs behind it', 4 * 3600, runs(41 * MINUTE, 9), true],
    ['is switched off', 4 * 3600, runs(41 * MINUTE), false],
  ])('that %s is not', (_, seconds, ms, enabled) => {
    expect(hintsOf(seconds, ms, enabled)).toEqual([]);
  });
});

test('a timeout of an asset, and the tag of a schedule, have the place where they are written', () => {
  const project = projectOf({
    'branchline.yaml': `name: shop
assets:
  a: { run: "true", timeout: 10s }
schedules:
  nightly: { selection: "*", cron: "0 2 * * *", tags: { branchline/max_runtime: "7200" } }
`,
  });
  const request = {
    kind: 'schedule',
    schedule: 'nightly',
    tick: STORY_AT,
    selection: '*',
    materialize: 'all',
  } as const;
  const run = {
    epoch: 1,
    state: 'SUCCESS',
    request,
    environment: 'production',
    tags: {},
    requestedAt: STORY_AT,
    startedAt: '2026-11-22T01:00:00.000Z',
    endedAt: '2026-11-22T01:20:00.000Z',
    steps: {},
    confirmed: [],
  } as const;
  const endedRuns = new Map(Array.from({ length: 12 }, (_, i) => [`r${i}`, { ...run, run: `r${i}` }]));
  const view = storyView({ a: { nights: 12, ms: 9_000 } }, { endedRuns });
  expect(limitHints(project, view)).toMatchObject([
    { of: { kind: 'schedule', name: 'nightly' }, verdict: 'loose', samples: 12, span: { line: 5 } },
    { of: { kind: 'asset', asset: 'a' }, verdict: 'tight', samples: 12, span: { line: 3 } },
  ]);
});
