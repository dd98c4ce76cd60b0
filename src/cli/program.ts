import { Command } from 'commander';
import { version } from '../version.ts';
import { backfillCommand } from './backfill-command.ts';
import { type Define, definer } from './command.ts';
import {
  atOption,
  environmentOption,
  jobCount,
  nowOption,
  oneOf,
  wholeNumber,
  withExecutionOptions,
  withPlanOptions,
} from './command-options.ts';
import { outputsCommand } from './outputs-command.ts';
import { partitionsCommand } from './partitions-command.ts';
import { stateCommand } from './state-command.ts';

/** A command by its name, made when it is wanted. */
type Named = readonly [name: string, make: () => Command];

/**
 * The commands with their arguments: all, or `only` the one of that name where there is one, as describing the others
 * takes longer than a short command. Exported for completion, docs and tests.
 */
export function buildProgram(exit: (code: number) => void, only?: string): Command {
  const program = new Command('branchline')
    .description(
      'DataOps on a branch: declared assets, checks and schedules; runs and results as commits of your repository.',
    )
    .version(version)
    .showSuggestionAfterError()
    .exitOverride()
    .configureHelp({ sortSubcommands: false });
  const define = definer(exit);
  const groups = [projectCommands, workCommands, queueCommands, lookCommands, editorCommands];
  const all = groups.flatMap((group) => group(define));
  const wanted = all.filter(([name]) => name === only);
  for (const [, make] of wanted.length > 0 ? wanted : all) program.addCommand(make());
  return program;
}

/** The project as it is written. */
function projectCommands(define: Define): Named[] {
  return [
    [
      'init',
      () =>
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
    ],
    [
      'check',
      () =>
        define(
          new Command('check').description('find all mistakes in all manifests'),
          'branchline check --json',
          () => import('./check.ts'),
        ),
    ],
    [
      'list',
      () =>
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
    ],
    [
      'plan',
      () =>
        define(
          withPlanOptions(new Command('plan').description('show what would run and why; runs nothing')).addOption(
            atOption(),
          ),
          'branchline plan --select "key:raw/orders+"',
          () => import('./plan.ts'),
        ),
    ],
  ];
}

/** What makes data, now or by schedule. */
function workCommands(define: Define): Named[] {
  return [
    [
      'run',
      () =>
        define(
          withExecutionOptions(
            withPlanOptions(
              new Command('run').description('run what is selected; without --select and --job, what is stale'),
            ),
            'how long to wait for another run of the same assets',
          )
            .option('--plan <file|digest>', 'do exactly what this plan says, or say what has changed since')
            .option('--fail-fast', 'start nothing new after the first failure')
            .option('--yes', 'do not ask before writing production'),
          'branchline run --select "group:marts" --fail-fast',
          () => import('./run.ts'),
        ),
    ],
    [
      'tick',
      () =>
        define(
          withExecutionOptions(
            new Command('tick')
              .description('judge the schedules and run what is due; what a scheduled workflow calls')
              .option('--dry-run', 'say what is due, and do nothing')
              .addOption(nowOption()),
            'how long to wait for another run of the same assets',
          )
            .addOption(environmentOption())
            .option('--yes', 'do not ask before writing production'),
          'branchline tick --dry-run --now 2026-11-23T02:30:00Z',
          () => import('./tick.ts'),
        ),
    ],
    [
      'retry',
      () =>
        define(
          withExecutionOptions(
            new Command('retry')
              .description('try a failed or canceled run again, with the code that is checked out')
              .argument('<run>', 'its id')
              .option(
                '--from-failure',
                'keep what it had finished (the default, unless run_retries or a tag says otherwise)',
              )
              .option('--all', 'make everything again'),
            'how long to wait for its turn in the queue',
          )
            .addOption(environmentOption())
            .option('--yes', 'do not ask before writing production'),
          'branchline retry 20261122-ptq7w2l5kx3mfa6e --environment production',
          () => import('./retry.ts'),
        ),
    ],
  ];
}

/** Runs that are open, and days that come. */
function queueCommands(define: Define): Named[] {
  return [
    [
      'queue',
      () =>
        define(
          new Command('queue')
            .description('show the runs that are open, and what each that waits waits for')
            .addOption(atOption())
            .addOption(environmentOption()),
          'branchline queue --environment production --json',
          () => import('./queue.ts'),
        ),
    ],
    [
      'cancel',
      () =>
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
    ],
    [
      'simulate',
      () =>
        define(
          new Command('simulate')
            .description('play the coming days on a clock that jumps: runs, waits, minutes and cost; changes nothing')
            .option('--from <instant>', 'when it begins (ISO 8601, with a zone; default: now)')
            .option('--for <duration>', 'how long somebody is woken', '7d')
            .option('--scenario <file>', 'what happens around the project (docs/simulate.md)')
            .option('--backfill <selection>', 'start a backfill of these assets, beside what the scenario starts')
            .option('--partitions <keys>', 'what the backfill makes: keys, ranges, `all`, `missing`, `failed`')
            .option(
              '--at <moment>',
              'when it is started: an instant, or `+2h` after the beginning (default: at the beginning)',
            )
            .option(
              '--jobs <n>',
              'share the work out among so many jobs, whatever `fan_out` of the scenario says',
              jobCount,
            )
            .option('--seed <n>', 'the same seed gives the same outcome', wholeNumber, 1)
            .option('--svg <file>', 'draw the timeline into a file')
            .addOption(environmentOption()),
          'branchline simulate --for 2d --backfill key:raw/orders --partitions 2026-01-01...2026-03-31 --svg monday.svg',
          () => import('./simulate.ts'),
        ),
    ],
  ];
}

/** What changes, and how all is. */
function lookCommands(define: Define): Named[] {
  return [
    [
      'changes',
      () =>
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
    ],
    [
      'report',
      () =>
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
    ],
    [
      'explain',
      () =>
        define(
          new Command('explain')
            .description(
              'say why an asset is as it is: what makes it, what would be done, and the truth of its condition',
            )
            .argument('<asset>', 'its key')
            .option('--partition <key>', 'which of its partitions (default: the newest)')
            .addOption(atOption())
            .addOption(nowOption())
            .addOption(environmentOption()),
          'branchline explain marts/days --environment production',
          () => import('./explain.ts'),
        ),
    ],
    ['partitions', () => partitionsCommand(define)],
    ['backfill', () => backfillCommand(define)],
    ['outputs', () => outputsCommand(define)],
    [
      'doctor',
      () =>
        define(
          new Command('doctor').description(
            'check how the project is set up: workflows, secrets, this machine, and with GITHUB_TOKEN the repository',
          ),
          'GITHUB_TOKEN=$(gh auth token) branchline doctor',
          () => import('./doctor.ts'),
        ),
    ],
    ['state', () => stateCommand(define)],
  ];
}

/** For editors and shells. */
function editorCommands(define: Define): Named[] {
  return [
    [
      'schema',
      () =>
        define(
          new Command('schema')
            .description('print a JSON Schema, or write all for your editor')
            .argument('[which]', 'project, manifest or scenario', oneOf(['project', 'manifest', 'scenario']), 'project')
            .option('--write <dir>', 'write the schemas into this folder'),
          'branchline schema --write .branchline/schemas',
          () => import('./schema.ts'),
        ),
    ],
    [
      'completion',
      () =>
        define(
          new Command('completion')
            .description('print a completion script')
            .argument('<shell>', 'bash, zsh or fish', oneOf(['bash', 'zsh', 'fish'])),
          'source <(branchline completion bash)',
          () => import('./completion.ts'),
        ),
    ],
  ];
}
