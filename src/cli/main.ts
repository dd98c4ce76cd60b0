import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { version } from '../version.ts';
import { reportThrown } from './bug.ts';

/** Options that every command takes. */
export interface GlobalOptions {
  /** Folder of the project; default: the nearest `branchline.yaml` at or above the current folder. */
  readonly project?: string;
  readonly json?: boolean;
}

/** What a command's module does: performs it and yields the exit code (docs/exit-codes.md). */
export type CommandRun<O> = (options: O & GlobalOptions, args: readonly string[]) => Promise<number>;

/** Runs the command line: parses, loads the command's module, sets the exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = buildProgram((code) => {
    process.exitCode = code;
  });
  // The reader went away (`branchline schema | head`): nobody is left to be told.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help and version are no errors; everything else is wrong input, already printed by commander.
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      if (error.exitCode !== 0 && argv.includes('--json')) {
        const message = error.message.replace(/^error: /, '');
        process.stdout.write(`${JSON.stringify({ version: 1, error: { code: 'usage', message } })}\n`);
      }
      return;
    }
    process.exitCode = reportThrown(error, argv.includes('--json'));
  }
}

/** The commands with their arguments. Exported for completion, docs and tests. */
export function buildProgram(exit: (code: number) => void): Command {
  const program = new Command('branchline')
    .description(
      'DataOps on a branch: declared assets, checks and schedules; runs and results as commits of your repository.',
    )
    .version(version)
    .showSuggestionAfterError()
    .exitOverride()
    .configureHelp({ sortSubcommands: false });
  const define = definer(exit);
  program.addCommand(
    define(
      new Command('init')
        .description('start a project in this folder; never overwrites')
        .argument('[name]', 'name of the project (default: the folder)')
        .option(
          '--action <owner/repo@commit>',
          'the Action that the workflows call (default: where this program was cloned from)',
        )
        .option('--no-workflows', 'write no workflows for GitHub')
        .option('--no-pull-requests', 'write no workflows for pull requests')
        .option('--fan-out', 'the workflow shares its work out among several jobs')
        .option('--print', 'show the workflows that would be written, and write nothing'),
      'branchline init my-project',
      () => import('./init.ts'),
    ),
  );
  program.addCommand(
    define(
      new Command('check').description('find all mistakes in all manifests'),
      'branchline check --json',
      () => import('./check.ts'),
    ),
  );
  program.addCommand(
    define(
      new Command('list')
        .description('list what is declared, with file and line')
        .argument(
          '[what]',
          'assets, checks, jobs, schedules, selections or exposures',
          oneOf(['assets', 'checks', 'jobs', 'schedules', 'selections', 'exposures']),
          'assets',
        )
        .option('--select <selection>', 'only these assets, or the checks of these')
        .addOption(atOption())
        .addOption(environmentOption()),
      'branchline list checks --select "group:marts" --json',
      () => import('./list.ts'),
    ),
  );
  program.addCommand(
    define(
      withPlanOptions(new Command('plan').description('show what would run and why; runs nothing')).addOption(
        atOption(),
      ),
      'branchline plan --select "key:raw/orders+"',
      () => import('./plan.ts'),
    ),
  );
  program.addCommand(
    define(
      withPlanOptions(new Command('run').description('run what is selected; without --select and --job, what is stale'))
        .option('--plan <file|digest>', 'do exactly what this plan says, or say what has changed since')
        .option('--fail-fast', 'start nothing new after the first failure')
        .option('--max-parallel <n>', 'steps at once', positiveInteger)
        .option('--wait <duration>', 'how long to wait for another run of the same assets', '10m')
        .addOption(failOnOption())
        .option('--logs', 'show what steps print as it comes (the default in CI)')
        .option('--no-logs', 'do not')
        .option('--yes', 'do not ask before writing production'),
      'branchline run --select "group:marts" --fail-fast',
      () => import('./run.ts'),
    ),
  );
  program.addCommand(
    define(
      new Command('tick')
        .description('judge the schedules and run what is due; what a scheduled workflow calls')
        .option('--dry-run', 'say what is due, and do nothing')
        .option('--now <instant>', 'judge as if it were this instant (ISO 8601, with a zone)')
        .option('--max-parallel <n>', 'steps at once', positiveInteger)
        .option('--wait <duration>', 'how long to wait for another run of the same assets', '10m')
        .addOption(environmentOption())
        .addOption(failOnOption())
        .option('--logs', 'show what steps print as it comes (the default in CI)')
        .option('--no-logs', 'do not')
        .option('--yes', 'do not ask before writing production'),
      'branchline tick --dry-run --now 2026-11-23T02:30:00Z',
      () => import('./tick.ts'),
    ),
  );
  program.addCommand(
    define(
      new Command('retry')
        .description('try a failed or canceled run again, with the code that is checked out')
        .argument('<run>', 'its id')
        .option('--from-failure', 'keep what it had finished (the default, unless run_retries or a tag says otherwise)')
        .option('--all', 'make everything again')
        .option('--max-parallel <n>', 'steps at once', positiveInteger)
        .option('--wait <duration>', 'how long to wait for its turn in the queue', '10m')
        .addOption(environmentOption())
        .addOption(failOnOption())
        .option('--logs', 'show what steps print as it comes (the default in CI)')
        .option('--no-logs', 'do not')
        .option('--yes', 'do not ask before writing production'),
      'branchline retry 20261122-ptq7w2l5kx3mfa6e --environment production',
      () => import('./retry.ts'),
    ),
  );
  program.addCommand(
    define(
      new Command('queue')
        .description('show the runs that are open, and what each that waits waits for')
        .addOption(atOption())
        .addOption(environmentOption()),
      'branchline queue --environment production --json',
      () => import('./queue.ts'),
    ),
  );
  program.addCommand(
    define(
      new Command('cancel')
        .description('cancel a run, the runs of a backfill, or all open runs that make what is selected')
        .argument('<what>', 'the id of a run or backfill, or a selection')
        .option('--reason <text>', 'why; recorded')
        .option('--yes', 'do not ask before writing production')
        .addOption(environmentOption()),
      'branchline cancel "group:marts" --environment production --reason "wrong input"',
      () => import('./cancel.ts'),
    ),
  );
  program.addCommand(
    define(
      new Command('simulate')
        .description('play the coming days on a clock that jumps: runs, waits, minutes and cost; changes nothing')
        .option('--from <instant>', 'when it begins (ISO 8601, with a zone; default: now)')
        .option('--for <duration>', 'how long somebody is woken', '7d')
        .option('--scenario <file>', 'what happens around the project (docs/simulate.md)')
        .option('--seed <n>', 'the same seed gives the same outcome', wholeNumber, 1)
        .option('--svg <file>', 'draw the timeline into a file')
        .addOption(environmentOption()),
      'branchline simulate --for 7d --scenario scenarios/monday.yml --svg monday.svg',
      () => import('./simulate.ts'),
    ),
  );
  program.addCommand(
    define(
      new Command('changes')
        .description('say which assets differ from the merge base, why, and what is downstream; runs nothing')
        .option(
          '--base <ref>',
          'branch, tag or commit whose merge base with HEAD is compared with (default: the default branch of the remote)',
        ),
      'branchline changes --base origin/main',
      () => import('./changes.ts'),
    ),
  );
  program.addCommand(
    define(
      new Command('report')
        .description('print the health report')
        .option('--asset <key>', 'the page of one asset')
        .option('--out <dir>', 'write all pages into a folder')
        .addOption(atOption())
        .addOption(environmentOption()),
      'branchline report --asset marts/monthly',
      () => import('./report.ts'),
    ),
  );
  program.addCommand(partitionsCommand(define));
  program.addCommand(backfillCommand(define));
  program.addCommand(outputsCommand(define));
  program.addCommand(
    define(
      new Command('doctor').description(
        'check how the project is set up: workflows, secrets, this machine, and with GITHUB_TOKEN the repository',
      ),
      'GITHUB_TOKEN=$(gh auth token) branchline doctor',
      () => import('./doctor.ts'),
    ),
  );
  program.addCommand(stateCommand(define));
  program.addCommand(
    define(
      new Command('schema')
        .description('print a JSON Schema, or write all for your editor')
        .argument('[which]', 'project, manifest or scenario', oneOf(['project', 'manifest', 'scenario']), 'project')
        .option('--write <dir>', 'write the schemas into this folder'),
      'branchline schema --write .branchline/schemas',
      () => import('./schema.ts'),
    ),
  );
  program.addCommand(
    define(
      new Command('completion')
        .description('print a completion script')
        .argument('<shell>', 'bash, zsh or fish', oneOf(['bash', 'zsh', 'fish'])),
      'source <(branchline completion bash)',
      () => import('./completion.ts'),
    ),
  );
  return program;
}

