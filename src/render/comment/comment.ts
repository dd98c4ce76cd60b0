import type { AssetChange } from '../../model/changes.ts';
import type { PullRequestPlan } from '../../model/pull-request-plan.ts';
import { formatDuration } from '../../time/format.ts';
import { changesPhrase } from '../changes-text.ts';
import { formatUsd } from '../figures-text.ts';
import { blocks, folded, link, type Markdown, own } from '../markdown.ts';
import { count, formatCount } from '../style.ts';
import { lineageDrawing } from './lineage.ts';
import {
  type CommentContext,
  type CommentLimits,
  changesTable,
  planTable,
  problemList,
  someCodes,
  valueText,
} from './tables.ts';
import { commentCode, commentMessage } from './untrusted.ts';

/** What GitHub takes: a comment has at most so many UTF-16 code units. */
export const COMMENT_LENGTH_MAX = 65_536;

/** From plenty to little: the first that fits is taken. */
const LEVELS: readonly CommentLimits[] = [
  { rows: 100, values: 20, folded: 100 },
  { rows: 40, values: 8, folded: 40 },
  { rows: 15, values: 3, folded: 15 },
  { rows: 5, values: 1, folded: 5 },
];

/**
 * The comment on a pull request, verdict first, never longer than GitHub takes: less is shown, and in the end whole blocks
 * are left out, from the last. Every text of the plan is data: it can open no link, mention, image, table or drawing.
 */
export function renderComment(plan: PullRequestPlan, context: CommentContext): string {
  const head = own(`${marker(plan.project)}\n### ${headline(plan)}`);
  const foot = footer(plan);
  let body: readonly Markdown[] = [];
  for (const limits of LEVELS) {
    body = bodyOf(plan, context, limits);
    const whole = blocks([head, ...body, foot]);
    if (whole.length <= COMMENT_LENGTH_MAX) return whole;
  }
  const cut = own('There is more than a comment can hold: `branchline changes` and `branchline plan` show all.');
  for (let kept = body.length - 1; kept > 0; kept--) {
    const shorter = blocks([head, ...body.slice(0, kept), cut, foot]);
    if (shorter.length <= COMMENT_LENGTH_MAX) return shorter;
  }
  return blocks([head, cut, foot]);
}

/** What a comment becomes when the pull request no longer changes anything of the pipeline. */
export function renderQuietComment(project: string, base: string): string {
  return blocks([
    own(`${marker(project)}\n### Branchline: changes nothing of the pipeline`),
    own(`<sub>Against the merge base ${short(base)}. Edited at each push.</sub>`),
  ]);
}

/** By this a comment of ours is found again, together with its author: the text alone proves nothing. */
export function isOurComment(body: string, project: string): boolean {
  return body.startsWith(`${marker(project)}\n`);
}

function marker(project: string): Markdown {
  // Names of projects are made of `[a-z0-9_-]`; `--` would end the comment.
  return own(`<!-- branchline ${project.replace(/[^a-z0-9_-]/g, '').replace(/-(?=-)/g, '-.')} -->`);
}

/** The verdict as one sentence, without Markdown in it. */
export function headline(plan: PullRequestPlan): Markdown {
  const { totals, wouldRun } = plan;
  const name = 'Branchline:';
  if (totals.errors > 0) return own(`${name} ${count(totals.errors, 'problem')} in the manifests`);
  const changes =
    totals.changed + totals.settings === 0
      ? 'changes nothing of the pipeline'
      : changesPhrase(totals.changed, totals.downstream);
  if (wouldRun === undefined) {
    return own(`${name} ${changes}${plan.noPlan === undefined ? '' : '; what would run is not known'}`);
  }
  return own(`${name} ${changes}; ${runsPhrase(wouldRun)}`);
}

/** `would run 5 steps in about 8 s ($0.006)` */
function runsPhrase({ steps, expected }: NonNullable<PullRequestPlan['wouldRun']>): string {
  if (steps === 0) return 'nothing would run';
  const runs = `would run ${count(steps, 'step')}`;
  if (expected === undefined) return runs;
  const cost = expected.usd === undefined ? '' : ` (${expected.usd === 0 ? 'free' : formatUsd(expected.usd)})`;
  return `${runs} in about ${formatDuration(expected.p50Ms)}${cost}`;
}

