import { cancelRuns } from '../app/cancel.ts';
import { buildPlanning } from '../app/planning.ts';
import { canceledText } from '../app/run-message.ts';
import { isRunId } from '../model/ids.ts';
import { printFailure, printJson } from './print.ts';
import { type StateWriting, type StateWritingOptions, withStateWriting } from './state-writing.ts';

interface CancelOptions extends StateWritingOptions {
  readonly reason?: string;
}

/** `branchline cancel <run|backfill|selection>`. */
export async function run(options: CancelOptions, args: readonly string[]): Promise<number> {
  const what = args[0]!;
  const work = async ({ opened, world, confirm }: StateWriting): Promise<number> => {
    const { host, tree } = opened;
    if (options.environment === 'production' && !(await confirm(`This cancels runs of production: ${what}. Go on?`)))
      return 2;
    const planning = buildPlanning(world.project, tree);
    const canceled = await cancelRuns(world.run, planning, what, { reason: options.reason ?? 'by hand' });
    if (!canceled.ok) return printFailure(host, canceled.error, options.json);
    if (options.json) printJson({ version: 1, runs: canceled.value.runs });
    else for (const each of canceled.value.runs) host.print(canceledText(each));
    return 0;
  };
  // Who breaks a manifest must still be able to stop what is at work.
  return withStateWriting(options, work, { pastMistakes: isRunId(what) });
}
