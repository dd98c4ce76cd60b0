import { assetsAbout, partitionSummaries } from '../app/partition-commands.ts';
import { keysAt } from '../app/planning.ts';
import { readState } from '../app/state-reading.ts';
import { openHost } from '../compose/wiring.ts';
import { renderPartitions } from '../render/partitions-text.ts';
import type { GlobalOptions } from './command.ts';
import { instantOf } from './instant.ts';
import { printFailure, printJson } from './print.ts';
import { openForReading } from './reading.ts';

export interface PartitionsOptions extends GlobalOptions {
  readonly environment: 'local' | 'production';
  readonly at?: string;
}

interface StatusOptions extends PartitionsOptions {
  readonly now?: string;
}

/** `branchline partitions status [asset|name]`. */
export async function run(options: StatusOptions, args: readonly string[]): Promise<number> {
  const now = instantOf(options.now);
  if (!now.ok) return printFailure(openHost().host, now.error, options.json);
  const opened = await openForReading(options);
  if (!opened.ok) return opened.error;
  const { host, project, store, clock, style } = opened.value;
  const assets = assetsAbout(project, args[0]);
  if (!assets.ok) return printFailure(host, assets.error, options.json);
  const state = await readState(
    { store, clock, environment: options.environment, projectName: project.name },
    options.at,
    { partitionsOf: new Set(assets.value) },
  );
  if (!state.ok) return printFailure(host, state.error, options.json);
  const { view } = state.value.read;
  const summaries = partitionSummaries(project, view, assets.value, keysAt(view, now.value ?? state.value.now));
  if (options.json) printJson({ version: 1, environment: options.environment, assets: summaries });
  else host.print(summaries.length === 0 ? 'No asset has partitions.' : renderPartitions(summaries, style));
  return 0;
}
