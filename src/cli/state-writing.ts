import { inputFailure } from '../app/failure.ts';
import { openStateSession, type StateSession } from '../app/state-session.ts';
import { type OpenProject, openHost, openProject } from '../compose/open-project.ts';
import { branchRefusal, interruptSignal } from '../compose/surroundings.ts';
import { openWorld, type World } from '../compose/wiring.ts';
import { printDiagnostics } from './check.ts';
import type { GlobalOptions } from './command.ts';
import { isConfirmed } from './confirm.ts';
import { printFailure } from './print.ts';
import { projectPastMistakes } from './reading.ts';

export interface StateWritingOptions extends GlobalOptions {
  readonly environment: 'local' | 'production';
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export interface StateWriting {
  readonly opened: OpenProject;
  readonly world: World;
  readonly session: StateSession;
  /** Asks before something that cannot be undone; a failure is printed. */
  readonly confirm: (question: string) => Promise<boolean>;
}

/**
 * Opens project and state for a command that changes the state and runs nothing. Yields the exit code. `pastMistakes`: what
 * it does needs no manifests, so a mistake in one is a line on standard error, as long as it leaves no doubt about where the
 * state is; the report is then left to the next commit.
 */
export async function withStateWriting(
  options: StateWritingOptions,
  work: (writing: StateWriting) => Promise<number>,
  { pastMistakes = false }: { readonly pastMistakes?: boolean } = {},
): Promise<number> {
  const opened = await openProject(options);
  if (!opened.ok) return printFailure(openHost().host, opened.error, options.json);
  const { host, root, loaded } = opened.value;
  const project = loaded.project ?? (pastMistakes ? projectPastMistakes(opened.value, options) : undefined);
  if (!project) return printDiagnostics(opened.value, options.json);
  const refusal = await branchRefusal(root, project, options.environment, process.env);
  if (refusal && !options.dryRun) return printFailure(host, refusal, options.json);
  const world = await openWorld(opened.value, project, {
    environment: options.environment,
    signal: interruptSignal(host),
    records: loaded.project !== undefined,
  });
  if (!world.ok) return printFailure(host, world.error, options.json);
  const confirm = async (question: string): Promise<boolean> => {
    if (await isConfirmed(host, question, options.yes)) return true;
    const failure = inputFailure(
      'not-confirmed',
      'Nothing was changed: it was not confirmed.',
      'In a script say `--yes`.',
    );
    printFailure(host, failure, options.json);
    return false;
  };
  try {
    const session = openStateSession(world.value.state);
    return await work({ opened: opened.value, world: world.value, session, confirm });
  } finally {
    await world.value.close();
  }
}
