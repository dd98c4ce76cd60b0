import { failedRunsOf } from '../app/backfill-failed-runs.ts';
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
  const state = await readState(
    { store, clock, environment: options.environment, projectName: project.name },
    options.at,
  );
  if (!state.ok) return printFailure(host, state.error, options.json);
  const { view } = state.value.read;
  const found = args[0] === undefined ? undefined : findBackfill(view.backfills, args[0]);
  if (found && !found.ok) return printFailure(host, found.error, options.json);
  const all = backfillsOf(project, view, state.value.now);
  const shown = found ? all.filter(({ backfill }) => backfill === found.value.backfill) : all;
  const failedRuns = new Map(shown.map((each) => [each.backfill, failedRunsOf(each, view.endedRuns)]));
  if (options.json) {
    const backfills = shown.map((each) => {
      const runs = failedRuns.get(each.backfill)!;
      return Object.keys(runs).length === 0 ? each : { ...each, failedRuns: runs };
    });
    printJson({ version: 1, backfills });
  } else if (shown.length === 0)
    host.print(`There was no backfill in ${options.environment} yet: \`branchline backfill start\` begins one.`);
  else host.print(shown.map((each) => renderBackfill(each, style, failedRuns.get(each.backfill))).join('\n\n'));
  return 0;
}
