import { nearestWord } from '../base/nearest.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { COMMANDS, type CommandWord } from '../model/action-inputs.ts';
import type { Variables } from '../run/secrets.ts';
import { parseDuration } from '../time/duration.ts';

/** What the workflow says in `with:` (action.yml), as plain values. */
export interface ActionInputs {
  /** `auto`, or the words of a command: `tick`, `state verify`. */
  readonly command: readonly [CommandWord, ...string[]];
  /** Folder of the project, from the workspace. */
  readonly project: string;
  readonly select?: string;
  /** Keys, ranges, `all`, `missing` or `failed`. */
  readonly partitions?: string;
  readonly reason?: string;
  readonly stateBranch?: string;
  /** Undefined = production. */
  readonly environment?: string;
  readonly token?: string;
  readonly secretEnv: readonly string[];
  readonly maxParallel?: number;
  readonly timeBudgetMs: number;
  readonly dryRun: boolean;
  readonly comment: boolean;
  readonly summary: boolean;
  readonly failOn: 'error' | 'warning' | 'never';
  /** The run that is tried again or canceled; of the second stage of a pull request the workflow run that uploaded the plan. */
  readonly runId?: string;
  /** Which of the jobs of a fan-out this is; undefined = the one job that does all. */
  readonly stage?: Stage;
  /** What the job `plan` of a fan-out gave out. */
  readonly planDigest?: string;
  readonly shard?: string;
  /** Whether somebody canceled the workflow run; undefined = its workflow does not say. */
  readonly canceled?: boolean;
  /** Labels of the machine of steps that name no runner. */
  readonly runsOn?: readonly string[];
}

export const STAGES = ['plan', 'execute', 'finalize'] as const;
export type Stage = (typeof STAGES)[number];

/** Words of the command line that the Action does not take yet. */
const LATER = new Set(['execute', 'finalize', 'env', 'alert', 'incident']);

const DEFAULT_BUDGET = '5h';

/** One mistake in the inputs: which input, and what to write instead. */
export interface InputProblem {
  readonly input: string;
  readonly message: string;
}

/** Reads the inputs from the variables that the runner makes of them; all mistakes at once. */
export function readInputs(env: Variables): Result<ActionInputs, readonly InputProblem[]> {
  const problems: InputProblem[] = [];
  const wrong = (input: string, message: string): undefined => {
    problems.push({ input, message });
    return undefined;
  };
  const text = (name: string): string | undefined => {
    const value = env[`INPUT_${name.toUpperCase()}`]?.trim();
    return value === undefined || value === '' ? undefined : value;
  };
  const flag = (name: string, fallback: boolean): boolean => {
    const value = text(name)?.toLowerCase();
    if (value === undefined) return fallback;
    if (value === 'true' || value === 'false') return value === 'true';
    wrong(name, `is true or false, not ${quoted(value)}`);
    return fallback;
  };
  const inputs = {
    command: commandWords(text('command'), wrong),
    project: text('project') ?? '.',
    ...given('select', text('select')),
    ...given('partitions', text('partitions')),
    ...given('reason', text('reason')),
    ...given('stateBranch', branchName(text('state-branch'), wrong)),
    ...given('environment', environmentName(text('environment'), wrong)),
    ...given('token', text('token')),
    secretEnv: variableNames(text('secret-env'), wrong),
    ...given('maxParallel', positiveInteger('max-parallel', text('max-parallel'), 1_000, wrong)),
    timeBudgetMs: duration(text('time-budget') ?? DEFAULT_BUDGET, wrong),
    dryRun: flag('dry-run', false),
    comment: flag('comment', true),
    summary: flag('summary', true),
    ...given('runId', text('run-id')),
    ...given('stage', stageOf(text('stage'), wrong)),
    ...given('planDigest', digestOf(text('plan-digest'), wrong)),
    ...given('shard', text('shard')),
    ...given('canceled', text('canceled') === undefined ? undefined : flag('canceled', false)),
    ...given('runsOn', text('runs-on')?.split(/[\s,]+/)),
    failOn: oneOf('fail-on', text('fail-on') ?? 'error', ['error', 'warning', 'never'] as const, wrong),
  };
  return problems.length > 0 ? fail(problems) : ok(inputs);
}

