import type { AssetChange, ReasonedChange, ValueChange } from '../../model/changes.ts';
import type { PullRequestPlan } from '../../model/pull-request-plan.ts';
import { describeAsset, REASON_WORDS } from '../changes-text.ts';
import { join, link, type Markdown, own, table } from '../markdown.ts';
import { reasonText } from '../reason-text.ts';
import { formatCount } from '../style.ts';
import { commentCode, commentMessage, commentText } from './untrusted.ts';

/** Where links lead, and whether any text of the plan may become one. */
export interface CommentContext {
  /** Web address of the repository, without a slash at its end. */
  readonly repository: string;
  /** The commit whose files are linked: what GitHub says, never what the plan says. */
  readonly commit: string;
  /** The plan was made by a workflow of this repository's own code, with this repository's own people. */
  readonly isTrusted: boolean;
}

/** How many entries of a kind are shown. */
export interface CommentLimits {
  readonly rows: number;
  readonly values: number;
  readonly folded: number;
}

/** Changed assets, then what is downstream, one row a reason. */
export function changesTable(
  plan: PullRequestPlan,
  context: CommentContext,
  limits: CommentLimits,
): Markdown | undefined {
  const { changed = [], downstream = [] } = plan;
  const rows: Markdown[][] = [];
  let assets = 0;
  for (const change of changed) {
    if (rows.length >= limits.rows) break;
    rows.push(...changeRows(change, context, limits));
    assets++;
  }
  const left = Math.max(0, limits.rows - rows.length);
  const readers = downstream.slice(0, left);
  for (const { asset, reads } of readers) {
    rows.push([own('downstream'), commentCode(asset), own(`reads ${someCodes(reads, 3)}`), own('')]);
  }
  if (rows.length === 0) return undefined;
  const shown = table(['', 'asset', 'why', 'before → after'].map(own), '----', rows);
  const hidden = [
    more(plan.totals.changed - assets, 'changed'),
    more(plan.totals.downstream - readers.length, 'downstream'),
  ].filter((each) => each !== '');
  return hidden.length === 0
    ? shown
    : own(`${shown}\n\nAnd ${hidden.join(' and ')} more: \`branchline changes\` lists all.`);
}

function more(n: number, word: string): string {
  return n > 0 ? `${formatCount(n)} ${word}` : '';
}

function changeRows(change: AssetChange, context: CommentContext, { values }: CommentLimits): Markdown[][] {
  const [first] = change.reasons;
  const kind = first?.reason === 'new' ? 'new' : first?.reason === 'removed' ? 'removed' : 'changed';
  return change.reasons.map((reasoned) => [
    own(kind),
    commentCode(change.asset),
    own(kind === 'changed' ? REASON_WORDS[reasoned.reason] : '–'),
    kind === 'changed' ? valuesCell(reasoned, context, values) : own(describeAsset(change)),
  ]);
}

function valuesCell({ values }: ReasonedChange, context: CommentContext, most: number): Markdown {
  const shown = join(
    values.slice(0, most).map((value) => valueText(value, context)),
    '<br>',
  );
  const hidden = values.length - most;
  return hidden > 0 ? own(`${shown}<br>and ${formatCount(hidden)} more`) : shown;
}

/** `monthly.sql +4 −1`, `+ snow_days (not_null, error)`, `timeout 30s → 60s`. */
export function valueText(value: ValueChange, context: CommentContext): Markdown {
  const { what, kind, before, after, lines, file } = value;
  const sign = kind === 'added' ? '+ ' : kind === 'removed' ? '− ' : '';
  // A removed file is not there any more at the head.
  const name = file === undefined || kind === 'removed' ? commentCode(what) : fileLink(context, file, undefined, what);
  const counts = lines === undefined ? '' : ` +${formatCount(lines.added)} −${formatCount(lines.removed)}`;
  const head = `${sign}${name}${counts}`;
  if (before === undefined && after === undefined) return own(head);
  if (kind !== 'changed') return own(`${head} (${commentText(after ?? before ?? '', 200)})`);
  return own(`${head} ${quoted(before)} → ${quoted(after)}`);
}

function quoted(value: string | undefined): Markdown {
  return value === undefined || value === '' ? own('nothing') : commentText(value, 200);
}

/** A file at a line, linked into the commit that GitHub named. A path that is no plain one is not linked. */
export function fileLink(context: CommentContext, file: string, line?: number, label?: string): Markdown {
  const name = label ?? (line === undefined ? file : `${file}:${line}`);
  const shown = commentCode(name.length > 60 && label === file ? (file.split('/').at(-1) ?? file) : name);
  const segments = file.split('/');
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..' || segment.includes('\\')))
    return shown;
  const path = segments.map((segment) => encodeURIComponent(segment.replace(/[\ud800-\udfff]/gu, ''))).join('/');
  return link(
    shown,
    `${context.repository}/blob/${encodeURIComponent(context.commit)}/${path}${line ? `#L${line}` : ''}`,
  );
}

/** What would run, in the order in which it would. */
export function planTable(plan: PullRequestPlan, { folded }: CommentLimits): Markdown | undefined {
  const assets = plan.wouldRun?.assets ?? [];
  if (assets.length === 0) return undefined;
  const rows = assets
    .slice(0, folded)
    .map((planned) => [commentCode(planned.asset), commentText(reasonText(planned), 300)]);
  const shown = table(['asset', 'why'].map(own), '--', rows);
  const hidden = plan.totals.planned - rows.length;
  return hidden > 0 ? own(`${shown}\n\nAnd ${formatCount(hidden)} more.`) : shown;
}

/** Findings of `check`, each with its place. */
export function problemList(
  plan: PullRequestPlan,
  severity: 'error' | 'warning',
  context: CommentContext,
  { folded }: CommentLimits,
): Markdown | undefined {
  const found = plan.problems.filter((problem) => problem.severity === severity);
  const lines = found.slice(0, folded).map(({ file, line, code, message, help }) => {
    const advice = help === undefined ? '' : ` → ${commentMessage(help, 400)}`;
    return `- ${fileLink(context, file, line)} ${commentCode(code)}: ${commentMessage(message, 600)}${advice}`;
  });
  const total = severity === 'error' ? plan.totals.errors : plan.totals.warnings;
  const hidden = total - lines.length;
  if (lines.length === 0) return undefined;
  return own(
    `${lines.join('\n')}${hidden > 0 ? `\n- and ${formatCount(hidden)} more: \`branchline check\` lists all` : ''}`,
  );
}

/** Names in the font of code: `a`, `b` and 3 more. */
export function someCodes(names: readonly string[], most: number): Markdown {
  const shown = join(
    names.slice(0, most).map((name) => commentCode(name)),
    ', ',
  );
  return names.length > most ? own(`${shown} and ${formatCount(names.length - most)} more`) : shown;
}
