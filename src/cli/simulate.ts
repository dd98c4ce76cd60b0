import { readFileSync, writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { type AppFailure, inputFailure, stateUnreachable } from '../app/failure.ts';
import { buildPlanning } from '../app/planning.ts';
import { productionRunner } from '../app/production-runner.ts';
import { readState } from '../app/state-reading.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { repositoryPlace } from '../compose/workflow-place.ts';
import { workflowTexts } from '../compose/workflow-texts.ts';
import { tryWriting } from '../compose/writing.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { EpochMs } from '../model/instant.ts';
import type { Project } from '../model/project.ts';
import { diagnosticsJson, renderDiagnostics } from '../render/diagnostics.ts';
import { planPrice } from '../render/plan-text.ts';
import { renderSimulationSvg } from '../render/simulation-svg.ts';
import { renderSimulation } from '../render/simulation-text.ts';
import type { StateOrigin } from '../simulate/memory-state.ts';
import { reportSimulation } from '../simulate/report.ts';
import { resolveScenario, type ScenarioBase } from '../simulate/scenario.ts';
import type { StartedByHand } from '../simulate/scenario-plan.ts';
import { refusalOf, startedBackfill } from '../simulate/scenario-started.ts';
import { type SimulationInput, simulate } from '../simulate/simulate.ts';
import { parseDuration } from '../time/duration.ts';
import type { GlobalOptions } from './command.ts';
import { printFailure, printJson } from './print.ts';
import { openForReading, type Reading } from './reading.ts';

export interface SimulateOptions extends GlobalOptions {
  readonly environment: 'local' | 'production';
  readonly from?: string;
  readonly for: string;
  readonly scenario?: string;
  readonly backfill?: string;
  readonly partitions?: string;
  readonly at?: string;
  readonly jobs?: number;
  readonly seed: number;
  readonly svg?: string;
}

/** `branchline simulate`: what the coming days bring, by the engine itself on a clock that jumps. Changes nothing. */
export async function run(options: SimulateOptions): Promise<number> {
  const opened = await openForReading(options);
  if (!opened.ok) return opened.error;
  const { host, style } = opened.value;
  const settled = await settle(opened.value, options);
  if (!settled.ok) return printFailure(host, settled.error, options.json);
  if (settled.value.kind === 'wrong-scenario') return printDiagnostics(opened.value, settled.value, options);
  const { input } = settled.value;
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

interface WrongScenario {
  readonly kind: 'wrong-scenario';
  readonly source: ScenarioSource | undefined;
  readonly diagnostics: readonly Diagnostic[];
}
interface ScenarioSource {
  readonly path: string;
  readonly text: string;
}

/** What is played, or everything that is wrong with the scenario. */
async function settle(
  opened: Reading,
  options: SimulateOptions,
): Promise<Result<{ readonly kind: 'fine'; readonly input: SimulationInput } | WrongScenario, AppFailure>> {
  const { project, tree, clock, store } = opened;
  const { environment, seed } = options;
  const span = parseDuration(options.for);
  if (!span.ok) return fail(inputFailure('duration', `--for: ${span.error}`));
  const source = scenarioText(options.scenario);
  if (!source.ok) return source;
  const state = await readState({ store, environment, projectName: project.name, clock });
  if (!state.ok) return state;
  const { view } = state.value.read;
  const begins = beginningOf(options.from, view.at, state.value.now);
  if (!begins.ok) return begins;
  const from = begins.value;
  const planning = buildPlanning(project, tree);
  const price = await priceOf(opened, project);
  const base = { planning, view, from, ...(price === undefined ? {} : { usdPerMinute: price }) };
  const { plan, diagnostics } = resolveScenario(source.value, base);
  if (plan === undefined) return ok({ kind: 'wrong-scenario', source: source.value, diagnostics });
  const backfill = askedBackfill(options, base);
  if (!backfill.ok) return backfill;
  const origin = await originOf(opened, state.value.head.commit);
  if (!origin.ok) return origin;
  return ok({
    kind: 'fine',
    input: {
      planning,
      scenario: {
        ...plan,
        started: [...plan.started, ...backfill.value],
        ...(options.jobs === undefined ? {} : { fanOut: { machines: new Map(), ...plan.fanOut, jobs: options.jobs } }),
      },
      from,
      until: from + span.value,
      seed,
      environment,
      ...(origin.value === undefined ? {} : { origin: origin.value }),
    },
  });
}

/** Where time begins: never before the newest commit, on which it would run back. */
function beginningOf(
  asked: string | undefined,
  newestCommit: string | undefined,
  now: EpochMs,
): Result<EpochMs, AppFailure> {
  const newest = newestCommit === undefined ? 0 : Date.parse(newestCommit);
  if (asked === undefined) return ok(Math.max(now, newest));
  const from = instantOf(asked);
  if (from === undefined) return fail(noInstant('--from', asked));
  if (from >= newest) return ok(from);
  return fail(
    inputFailure(
      'instant',
      `--from ${asked} is before the newest commit of the state (${newestCommit}): time never runs back on it.`,
      'Leave it out to begin now.',
    ),
  );
}

/** An instant that is written with its zone. */
function instantOf(text: string): EpochMs | undefined {
  const instant = Date.parse(text);
  return Number.isNaN(instant) || !/(Z|[+-]\d\d:?\d\d)$/.test(text) ? undefined : instant;
}

function noInstant(option: string, text: string, also = ''): AppFailure {
  return inputFailure(
    'instant',
    `${option} ${text} is not an instant.`,
    `Write it with its zone: 2026-11-30T06:00:00Z${also}.`,
  );
}

/** The backfill of the command line; what the engine would refuse is refused before anything is played. */
function askedBackfill(
  { backfill: select, partitions, at: when }: SimulateOptions,
  { planning, view, from }: ScenarioBase,
): Result<readonly StartedByHand[], AppFailure> {
  if (select === undefined) {
    if (partitions === undefined && when === undefined) return ok([]);
    return fail(
      inputFailure(
        'backfill-selection',
        '`--partitions` and `--at` say of a backfill what it makes and when it is started, and none is named.',
        'Name it: `--backfill key:raw/orders`.',
      ),
    );
  }
  const later = when?.startsWith('+') ? parseDuration(when.slice(1)) : undefined;
  const at =
    when === undefined ? from : later === undefined ? instantOf(when) : later.ok ? from + later.value : undefined;
  if (at === undefined) return fail(noInstant('--at', when!, ', or as a time after the beginning: +2h'));
  if (at < from)
    return fail(inputFailure('instant', `--at ${when} is before the simulation begins.`, 'Move `--from`.'));
  const started = startedBackfill({ select, ...(partitions === undefined ? {} : { partitions }) }, at);
  const refused = refusalOf(planning, view, started);
  return refused === undefined ? ok([started]) : fail(refused);
}

function printDiagnostics(
  { host, style }: Reading,
  { source, diagnostics }: WrongScenario,
  { json }: SimulateOptions,
): number {
  if (json) printJson(diagnosticsJson(diagnostics));
  else {
    const textOf = (path: string): string | undefined => (path === source?.path ? source.text : undefined);
    host.print(renderDiagnostics(diagnostics, { textOf, style, fileCount: 1 }));
  }
  return 2;
}

/** The scenario as a person wrote it; `undefined` = none was named. */
function scenarioText(named: string | undefined): Result<ScenarioSource | undefined, AppFailure> {
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
  if (!listed.ok) return fail(stateUnreachable(listed.error));
  return ok({ store, commit, entries: listed.value });
}

/** The price of a minute where production is made. */
async function priceOf({ root }: Reading, project: Project): Promise<number | undefined> {
  const { top } = await repositoryPlace(root, project.state.remote, process.env);
  return planPrice(productionRunner(workflowTexts(top), project.prices), project.prices).usdPerMinute;
}
