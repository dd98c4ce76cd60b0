import { lossCuresAt } from '../app/loss-cures.ts';
import { partitionSummaries } from '../app/partition-commands.ts';
import { keysAt } from '../app/planning.ts';
import { describeState } from '../app/state-commands.ts';
import { readState } from '../app/state-reading.ts';
import type { GlobalOptions } from './command.ts';
import { printFailure, printJson } from './print.ts';
import { openForLooking } from './reading.ts';

interface ShowOptions extends GlobalOptions {
  readonly at?: string;
  readonly environment: 'local' | 'production';
}

/** `branchline state show [asset|run]`. */
export async function run(options: ShowOptions, args: readonly string[]): Promise<number> {
  const opened = await openForLooking(options);
  if (!opened.ok) return opened.error;
  const { host, store, clock, project } = opened.value;
  const isCut = project.assets[args[0] ?? '']?.partitions !== undefined;
  const state = await readState(
    { store, clock, environment: options.environment, projectName: project.name },
    options.at,
    isCut ? { partitionsOf: new Set([args[0]!]) } : {},
  );
  if (!state.ok) return printFailure(host, state.error, options.json);
  const { view } = state.value.read;
  const [partitions] = isCut ? partitionSummaries(project, view, [args[0]!], keysAt(view, state.value.now)) : [];
  const cures = lossCuresAt(project, view, state.value.now);
  const described = await describeState(store, state.value, args[0], partitions, cures);
  if (!described.ok) return printFailure(host, described.error, options.json);
  if (options.json) printJson({ version: 1, ...described.value.json });
  else host.print(described.value.text);
  return 0;
}
