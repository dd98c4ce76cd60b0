import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { keepPlan } from '../adapters/plan-files.ts';
import { makePlan } from '../app/claim-run.ts';
import { buildPlanning, type RunOptions, requestOf } from '../app/planning.ts';
import { productionRunner } from '../app/production-runner.ts';
import { cliIdentity } from '../app/run.ts';
import { readState } from '../app/state-reading.ts';
import { openHost, openProject, openWorld } from '../compose/wiring.ts';
import { repositoryPlace } from '../compose/workflow-place.ts';
import { workflowTexts } from '../compose/workflow-texts.ts';
import type { Project } from '../model/project.ts';
import { expectedJson, type PlanPrice, planPrice, renderPlan } from '../render/plan-text.ts';
import { printDiagnostics } from './check.ts';
import type { GlobalOptions } from './main.ts';
import { printFailure, printJson } from './print.ts';

export interface PlanOptions extends GlobalOptions, RunOptions {
  readonly environment: 'local' | 'production';
  readonly at?: string;
}

/** `branchline plan`: what would run and why. Writes nothing but the plan itself, into the private folder. */
export async function run(options: PlanOptions): Promise<number> {
  const opened = openProject(options);
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
    const state = await readState(world.value.state, options.at);
    if (!state.ok) return printFailure(host, state.error, options.json);
    const made = await makePlan({
      planning,
      view: state.value.read.view,
      environment: options.environment,
      request: request.value,
      tags: {},
      findLost: world.value.run.findLost,
    });
    if (!made.ok) return printFailure(host, made.error, options.json);
    const { plan } = made.value;
    keepPlan(join(world.value.privateFolder, 'plans'), plan, clock.now());
    const parallel = project.maxParallel ?? world.value.cores;
    // A laptop costs nothing by the minute.
    const price = options.environment === 'local' ? undefined : await priceOf(opened.value.root, project);
    if (options.json) printJson({ version: 1, plan, ...expectedJson(plan, parallel, price) });
    else host.print(renderPlan(plan, style, parallel, price));
    return 0;
  } finally {
    await world.value.close();
  }
}

/** The price where production is made: on the machine that the repository's workflow names. */
async function priceOf(root: string, project: Project): Promise<PlanPrice> {
  const { top } = await repositoryPlace(root, project.state.remote, process.env);
  return planPrice(productionRunner(workflowTexts(top), project.prices), project.prices);
}
