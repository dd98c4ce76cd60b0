import type { AppFailure } from '../app/failure.ts';
import { type FinalizedRun, finalizeWave, isRecorded } from '../app/finalize-wave.ts';
import type { PlanningProject } from '../app/planning.ts';
import { type RunPorts, watchPartitions } from '../app/run.ts';
import { recordedBlobs, withoutLostData } from '../app/shard-data.ts';
import { readState } from '../app/state-reading.ts';
import type { Recorded } from '../app/state-session.ts';
import { ok, type Result } from '../base/result.ts';
import type { Billed } from '../model/events.ts';
import type { Wave } from '../model/wave.ts';
import type { GitHub } from '../ports-github.ts';
import { readJournals, readWave, type Uploads, uploadsOf } from './wave-artifacts.ts';
import { takeInData } from './wave-data.ts';
import type { World } from './wiring.ts';

/** Where the jobs of a wave left what they did. */
export interface WaveSource {
  readonly wave: Wave;
  readonly uploads: Uploads;
  /** An absolute folder for files on their way. */
  readonly temp: string;
  /** What the jobs around the shards cost. */
  readonly billed?: Billed;
}

/** Takes in what the jobs of a wave uploaded, files and journals, and ends or requeues its runs: one commit. */
export async function takeInWave(
  { project, run, stores }: Pick<World, 'project' | 'run' | 'stores'>,
  planning: PlanningProject,
  { wave, uploads, temp, billed }: WaveSource,
): Promise<Result<Recorded<readonly FinalizedRun[]>, AppFailure>> {
  const journals = await readJournals(uploads, wave, run.warn);
  if (!journals.ok) return journals;
  const take = (files: readonly string[]) => stores.takeForOthers(files);
  const kept = await takeInData(uploads, wave, { temp, take, warn: run.warn }, recordedBlobs(journals.value));
  if (!kept.ok) return kept;
  for (const { plan } of wave.runs) watchPartitions(run, { planning }, plan.request);
  return finalizeWave(run, project, {
    wave,
    ...withoutLostData(journals.value, kept.value),
    ...(billed ? { billed } : {}),
  });
}

/** Takes in the waves of claims whose workflow run is over without its last job: what any command does that finds one. */
export function lostWaveTaker(
  world: Pick<World, 'project' | 'run' | 'stores' | 'state'>,
  planning: () => PlanningProject,
  { github, temp }: { readonly github: GitHub; readonly temp: string },
): NonNullable<RunPorts['takeInLost']> {
  return async (claims) => {
    const state = await readState(world.state);
    if (!state.ok) return state;
    const runs = new Map(
      claims.flatMap(({ holder }) => (holder.kind === 'workflow' ? [[holder.workflow, holder.attempt] as const] : [])),
    );
    for (const [workflow, attempt] of runs) {
      const uploads = uploadsOf(github, Number(workflow));
      const wave = await readWave(uploads, attempt);
      if (!wave || wave.workflow !== workflow || !isRecorded(state.value.read.view, wave)) continue;
      const taken = await takeInWave(world, planning(), { wave, uploads, temp });
      if (!taken.ok) return taken;
      for (const { refusals } of taken.value.value)
        for (const { message, help } of refusals) world.run.warn(`${message} ${help}`);
      world.run.say(`The last job of workflow run ${workflow} was lost: what its shards did is recorded now.`);
    }
    return ok(undefined);
  };
}
