import { fail, ok, type Result } from '../base/result.ts';
import { type OpenProject, openHost, openProject } from '../compose/open-project.ts';
import { openStore } from '../compose/open-store.ts';
import type { Project } from '../model/project.ts';
import type { StateStore } from '../ports-state.ts';
import { count } from '../render/style.ts';
import { printDiagnostics } from './check.ts';
import type { GlobalOptions } from './command.ts';
import { printFailure } from './print.ts';

export interface Reading extends OpenProject {
  readonly project: Project;
  readonly store: StateStore;
}

type ReadingOptions = GlobalOptions & { readonly environment: 'local' | 'production' };

/** Opens project and state for a command that writes nothing; the error is an exit code, what is wrong is printed. */
export async function openForReading(options: ReadingOptions): Promise<Result<Reading, number>> {
  const opened = await openProject(options);
  if (!opened.ok) return fail(printFailure(openHost().host, opened.error, options.json));
  const { project } = opened.value.loaded;
  if (!project) return fail(printDiagnostics(opened.value, options.json));
  return withStore(opened.value, project, options);
}

/**
 * The same for a command that looks at the state alone: a mistake in a manifest is a line on standard error, and no
 * reason not to look, as long as it leaves no doubt about where the state is.
 */
export async function openForLooking(options: ReadingOptions): Promise<Result<Reading, number>> {
  const opened = await openProject(options);
  if (!opened.ok) return fail(printFailure(openHost().host, opened.error, options.json));
  const project = opened.value.loaded.project ?? projectPastMistakes(opened.value, options);
  if (!project) return fail(printDiagnostics(opened.value, options.json));
  return withStore(opened.value, project, options);
}

/** What is left of a project with mistakes, where none of them can be about where its state is; says so. */
export function projectPastMistakes(opened: OpenProject, { json }: Pick<GlobalOptions, 'json'>): Project | undefined {
  const { readable, knowsState, diagnostics } = opened.loaded;
  if (!readable || !knowsState) return undefined;
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  if (!json)
    opened.host.progress(
      `The manifests have ${count(errors, 'error')} (\`branchline check\` tells); this is the state all the same.`,
    );
  return readable;
}

async function withStore(
  opened: OpenProject,
  project: Project,
  { environment, json }: ReadingOptions,
): Promise<Result<Reading, number>> {
  const store = await openStore(opened, project, environment);
  return store.ok ? ok({ ...opened, project, store: store.value }) : fail(printFailure(opened.host, store.error, json));
}
