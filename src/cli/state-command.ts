import { Command } from 'commander';
import type { Define } from './command.ts';
import { atOption, environmentOption, positiveInteger } from './command-options.ts';

/** `branchline state …`. */
export function stateCommand(define: Define): Command {
  const state = new Command('state').description('look at the recorded state, and keep it in order').exitOverride();
  state.addCommand(
    define(
      new Command('log')
        .description('the diary: commits of the state, newest first')
        .option('--limit <n>', 'how many', positiveInteger, 20)
        .addOption(atOption())
        .addOption(environmentOption()),
      'branchline state log --limit 5',
      () => import('./state-log.ts'),
    ),
  );
  state.addCommand(
    define(
      new Command('show')
        .description('what is known of an asset or a run; without one, a summary')
        .argument('[asset|run]', 'an asset key or a run id')
        .addOption(atOption())
        .addOption(environmentOption()),
      'branchline state show marts/monthly --at 2026-11-21',
      () => import('./state-show.ts'),
    ),
  );
  state.addCommand(
    define(
      new Command('verify')
        .description('check every record, digest and projection of the state')
        .addOption(atOption())
        .option('--repair', 'rebuild snapshot, runs, roll-ups and pages from the events; set damaged events aside')
        .option('--dry-run', 'with --repair: say what would be rebuilt, and do nothing')
        .option('--yes', 'do not ask before writing production')
        .addOption(environmentOption()),
      'branchline state verify',
      () => import('./state-verify.ts'),
    ),
  );
  state.addCommand(
    define(
      new Command('replay')
        .description('take events in that are not in the state yet; doing it again changes nothing')
        .argument('<source>', 'a journal (file of an uploaded artifact), archive/<seq>, or the id of a state commit')
        .option('--force', 'also events of runs that ended over 30 days ago')
        .option('--dry-run', 'say what is new, and do nothing')
        .option('--yes', 'do not ask before writing production')
        .addOption(environmentOption()),
      'branchline state replay bl-journal.jsonl --environment production --dry-run',
      () => import('./state-replay.ts'),
    ),
  );
  state.addCommand(
    define(
      new Command('create')
        .description('make the first commit of the state, without a run')
        .option('--anew', 'also when the branch was there before and is deleted')
        .option('--yes', 'do not ask before writing production')
        .addOption(environmentOption()),
      'branchline state create --environment production',
      () => import('./state-create.ts'),
    ),
  );
  state.addCommand(
    define(
      new Command('compact')
        .description('begin the history anew in one commit; the old one becomes an archive')
        .option('--keep <duration>', 'delete archives that are older than this, such as 90d')
        .option('--dry-run', 'say what would be done, and do nothing')
        .option('--yes', 'do not ask')
        .addOption(environmentOption()),
      'branchline state compact --environment production --keep 90d --dry-run',
      () => import('./state-compact.ts'),
    ),
  );
  return state;
}
