import { expect, test } from 'vitest';
import { buildPlanning } from '../app/planning.ts';
import type { BranchlineEvent } from '../model/events.ts';
import type { StateView } from '../model/state.ts';
import { emptyView } from '../state/fold.ts';
import { projectOf, sourceTreeOf } from '../testing/project-builder.ts';
import { openLedger } from '../testing/simulation/ledger.ts';
import { watchScripts } from '../testing/simulation/scripts-at-work.ts';
import { resolveScenario } from './scenario.ts';
import { simulate } from './simulate.ts';

const FROM = Date.parse('2026-11-30T00:00:00Z');
const files = {
  'branchline.yaml': `name: race
runners: { big: { runs-on: [self-hosted, big] } }
run_monitoring: { enabled: true, start_timeout_seconds: 600 }
run_retries: { enabled: true, max_retries: 3, retry_on_asset_or_op_failure: false }
assets:
  a1: { run: make, runner: big }
  a2: { run: make, runner: big }
  b: { run: make, runner: big }
`,
};
const project = projectOf(files);
const planning = buildPlanning(project, sourceTreeOf(files));

/**
 * Both machines are taken when `b` is asked for, and the wake-up at 00:15 is about to give it up. One of them is free again so
 * many milliseconds after 00:15, and the other a second later: for a second holder of the same work, if there were one. Jobs
 * need no time to be set up, so that each may begin its work as soon as it has its machine.
 */
async function freeAt(
  ms: number,
): Promise<{ readonly said: readonly string[]; readonly gaveUp: boolean; readonly made: number }> {
  const text = `wake_ups: { cron: "15,30 * * * *", late: 1s }
fan_out: { jobs: 4, machines: { big: 2 } }
runs: [{ at: +1m, select: "key:a1" }, { at: +1m, select: "key:a2" }, { at: +2m, select: "key:b" }]
durations: { "*": 2m }
`;
  const { plan } = resolveScenario({ path: 's.yml', text }, { planning, view: emptyView('production'), from: FROM });
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);
  const ledger = openLedger(project, say);
  const events: BranchlineEvent[] = [];
  let view: StateView | undefined;
  // They begin within the second minute.
  const lasts = (asked: number) => ({ p50Ms: 14 * 60_000 - 5_000 + asked, p99Ms: 14 * 60_000 - 5_000 + asked });
  await simulate({
    planning,
    scenario: {
      ...plan!,
      github: { ...plan!.github, setUpMs: 0 },
      durations: new Map([...plan!.durations, ['a1', lasts(ms)], ['a2', lasts(ms + 1_000)]]),
    },
    from: FROM,
    until: FROM + 3 * 3_600_000,
    seed: 1,
    onCommit(told, after) {
      events.push(...told);
      for (const event of told) ledger.take(event);
      view = after;
    },
    onScript: watchScripts(project, say).note,
  });
  expect(view!.openRuns.size + view!.claims.size).toBe(0);
  const gaveUp = events.some((event) => event.type === 'run.ended' && event.failure?.code === 'start-timeout');
  const made = new Set(events.flatMap((event) => (event.type === 'asset.materialized' ? [event.asset] : []))).size;
  return { said, gaveUp, made };
}

test('whenever the machine comes, nothing is at work twice, nothing is late for nothing, and all is made', async () => {
  const ends = { gaveUp: 0, begun: 0 };
  for (let ms = 0; ms <= 9_000; ms += 150) {
    const { said, gaveUp, made } = await freeAt(ms);
    expect(said, `${ms} ms`).toEqual([]);
    expect(made, `${ms} ms`).toBe(3);
    ends[gaveUp ? 'gaveUp' : 'begun']++;
  }
  // The machine came before and after the end of patience.
  expect(ends.gaveUp).toBeGreaterThan(5);
  expect(ends.begun).toBeGreaterThan(5);
});
