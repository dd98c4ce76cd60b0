import { expect, test } from 'vitest';
import { finalizeWave } from '../app/finalize-wave.ts';
import { manualRetry } from '../app/retry-command.ts';
import { runRequest } from '../app/run-request.ts';
import { shareOut } from '../app/share-out.ts';
import type { StateAt } from '../app/state-reading.ts';
import { cliIdentity } from '../app/wanted-run.ts';
import type { StateView } from '../model/state.ts';
import { FILE_BYTES_MAX, utf8Bytes } from '../state/layout.ts';
import { assembleView } from '../state/read.ts';
import { handingJobs, unseen } from '../testing/simulation/handing-jobs.ts';

/** Its start is longer than a file of the state. */
const STEPS = 9_000;
const ASSETS = Array.from({ length: STEPS }, (_, i) => `  layer/asset_of_the_large_run_${i}: { run: make }\n`).join('');

test(`a run of ${STEPS} steps is claimed, recorded, folded, read back, given up and tried again`, {
  timeout: 120_000,
}, async () => {
  const { time, state, planning, job } = handingJobs(`assets:\n${ASSETS}`);
  const readAnew = (): StateView => {
    const texts = state.files();
    const read = assembleView({ listing: [...texts.keys()].sort(), texts, environment: 'production' });
    if (!read.ok) throw new Error(JSON.stringify(read.error));
    return read.value.view;
  };
  const first = job('claims');
  const request = {
    kind: 'cli' as const,
    ...cliIdentity(time.now(), 'n'),
    selection: '*',
    mode: 'all' as const,
    withUpstream: false,
    ignoreBlocking: false,
  };
  const asked = await time.until(runRequest(first.ports, first.settings, request, unseen));
  expect(asked.ok).toBe(true);
  const [claimed] = first.claimed;
  const run = claimed!.plan.runId;
  const begun = readAnew();
  expect([...state.files().values()].some((text) => text.includes('"event.part"'))).toBe(true);
  expect(begun.claims.get(claimed!.claim.claim)!.assets).toHaveLength(STEPS);
  expect(Object.keys(begun.openRuns.get(run)!.steps)).toHaveLength(STEPS);

  // No shard is ever heard of: nothing got done, so the run fails, in a commit that folds the long ones before it.
  const second = job('claims');
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

  const third = job('claims');
  const at = await time.until(third.ports.session.transact<StateAt>(async (now) => ({ kind: 'nothing', value: now })));
  if (!at.ok) throw new Error(at.error.message);
  const { retries } = planning.project.operations;
  const retry = await manualRetry(state.open(), at.value.value, run, { retries });
  if (!retry.ok) throw new Error(retry.error.message);
  const { request: again, tags } = retry.value;
  expect((await time.until(runRequest(third.ports, third.settings, again, unseen, { tags }))).ok).toBe(true);
  expect(third.claimed[0]!.plan.steps).toHaveLength(STEPS);
  expect(readAnew().openRuns.get(third.claimed[0]!.plan.runId)).toMatchObject({ state: 'STARTED' });
});
