import { type Command, InvalidArgumentError, Option } from 'commander';

/** What is planned: the options of `plan` and `run`. */
export function withPlanOptions(command: Command): Command {
  return command
    .option('--select <selection>', 'which assets (docs/selections.md)')
    .option('--job <name>', 'what a job selects, and by its rules')
    .option('--stale', 'of these, only what is missing, failed last or stale')
    .option('--with-upstream', 'also make upstreams that were never materialized, or whose data is gone')
    .option('--ignore-blocking', 'run although a stored blocking check failed upstream (recorded)')
    .option(
      '--partitions <keys>',
      'which partitions: keys, ranges `<first>...<last>`, `all`, `missing` or `failed`; of several dimensions also `<dimension>=<keys>` (default: the newest)',
    )
    .option(
      '--full-refresh',
      'incremental assets start empty instead of from their last outputs; partitions that this state did not make are taken out of tables',
    )
    .addOption(environmentOption());
}

/** How runs are carried out: the options of every command that carries some out. `wait`: for what. */
export function withExecutionOptions(command: Command, wait: string): Command {
  return command
    .option('--max-parallel <n>', 'steps at once', positiveInteger)
    .option('--wait <duration>', wait, '10m')
    .addOption(failOnOption())
    .option('--logs', 'show what steps print as it comes (the default in CI)')
    .option('--no-logs', 'do not');
}

/** Whose state. */
export function environmentOption(): Option {
  return new Option('--environment <name>', 'whose state: local, or production on the state branch')
    .choices(['local', 'production'])
    .default('local');
}

/** Which results of checks fail the command. */
export function failOnOption(): Option {
  return new Option('--fail-on <level>', 'which check results make the exit code 1')
    .choices(['error', 'warning', 'never'])
    .default('error');
}

/** Time travel. */
export function atOption(): Option {
  return new Option('--at <commit|time>', 'as it was at this state commit or instant');
}

/** Another moment than this one. */
export function nowOption(): Option {
  return new Option('--now <instant>', 'judge as if it were this instant (ISO 8601, with a zone)');
}

/** An argument that is one of some words. */
export function oneOf(words: readonly string[]): (value: string) => string {
  return (value) => {
    if (words.includes(value)) return value;
    throw new InvalidArgumentError(`It is one of ${words.join(', ')}.`);
  };
}

/** An argument that is a whole number from 0. */
export function wholeNumber(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0) throw new InvalidArgumentError('It is a whole number from 0.');
  return number;
}

/** Jobs of a matrix: GitHub takes no more than 256. */
export function jobCount(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 256)
    throw new InvalidArgumentError('It is a whole number from 1 to 256.');
  return number;
}

/** Gathers an option that may be given several times. */
export function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** An argument that is a whole number from 1. */
export function positiveInteger(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('It is a whole number from 1.');
  return number;
}
