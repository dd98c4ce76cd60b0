import { carryOnBackfill } from '../app/start-backfill.ts';
import { backfillReporter } from './backfill-reporter.ts';
import { printFailure } from './print.ts';
import { type ExecutionOptions, withWorld } from './run.ts';

/** `branchline backfill resume <backfill>`: carries on what a crash, an interruption or `--detach` left. */
export async function run(options: ExecutionOptions, args: readonly string[]): Promise<number> {
  return withWorld(options, {}, async (opened, world, settings) => {
    const reporter = backfillReporter(opened, options.json === true);
    const carried = await carryOnBackfill(world.run, settings, args[0]!, reporter);
    reporter.end();
    if (!carried.ok) return printFailure(opened.host, carried.error, options.json);
    return reporter.conclude(carried.value, { failOn: options.failOn, isInterrupted: world.run.signal.aborted });
  });
}
