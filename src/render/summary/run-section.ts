import { isCuredByMessage } from '../../model/failure.ts';
import type { AssetVerdict, Plan } from '../../model/plan.ts';
import { formatDuration } from '../../time/format.ts';
import { type AssetLine, assetLines, failsRun } from '../asset-lines.ts';
import { blocks, code, fence, folded, join, type Markdown, message, own, table, text } from '../markdown.ts';
import { reasonText, skipText } from '../reason-text.ts';
import { decidedRetry, partitionsText } from '../run-text.ts';
import { count, formatCount, nameSome } from '../style.ts';
import type { RunSummary, SummaryBounds } from './summary.ts';

/** Worst first. */
const URGENCY = ['failed', 'warned', 'ok', 'skipped', 'up_to_date'] as const;

/** What one run made, with its failures first, and below it what was skipped and why. */
export function runSection(run: RunSummary, bounds: SummaryBounds): Markdown {
  const lines = assetLines(run.drafts);
  const byUrgency = [...lines].sort((a, b) => URGENCY.indexOf(a.verdict) - URGENCY.indexOf(b.verdict));
  const made = byUrgency.filter((line) => line.skip === undefined);
  return blocks([
    own(`#### ${text(run.trigger, 120)} · ${formatDuration(run.durationMs)} · run ${code(run.plan.runId)}`),
    retryLine(run),
    made.length === 0 ? undefined : madeTable(run.plan, made, bounds.rows),
    ...made
      .filter(({ verdict }) => verdict === 'failed')
      .slice(0, bounds.logs)
      .map(failureOf),
    skippedBlock(run.plan, lines, bounds.rows),
    adviceBlock(run, made),
  ]);
}

/** Whether a run that failed is tried again, and what came of it where it was here. */
function retryLine({ drafts, madeGoodBy }: RunSummary): Markdown | undefined {
  if (madeGoodBy !== undefined) return own(`This run failed; its retry, run ${code(madeGoodBy)}, succeeded.`);
  const decided = decidedRetry(drafts);
  return decided && own(`This run failed: ${text(decided.message, 300)}.`);
}

const MARKS = { ok: '✓', warned: '!', failed: '✗', skipped: '○', up_to_date: '–' } as const;
const WORDS = { ok: 'made', warned: 'warned', failed: 'failed', skipped: 'skipped', up_to_date: 'up to date' } as const;

function madeTable(plan: Plan, lines: readonly AssetLine[], most: number): Markdown {
  const rows = lines
    .slice(0, most)
    .map((line) => [
      assetCell(line),
      own(`${MARKS[line.verdict]} ${WORDS[line.verdict]}`),
      text(whyOf(plan, line.asset)),
      own(line.rows !== undefined ? formatCount(line.rows) : line.files !== undefined ? count(line.files, 'file') : ''),
      checksCell(line),
      own(line.durationMs > 0 ? formatDuration(line.durationMs) : ''),
    ]);
  const shown = table(['asset', 'result', 'why it ran', 'rows', 'checks', 'time'].map(own), '--->->', rows);
  const more = lines.length - rows.length;
  return more > 0 ? own(`${shown}\n\nAnd ${count(more, 'asset')} more; the log has them.`) : shown;
}

function assetCell({ asset, partitions = [] }: AssetLine): Markdown {
  return partitions.length === 0 ? code(asset) : own(`${code(asset)} ${text(partitionsText(partitions))}`);
}

function verdictOf(plan: Plan, asset: string): AssetVerdict | undefined {
  for (const step of plan.steps) {
    const found = step.assets.find((each) => each.asset === asset);
    if (found) return found;
  }
  return undefined;
}

function whyOf(plan: Plan, asset: string): string {
  const verdict = verdictOf(plan, asset);
  // It ran: what the plan had left open is settled.
  return verdict === undefined ? '' : reasonText({ ...verdict, verdict: 'run' }, plan.request);
}

const CHECKS_SHOWN_MAX = 3;

