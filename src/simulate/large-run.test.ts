import { expect, test } from 'vitest';
import { finalizeWave } from '../app/finalize-wave.ts';
import { manualRetry } from '../app/retry-command.ts';
import { type ClaimedRun, cliIdentity, type RunPorts, type RunSettings } from '../app/run.ts';
import { runRequest } from '../app/run-request.ts';
import { shareOut } from '../app/share-out.ts';
import type { StateAt } from '../app/state-reading.ts';
import type { StateView } from '../model/state.ts';
import { FILE_BYTES_MAX, utf8Bytes } from '../state/layout.ts';
import { assembleView } from '../state/read.ts';
import { planningOf } from '../testing/simulation/played.ts';
import { createMemoryState } from './memory-state.ts';
import { scriptedPlanning } from './scripted-project.ts';
import { portsOfJob, type SimulatedJob } from './simulated-job.ts';
import { createVirtualTime, seededRandom } from './virtual-time.ts';

/** Its start is longer than a file of the state. */
const STEPS = 15_000;
const START = Date.UTC(2036, 10, 30);
const quiet = { onPlan: () => {}, onEvent: () => {}, onRun: () => {}, onRunEnd: () => {} };

function world() {
  const random = seededRandom(1);
  const time = createVirtualTime(START, random, 100_000);
  const state = createMemoryState(() => time.now());
  const assets = Array.from({ length: STEPS }, (_, i) => `  a${i}: { run: make }\n`);
  const planning = scriptedPlanning(planningOf(`assets:\n${assets.join('')}`));
  let jobs = 0;
  /** A job that claims and hands over, as the job `plan` of a workflow does. */
  const job = (): { ports: RunPorts; settings: RunSettings; claimed: ClaimedRun[] } => {
    jobs++;
    const own: SimulatedJob = {
      name: `job ${jobs}`,
      number: jobs,
      work: { kind: 'tick' },
      askedAt: time.now(),
      startedAt: time.now(),
      isGone: false,
      isLost: false,
      frozenUntil: 0,
      stop: new AbortController(),
    };
    const claimed: ClaimedRun[] = [];
    const ports = portsOfJob(
      {
        time,
        random,
        state,
        environment: 'production',
        projectName: 'large',
        operations: planning.project.operations,
        reads: new Map(),
        workflowOf: () => ({ number: jobs, isShared: true }),
        isOver: () => true,
        mayAsk: () => true,
        onCommit: () => {},
        onUnheard: () => {},
        onWarning: (_, text) => expect(text).toBe(''),
        onScript: () => {},
        play: () => ({ durationMs: 0, code: 0 }),
      },
      own,
    );
    const settings: RunSettings = {
      planning,
      environment: 'production',
      maxParallel: 256,
      failFast: false,
      waitMs: 1,
      givesBack: true,
      handOver: (run) => claimed.push(run),
    };
    return { ports, settings, claimed };
  };
  return { time, state, planning, job };
}

test(`a run of ${STEPS} steps is claimed, recorded, folded, read back, given up and tried again`, {
  timeout: 120_000,
}, async () => {
  const { time, state, planning, job } = world();
  const readAnew = (): StateView => {
    const texts = state.files();
    const read = assembleView({ listing: [...texts.keys()].sort(), texts, environment: 'production' });
    if (!read.ok) throw new Error(JSON.stringify(read.error));
    return read.value.view;
  };
  const first = job();
  const request = {
    kind: 'cli' as const,
    ...cliIdentity(time.now(), 'n'),
    selection: '*',
    mode: 'all' as const,
    withUpstream: false,
    ignoreBlocking: false,
  };
  const asked = await time.until(runRequest(first.ports, first.settings, request, quiet));
  expect(asked.ok).toBe(true);
  const [claimed] = first.claimed;
  const run = claimed!.plan.runId;
  expect(readAnew().claims.get(claimed!.claim.claim)!.assets).toHaveLength(STEPS);
  expect(Object.keys(readAnew().openRuns.get(run)!.steps)).toHaveLength(STEPS);

  // No shard is ever heard of: nothing got done, so the run fails, in a commit that folds the long ones before it.
  const second = job();
  const by = { workflow: 'simulated-1', attempt: 1, jobsMax: 256 };
  const wave = shareOut(planning.project, first.claimed, by);
  expect(wave.shards).toHaveLength(256);
  const failed = await time.until(finalizeWave(second.ports, planning.project, { wave, journals: new Map() }));
  expect(failed.ok && failed.value.value[0]).toMatchObject({ state: 'FAILURE' });
  expect(state.files().has('snapshot/index.json')).toBe(true);
  const after = readAnew();
  expect(after.claims.size).toBe(0);
  expect(after.endedRuns.get(run)).toMatchObject({ state: 'FAILURE' });
  for (const [path, text] of state.files()) expect([path, utf8Bytes(text) <= FILE_BYTES_MAX]).toEqual([path, true]);

  const third = job();
  const at = await time.until(third.ports.session.transact<StateAt>(async (now) => ({ kind: 'nothing', value: now })));
  if (!at.ok) throw new Error(at.error.message);
  const { retries } = planning.project.operations;
  const retry = await manualRetry(state.open(), at.value.value, run, { retries });
  if (!retry.ok) throw new Error(retry.error.message);
  const { request: again, tags } = retry.value;
  expect((await time.until(runRequest(third.ports, third.settings, again, quiet, { tags }))).ok).toBe(true);
  expect(third.claimed[0]!.plan.steps).toHaveLength(STEPS);
  expect(readAnew().openRuns.get(third.claimed[0]!.plan.runId)).toMatchObject({ state: 'STARTED' });
});
