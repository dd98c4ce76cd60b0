import type { WrittenRunner } from '../manifest/generated/written.ts';
import type { RunnerDef } from '../model/project.ts';
import type { Resolving } from './resolving.ts';

/** Machines for steps, by name. */
export function resolveRunners({ definitions }: Resolving): Readonly<Record<string, RunnerDef>> {
  const written = Object.entries(definitions.project?.value.runners ?? {});
  return Object.fromEntries(written.map(([name, runner]) => [name, runnerOf(runner)]));
}

function runnerOf({ 'runs-on': labels, container, environment }: WrittenRunner): RunnerDef {
  return {
    runsOn: typeof labels === 'string' ? [labels] : labels,
    ...(container === undefined ? {} : { container: typeof container === 'string' ? { image: container } : container }),
    ...(environment === undefined ? {} : { environment }),
  };
}
