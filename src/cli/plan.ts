import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { keepPlan } from '../adapters/plan-files.ts';
import { partsFor } from '../app/lost-along.ts';
import { lostBesides, notMadeBy } from '../app/lost-besides.ts';
import { partitionsAt } from '../app/lost-upstream.ts';
import { makePlan } from '../app/make-plan.ts';
import { nothingOf, type RequestPart } from '../app/partition-runs.ts';
import { firstAtWork, isIdle, severalRuns } from '../app/plan-parts.ts';
import { buildPlanning, keysAt, partitionedAssets, type RunOptions, requestOf } from '../app/planning.ts';
import { readState } from '../app/state-reading.ts';
import { unknownBesides } from '../app/unknown-watch.ts';
import { untrackedCodeNotes } from '../app/untracked-code.ts';
import { cliIdentity } from '../app/wanted-run.ts';
import { openHost, openProject } from '../compose/open-project.ts';
import { openWorld } from '../compose/wiring.ts';
import { repositoryPlace } from '../compose/workflow-place.ts';
import { workflowTexts } from '../compose/workflow-texts.ts';
import type { Plan } from '../model/plan.ts';
import type { Project } from '../model/project.ts';
import { expectedJson, type PlanPrice, planPrice, renderPlan } from '../render/plan-text.ts';
import { nameSome } from '../render/style.ts';
import { printDiagnostics } from './check.ts';
import type { GlobalOptions } from './command.ts';
import { printFailure, printJson } from './print.ts';

export interface PlanOptions extends GlobalOptions, RunOptions {
  readonly environment: 'local' | 'production';
  readonly at?: string;
}

/** `branchline plan`: what would run and why. Writes nothing but the plan itself, into the private folder. */
export async function run(options: PlanOptions): Promise<number> {
  const opened = await openProject(options);
  if (!opened.ok) return printFailure(openHost().host, opened.error, options.json);
  const { loaded, tree, host, style, clock } = opened.value;
  if (!loaded.project) return printDiagnostics(opened.value, options.json);
  const { project } = loaded;
  const world = await openWorld(opened.value, project, {
    environment: options.environment,
    signal: new AbortController().signal,
  });
  if (!world.ok) return printFailure(host, world.error, options.json);
  try {
    const planning = buildPlanning(project, tree);
    const request = requestOf(project, options, cliIdentity(clock.now(), randomBytes(10).toString('hex')));
    if (!request.ok) return printFailure(host, request.error, options.json);
    const wanted = partitionedAssets(planning, request.value);
    const state = await readState(world.value.state, options.at, { partitionsOf: wanted });
    if (!state.ok) return printFailure(host, state.error, options.json);
    const { view } = state.value.read;
    const { partitions } = request.value;
    const at = keysAt(view, state.value.now);
    const { findLost } = world.value.run;
    const asked = await partsFor(findLost, planning, { view, at, environment: options.environment }, request.value);
    if (!asked.ok) return printFailure(host, asked.error, options.json);
    const { parts, leftOut } = asked.value;
    if (leftOut !== undefined) host.progress(leftOut);
    if (parts.length === 0) {
      if (options.json) printJson({ version: 1, plan: null, runs: [] });
      else host.print(nothingOf({ partitions }));
      return 0;
    }
    const made = await firstAtWork(parts, ({ selection, partitions }) =>
      makePlan({
        planning,
        view,
        now: state.value.now,
        environment: options.environment,
        request: { ...request.value, selection, ...(partitions === undefined ? {} : { partitions }) },
        tags: {},
        findLost,
      }),
    );
    if (!made.ok) return printFailure(host, made.error, options.json);
    const { plan, lost, unknown, index } = made.value;
    keepPlan(join(world.value.privateFolder, 'plans'), plan, clock.now());
    const parallel = project.maxParallel ?? world.value.cores;
    // A laptop costs nothing by the minute.
    const price = options.environment === 'local' ? undefined : await priceOf(opened.value.root, project);
    const runs = parts.length > 1 ? { planOf: index + 1, runs: parts.map(runJson) } : {};
    const shared = price === undefined ? undefined : await sharedOut(project, plan, price);
    const fanOut = shared ? { fanOut: shared.json } : {};
    if (options.json) printJson({ version: 1, plan, ...expectedJson(plan, parallel, price), ...fanOut, ...runs });
    else {
      if (parts.length > 1) host.print(severalRuns(parts, plan, index));
      host.print(renderPlan(plan, style, { parallel, price, isKept: true }));
      if (shared) host.print(`\n${shared.text}`);
      const notes = untrackedCodeNotes(
        plan.steps.flatMap(({ assets }) => assets),
        tree,
      );
      for (const note of notes) host.progress(note);
      const { environment } = options;
      const known = { project, environment, view, at };
      const { state: statePorts } = world.value;
      const lookedFrom = () => ({ ...known, findLost, readPartitions: partitionsAt(statePorts, options.at, view) });
      for (const besides of [
        await lostBesides(lookedFrom, notMadeBy(plan, lost)),
        unknownBesides({ ...known, unknown }, plan),
      ])
        if (besides !== undefined) host.progress(besides);
    }
    return 0;
  } finally {
    await world.value.close();
  }
}

/** Jobs at once where nobody says otherwise: as `init --fan-out` writes. */
const JOBS_AT_ONCE = 20;

/** The plan as the jobs of a fan-out, with what they are expected to be billed for; undefined where steps share one machine. */
async function sharedOut(
  project: Project,
  plan: Plan,
  { runner }: PlanPrice,
): Promise<{ readonly text: string; readonly json: Record<string, unknown> } | undefined> {
  if (Object.keys(project.runners).length === 0 || isIdle(plan)) return undefined;
  const { previewWave } = await import('../app/share-out.ts');
  const { expectedBill, renderShards, shardsJson } = await import('../render/shards-text.ts');
  const wave = previewWave(project, plan, JOBS_AT_ONCE);
  const bill = expectedBill(project, wave, [runner], undefined);
  const later = wave.later.length === 0 ? '' : `\n  later waves: ${nameSome(wave.later)}`;
  return {
    text: `Shared out (\`branchline init --fan-out\`): ${renderShards(project, wave, [runner], bill)}${later}`,
    json: shardsJson(project, wave, [runner], bill),
  };
}

function runJson({ selection, partitions }: RequestPart): Record<string, unknown> {
  return { selection, partitions: partitions ?? null };
}

/** The price where production is made: on the machine that the repository's workflow names. */
export async function priceOf(root: string, project: Project): Promise<PlanPrice> {
  // Reads workflow files, with the parser that knows places: heavy, and only asked where minutes cost.
  const { productionRunner } = await import('../app/production-runner.ts');
  const { top } = await repositoryPlace(root, project.state.remote, process.env);
  return planPrice(productionRunner(workflowTexts(top), project.prices), project.prices);
}
