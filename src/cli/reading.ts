import { fail, ok, type Result } from '../base/result.ts';
import { type OpenProject, openHost, openProject, openStore } from '../compose/wiring.ts';
import type { Project } from '../model/project.ts';
import type { StateStore } from '../ports.ts';
import { printDiagnostics } from './check.ts';
import type { GlobalOptions } from './command.ts';
import { printFailure } from './print.ts';

export interface Reading extends OpenProject {
  readonly project: Project;
  readonly store: StateStore;
}

/** Opens project and state for a command that writes nothing; the error is an exit code, what is wrong is printed. */
export async function openForReading(
  options: GlobalOptions & { readonly environment: 'local' | 'production' },
): Promise<Result<Reading, number>> {
  const opened = await openProject(options);
  if (!opened.ok) return fail(printFailure(openHost().host, opened.error, options.json));
  const { project } = opened.value.loaded;
  if (!project) return fail(printDiagnostics(opened.value, options.json));
  const store = await openStore(opened.value, project, options.environment);
  if (!store.ok) return fail(printFailure(opened.value.host, store.error, options.json));
  return ok({ ...opened.value, project, store: store.value });
}