function bodyOf(plan: PullRequestPlan, context: CommentContext, limits: CommentLimits): readonly Markdown[] {
  const warnings = problemList(plan, 'warning', context, limits);
  const planned = planTable(plan, limits);
  const settings = (plan.settings ?? []).slice(0, limits.folded).map((value) => own(`- ${valueText(value, context)}`));
  const drawing = plan.lineage && lineageDrawing(plan.lineage);
  const parts: readonly (Markdown | undefined)[] = [
    problemList(plan, 'error', context, limits),
    changesTable(plan, context, limits),
    lookAt(plan, context),
    planned && folded('What would run, and why', blocks([planned, historyNote(plan)])),
    plan.noPlan === undefined ? undefined : own(`There is no plan: ${commentMessage(plan.noPlan, 400)}`),
    warnings && folded(`${count(plan.totals.warnings, 'warning')} in the manifests`, warnings),
    settings.length === 0 ? undefined : folded('Settings of the project', settingsList(plan, settings)),
    drawing && folded('Lineage', drawing),
  ];
  return parts.filter((part) => part !== undefined);
}

function settingsList(plan: PullRequestPlan, lines: readonly Markdown[]): Markdown {
  const hidden = plan.totals.settings - lines.length;
  return own(`${lines.join('\n')}${hidden > 0 ? `\n- and ${formatCount(hidden)} more` : ''}`);
}

/** What a reviewer should not miss. */
function lookAt(plan: PullRequestPlan, context: CommentContext): Markdown | undefined {
  const { changed = [], exposures = [] } = plan;
  const notes: Markdown[] = exposures.slice(0, 5).map(({ name, owner, url, reads }) => {
    // An address that a stranger wrote is not offered to be followed.
    const isLinked = context.isTrusted && url !== undefined && /^https?:\/\/[^\s]+$/.test(url);
    const label = isLinked ? link(commentCode(name, 60), url) : commentCode(name, 60);
    const who = owner === undefined ? '' : ` (${commentCode(owner, 80)})`;
    return own(`${someCodes(reads, 2)} ${reads.length === 1 ? 'feeds' : 'feed'} exposure ${label}${who}.`);
  });
  if (exposures.length > 5) notes.push(own(`${formatCount(exposures.length - 5)} more exposures are reached.`));
  const renamed = changed.flatMap(({ asset, renamedFrom }) =>
    renamedFrom === undefined ? [] : [{ asset, renamedFrom }],
  );
  for (const { asset, renamedFrom } of renamed.slice(0, 3)) {
    notes.push(
      own(
        `${commentCode(asset)} has the code of ${commentCode(renamedFrom)}, which is gone: renamed? Its history starts anew.`,
      ),
    );
  }
  const unguarded = changed.filter(isUnguarded).map(({ asset }) => asset);
  if (unguarded.length > 0) {
    notes.push(own(`${someCodes(unguarded, 3)} ${unguarded.length === 1 ? 'has' : 'have'} no blocking check.`));
  }
  if (plan.baseProblems > 0) {
    notes.push(
      own(
        `The merge base has ${count(plan.baseProblems, 'problem')} in its manifests: what could not be read there counts as new.`,
      ),
    );
  }
  if (plan.isFirst && plan.totals.errors === 0)
    notes.push(own('There is no project at the merge base: everything is new.'));
  const owners = ownersOf(changed);
  if (owners.length > 0) notes.push(own(`Owned by ${someCodes(owners, 5)}.`));
  return notes.length === 0 ? undefined : own(`**Look at:** ${notes.join(' ')}`);
}

function isUnguarded({ reasons, blockingChecks, madeBy }: AssetChange): boolean {
  const isCode = reasons.some(({ reason }) => reason === 'new' || reason === 'code_version');
  return isCode && blockingChecks === 0 && madeBy !== 'external';
}

function ownersOf(changed: readonly AssetChange[]): readonly string[] {
  return [...new Set(changed.flatMap(({ owners }) => owners))].sort();
}

function historyNote({ wouldRun }: PullRequestPlan): Markdown | undefined {
  const expected = wouldRun?.expected;
  if (expected === undefined) return own('There is no history to tell the time from yet.');
  const { p50Ms, p95Ms, samples, unknownSteps, minutes } = expected;
  const without = unknownSteps > 0 ? `; ${count(unknownSteps, 'step')} without history` : '';
  return own(
    `About ${formatDuration(p50Ms)} (p50 of ${count(samples, 'run')}; p95 ${formatDuration(p95Ms)}${without}), ${count(minutes, 'billed minute')}, on production as it is now, if this were merged.`,
  );
}

function footer({ wouldRun, base }: PullRequestPlan): Markdown {
  const plan =
    wouldRun === undefined
      ? 'Compared with'
      : `Plan \`${wouldRun.digest.slice(0, 4)}…${wouldRun.digest.slice(-3)}\` against`;
  return own(`<sub>${plan} the merge base ${short(base)}. Edited at each push.</sub>`);
}

function short(commit: string): Markdown {
  return own(`\`${commit.slice(0, 7).replace(/[^0-9a-f]/g, '')}\``);
}
