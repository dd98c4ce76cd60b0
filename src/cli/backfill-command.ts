import { Command } from 'commander';
import type { Define } from './command.ts';
import { atOption, collect, environmentOption, withExecutionOptions } from './command-options.ts';

/** `branchline backfill …`. */
export function backfillCommand(define: Define): Command {
  const backfill = new Command('backfill')
    .description('make many partitions, in runs that let others pass')
    .exitOverride();
  const asking = (command: Command): Command =>
    command
      .requiredOption(
        '--select <selection>',
        'which assets (docs/selections.md); what is downstream follows by the mappings',
      )
      .option(
        '--partitions <keys>',
        'keys and ranges `<first>...<last>` of the roots, `all`, `missing` or `failed`, separated by commas; of several dimensions also `<dimension>=<keys>`',
      )
      .option('--reason <text>', 'why, for the record')
      .option('--priority <n>', 'its place in the queue; higher goes first (default: -1)')
      .option('--tag <name=value>', 'a tag of its runs; may be given several times', collect)
      .addOption(environmentOption());
  const executing = (command: Command): Command =>
    withExecutionOptions(command, 'how long to wait for what others hold').option('--yes', 'do not ask');
  backfill.addCommand(
    define(
      asking(new Command('preview').description('show the exact runs and their keys; queues nothing')),
      'branchline backfill preview --select "key:raw/orders+" --partitions 2026-01-01...2026-03-31',
      () => import('./backfill-preview.ts'),
    ),
  );
  backfill.addCommand(
    define(
      executing(asking(new Command('start').description('show the runs, ask, and carry them out')))
        .option('--detach', 'only record it: the next ticks carry it out')
        .option('--dry-run', 'the same as `preview`'),
      'branchline backfill start --select "key:raw/orders+" --partitions missing --reason "new source"',
      () => import('./backfill-start.ts'),
    ),
  );
  backfill.addCommand(
    define(
      executing(
        new Command('resume')
          .description('carry on what a crash, an interruption or `--detach` left')
          .argument('<backfill>', 'its id, or the beginning of it'),
      ).addOption(environmentOption()),
      'branchline backfill resume bf-20261122-ptq7w2l5kx',
      () => import('./backfill-resume.ts'),
    ),
  );
  backfill.addCommand(
    define(
      new Command('status')
        .description('how far backfills are: done, failed, left out, left, expected end')
        .argument('[backfill]', 'its id, or the beginning of it')
        .addOption(atOption())
        .addOption(environmentOption()),
      'branchline backfill status',
      () => import('./backfill-status.ts'),
    ),
  );
  backfill.addCommand(
    define(
      new Command('cancel')
        .description('ask for no more runs, end those that wait, stop those at work')
        .argument('<backfill>', 'its id')
        .option('--reason <text>', 'why, for the record')
        .option('--yes', 'do not ask')
        .addOption(environmentOption()),
      'branchline backfill cancel bf-20261122-ptq7w2l5kx',
      () => import('./backfill-cancel.ts'),
    ),
  );
  return backfill;
}
