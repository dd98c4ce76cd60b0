import { unreachable } from '../base/result.ts';
import type { Operand } from '../model/automation.ts';
import type { AutomationExplanation, Explanation } from '../model/explanation.ts';
import { formatInstant, formatInZone } from '../time/format.ts';
import { renderPartitions } from './partitions-text.ts';
import { columns, count, nameSome, type Style, safeLine, symbol } from './style.ts';

/** What `branchline explain` prints: what the asset is, how it stands, and what makes it next. */
export function renderExplanation(explanation: Explanation, style: Style, environment: string): string {
  const { asset, partition, definition, partitions } = explanation;
  const sections = [
    [`${asset}${partition === undefined ? '' : `@${partition}`}`, ...definitionLines(explanation)],
    [`Now`, ...stateLines(explanation, environment)],
    ...(partitions ? [renderPartitions([partitions], style).split('\n')] : []),
    ...(explanation.automation ? [automationLines(explanation, explanation.automation, { style, environment })] : []),
    ...(explanation.runs.length > 0 ? [['Open runs', ...runLines(explanation)]] : []),
  ];
  const place = ['file', 'line'].flatMap((name) => textsOf(definition, name)).join(':');
  sections[0]![0] = `${sections[0]![0]}  ${place}`;
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** A value of a definition as texts; none where it is not there. */
function textsOf(definition: Explanation['definition'], name: string): string[] {
  return [definition[name]]
    .flat()
    .flatMap((each) => (typeof each === 'string' || typeof each === 'number' ? [`${each}`] : []));
}

function definitionLines({ definition, madeBy, automation }: Explanation): string[] {
  const texts = (name: string): string[] => textsOf(definition, name);
  const by =
    definition['made_by'] === 'external'
      ? 'others'
      : `${texts('made_by')[0]}${texts('connection')
          .map((name) => ` on ${name}`)
          .join('')}`;
  const schedules = madeBy.schedules.map(
    ({ schedule, rule, next, partitions }) =>
      `schedule ${schedule} (${rule}${next === undefined ? '' : `; next ${formatInstant(next)}${ofKeys(partitions)}`})`,
  );
  const jobs = madeBy.jobs.map((job) => `job ${job}`);
  const asks = [...schedules, ...jobs, ...(automation ? [`automation: ${automation.rule}`] : [])];
  return columns([
    ...texts('description').map((text) => ['  is', safeLine(text)]),
    ['  made by', by],
    ...texts('group').map((text) => ['  group', text]),
    ['  reads', texts('deps').length === 0 ? 'nothing' : nameSome(texts('deps'))],
    ...[...texts('partitions_written'), ...texts('partitions')].slice(0, 1).map((text) => ['  partitions', text]),
    ['  asked for by', asks.length === 0 ? 'people alone' : asks[0]!],
    ...asks.slice(1).map((text) => ['', text]),
  ]);
}

/** Which partitions a schedule asks for when it is due next. */
function ofKeys(ranges: readonly string[] | undefined): string {
  if (ranges === undefined) return '';
  return ranges.length === 0 ? ', of no partition' : `, of ${nameSome(ranges, 3)}`;
}

function stateLines(explanation: Explanation, environment: string): string[] {
  const { made, failed, verdict, refusal, stale, definition } = explanation;
  const lines = [
    ['  made', made ? `${formatInstant(made.at)} by run ${made.run}` : 'never'],
    ...(failed
      ? [
          [
            '  failed',
            `${formatInstant(failed.at)} in run ${failed.run}${failed.message === undefined ? '' : `: ${safeLine(failed.message, 120)}`}`,
          ],
          ...(failed.codeChanged ? [['', `code changed since: ${codeText(failed.codeChanged)}`]] : []),
        ]
      : []),
  ];
  if (definition['made_by'] === 'external') return columns(lines);
  if (stale !== undefined)
    lines.push([
      '  up to date',
      stale === null
        ? 'yes'
        : `no: ${[stale.reason.replaceAll('_', ' '), ...stale.detail].map((text) => safeLine(text, 120)).join(': ')}`,
    ]);
  if (verdict) lines.push(...verdictLines(explanation, verdict, environment));
  if (refusal !== undefined) lines.push(['  a schedule would', `not be planned: ${safeLine(refusal)}`]);
  return columns(lines);
}

/** What would be done with it, and who asks for that: of a partition mostly nobody, once its turn is over. */
function verdictLines(
  { asset, partition, comesByItself, madeBy, made, stale }: Explanation,
  { verdict, text }: NonNullable<Explanation['verdict']>,
  environment: string,
): string[][] {
  const isSkipped = verdict === 'skip';
  if (partition === undefined || comesByItself !== false)
    return [['  a schedule would', `${isSkipped ? 'skip it' : 'make it'}: ${text}`]];
  // As far as anybody knows it is as it should be.
  const isDone = isSkipped || stale === null;
  const others = madeBy.schedules.map(({ schedule, partitions = [] }) =>
    partitions.length === 0 ? `${schedule} makes none` : `${schedule} makes ${nameSome(partitions, 3)}`,
  );
  const next = others.length === 0 ? 'no schedule selects it' : `next ${others.join(', ')}`;
  return [
    ['  by itself', `nothing makes this partition${made ? ' again' : ''}: ${next}`],
    ['  if asked for', `${isSkipped ? 'it is skipped' : 'it is made'}: ${text}`],
    ...(isDone ? [] : [['  to ask for it', `branchline backfill start ${optionsOf(asset, partition, environment)}`]]),
  ];
}

/** How a command names an asset, or a partition of it, in this environment. */
function optionsOf(asset: string, partition: string | undefined, environment: string): string {
  return [
    `--select 'key:"${asset}"'`,
    ...(partition === undefined ? [] : [`--partitions '${partition.replaceAll("'", `'\\''`)}'`]),
    ...environmentOf(environment),
  ].join(' ');
}

function environmentOf(environment: string): string[] {
  return environment === 'local' ? [] : [`--environment ${environment}`];
}

function automationLines(
  { asset, partition, failed }: Explanation,
  { rule, since, next: tick, condition, asksFor, left }: AutomationExplanation,
  { style, environment }: { readonly style: Style; readonly environment: string },
): string[] {
  const runs = asksFor.map(
    ({ assets, partitions }) => `${nameSome(assets, 3)}${partitions === undefined ? '' : ` ${partitions}`}`,
  );
  const next =
    runs.length === 0
      ? 'The next tick asks for nothing of it.'
      : `The next tick asks for ${runs.length === 1 ? 'a run' : count(runs.length, 'run')}: ${nameSome(runs, 4)}${left > 0 ? `; ${count(left, 'partition')} in later looks` : ''}.`;
  const counts = rule.startsWith('on_cron')
    ? [
        since === undefined
          ? '  Its ticks count from the next `branchline tick` on.'
          : `  Its ticks count since ${formatInstant(since)}.`,
        ...(tick === undefined ? [] : [`  The next one: ${formatInZone(tick.at, tick.timezone)}.`]),
      ]
    : [];
  const guard = condition?.of?.find(({ operand, isTrue }) => operand === 'not_handled' && !isTrue);
  const cure =
    guard?.run !== undefined && guard.run === failed?.run
      ? [
          `  Run ${guard.run} did not make it, and is not asked for again for these data by itself:`,
          ...(failed?.codeChanged
            ? [`  The code has changed since, ${codeText(failed.codeChanged)}: that alone asks for nothing.`]
            : []),
          ...cureLines(guard.run, optionsOf(asset, partition, environment), environment),
        ]
      : [];
  return [
    `Automation: ${rule}${partition === undefined ? '' : `, of ${partition}`}`,
    ...(condition ? operandLines(condition, style, 1) : ['  There are no partitions yet.']),
    ...counts,
    `  ${next}`,
    ...cure,
  ];
}

function codeText({ from, to }: NonNullable<NonNullable<Explanation['failed']>['codeChanged']>): string {
  return `${from.slice(0, 7)} → ${to.slice(0, 7)}`;
}

/** What makes it all the same. */
function cureLines(run: string, options: string, environment: string): string[] {
  const retry = ['branchline retry', run, ...environmentOf(environment)].join(' ');
  return [`  \`${retry}\` or \`branchline run ${options}\` makes it all the same.`];
}

function operandLines(operand: Operand, style: Style, depth: number): string[] {
  const sign = symbol(style, operand.isTrue ? 'ok' : 'failed');
  const value = operandValue(operand);
  const line = `${'  '.repeat(depth)}${sign} ${operandText(operand)}: ${operand.isTrue ? 'yes' : 'no'}${value === undefined ? '' : `, ${value}`}`;
  return [line, ...(operand.of ?? []).flatMap((each) => operandLines(each, style, depth + 1))];
}

/** What an operand asks. */
function operandText({ operand, subject = '' }: Operand): string {
  switch (operand) {
    case 'eager':
    case 'on_cron':
    case 'on_missing':
      return `${operand} is true`;
    case 'latest_window':
      return 'it is the newest window';
    case 'missing':
      return 'missing';
    case 'missing_or_updated':
      return 'missing, or something that it reads was updated';
    case 'dep_updated':
      return `${subject} updated since it was last handled`;
    case 'not_handled':
      return 'no run for these data is asked for or has failed';
    case 'tick_passed':
      return 'a tick has passed since it began to count';
    case 'not_handled_since_tick':
      return 'not handled since that tick';
    case 'all_deps_updated_since_tick':
      return 'everything that it reads was updated since that tick';
    case 'dep_updated_since_tick':
      return `${subject} updated since that tick`;
    case 'no_dep_missing':
      return 'nothing that it reads is missing';
    case 'no_dep_in_progress':
      return 'nothing that it reads is in progress';
    case 'no_dep_held':
      return 'no failed check holds what it reads';
    case 'not_in_progress':
      return 'nobody is at work on it';
    default:
      return unreachable(operand);
  }
}

/** What was found: when, by whom, which one. */
function operandValue({ operand, isTrue, subject, at, run }: Operand): string | undefined {
  const when = at === undefined ? undefined : formatInstant(at);
  switch (operand) {
    case 'missing':
      if (!isTrue) return `made ${when} by run ${run}`;
      return when === undefined ? 'never made' : `made ${when}, and gone from storage`;
    case 'latest_window':
      return isTrue ? undefined : `that is ${subject}`;
    case 'not_handled':
      return run === undefined ? undefined : `asked for or begun ${when}, run ${run}`;
    case 'not_handled_since_tick':
      return run === undefined ? undefined : `${when}, run ${run}`;
    case 'no_dep_in_progress':
      return subject === undefined
        ? undefined
        : `${subject} is${run === undefined ? ' asked for as well' : `, by ${run}`}`;
    case 'not_in_progress':
      return run;
    case 'no_dep_missing':
    case 'no_dep_held':
      return subject;
    case 'dep_updated':
    case 'dep_updated_since_tick':
      return when ?? (isTrue ? undefined : 'never made');
    case 'tick_passed':
      return when;
    case 'eager':
    case 'on_cron':
    case 'on_missing':
    case 'missing_or_updated':
    case 'all_deps_updated_since_tick':
      return undefined;
    default:
      return unreachable(operand);
  }
}

function runLines({ runs }: Explanation): string[] {
  return runs.map(
    ({ run, state, trigger, wait }) => `  ${state} ${run}  ${trigger}${wait === undefined ? '' : `: ${wait}`}`,
  );
}