type Define = (command: Command, example: string, load: () => Promise<{ run: CommandRun<never> }>) => Command;

function partitionsCommand(define: Define): Command {
  const partitions = new Command('partitions')
    .description('partitions of assets: which there are, what became of them; keys of dynamic sets')
    .exitOverride();
  partitions.addCommand(
    define(
      new Command('list')
        .description('list the definitions, or the keys of one')
        .argument('[what]', 'an asset, a shared definition or a dynamic set')
        .addOption(atOption())
        .addOption(environmentOption()),
      'branchline partitions list days',
      () => import('./partitions-list.ts'),
    ),
  );
  partitions.addCommand(
    define(
      new Command('status')
        .description('count partitions that are in progress, failed, made and missing, with their ranges')
        .argument('[what]', 'an asset, a shared definition or a dynamic set; default: every asset with partitions')
        .addOption(atOption())
        .addOption(environmentOption()),
      'branchline partitions status marts/daily',
      () => import('./partitions-status.ts'),
    ),
  );
  partitions.addCommand(
    define(
      new Command('add')
        .description('add keys to a dynamic set; those that are there are left alone')
        .argument('<set>', 'the name in `dynamic: <name>`')
        .argument('<keys...>', 'keys, in the order in which they come')
        .option('--yes', 'do not ask before writing production')
        .addOption(environmentOption()),
      'branchline partitions add customers acme zeta',
      () => import('./partitions-add.ts'),
    ),
  );
  partitions.addCommand(
    define(
      new Command('remove')
        .description('take keys out of a dynamic set; what was made of them stays recorded')
        .argument('<set>', 'the name in `dynamic: <name>`')
        .argument('<keys...>', 'keys to take out')
        .option('--yes', 'do not ask')
        .addOption(environmentOption()),
      'branchline partitions remove customers acme --yes',
      () => import('./partitions-remove.ts'),
    ),
  );
  return partitions;
}

