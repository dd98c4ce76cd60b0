import { cancelRuns } from '../app/cancel.ts';
import { backfillOver, findBackfill } from '../app/find-backfill.ts';
import { buildPlanning } from '../app/planning.ts';
import { readState } from '../app/state-reading.ts';
import { count } from '../render/style.ts';
import { printFailure, printJson } from './print.ts';
import { type StateWritingOptions, withStateWriting } from './state-writing.ts';

interface CancelOptions extends StateWritingOptions {
  readonly reason?: string;
}

/** `branchline backfill cancel <backfill>`: runs that wait first, then those at work. */
export async function run(options: CancelOptions, args: readonly string[]): Promise<number> {
  return withStateWriting(options, async ({ opened, world, confirm }) => {
    const { host, tree } = opened;
    const state = await readState(world.state);
    if (!state.ok) return printFailure(host, state.error, options.json);
    const found = findBackfill(state.value.read.view.backfills, args[0]!);
    if (!found.ok) return printFailure(host, found.error, options.json);
    const { backfill } = found.value;
    if (found.value.endedAt !== undefined) return printFailure(host, backfillOver(found.value), options.json);
    if (
      options.environment === 'production' &&
      !(await confirm(`This cancels backfill ${backfill} of production. Go on?`))
    )
      return 2;
    const planning = buildPlanning(world.project, tree);
    const canceled = await cancelRuns(world.run, planning, backfill, { reason: options.reason ?? 'by hand' });
    if (!canceled.ok) return printFailure(host, canceled.error, options.json);
    const asked = canceled.value.runs.filter(({ outcome }) => outcome !== 'canceled').length;
    if (options.json) printJson({ version: 1, backfill, runs: canceled.value.runs });
    else
      host.print(
        asked === 0
          ? `Backfill ${backfill} is CANCELED.`
          : `Backfill ${backfill} asks for nothing more; ${count(asked, 'run')} at work ${asked === 1 ? 'is' : 'are'} asked to stop.`,
      );
    return 0;
  });
}