/** How many passed; those that did not, with what they found. */
function checksCell({ checks }: AssetLine): Markdown {
  const bad = checks.filter(({ status }) => status === 'FAILED' || status === 'ERRORED');
  const passed = checks.filter(({ status }) => status === 'PASSED').length;
  const shown = bad.slice(0, CHECKS_SHOWN_MAX).map((check) => {
    const word = check.status === 'ERRORED' ? 'could not judge' : check.severity === 'warn' ? 'warn' : 'failed';
    return own(`${code(check.check)} ${word}: ${text(check.message, 200)}`);
  });
  const more = bad.length - shown.length;
  const parts = [
    ...(passed > 0 ? [own(`${formatCount(passed)} passed`)] : []),
    ...shown,
    ...(more > 0 ? [own(`and ${formatCount(more)} more`)] : []),
  ];
  return join(parts, '<br>');
}

/** Why a step failed: the last lines of its log, folded, with its message above them. What the checks say is in the table. */
function failureOf({ asset, failure, checks }: AssetLine): Markdown | undefined {
  if (failure === undefined) return undefined;
  const [first = '', ...more] = failure.message.split('\n');
  const log = failure.logTail?.trim() ? failure.logTail : undefined;
  const body = log ?? (more.length > 0 ? failure.message : undefined);
  if (body !== undefined) return folded(`${asset}: ${first}`, fence(body));
  return checks.some(failsRun) ? undefined : own(`${code(asset)} failed: ${message(first, 1_000)}`);
}

/** What is left after a failure, and what a person can do about it; nothing where the run is tried again by itself. */
function adviceBlock({ kept, drafts, madeGoodBy, plan }: RunSummary, made: readonly AssetLine[]): Markdown | undefined {
  const failed = made.find(({ failure }) => failure !== undefined);
  if (failed === undefined || madeGoodBy !== undefined) return undefined;
  const isHealing = decidedRetry(drafts)?.decision === 'retry';
  // What is lost, or unknown, is made good by the command that its message names.
  const isNamed = isCuredByMessage(failed.failure);
  const parts = [
    ...(kept === undefined ? [] : [text(kept)]),
    ...(isHealing || isNamed ? [] : [own(`**After a fix:** ${againText(failed, plan)}.`)]),
  ];
  return parts.length === 0 ? undefined : join(parts, ' ');
}

function againText({ asset, partitions = [] }: AssetLine, { request }: Plan): string {
  const keys = partitions.length > 1 ? 'failed' : partitions[0];
  const inputs = [
    `command ${code('run')}`,
    `select ${code(`key:${asset}+`)}`,
    ...(keys === undefined ? [] : [`partitions ${code(keys)}`]),
  ];
  const due =
    request.kind === 'schedule' && request.schedule !== ''
      ? `; or the next tick of ${code(request.schedule)} makes it`
      : '';
  return `*Run workflow* with ${inputs.join(', ')}${due}`;
}

function skippedBlock(plan: Plan, lines: readonly AssetLine[], most: number): Markdown | undefined {
  const skipped = lines.flatMap(({ asset, skip }) =>
    skip === undefined || skip.reason === 'up_to_date' ? [] : [{ asset, why: skipText(skip.reason, skip.cause) }],
  );
  const planned = plan.steps.flatMap((step) => step.assets).filter((each) => each.reason === 'up_to_date');
  const settled = lines.filter(({ skip }) => skip?.reason === 'up_to_date');
  const upToDate = [...new Set([...planned, ...settled].map(({ asset }) => asset))];
  const items = skipped.slice(0, most).map(({ asset, why }) => own(`- ${code(asset)} skipped: ${text(why)}`));
  const more = skipped.length - items.length;
  if (more > 0) items.push(own(`- and ${count(more, 'asset')} more`));
  if (upToDate.length > 0)
    items.push(own(`- ${count(upToDate.length, 'asset')} up to date: ${text(nameSome(upToDate, 12), 1_000)}`));
  return items.length === 0 ? undefined : join(items, '\n');
}