/** What a click says counts where the step itself says nothing. */
export function withClick(inputs: ActionInputs, click: Readonly<Record<string, string>>): ActionInputs {
  const said = (name: string): string | undefined => click[name]?.trim() || undefined;
  return {
    ...inputs,
    ...given('select', inputs.select ?? said('select')),
    ...given('partitions', inputs.partitions ?? said('partitions')),
    ...given('reason', inputs.reason ?? said('reason')),
    ...given('runId', inputs.runId ?? said('run-id')),
    dryRun: inputs.dryRun || said('dry-run') === 'true',
  };
}

type Wrong = (input: string, message: string) => undefined;

function given<K extends string, T>(name: K, value: T | undefined): { [P in K]?: T } {
  return value === undefined ? {} : ({ [name]: value } as { [P in K]: T });
}

function quoted(value: string): string {
  return `\`${value.length > 60 ? `${value.slice(0, 60)}…` : value}\``;
}

function commandWords(value: string | undefined, wrong: Wrong): ActionInputs['command'] {
  const [first, ...more] = (value ?? 'auto').split(/\s+/);
  const known = COMMANDS.find((word) => word === first);
  if (known !== undefined) return [known, ...more];
  if (LATER.has(first!))
    wrong('command', `${quoted(first!)} is not there yet; this version has ${COMMANDS.join(', ')}`);
  else {
    const near = nearestWord(first!, COMMANDS);
    const meant = near ? ` (did you mean \`${near}\`?)` : '';
    wrong('command', `is not ${quoted(first!)}${meant}; it is one of ${COMMANDS.join(', ')}`);
  }
  return ['auto'];
}

function stageOf(value: string | undefined, wrong: Wrong): Stage | undefined {
  return value === undefined ? undefined : oneOf('stage', value, STAGES, wrong);
}

function digestOf(value: string | undefined, wrong: Wrong): string | undefined {
  if (value === undefined || /^[0-9a-f]{64}$/.test(value)) return value;
  return wrong('plan-digest', `is the output of the job \`plan\`, not ${quoted(value)}`);
}

/** What git takes as the name of a branch, as far as a typing mistake would be seen. */
function branchName(value: string | undefined, wrong: Wrong): string | undefined {
  if (value === undefined || /^(?![-/.])(?!.*(?:\.\.|\/\/|@\{|\.lock$|[/.]$))[^\s~^:?*[\\]+$/.test(value)) return value;
  return wrong('state-branch', `is the name of a branch such as branchline/state, not ${quoted(value)}`);
}

function environmentName(value: string | undefined, wrong: Wrong): string | undefined {
  if (value === undefined || value === 'production') return value;
  return wrong('environment', `is production, the only one that a workflow has so far, not ${quoted(value)}`);
}

function variableNames(value: string | undefined, wrong: Wrong): string[] {
  const names = (value ?? '').split(/[\s,]+/).filter((name) => name !== '');
  for (const name of names) {
    // Somebody who writes `${{ secrets.X }}` here hands over the value: it must not be repeated.
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      wrong('secret-env', 'holds the names of variables (DATABASE_URL, API_KEY), not their values');
  }
  return [...new Set(names)];
}

function positiveInteger(input: string, value: string | undefined, most: number, wrong: Wrong): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= 1 && number <= most) return number;
  return wrong(input, `is a whole number from 1, not ${quoted(value)}`);
}

function duration(value: string, wrong: Wrong): number {
  const parsed = parseDuration(value);
  if (parsed.ok) return parsed.value;
  wrong('time-budget', `${quoted(value)}: ${parsed.error}`);
  return 0;
}

function oneOf<const T extends readonly string[]>(input: string, value: string, values: T, wrong: Wrong): T[number] {
  if (values.includes(value)) return value;
  wrong(input, `is one of ${values.join(', ')}, not ${quoted(value)}`);
  return values[0]!;
}
