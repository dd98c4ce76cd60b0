import { readFileSync, writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { AppFailure } from '../app/failure.ts';
import { inputFailure } from '../app/failure.ts';
import { buildPlanning } from '../app/planning.ts';
import { productionRunner } from '../app/production-runner.ts';
import { readState } from '../app/state-reading.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { repositoryPlace } from '../compose/workflow-place.ts';
import { workflowTexts } from '../compose/workflow-texts.ts';
import { tryWriting } from '../compose/writing.ts';
import type { Project } from '../model/project.ts';
import { diagnosticsJson, renderDiagnostics } from '../render/diagnostics.ts';
import { planPrice } from '../render/plan-text.ts';
import { renderSimulationSvg } from '../render/simulation-svg.ts';
import { renderSimulation } from '../render/simulation-text.ts';
import type { StateOrigin } from '../simulate/memory-state.ts';
import { reportSimulation } from '../simulate/report.ts';
import { resolveScenario } from '../simulate/scenario.ts';
import { simulate } from '../simulate/simulate.ts';
import { parseDuration } from '../time/duration.ts';
import type { GlobalOptions } from './command.ts';
import { printFailure, printJson } from './print.ts';
import { openForReading, type Reading } from './reading.ts';

export interface SimulateOptions extends GlobalOptions {
  readonly environment: 'local' | 'production';
  readonly from?: string;
  readonly for: string;
  readonly scenario?: string;
  readonly seed: number;
  readonly svg?: string;
}

/** `branchline simulate`: what the coming days bring, by the engine itself on a clock that jumps. Changes nothing. */
export async function run(options: SimulateOptions): Promise<number> {
  const opened = await openForReading(options);
  if (!opened.ok) return opened.error;
  const { project, tree, host, style, clock, store } = opened.value;
  const span = parseDuration(options.for);
  if (!span.ok) return printFailure(host, inputFailure('duration', `--for: ${span.error}`), options.json);
  const asked = options.from === undefined ? undefined : Date.parse(options.from);
  if (asked !== undefined && (Number.isNaN(asked) || !/(Z|[+-]\d\d:?\d\d)$/.test(options.from!)))
    return printFailure(
      host,
      inputFailure(
        'instant',
        `--from ${options.from} is not an instant.`,
        'Write it with its zone: 2026-11-30T06:00:00Z.',
      ),
      options.json,
    );
  const source = scenarioText(options.scenario);
  if (!source.ok) return printFailure(host, source.error, options.json);
  const state = await readState({ store, environment: options.environment, projectName: project.name, clock });
  if (!state.ok) return printFailure(host, state.error, options.json);
  const { view } = state.value.read;
  const newest = view.at === undefined ? 0 : Date.parse(view.at);
  const from = asked ?? Math.max(state.value.now, newest);
  if (from < newest)
    return printFailure(
      host,
      inputFailure(
        'instant',
        `--from ${options.from} is before the newest commit of the state (${view.at}): time never runs back on it.`,
        'Leave it out to begin now.',
      ),
      options.json,
    );
  const planning = buildPlanning(project, tree);
  const price = await priceOf(opened.value, project);
  const resolved = resolveScenario(source.value, {
    planning,
    view,
    from,
    ...(price === undefined ? {} : { usdPerMinute: price }),
  });
  const { diagnostics } = resolved;
  if (resolved.plan === undefined) {
    if (options.json) printJson(diagnosticsJson(diagnostics));
    else {
      const textOf = (path: string): string | undefined =>
        path === source.value?.path ? source.value.text : undefined;
      host.print(renderDiagnostics(diagnostics, { textOf, style, fileCount: 1 }));
    }
    return 2;
  }
  const origin = await originOf(opened.value, state.value.head.commit);
  if (!origin.ok) return printFailure(host, origin.error, options.json);
  const input = {
    planning,
    scenario: resolved.plan,
    from,
    until: from + span.value,
    seed: options.seed,
    environment: options.environment,
    ...(origin.value === undefined ? {} : { origin: origin.value }),
  };
  const report = reportSimulation(input, await simulate(input));
  if (options.svg !== undefined) {
    const target = options.svg;
    const refused = tryWriting(target, () => writeFileSync(target, renderSimulationSvg(report)));
    if (refused !== undefined) return printFailure(host, refused, options.json);
  }
  if (options.json) printJson(report);
  else host.print(renderSimulation(report, style));
  return 0;
}

/** The scenario as a person wrote it; `undefined` = none was named. */
function scenarioText(
  named: string | undefined,
): Result<{ readonly path: string; readonly text: string } | undefined, AppFailure> {
  if (named === undefined) return ok(undefined);
  try {
    return ok({ path: relative(process.cwd(), resolve(named)) || named, text: readFileSync(named, 'utf8') });
  } catch (error) {
    return fail(
      inputFailure(
        'no-scenario',
        `The scenario ${named} cannot be read: ${(error as Error).message}.`,
        'Its path is from the folder of the project.',
      ),
    );
  }
}

/** The state as it is now, to go on from in memory. */
async function originOf(
  { store }: Reading,
  commit: string | undefined,
): Promise<Result<StateOrigin | undefined, AppFailure>> {
  if (commit === undefined) return ok(undefined);
  const listed = await store.list(commit, '');
  if (!listed.ok) return fail({ exit: 3, code: 'state-unreachable', message: listed.error.message });
  return ok({ store, commit, entries: listed.value });
}

/** The price of a minute where production is made. */
async function priceOf({ root }: Reading, project: Project): Promise<number | undefined> {
  const { top } = await repositoryPlace(root, project.state.remote, process.env);
  return planPrice(productionRunner(workflowTexts(top), project.prices), project.prices).usdPerMinute;
}