function backfillCommand(define: Define): Command {
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
        'keys and ranges `<first>...<last>` of the roots, `all`, `missing` or `failed`, separated by commas',
      )
      .option('--reason <text>', 'why, for the record')
      .option('--priority <n>', 'its place in the queue; higher goes first (default: -1)')
      .option('--tag <name=value>', 'a tag of its runs; may be given several times', collect)
      .addOption(environmentOption());
  const executing = (command: Command): Command =>
    command
      .option('--max-parallel <n>', 'steps at once', positiveInteger)
      .option('--wait <duration>', 'how long to wait for what others hold', '10m')
      .addOption(failOnOption())
      .option('--logs', 'show what steps print as it comes (the default in CI)')
      .option('--no-logs', 'do not')
      .option('--yes', 'do not ask');
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

function outputsCommand(define: Define): Command {
  const outputs = new Command('outputs').description('published files: what there is, and fetch it').exitOverride();
  outputs.addCommand(
    define(
      new Command('list')
        .description('list published files, with size and whether storage still has them')
        .argument('[selection]', 'which assets (docs/selections.md)', '*')
        .addOption(atOption())
        .addOption(environmentOption()),
      'branchline outputs list "group:charts"',
      () => import('./outputs-list.ts'),
    ),
  );
  outputs.addCommand(
    define(
      new Command('get')
        .description('put published files into a folder, each at its own path')
        .argument('[selection]', 'which assets (docs/selections.md)', '*')
        .requiredOption('--to <dir>', 'the folder; made when needed')
        .option('--force', 'replace files that are there with other content')
        .addOption(atOption())
        .addOption(environmentOption()),
      'branchline outputs get "group:charts" --to public',
      () => import('./outputs-get.ts'),
    ),
  );
  return outputs;
}

function stateCommand(define: Define): Command {
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

/** Adds what all commands share, and runs the command's module. */
function definer(exit: (code: number) => void): Define {
  return (command, example, load) =>
    command
      .exitOverride()
      .option('--project <dir>', 'folder of the project')
      .option('--json', 'print a versioned JSON document')
      .addHelpText('after', `\nExample:\n  ${example}`)
      .action(async (...parameters: unknown[]) => {
        const options = parameters.at(-2) as never;
        const args = parameters
          .slice(0, -2)
          .flat()
          .filter((value): value is string => typeof value === 'string');
        const { run } = await load();
        exit(await run(options, args));
      });
}

function withPlanOptions(command: Command): Command {
  return command
    .option('--select <selection>', 'which assets (docs/selections.md)')
    .option('--job <name>', 'what a job selects, and by its rules')
    .option('--stale', 'of these, only what is missing, failed last or stale')
    .option('--with-upstream', 'also make upstreams that were never materialized')
    .option('--ignore-blocking', 'run although a stored blocking check failed upstream (recorded)')
    .option(
      '--partitions <keys>',
      'which partitions: keys, ranges `<first>...<last>`, `all`, `missing` or `failed` (default: the newest)',
    )
    .option('--full-refresh', 'incremental assets start empty instead of from their last outputs')
    .addOption(environmentOption());
}

function environmentOption(): Option {
  return new Option('--environment <name>', 'whose state: local, or production on the state branch')
    .choices(['local', 'production'])
    .default('local');
}

function failOnOption(): Option {
  return new Option('--fail-on <level>', 'which check results make the exit code 1')
    .choices(['error', 'warning', 'never'])
    .default('error');
}

function atOption(): Option {
  return new Option('--at <commit|time>', 'as it was at this state commit or instant');
}

function oneOf(words: readonly string[]): (value: string) => string {
  return (value) => {
    if (words.includes(value)) return value;
    throw new InvalidArgumentError(`It is one of ${words.join(', ')}.`);
  };
}

function wholeNumber(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0) throw new InvalidArgumentError('It is a whole number from 0.');
  return number;
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

function positiveInteger(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('It is a whole number from 1.');
  return number;
}
