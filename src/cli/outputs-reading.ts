import { buildPlanning } from '../app/planning.ts';
import { type PublishedOutputs, partitionsOfOutputs, publishedOutputs } from '../app/published-outputs.ts';
import { readState } from '../app/state-reading.ts';
import { type OpenProject, openHost, openProject } from '../compose/open-project.ts';
import { interruptSignal } from '../compose/surroundings.ts';
import { openWorld, type World } from '../compose/wiring.ts';
import { printDiagnostics } from './check.ts';
import type { GlobalOptions } from './command.ts';
import { printFailure } from './print.ts';

export interface OutputsOptions extends GlobalOptions {
  readonly environment: 'local' | 'production';
  readonly at?: string;
  readonly partitions?: string;
}

export interface OutputsWork {
  readonly opened: OpenProject;
  readonly world: World;
  readonly published: readonly PublishedOutputs[];
  /** The state's commit that was read. */
  readonly commit: string | undefined;
}

/** Opens what a command about published files needs, and closes it again; yields the exit code. */
export async function withOutputs(
  options: OutputsOptions,
  selection: string,
  work: (given: OutputsWork) => Promise<number>,
): Promise<number> {
  const opened = await openProject(options);
  if (!opened.ok) return printFailure(openHost().host, opened.error, options.json);
  const { loaded, host, tree } = opened.value;
  const { project } = loaded;
  if (!project) return printDiagnostics(opened.value, options.json);
  const { environment } = options;
  const world = await openWorld(opened.value, project, { environment, signal: interruptSignal(host) });
  if (!world.ok) return printFailure(host, world.error, options.json);
  try {
    const planning = buildPlanning(project, tree);
    const partitionsOf = partitionsOfOutputs(planning, selection);
    const state = await readState(world.value.state, options.at, { partitionsOf });
    if (!state.ok) return printFailure(host, state.error, options.json);
    const { partitions } = options;
    const asked = { selection, ...(partitions === undefined ? {} : { partitions }) };
    const published = publishedOutputs(planning, asked, state.value);
    if (!published.ok) return printFailure(host, published.error, options.json);
    return await work({
      opened: opened.value,
      world: world.value,
      published: published.value,
      commit: state.value.head.commit,
    });
  } finally {
    await world.value.close();
  }
}
