import { partsFor } from '../app/lost-along.ts';
import { lostBesides, notMadeBy } from '../app/lost-besides.ts';
import { partitionsAt } from '../app/lost-upstream.ts';
import { makePlan } from '../app/make-plan.ts';
import { nothingOf } from '../app/partition-runs.ts';
import { firstAtWork, severalRuns } from '../app/plan-parts.ts';
import { buildPlanning, keysAt, partitionedAssets } from '../app/planning.ts';
import { readState } from '../app/state-reading.ts';
import { unknownBesides } from '../app/unknown-watch.ts';
import type { OpenProject } from '../compose/open-project.ts';
import { openWorld } from '../compose/wiring.ts';
import type { Project } from '../model/project.ts';
import { renderDiagnostics } from '../render/diagnostics.ts';
import { planPrice, renderPlan } from '../render/plan-text.ts';
import { count } from '../render/style.ts';
import { annotateDiagnostics } from './annotations.ts';
import type { Job } from './job.ts';
import { productionMachine } from './production-machine.ts';
import { requestIn } from './requests.ts';
import { idleResult, type JobResult, refusedResult, withPermissionLines } from './result.ts';

/** All that is wrong with the manifests, each at its line. */
export function performCheck({ inputs, log }: Job, { loaded, tree, style }: OpenProject): JobResult {
  const { diagnostics, files, project } = loaded;
  const warnings = diagnostics.filter(({ severity }) => severity === 'warning').length;
  const errors = diagnostics.length - warnings;
  const body = renderDiagnostics(diagnostics, { textOf: (path) => tree.text(path), style, fileCount: files.length });
  const counted = project
    ? [
        count(files.length, 'file'),
        count(Object.keys(project.assets).length, 'asset'),
        count(
          Object.values(project.assets).reduce((sum, asset) => sum + asset.checks.length, 0),
          'check',
        ),
        count(Object.keys(project.schedules).length, 'schedule'),
      ].join(', ')
    : '';
  const title =
    errors > 0 ? count(errors, 'problem') : warnings > 0 ? count(warnings, 'warning') : `${counted}: all fine`;
  log.print(body === '' ? `${title}.` : body);
  const exit = inputs.failOn === 'never' ? 0 : errors > 0 ? 2 : inputs.failOn === 'warning' && warnings > 0 ? 1 : 0;
  return {
    exit,
    status: errors > 0 || exit > 0 ? 'failure' : 'success',
    outputs: { 'has-work': 'false' },
    summary: { text: { title, body } },
    annotations: annotateDiagnostics(diagnostics),
  };
}

/** What would run, and why; records nothing. */
export async function performPlan(job: Job, opened: OpenProject, project: Project): Promise<JobResult> {
  const { tree, style, clock } = opened;
  const request = requestIn(job, project, clock.now());
  if (!request.ok) return refusedResult(request.error);
  const world = await openWorld(opened, project, { environment: 'production', signal: new AbortController().signal });
  if (!world.ok) return refusedResult(withPermissionLines(world.error));
  try {
    const planning = buildPlanning(project, tree);
    const state = await readState(world.value.state, undefined, {
      partitionsOf: partitionedAssets(planning, request.value),
    });
    if (!state.ok) return refusedResult(state.error);
    const { view } = state.value.read;
    const now = clock.now();
    const at = keysAt(view, now);
    const { findLost } = world.value.run;
    const asked = await partsFor(findLost, planning, { view, at, environment: 'production' }, request.value);
    if (!asked.ok) return refusedResult(asked.error);
    const { parts, leftOut } = asked.value;
    if (parts.length === 0) return idleResult(nothingOf(request.value));
    const made = await firstAtWork(parts, ({ selection: own, partitions: keys }) =>
      makePlan({
        planning,
        now,
        view,
        environment: 'production',
        request: { ...request.value, selection: own, ...(keys === undefined ? {} : { partitions: keys }) },
        tags: {},
        findLost,
      }),
    );
    if (!made.ok) return refusedResult(made.error);
    const { plan, lost, unknown, index } = made.value;
    const steps = plan.steps.filter(({ verdict }) => verdict !== 'skip').length;
    const several = parts.length > 1 ? `${severalRuns(parts, plan, index)}\n` : '';
    const parallel = job.inputs.maxParallel ?? project.maxParallel ?? world.value.cores;
    const price = planPrice(productionMachine(job, project.prices), project.prices);
    // The machine of this job is gone before anybody could name the plan there.
    const text = several + renderPlan(plan, style, { parallel, price, isKept: false });
    job.log.print(text);
    const known = { project, environment: 'production', view, at };
    const { state: statePorts } = world.value;
    const lookedFrom = () => ({ ...known, findLost, readPartitions: partitionsAt(statePorts, undefined, view) });
    const besides = [
      await lostBesides(lookedFrom, notMadeBy(plan, lost)),
      unknownBesides({ ...known, unknown }, plan),
    ].filter((text) => text !== undefined);
    return {
      exit: 0,
      status: 'success',
      outputs: { 'has-work': String(steps > 0), 'plan-digest': plan.digest },
      summary: {
        text: { title: steps > 0 ? `would run ${count(steps, 'step')}` : 'nothing would run', body: text },
        notes: ['This is a plan: nothing was run.', ...(leftOut === undefined ? [] : [leftOut]), ...besides],
      },
      annotations: [],
    };
  } finally {
    await world.value.close();
  }
}
