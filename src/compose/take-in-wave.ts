import type { AppFailure } from '../app/failure.ts';
import { type FinalizedRun, finalizeWave, recordedPart } from '../app/finalize-wave.ts';
import type { PlanningProject } from '../app/planning.ts';
import type { RunPorts } from '../app/run-ports.ts';
import { recordedBlobs, withoutLostData } from '../app/shard-data.ts';
import { readState } from '../app/state-reading.ts';
import type { Recorded } from '../app/state-session.ts';
import { watchPartitions } from '../app/wanted-run.ts';
import { ok, type Result } from '../base/result.ts';
import type { Billed, Claim } from '../model/events.ts';
import type { Wave } from '../model/wave.ts';
import type { GitHub } from '../ports-github.ts';
import type { OrphanJournal } from '../ports-state.ts';
import { leftJournals } from './left-journals.ts';
import { readJournals, readWaves, type Uploads, uploadsOf } from './wave-artifacts.ts';
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
  /** Whether somebody canceled the workflow run; undefined = nobody knows. */
  readonly isCanceled?: boolean;
}

export interface TakenWave extends Recorded<readonly FinalizedRun[]> {
  /** For the account: what could not be read of what was uploaded. */
  readonly notes: readonly string[];
}

/** Takes in what the jobs of a wave uploaded, files and journals, and ends or requeues its runs: one commit. */
export async function takeInWave(
  { project, run, stores, codeCommit }: Pick<World, 'project' | 'run' | 'stores' | 'codeCommit'>,
  planning: PlanningProject,
  { wave, uploads, temp, billed, isCanceled }: WaveSource,
): Promise<Result<TakenWave, AppFailure>> {
  const read = await readJournals(uploads, wave);
  if (!read.ok) return read;
  const { journals, notes } = read.value;
  const take = (files: readonly string[]) => stores.takeForOthers(files);
  const kept = await takeInData(uploads, wave, { temp, take, warn: run.warn }, recordedBlobs(journals));
  if (!kept.ok) return kept;
  for (const { plan } of wave.runs) watchPartitions(run, { planning }, plan.request);
  const recorded = await finalizeWave(run, project, {
    wave,
    ...withoutLostData(journals, kept.value),
    ...(billed ? { billed } : {}),
    ...(isCanceled === undefined ? {} : { isCanceled }),
    ...(codeCommit ? { codeCommit: codeCommit.commit } : {}),
  });
  return recorded.ok ? ok({ ...recorded.value, notes }) : recorded;
}

/**
 * What becomes of claims whose workflow run is over: a wave without its last job is taken in, and of a job that did everything
 * the journal is handed back that it uploaded because it could not push.
 */
export function lostClaimTaker(
  world: Pick<World, 'project' | 'run' | 'stores' | 'state' | 'codeCommit'>,
  planning: () => PlanningProject,
  { github, temp }: { readonly github: GitHub; readonly temp: string },
): NonNullable<RunPorts['takeInLost']> {
  const takeWaves = lostWaveTaker(world, planning, { github, temp });
  return async (claims) => {
    const isOfWave = ({ holder }: Claim): boolean => holder.kind === 'workflow' && holder.wholeRun === true;
    const waves = claims.filter(isOfWave);
    const taken = waves.length > 0 ? await takeWaves(waves) : ok(undefined);
    if (!taken.ok) return taken;
    const single = claims.filter((claim) => !isOfWave(claim));
    if (single.length === 0) return ok([]);
    const state = await readState(world.state);
    if (!state.ok) return state;
    const { project, codeCommit } = world;
    const input = { project, view: state.value.read.view, ...(codeCommit ? { codeCommit: codeCommit.commit } : {}) };
    const journals: OrphanJournal[] = [];
    for (const [workflow, attempt, own] of byWorkflowRun(single)) {
      const of = { run: workflow, attempt, warn: world.run.warn };
      const left = await leftJournals(uploadsOf(github, Number(workflow)), of, own, input);
      if (!left.ok) return left;
      journals.push(...left.value);
    }
    return ok(journals);
  };
}

/** By workflow run and attempt, the claims that it holds. */
export function byWorkflowRun(claims: readonly Claim[]): readonly (readonly [string, number, readonly Claim[]])[] {
  const groups = new Map<string, [string, number, Claim[]]>();
  for (const claim of claims) {
    const { holder } = claim;
    if (holder.kind !== 'workflow') continue;
    const key = `${holder.workflow}#${holder.attempt}`;
    const known = groups.get(key);
    if (known) known[2].push(claim);
    else groups.set(key, [holder.workflow, holder.attempt, [claim]]);
  }
  return [...groups.values()];
}

/**
 * Takes in the waves of claims whose workflow run is over without its last job: what any command does that finds one. Fails
 * where nobody says what was uploaded: then nothing counts as lost.
 */
function lostWaveTaker(
  world: Pick<World, 'project' | 'run' | 'stores' | 'state' | 'codeCommit'>,
  planning: () => PlanningProject,
  { github, temp }: { readonly github: GitHub; readonly temp: string },
): (claims: readonly Claim[]) => Promise<Result<void, AppFailure>> {
  return async (claims) => {
    const state = await readState(world.state);
    if (!state.ok) return state;
    const runs = new Map(
      claims.flatMap(({ holder }) => (holder.kind === 'workflow' ? [[holder.workflow, holder.attempt] as const] : [])),
    );
    for (const [workflow, attempt] of runs) {
      const uploads = uploadsOf(github, Number(workflow));
      const waves = await readWaves(uploads, { run: workflow, attempt, warn: world.run.warn });
      if (!waves.ok) return waves;
      // How its steps are divided among shards is the uploader's word, for `plan-digest` went with the last job. It does no
      // harm: shards are heard in the epoch of the recorded claim and of steps of the recorded plan alone, with the files that
      // these declare. Another division lets one journal speak of steps that another job had, and whoever could upload it
      // could as well upload a journal in that job's name: nothing binds the name of an artifact to a job.
      const { view } = state.value.read;
      const known = waves.value
        .filter((each) => each.workflow === workflow && each.attempt === attempt)
        .flatMap((each) => recordedPart(view, each) ?? []);
      const [wave, other] = known;
      if (other) world.run.warn(`Workflow run ${workflow} has several plans of the same runs: none of them counts.`);
      if (!wave || other) continue;
      const taken = await takeInWave(world, planning(), { wave, uploads, temp });
      if (!taken.ok) return taken;
      for (const note of taken.value.notes) world.run.warn(note);
      for (const { refusals } of taken.value.value)
        for (const { message, help } of refusals) world.run.warn(`${message} ${help}`);
      world.run.say(`The last job of workflow run ${workflow} was lost: what its shards did is recorded now.`);
    }
    return ok(undefined);
  };
}
