import { afterBackfills, unmadeAssets } from '../app/backfill-made-since.ts';
import { backfillsOf } from '../app/backfills.ts';
import { findBackfill } from '../app/find-backfill.ts';
import { readState } from '../app/state-reading.ts';
import { renderBackfill } from '../render/backfill-text.ts';
import type { GlobalOptions } from './command.ts';
import { printFailure, printJson } from './print.ts';
import { openForReading } from './reading.ts';

interface StatusOptions extends GlobalOptions {
  readonly at?: string;
  readonly environment: 'local' | 'production';
}

/** `branchline backfill status [backfill]`: how far they are. */
export async function run(options: StatusOptions, args: readonly string[]): Promise<number> {
  const opened = await openForReading(options);
  if (!opened.ok) return opened.error;
  const { host, style, store, clock, project } = opened.value;
  const place = { store, clock, environment: options.environment, projectName: project.name };
  let state = await readState(place, options.at);
  if (!state.ok) return printFailure(host, state.error, options.json);
  // Who made later what a backfill did not is known from the partitions themselves, which are read where there is something.
  const partitionsOf = unmadeAssets(project, backfillsOf(project, state.value.read.view, state.value.now));
  if (partitionsOf.size > 0) state = await readState(place, options.at, { partitionsOf });
  if (!state.ok) return printFailure(host, state.error, options.json);
  const { view } = state.value.read;
  const found = args[0] === undefined ? undefined : findBackfill(view.backfills, args[0]);
  if (found && !found.ok) return printFailure(host, found.error, options.json);
  const all = backfillsOf(project, view, state.value.now);
  const shown = found ? all.filter(({ backfill }) => backfill === found.value.backfill) : all;
  const since = afterBackfills(project, view, state.value.now);
  const told = shown.map((each) => ({ ...each, ...since(each) }));
  if (options.json) {
    const backfills = told.map(({ failedRuns, madeSince, ...each }) => ({
      ...each,
      ...(Object.keys(failedRuns).length === 0 ? {} : { failedRuns }),
      ...(Object.keys(madeSince).length === 0 ? {} : { madeSince }),
    }));
    printJson({ version: 1, backfills });
  } else if (shown.length === 0)
    host.print(`There was no backfill in ${options.environment} yet: \`branchline backfill start\` begins one.`);
  else host.print(told.map((each) => renderBackfill(each, style, each)).join('\n\n'));
  return 0;
}
