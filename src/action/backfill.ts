import { askBackfill, type BackfillOptions, backfillId, previewOf } from '../app/ask-backfill.ts';
import { type AppFailure, inputFailure } from '../app/failure.ts';
import { buildPlanning } from '../app/planning.ts';
import { backfillAssets, presentForBackfill, startBackfill } from '../app/start-backfill.ts';
import { readState } from '../app/state-reading.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { OpenProject } from '../compose/open-project.ts';
import { openWorld } from '../compose/wiring.ts';
import type { Project } from '../model/project.ts';
import { renderBackfillPreview } from '../render/backfill-text.ts';
import { count } from '../render/style.ts';
import type { Job } from './job.ts';
import { performTick, recordIn } from './record.ts';
import { type JobResult, refusedResult, withPermissionLines } from './result.ts';

/** A click that asks for a backfill: records it and carries it on; with `dry-run` shows its runs. */
export async function performBackfill(job: Job, opened: OpenProject, project: Project): Promise<JobResult> {
  const options = optionsOf(job);
  if (!options.ok) return refusedResult(options.error);
  if (job.inputs.dryRun) return preview(job, opened, project, options.value);
  return recordIn(job, opened, project, async (recording) => {
    // The same workflow run asks once, whatever its attempt.
    const id = backfillId({ workflow: job.context.workflow }, job.startedAt);
    const started = await startBackfill(recording.world.run, recording.settings, { id, options: options.value });
    if (!started.ok) return refusedResult(withPermissionLines(started.error));
    const said =
      started.value.outcome === 'known'
        ? `Backfill ${id} was asked for before: it goes on.`
        : `Backfill ${id} is on record.`;
    job.log.print(said);
    if (!job.inputs.stage) return performTick(recording, undefined, [said]);
    const { performPlanStage } = await import('./stage-plan.ts');
    return performPlanStage(recording, { kind: 'tick' }, { at: job.startedAt, isKnown: false });
  });
}

function optionsOf({ inputs }: Job): Result<BackfillOptions, AppFailure> {
  const { select, partitions, reason } = inputs;
  if (select === undefined)
    return fail(
      inputFailure(
        'backfill-selection',
        'A backfill needs a selection.',
        'Give the input `select`, such as `key:raw/orders+`. Nothing was queued.',
      ),
    );
  return ok({
    select,
    ...(partitions === undefined ? {} : { partitions }),
    ...(reason === undefined ? {} : { reason }),
  });
}

async function preview(job: Job, opened: OpenProject, project: Project, options: BackfillOptions): Promise<JobResult> {
  const { tree, style } = opened;
  const world = await openWorld(opened, project, { environment: 'production', signal: new AbortController().signal });
  if (!world.ok) return refusedResult(withPermissionLines(world.error));
  try {
    const planning = buildPlanning(project, tree);
    const state = await readState(world.value.state, undefined, {
      partitionsOf: backfillAssets(planning, options.select),
    });
    if (!state.ok) return refusedResult(state.error);
    const { now, read } = state.value;
    const view = await presentForBackfill(world.value.run.findLost, planning, read.view, now, options);
    const asked = askBackfill(planning, view, now, { options, id: '' });
    if (!asked.ok) return refusedResult(asked.error);
    const body = renderBackfillPreview(previewOf(project, view, asked.value), style);
    job.log.print(body);
    return {
      exit: 0,
      status: 'success',
      outputs: { 'has-work': 'true' },
      summary: {
        text: { title: `would make ${count(asked.value.plan.chunks.length, 'run')}`, body },
        notes: ['This is a preview: nothing was queued.'],
      },
      annotations: [],
    };
  } finally {
    await world.value.close();
  }
}
