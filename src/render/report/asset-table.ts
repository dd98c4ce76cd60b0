import type { AssetRecord } from '../../model/state.ts';
import { formatDuration, formatInstant } from '../../time/format.ts';
import { healthMark } from '../figures-text.ts';
import { code, link, type Markdown, own, table, text } from '../markdown.ts';
import { sparkline } from '../sparkline.ts';
import type { AssetFacts } from './facts.ts';
import { assetPath, hrefOf } from './paths.ts';

/** The table of assets on `page`. Few and narrow columns, so that GitHub breaks no line in it. */
export function assetTable(page: string, facts: readonly AssetFacts[]): Markdown {
  const head = ['asset', 'health', 'last success', 'checks', 'run time'].map(own);
  return table(
    head,
    '-----',
    facts.map((fact) => assetRow(page, fact)),
  );
}

function assetRow(page: string, facts: AssetFacts): Markdown[] {
  const { asset, health, record } = facts;
  const name = link(text(asset.key, 100), hrefOf(page, assetPath(asset.key)));
  return [
    own(`${healthMark(health.status)}${name}`),
    own(health.status === 'degraded' ? '**degraded**' : health.status),
    own(record?.materialized ? shortInstant(record.materialized.at) : '–'),
    checksCell(facts),
    own(runTimeText(record)),
  ];
}

const NO_BREAK = '\u00a0';
const TREND_MAX = 7;

/** Instants in tables: the head of the page says that they are UTC. */
export function shortInstant(at: string): string {
  return formatInstant(at).replace(' UTC', '').replace(' ', NO_BREAK);
}

/** `0.3 s ▃▃▃▄`: the last success and the trend of the last ones. */
export function runTimeText(record: AssetRecord | undefined): string {
  const last = record?.durationsMs.at(-1);
  if (record === undefined || last === undefined) return '';
  const trend = record.durationsMs.length > 1 ? ` ${sparkline(record.durationsMs.slice(-TREND_MAX))}` : '';
  return `${formatDuration(last)}${trend}`.replaceAll(' ', NO_BREAK);
}

/** `4 pass`, `3 of 4, 1 warns`, `not judged yet`; names of the first that do not pass. */
export function checksCell({ asset, health, record }: AssetFacts): Markdown {
  const all = asset.checks.length;
  if (all === 0) return own('');
  const { bad, warned } = badChecks(health);
  const judged = asset.checks.filter(({ name }) => record && Object.hasOwn(record.checks, name)).length;
  if (judged === 0) return own(`${all} not judged yet`);
  const fine = judged - bad.length - warned.length;
  const parts: Markdown[] = [];
  const named = (names: readonly string[], verb: string): Markdown =>
    own(`${code(names[0]!, 40)}${names.length > 1 ? ` and ${names.length - 1} more` : ''}${verb}`);
  if (bad.length > 0) parts.push(named(bad, ''));
  if (warned.length > 0) parts.push(named(warned, warned.length > 1 ? ' warn' : ' warns'));
  return own(
    parts.length === 0 && fine === all
      ? `${all} pass`
      : [`${fine} of ${all}`, parts.join(', ')].filter((part) => part !== '').join(': '),
  );
}

function badChecks(health: AssetFacts['health']): { bad: string[]; warned: string[] } {
  const bad: string[] = [];
  const warned: string[] = [];
  for (const reason of health.reasons) {
    if (reason.kind === 'materialization_failed') bad.push(...reason.findings.map(({ check }) => check));
    else if (reason.kind === 'check_failed' || reason.kind === 'check_errored') bad.push(reason.finding.check);
    else if (reason.kind === 'check_warned') warned.push(reason.finding.check);
  }
  const failed = [...new Set(bad)];
  return { bad: failed, warned: warned.filter((name) => !failed.includes(name)) };
}
