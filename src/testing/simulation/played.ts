import { buildPlanning } from '../../app/planning.ts';
import type { SimulationReport } from '../../model/simulation.ts';
import { reportSimulation } from '../../simulate/report.ts';
import { resolveScenario } from '../../simulate/scenario.ts';
import { type SimulationInput, simulate } from '../../simulate/simulate.ts';
import { emptyView } from '../../state/fold.ts';
import { type Files, projectOf, sourceTreeOf } from '../project-builder.ts';

/** A project in one manifest, ready to be planned. */
export function planningOf(manifest: string): ReturnType<typeof buildPlanning> {
  const files: Files = { 'branchline.yaml': manifest.startsWith('name:') ? manifest : `name: small\n${manifest}` };
  return buildPlanning(projectOf(files), sourceTreeOf(files));
}

/** Plays a project with a scenario, from no state, and gives its report. A minute costs a cent. */
export async function played(
  manifest: string,
  scenario: string,
  more: {
    readonly from?: string;
    readonly hours?: number;
    readonly seed?: number;
    readonly onCommit?: SimulationInput['onCommit'];
  } = {},
): Promise<SimulationReport> {
  const planning = planningOf(manifest);
  const from = Date.parse(more.from ?? '2026-11-30T00:00:00Z');
  const { plan, diagnostics } = resolveScenario(
    { path: 's.yml', text: scenario },
    { planning, view: emptyView('production'), from, usdPerMinute: 0.01 },
  );
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  const until = from + (more.hours ?? 6) * 3_600_000;
  const input = {
    planning,
    scenario: plan,
    from,
    until,
    seed: more.seed ?? 1,
    ...(more.onCommit ? { onCommit: more.onCommit } : {}),
  };
  return reportSimulation(input, await simulate(input));
}
